"""What agents say of two cases: a link, its end, or that they are not the same matter."""

from __future__ import annotations

from collections.abc import Callable

from flask import request, url_for
from werkzeug.wrappers import Response as AnyResponse

from cases import references
from cases.errors import DomainError, Invalid
from cases.filing import links
from cases.filing.links import LinkKind
from cases.permissions import Action
from contactcentre.db import UnitOfWork
from contactcentre.web.context import viewer
from contactcentre.web.desk import blueprint
from contactcentre.web.desk.filing_pages import refused, show_related
from contactcentre.web.permissions import requires
from contactcentre.web.posting import change


@blueprint.post("/cases/<reference>/links")
@requires(Action.TRANSITION)
def link(reference: str) -> AnyResponse:
    """Say what this case is to another."""

    def act(uow: UnitOfWork) -> None:
        links.add(uow.session, viewer(), reference=reference, other=request.form.get("other", ""), kind=_kind())

    return _done(reference, act)


@blueprint.post("/cases/<reference>/links/<int:link_id>/remove")
@requires(Action.TRANSITION)
def unlink(reference: str, link_id: int) -> AnyResponse:
    """Take a link away."""
    return _done(reference, lambda uow: links.remove(uow.session, viewer(), reference=reference, link_id=link_id))


@blueprint.post("/cases/<reference>/not-duplicate")
@requires(Action.TRANSITION)
def not_duplicate(reference: str) -> AnyResponse:
    """Remember that another case is not the same matter."""
    other = request.form.get("other", "")
    return _done(reference, lambda uow: links.not_duplicate(uow.session, viewer(), reference=reference, other=other))


def _kind() -> LinkKind:
    try:
        return LinkKind(request.form.get("kind", ""))
    except ValueError:
        raise Invalid("Choose what this case is to the other one.", field="kind") from None


def _done(reference: str, act: Callable[[UnitOfWork], None]) -> AnyResponse:
    def work(uow: UnitOfWork) -> str:
        act(uow)
        return url_for("desk.related", reference=references.written(references.parse(reference) or reference))

    try:
        return change(work)
    except DomainError as error:
        return refused(show_related(reference, request.form, str(error)), error)
