"""What agents do with their line and the call that they are in."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from flask import make_response, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from cases.calls import ending, holding, moving, taking, wrapping
from cases.calls.wrapping import Said
from cases.errors import DomainError, Invalid, NotFound
from cases.permissions import Action
from contactcentre.db import UnitOfWork
from contactcentre.web.context import container, viewer
from contactcentre.web.desk import blueprint, room
from contactcentre.web.desk.calls import line, pages
from contactcentre.web.desk.calls.line import PART
from contactcentre.web.desk.drafts import Draft, sent
from contactcentre.web.desk.returning import STATUS, nudge
from contactcentre.web.permissions import requires
from contactcentre.web.posting import change


@blueprint.post("/calls/line")
@requires(Action.REPLY)
def switch_line() -> AnyResponse:
    """Let the agent's telephone ring for callers, or no more."""
    takes = request.form.get("takes") == "yes"
    return _done("line", lambda uow: taking.switch(uow.session, viewer(), takes=takes))


@blueprint.post("/calls/<int:call_id>/hold")
@requires(Action.REPLY)
def hold_call(call_id: int) -> AnyResponse:
    """Put the citizen on hold."""
    return _done("hold", lambda uow: holding.hold(uow.session, viewer(), call_id=call_id))


@blueprint.post("/calls/<int:call_id>/resume")
@requires(Action.REPLY)
def resume_call(call_id: int) -> AnyResponse:
    """Take the citizen from hold."""
    return _done("resume", lambda uow: holding.resume(uow.session, viewer(), call_id=call_id, city=container().city))


@blueprint.post("/calls/<int:call_id>/transfer")
@requires(Action.REPLY)
def transfer_call(call_id: int) -> AnyResponse:
    """Send the citizen on, to a department's queue or to a colleague who is free."""

    def work(uow: UnitOfWork) -> None:
        kind, _, key = request.form.get("to", "").partition(":")
        to: dict[str, object]
        if kind == "queue" and key:
            to = {"queue": key}
        elif kind == "agent" and key.isascii() and key.isdigit() and len(key) < 19:
            to = {"agent_id": int(key)}
        else:
            raise Invalid("Choose a department, or a colleague who is free.", field="to")
        moving.transfer(uow.session, viewer(), city=container().city, call_id=call_id, **to)  # type: ignore[arg-type]

    return _done("transfer", work)


@blueprint.post("/calls/<int:call_id>/hang-up")
@requires(Action.REPLY)
def hang_up_call(call_id: int) -> AnyResponse:
    """End the call, where its gateway can."""
    return _done("hang_up", lambda uow: ending.hang_up(uow.session, viewer(), call_id))


@blueprint.post("/calls/<int:call_id>/note")
@requires(Action.REPLY)
def note_call(call_id: int) -> AnyResponse:
    """Keep what is written down while people talk."""
    text = request.form.get("text", "")
    return _done("note", lambda uow: wrapping.note(uow.session, viewer(), call_id=call_id, text=text))


@blueprint.post("/calls/<int:call_id>/wrap")
@requires(Action.REPLY)
def wrap_call(call_id: int) -> AnyResponse:
    """Write down what came of a call, and be free again."""
    form = request.form
    into = form.get("other", "").strip() or form.get("into", "")
    said = Said(
        disposition=form.get("disposition", ""),
        text=form.get("text", ""),
        into=into,
        department=form.get("department") or None,
        name=form.get("name", ""),
    )

    def work(uow: UnitOfWork) -> str:
        found = wrapping.wrap(uow.session, viewer(), city=container().city, call_id=call_id, said=said)
        for account in found.to_send:
            uow.after_commit(partial(nudge, account))
        if found.reference and not request.headers.get(PART):
            return room.case_address(found.reference) + "#latest"
        return _back(done="wrapped")

    return _once("wrap", work, again=lambda draft: pages.show_call(call_id, draft) if _of_page() else pages.show(draft))


def _of_page() -> bool:
    """Tell whether the form stood on the call's own page."""
    return request.form.get("page") == "call"


def _done(form: str, act: Callable[[UnitOfWork], object]) -> AnyResponse:
    """Do ``act`` once, then show the line again."""

    def work(uow: UnitOfWork) -> str:
        act(uow)
        return _back()

    return _once(form, work, again=pages.show)


def _once(form: str, work: Callable[[UnitOfWork], str], *, again: Callable[[Draft], str]) -> AnyResponse:
    """Do ``work`` once and go where it says; what the domain refuses comes back as it was written."""
    try:
        return change(work)
    except NotFound:
        raise
    except DomainError as error:
        draft = sent(form).refused(error)
        status = next((code for kind, code in STATUS.items() if isinstance(error, kind)), 422)
    if not request.headers.get(PART):
        return make_response(again(draft), status)
    with container().db.reader() as session:
        return make_response(render_template("desk/calls/line.html", own=line.load(session, viewer(), draft)), status)


def _back(*, done: str | None = None) -> str:
    """Return where one is after a form of the line: the part for the script, else the page on which it stood."""
    if request.headers.get(PART):
        return url_for("desk.call_line")
    case = request.form.get("case", "")
    if case.isascii() and case.isdigit() and len(case) == 8:
        return room.case_address(case)
    return url_for("desk.home") if request.form.get("page") == "queue" else url_for("desk.calls", done=done)
