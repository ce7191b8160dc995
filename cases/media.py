"""Media of incoming messages on their way into the file store: claimed, kept, tried again, or given up."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import insert as plain_insert
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from cases.attachments import safe_name
from cases.base import table
from cases.file_limits import over
from cases.messages import InboundMessage
from cases.models import Attachment, Filing, IncomingMedia, StoredFile
from cases.writes import Writes

WAITING, STORED, REFUSED, FAILED = "waiting", "stored", "refused", "failed"
#: a worker that dies while it fetches holds nothing up for longer
LEASE = timedelta(minutes=5)
FIRST_DELAY, LONGEST_DELAY = timedelta(seconds=30), timedelta(hours=2)
#: with doubling pauses, these are about a day
MOST_TRIES = 20
_MEDIA, _ATTACHMENTS = table(IncomingMedia), table(Attachment)


@dataclass(frozen=True, slots=True)
class Waiting:
    """One reference that this worker fetches now; ``attempt`` counts from 1."""

    id: int
    url: str
    name: str
    attempt: int


def gather(writes: Writes, inbound: InboundMessage, *, message_id: int, at: datetime) -> None:
    """Gather the references that came with a message; without any nothing is written."""
    for position, one in enumerate(inbound.attachments):
        url = one.url.replace("\x00", "")  # PostgreSQL's text cannot hold it, and no address has one
        row = {"message_id": message_id, "account": inbound.account, "position": position, "url": url}
        kind = one.media_type.replace("\x00", "")
        given: dict[str, object] = {"next_try_at": at}
        if aside := over(position, 0, 0):
            given = {"next_try_at": None, "state": REFUSED, "reason": aside}
        writes.add(_MEDIA, {**row, "media_type": kind, "name": safe_name(one.name), **given})


def gather_files(
    writes: Writes, inbound: InboundMessage, *, message_id: int, case_id: int | None, at: datetime
) -> None:
    """Gather the files of a message that are in the store already, in the case that it stands in if there is one.

    What breaks a limit is in the store too, and in no case.
    """
    taken = 0
    for position, one in enumerate(inbound.files, len(inbound.attachments)):
        row = {"message_id": message_id, "account": inbound.account, "position": position, "url": ""}
        name = safe_name(one.name)
        kept = {"media_type": one.media_type, "name": name, "state": STORED, "sha256": one.sha256}
        aside = over(position, one.size, taken)
        if aside:
            kept |= {"state": REFUSED, "reason": f"{name}: {aside}"}
        else:
            taken += one.size
        writes.add(_MEDIA, {**row, **kept, "content_id": one.content_id or None})
        if case_id is not None and not aside:
            place = {"case_id": case_id, "message_id": message_id, "sha256": one.sha256, "name": name, "added_at": at}
            writes.add(_ATTACHMENTS, place)


def waiting_accounts(session: Session, *, now: datetime) -> Sequence[str]:
    """Return the accounts for which something is to be fetched now."""
    due = select(IncomingMedia.account).where(IncomingMedia.state == WAITING, IncomingMedia.next_try_at <= now)
    return session.scalars(due.distinct()).all()


def claim(session: Session, *, account: str, now: datetime, limit: int = 1) -> list[Waiting]:
    """Take references to fetch, each for one worker at a time."""
    query = (
        select(IncomingMedia)
        .where(IncomingMedia.state == WAITING, IncomingMedia.account == account, IncomingMedia.next_try_at <= now)
        .order_by(IncomingMedia.next_try_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return list(_claimed(session.scalars(query).all(), now))


def store(session: Session, one: Waiting, *, sha256: str, size: int, media_type: str, at: datetime) -> None:
    """Attach what has come to every case that its message stands in; nothing where another worker was quicker.

    The message itself knows its files too: one that stands in no case may be filed later.
    """
    row = _locked(session, one)
    if row is None:
        return
    file = insert(StoredFile).values(sha256=sha256, size=size, media_type=media_type, created_at=at)
    session.execute(file.on_conflict_do_nothing())
    row.state, row.next_try_at, row.reason, row.sha256 = STORED, None, None, sha256
    filed = select(Filing.case_id).where(Filing.message_id == row.message_id, Filing.removed_at.is_(None))
    for case_id in session.scalars(filed).all():
        values = {"case_id": case_id, "message_id": row.message_id, "sha256": sha256, "name": one.name, "added_at": at}
        session.execute(plain_insert(Attachment), values)


def fail(session: Session, one: Waiting, *, reason: str, again: bool, refused: bool, at: datetime) -> None:
    """Record that it could not be fetched: tried again with doubling pauses, or given up, or refused for what it is.

    ``reason`` is for agents.
    """
    row = _locked(session, one)
    if row is None:
        return
    row.reason = reason
    if again and one.attempt < MOST_TRIES:
        row.next_try_at = at + min(FIRST_DELAY * 2 ** (one.attempt - 1), LONGEST_DELAY)
    else:
        row.state, row.next_try_at = (REFUSED if refused else FAILED), None


def _locked(session: Session, one: Waiting) -> IncomingMedia | None:
    row = session.get(IncomingMedia, one.id, with_for_update=True)
    return row if row is not None and row.state == WAITING and row.attempts == one.attempt else None


def _claimed(rows: Sequence[IncomingMedia], now: datetime) -> Iterator[Waiting]:
    for row in rows:
        row.attempts += 1
        row.next_try_at = now + LEASE
        yield Waiting(row.id, row.url, row.name, row.attempts)
