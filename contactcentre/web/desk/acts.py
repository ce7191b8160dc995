"""What agents do to a case: note, take, give away, move. A form that cannot be used comes back as written."""

from __future__ import annotations

from flask import Response, request, url_for
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response as AnyResponse

from cases import assignment, attachments, lifecycle, replies
from cases.errors import Invalid
from cases.file_limits import MOST_UPLOADED
from cases.lifecycle import Outcome, Status
from cases.permissions import Action
from contactcentre.db import UnitOfWork
from contactcentre.files import StoredContent
from contactcentre.web.context import container, viewer
from contactcentre.web.desk import blueprint
from contactcentre.web.desk.drafts import sent
from contactcentre.web.desk.keeping import sent_now
from contactcentre.web.desk.returning import again, back, number, or_again
from contactcentre.web.permissions import requires


@blueprint.post("/cases/<reference>/notes")
@requires(Action.NOTE)
def note(reference: str) -> AnyResponse:
    """Write a note for staff, with files."""
    text, who = request.form.get("text", ""), viewer()
    draft = sent("note")
    try:
        stored = _store_files()
    except Invalid as error:
        return again(reference, draft, error)

    def work(uow: UnitOfWork) -> str:
        event_id = replies.note(uow.session, who, reference=reference, text=text)
        for content, name in stored:
            attachments.add(
                uow.session,
                who,
                reference=reference,
                event_id=event_id,
                sha256=content.sha256,
                size=content.size,
                media_type=content.media_type,
                name=name,
            )
        sent_now(uow.session, who, reference=reference, kind="note")
        return back(reference, done="note")

    return or_again(reference, draft, work)


@blueprint.post("/cases/<reference>/take")
@requires(Action.ASSIGN)
def take(reference: str) -> AnyResponse:
    """Give the case to oneself."""

    def work(uow: UnitOfWork) -> str:
        city, version = container().city, number("version")
        assignment.take(uow.session, viewer(), city=city, reference=reference, version=version)
        return back(reference)

    return or_again(reference, sent("take"), work)


@blueprint.post("/cases/<reference>/assignment")
@requires(Action.ASSIGN)
def assign(reference: str) -> AnyResponse:
    """Give the case to a colleague, or to nobody."""

    def work(uow: UnitOfWork) -> str:
        agent = number("agent")
        version = number("version")
        assignment.assign(
            uow.session, viewer(), city=container().city, reference=reference, agent_id=agent, version=version
        )
        return back(reference)

    return or_again(reference, sent("assign"), work)


@blueprint.post("/cases/<reference>/transfer")
@requires(Action.TRANSFER)
def transfer(reference: str) -> AnyResponse:
    """Hand the case to another department. Who may not read it there goes back to the queue."""
    form = request.form

    def work(uow: UnitOfWork) -> str:
        values = {"department": form.get("department", ""), "reason": form.get("reason", "")}
        assignment.transfer(uow.session, viewer(), city=container().city, reference=reference, **values)
        return _queue()

    return or_again(reference, sent("transfer"), work)


@blueprint.post("/cases/<reference>/status")
@requires(Action.TRANSITION)
def status(reference: str) -> AnyResponse:
    """Change where the case stands, without a word to the citizen."""
    form = request.form
    outcome = form.get("outcome", "")

    def work(uow: UnitOfWork) -> str:
        to = _status(form.get("status", ""))
        lifecycle.transition(
            uow.session,
            viewer(),
            reference=reference,
            to=to,
            calendars=container().city.calendars,
            outcome=_outcome(outcome) if to is Status.RESOLVED else None,
            reason=form.get("reason", "").strip()[:500],
            version=number("version"),
        )
        return back(reference)

    return or_again(reference, sent("status"), work)


@blueprint.post("/cases/<reference>/subject")
@requires(Action.TRANSITION)
def rename(reference: str) -> AnyResponse:
    """Name the case."""
    subject = request.form.get("subject", "")

    def work(uow: UnitOfWork) -> str:
        assignment.rename(uow.session, viewer(), reference=reference, subject=subject)
        return back(reference)

    return or_again(reference, sent("rename"), work)


@blueprint.post("/cases/<reference>/seen")
@requires(Action.READ)
def seen(reference: str) -> Response:
    """Remember that the case was read up to a message. A message read twice is read, so this needs no key."""
    message_id = number("message")
    if message_id is None:
        raise Invalid("message must be the number of a message.", field="message")
    container().db.run(lambda uow: assignment.seen(uow.session, viewer(), reference=reference, message_id=message_id))
    return Response(status=204)


def _queue() -> str:
    """Return the queue as it stood beside the form."""
    query = request.query_string.decode("latin-1")
    return url_for("desk.home") + (f"?{query}" if query else "")


def _store_files() -> list[tuple[StoredContent, str]]:
    sent = [file for file in request.files.getlist("files") if file.filename]
    if len(sent) > MOST_UPLOADED:
        raise Invalid(f"At most {MOST_UPLOADED} files go with one note.", field="files")
    return [(_stored(file), file.filename or "file") for file in sent]


def _stored(file: FileStorage) -> StoredContent:
    return container().files.put(file.stream, name=file.filename or "")  # type: ignore[arg-type]


def _outcome(text: str) -> Outcome:
    try:
        return Outcome(text)
    except ValueError:
        raise Invalid("Choose how the case ended.", field="outcome") from None


def _status(text: str) -> Status:
    try:
        return Status(text)
    except ValueError:
        raise Invalid("Choose a status.", field="status") from None
