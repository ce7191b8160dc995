"""One case in each place, with everything on it that an address can name, and what must not be seen of it."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from cases import attachments, citizens, clock, references, replies, tasks
from cases.models import Case, IncomingMedia, LetterRow, MailRow, PhoneCall, StoredFile, VoiceRecording
from cases.permissions import SYSTEM
from contactcentre.db import Database
from tests import factories
from tests.web.dispatched_world import dispatched
from tests.web.lettered import enter
from tests.web.matrix_table import Place

if TYPE_CHECKING:
    from contactcentre.container import Container

OWN, OTHER = "harbour-works", "front-desk"
#: a word of the citizen, a name, a note and a task for each place; none is a word of any page
CANARIES = {
    place: tuple(f"{bird}{number}" for bird in ("grebe", "heron", "bittern", "cormorant"))
    for number, place in enumerate(Place, start=71)
}
#: what processes and log-ins write for themselves
OF_PROCESSES = {"agent_session", "login_attempt", "api_token", "lease", "projection_cursor", "idempotency_key"}


@dataclass
class World:
    """``samples`` is what stands for an argument of an address, by place."""

    samples: dict[Place, dict[str, Any]] = field(default_factory=dict)


def build(container: Container, db: Database) -> World:
    """Make one case in each place."""
    made = World()
    for number, place in enumerate(Place, start=1):
        made.samples[place] = db.run(lambda uow, p=place, n=number: _case(uow.session, container, p, n))
    return made


def rows(db: Database) -> dict[str, tuple[int, int]]:
    """Return, for each table that holds the Assembly's matters, how many rows and a sum over what stands in them."""
    from cases.base import Base

    names = [name for name in Base.metadata.tables if name not in OF_PROCESSES]
    one = "select '{0}', count(*), coalesce(sum(hashtextextended(t::text, 0)), 0) from \"{0}\" t"
    every = " union all ".join(one.format(name) for name in names)
    with db.reader() as session:
        return {name: (count, int(total)) for name, count, total in session.execute(text(every))}


def _case(session: Any, container: Container, place: Place, number: int) -> dict[str, Any]:
    word, name, note, task = CANARIES[place]
    city = container.city
    received = factories.say(session, city, f"The {word} is dark", sender=factories.phone(8_100_000 + number))
    case = session.get_one(Case, received.case_id)
    citizens.name_citizen(session, case.citizen_id, name)
    written = references.written(case.reference)
    event = replies.note(session, SYSTEM, reference=written, text=f"A {note} in the note")
    stored = container.files.put(io.BytesIO(note.encode()))
    file = attachments.add(
        session, SYSTEM, reference=written, event_id=event, sha256=stored.sha256, size=stored.size,
        media_type="text/plain", name=f"{note}.txt",
    )  # fmt: skip
    session.add(MailRow(message_id=received.message_id, subject=f"The {word}", whole=f"The {word} is dark, all of it"))
    session.get_one(StoredFile, stored.sha256).preview_sha256 = stored.sha256
    letter = _letter(session, container, case, received.message_id, CANARIES[place])
    letter_id = dispatched(session, case, CANARIES[place], content=stored.sha256)
    opened = tasks.open(session, SYSTEM, city=city, reference=written, title=f"Look at the {task}")
    department = {Place.OTHER: OTHER, Place.ELSEWHERE_CONFIDENTIAL: OTHER, Place.TRAY: None}.get(place, OWN)
    case.department, case.confidential = department, "confidential" in place
    session.flush()
    call, recording = _call(session, case, received.message_id, content=stored.sha256, note=note)
    return {
        "call_id": call,
        "recording_id": recording,
        "reference": written,
        "attachment_id": file,
        "message_id": received.message_id,
        "task_id": opened.id,
        "task": opened.id,
        "citizen_id": case.citizen_id,
        "register_number": letter.register_number,
        "scan_id": letter.scan_id,
        "letter_id": letter_id,
    }


def _call(session: Any, case: Case, message_id: int | None, *, content: str, note: str) -> tuple[int, int]:
    """Let the citizen have called, with a recording that is here."""
    at = clock.now(session)
    call = PhoneCall(
        account="voice", tag=f"tag-{case.id}", direction="in", line="+233302000199", number=f"+2332099{case.id:05d}",
        language="en", state="ended", ended_as="answered", case_id=case.id, started_at=at, updated_at=at, ended_at=at,
        note=f"A {note} in the call",
    )  # fmt: skip
    session.add(call)
    session.flush()
    url = f"https://gateway.invalid/{case.id}.mp3"
    made = VoiceRecording(
        call_id=call.id, kind="message", url=url, made_at=at, message_id=message_id, forget_at=at + timedelta(days=90)
    )
    media = {"account": "voice", "position": 0, "url": url, "media_type": "audio/mpeg", "name": "recording.mp3"}
    session.add_all([made, IncomingMedia(message_id=message_id, state="stored", sha256=content, **media)])
    session.flush()
    return call.id, made.id


def _letter(session: Any, container: Container, case: Case, message_id: int, words: tuple[str, ...]) -> LetterRow:
    """Let the citizen's words have come on paper: its register number is everybody's, what it says is not."""
    word, name, *_ = words
    put = enter(session, container, f"The {word} is dark", state="keyed", sender_name=name, subject=f"The {word}")
    row: LetterRow = session.get_one(LetterRow, put.id)
    row.case_id, row.message_id, row.keyed_at = case.id, message_id, clock.now(session)
    return row
