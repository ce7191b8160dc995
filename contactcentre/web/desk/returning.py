"""Where an agent is after a form of a case: back at the case, or at the form again with what was written."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from urllib.parse import parse_qsl, urlencode

from flask import make_response, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from cases.errors import DomainError, Invalid, NotAllowed, NotFound, Stale, Undeliverable
from cases.looked import Looked
from contactcentre.db import UnitOfWork
from contactcentre.jobs import DRAIN
from contactcentre.web.context import container
from contactcentre.web.desk import narrowing, room
from contactcentre.web.desk.drafts import Draft
from contactcentre.web.desk.pages import show_case
from contactcentre.web.posting import change

STATUS: dict[type[DomainError], int] = {Invalid: 422, NotAllowed: 403, Stale: 409, Undeliverable: 409}


def or_again(reference: str, draft: Draft, work: Callable[[UnitOfWork], str]) -> AnyResponse:
    """Do ``work`` once and go where it says; where the domain refuses it, show the form again."""
    try:
        return change(work)
    except NotFound:
        raise
    except DomainError as error:
        return again(reference, draft, error)


def again(reference: str, draft: Draft, error: DomainError) -> AnyResponse:
    """Show the case with what was written and what was wrong with it."""
    code = next((code for kind, code in STATUS.items() if isinstance(error, kind)), 422)
    return make_response(show_case(reference, draft.refused(error)), code)


def back(reference: str, *, done: str = "", offer: str = "", to: str = "latest") -> str:
    """Return the case's address, the queue beside it as before; ``to`` is a part of the page.

    ``offer`` names a text of the catalogue that the page's answer then holds.
    """
    # `done` tells the page's script that what it kept of this form may go.
    query = urlencode([*_kept(), *((name, value) for name, value in (("done", done), ("offer", offer)) if value)])
    return room.case_address(reference.replace("-", ""), query) + f"#{to}"


def next_address(reference: str | None, **said: str) -> str:
    """Return the address of another case, or of the queue, as before; ``said`` is what its page shall tell."""
    query = urlencode([*_kept(), *said.items()])
    return room.case_address(reference, query) if reference else f"{url_for('desk.home')}?{query}"


def _kept() -> list[tuple[str, str]]:
    given = parse_qsl(request.query_string.decode("latin-1"))
    return [(name, value) for name, value in given if name in narrowing.FIELDS]


def number(name: str) -> int | None:
    """Return a field as a whole number, None where it is empty; raises ``Invalid``."""
    text = request.form.get(name, "").strip()
    if not text:
        return None
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise Invalid(f"{name.capitalize()} must be a whole number.", field=name)
    return int(text)


def looked() -> Looked | None:
    """Return what the page of this form had shown; None where the form does not say so."""
    answer = number("seen_answer")
    return None if answer is None else Looked(answer, live=request.form.get("seen_live") == "yes")


def leaves(uow: UnitOfWork, account: str) -> None:
    """Tell a worker of an agent's answer that leaves at once; one that can be taken back first is found when due."""
    if not container().city.limits.undo_seconds:
        uow.after_commit(partial(nudge, account))


def nudge(account: str) -> None:
    """Tell a worker that there is something to send."""
    container().jobs.nudge(DRAIN, account)
