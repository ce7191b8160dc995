"""What agents do to the filings of a case: refile, split, merge, and the undo of each."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from flask import request
from werkzeug.wrappers import Response as AnyResponse

from cases import references
from cases.errors import DomainError, Invalid, NotFound
from cases.filing import merging, refiling, splitting, undoing
from cases.filing.merging import Seen
from cases.permissions import Action
from contactcentre.db import UnitOfWork
from contactcentre.web.context import container, viewer
from contactcentre.web.desk import blueprint
from contactcentre.web.desk.drafts import sent
from contactcentre.web.desk.filing_pages import refused, show_merge, show_refile, show_split
from contactcentre.web.desk.returning import back, nudge, number, or_again
from contactcentre.web.permissions import requires
from contactcentre.web.posting import change

NEW, OTHER = "new", "other"


@blueprint.post("/cases/<reference>/refile")
@requires(Action.TRANSITION)
def refile(reference: str) -> AnyResponse:
    """File a message in another case, or make it one of its own."""
    form, message_id = request.form, number("message")
    if message_id is None:
        raise Invalid("message must be the number of a message.", field="message")

    def work(uow: UnitOfWork) -> str:
        to = form.get("to", "")
        if to == NEW:
            return _split(uow, reference, [message_id])
        named = form.get("other", "") if to == OTHER else to
        if not named.strip():
            raise Invalid("Choose the case that the message belongs to, or a new one.", field="to")
        refiling.refile(
            uow.session,
            viewer(),
            city=container().city,
            reference=reference,
            message_id=message_id,
            to=named,
            reason=form.get("reason", ""),
            version=number("version"),
        )
        return back(reference)

    return _or_page(work, lambda wrong: show_refile(reference, message_id, form, wrong))


@blueprint.post("/cases/<reference>/split")
@requires(Action.TRANSITION)
def split(reference: str) -> AnyResponse:
    """Make a case of several messages."""
    form = request.form

    def work(uow: UnitOfWork) -> str:
        chosen = [int(one) for one in form.getlist("messages") if one.isascii() and one.isdigit() and len(one) < 19]
        return _split(uow, reference, chosen)

    return _or_page(work, lambda wrong: show_split(reference, form, wrong))


@blueprint.post("/cases/<reference>/merges")
@requires(Action.TRANSITION)
def merge(reference: str) -> AnyResponse:
    """Let the chosen cases go into this one, or this one into the chosen one."""
    form = request.form

    def work(uow: UnitOfWork) -> str:
        others = [_seen(one) for one in form.getlist("others")]
        own = Seen(reference, number("version"))
        if not others:
            raise Invalid("Choose the case that is the same matter.", field="others")
        if form.get("stays") == "other":
            if len(others) > 1:
                raise Invalid("Choose one case for this one to go into.", field="others")
            into, gone = others[0].reference, [own]
        else:
            into, gone = reference, others
        merging.merge(
            uow.session, viewer(), city=container().city, cases=gone, into=into, reason=form.get("reason", "")
        )
        return back(references.parse(into) or into)

    def page(wrong: str) -> str:
        chosen = [references.parse(_seen(one).reference) or "" for one in form.getlist("others")]
        return show_merge(reference, form.get("find", ""), chosen=chosen, reason=form.get("reason", ""), wrong=wrong)

    return _or_page(work, page)


@blueprint.post("/cases/<reference>/rearrangements/<int:rearrangement_id>/undo")
@requires(Action.TRANSITION)
def undo_rearrangement(reference: str, rearrangement_id: int) -> AnyResponse:
    """Undo a refile, a split or a merge from its line in the history."""

    def work(uow: UnitOfWork) -> str:
        undoing.undo(
            uow.session, viewer(), city=container().city, reference=reference, rearrangement_id=rearrangement_id
        )
        return back(reference)

    return or_again(reference, sent("undo"), work)


def _split(uow: UnitOfWork, reference: str, messages: list[int]) -> str:
    made = splitting.split(
        uow.session,
        viewer(),
        city=container().city,
        reference=reference,
        message_ids=messages,
        reason=request.form.get("reason", ""),
        tell=request.form.get("tell") == "yes",
        version=number("version"),
    )
    if made.account is not None:
        uow.after_commit(partial(nudge, made.account))
    return back(made.case.reference)


def _seen(text: str) -> Seen:
    """Read a reference and the version that was shown with it, ``4821-7736.3``."""
    reference, _, version = text.partition(".")
    known = version.isascii() and version.isdigit() and len(version) < 19
    return Seen(reference, int(version) if known else None)


def _or_page(work: Callable[[UnitOfWork], str], page: Callable[[str], str]) -> AnyResponse:
    try:
        return change(work)
    except NotFound as error:
        if error.field != "reference":
            raise
        return refused(page(str(error)), error)
    except DomainError as error:
        return refused(page(str(error)), error)
