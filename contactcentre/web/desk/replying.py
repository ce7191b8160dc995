"""Answering the citizen in every way that the composer offers, and taking an answer back before it has left."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from flask import request
from sqlalchemy.orm import Session
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response as AnyResponse

from cases import access, assignment, attachments, drafts, mornings, replies, rota, undoing
from cases.errors import Invalid
from cases.lifecycle import Outcome
from cases.messages import KeptFile
from cases.permissions import Action
from cases.queries import queue
from contactcentre.db import UnitOfWork
from contactcentre.web.context import container, viewer
from contactcentre.web.desk import blueprint, room
from contactcentre.web.desk.composing import SENT
from contactcentre.web.desk.drafts import sent
from contactcentre.web.desk.keeping import sent_now
from contactcentre.web.desk.returning import again, back, leaves, looked, next_address, number, or_again
from contactcentre.web.permissions import requires


@blueprint.post("/cases/<reference>/replies")
@requires(Action.REPLY)
def reply(reference: str) -> AnyResponse:
    """Answer the citizen; then wait for them, resolve, go to the next case, or none of it, as the button says."""
    form, site, who = request.form, container(), viewer()
    how, outcome = form.get("how", "send"), form.get("outcome", "")
    try:
        files, along = _files(), _along()
    except Invalid as error:
        return again(reference, sent("reply"), error)

    def work(uow: UnitOfWork) -> str:
        seen = number("seen_message")
        message = replies.reply(
            uow.session,
            who,
            city=site.city,
            reference=reference,
            text=form.get("text", ""),
            seen_message_id=seen,
            looked=looked(),
            wait=how == "wait",
            resolve=_outcome(outcome) if how == "resolve" else None,
            reason=form.get("wait_reason", "") if how == "wait" else "",
            follow_up=_follow_up(uow.session, reference) if how == "wait" else None,
            account=form.get("account") or None,
            undo=timedelta(seconds=site.city.limits.undo_seconds),
            files=files,
            along=along,
        )
        if seen:
            assignment.seen(uow.session, who, reference=reference, message_id=seen)
        case = access.for_reading(uow.session, who, reference=reference)
        sent_now(uow.session, who, reference=reference, kind="reply")
        leaves(uow, message.account)
        if how == "next":
            return _next(uow.session, case.reference, message.id)
        return back(reference, done="reply")

    return or_again(reference, sent("reply"), work)


@blueprint.post("/cases/<reference>/replies/<int:message_id>/undo")
@requires(Action.REPLY)
def undo(reference: str, message_id: int) -> AnyResponse:
    """Take a reply back; its words stand in the composer again."""

    def work(uow: UnitOfWork) -> str:
        values = {"city": container().city, "reference": reference, "message_id": message_id}
        undone = undoing.undo(uow.session, viewer(), **values)  # type: ignore[arg-type]
        drafts.put_back(uow.session, viewer(), reference=reference, text=undone.text)
        return back(reference, done="undo", to="composer")

    return or_again(reference, sent("undo"), work)


def _files() -> list[KeptFile]:
    """Store the files that came with the form; raises ``Invalid`` for one that is not kept."""
    chosen = [file for file in request.files.getlist("files") if file.filename]
    if len(chosen) > attachments.MOST_FILES:
        raise Invalid(f"At most {attachments.MOST_FILES} files go with one reply.", field="files")
    return [_kept(file) for file in chosen]


def _kept(file: FileStorage) -> KeptFile:
    try:
        content = container().files.put(file.stream)  # type: ignore[arg-type]
    except Invalid as error:
        name = attachments.safe_name(file.filename or "")
        raise Invalid(f"The file {name} cannot be sent. {error}", field="files") from None
    return KeptFile(content.sha256, content.size, content.media_type, file.filename or "file")


def _along() -> list[int]:
    found = request.form.getlist("along")[: attachments.MOST_FILES + 1]
    if not all(one.isascii() and one.isdigit() and len(one) < 19 for one in found):
        raise Invalid("Choose the files that go along from the list.", field="along")
    return [int(one) for one in found]


def _follow_up(session: Session, reference: str) -> datetime | None:
    """Return the morning of the chosen day, by the hours of the case's department."""
    text = request.form.get("follow_up", "").strip()
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise Invalid("Give the day to look again as 2026-11-24.", field="follow_up") from None
    case = access.for_reading(session, viewer(), reference=reference)
    return mornings.morning(rota.calendar_of(container().city, case.department), day)


def _next(session: Session, reference: str, message_id: int) -> str:
    """Return the address of the case that is next in the same queue, or of the queue where there is none."""
    session.flush()
    found = queue.page(session, viewer(), room.asked_for(city=container().city), limit=2)
    row = next((one for one in found.items if one.reference != reference), None)
    return next_address(row.reference if row else None, **{SENT: f"{reference}.{message_id}"})


def _outcome(text: str) -> Outcome:
    try:
        return Outcome(text)
    except ValueError:
        raise Invalid("Choose how the case ended.", field="outcome") from None
