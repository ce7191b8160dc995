"""What sources hold as bytes (mails, scans): stored first, read in a bounded process, then applied at once."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import bindparam, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from cases import clock, intake
from cases.base import table
from cases.messages import HandedOn, Inbound, InboundMessage, KeptFile, ScannedFile
from cases.models import RawRequest, StoredFile
from cases.models.raw import RawState
from channels.base import SCANS, KeepsUnread, Parcel, Reads
from channels.errors import Refused
from contactcentre import raw
from contactcentre.bounded.reading import Reader, Unread
from contactcentre.container import Container
from contactcentre.db import Unavailable, UnitOfWork
from contactcentre.jobs import DRAIN, PAGES, READ

log = structlog.get_logger(__name__)
EVENT = "parcel"
#: a source keeps what is larger; what comes over HTTP is refused
LARGEST = 64 * 1024 * 1024
#: who reads has so long for one thing; longer than its reader's own limit
LEASE = timedelta(minutes=3)
#: what comes with a thing beside its bytes, and what stands there where nobody said it
_CAME: Mapping[str, Any] = {"name": "", "came_by": "", "single": False}
_RAW = table(RawRequest)
_UNREAD = (RawRequest.event == EVENT, RawRequest.state == RawState.RECEIVED)
_DONE = (
    update(_RAW)
    .where(
        _RAW.c.id == bindparam("one"),
        _RAW.c.state == RawState.RECEIVED,
        _RAW.c.attempts == bindparam("attempt"),
    )
    .values(state=RawState.APPLIED, applied_at=bindparam("at"), reason=None, next_try_at=None)
    .returning(_RAW.c.id)
)


@dataclass(frozen=True, slots=True)
class Claimed:
    """One thing that this process reads now. ``attempt`` counts from 1. ``told`` is what came with it."""

    id: int
    account: str
    sha256: str
    arrived_at: datetime
    whole: bool
    attempt: int
    size: int = 0
    told: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Found:
    """What one thing means, or why it could not be read."""

    one: Claimed
    values: tuple[Inbound, ...] = ()
    kept: tuple[KeptFile, ...] = ()
    trouble: Exception | None = None


class Inbox:
    """Where what one account's source holds is stored; see :class:`channels.base.Inbox`."""

    def __init__(self, container: Container, account: str) -> None:
        self._container, self._account = container, account

    def missing(self, keys: Sequence[str]) -> list[str]:
        """Return those of the keys that are not stored yet, in their order."""
        here = RawRequest.account == self._account, RawRequest.event == EVENT, RawRequest.dedupe_key.in_(keys)
        with self._container.db.reader() as session:
            known = set(session.scalars(select(RawRequest.dedupe_key).where(*here)))
        return [key for key in keys if key not in known]

    def take(self, parcel: Parcel) -> None:
        """Store; once this returns it is committed, and somebody is asked to read it."""
        content = self._container.files.keep(parcel.content, largest=LARGEST)
        row = {"sha256": content.sha256, "size": content.size}
        self._container.db.run(lambda uow: _store(uow.session, self._account, parcel, row))
        self._container.jobs.nudge_soon(READ, self._account)

    def tell(self, trouble: str) -> None:
        """Note how the connection stands, for administrators."""
        self._container.sightings.note_source(self._account, trouble)


def _store(session: Session, account: str, parcel: Parcel, content: dict[str, Any]) -> None:
    at = clock.now(session)
    arrived = min(parcel.arrived_at or at, at)
    name = parcel.name.encode("utf-8", "replace").decode().replace("\x00", "\ufffd")
    told = {"series": parcel.series, "whole": parcel.whole, "name": name, "came_by": parcel.came_by}
    told |= {"headers": {}, "query": {}, "form": {}, "single": parcel.single}
    row: dict[str, Any] = {
        "account": account,
        "event": EVENT,
        "dedupe_key": parcel.key,
        "method": "",
        "url": "",
        "headers": {**told, "arrived_at": arrived.isoformat()},
        "body": b"",
        "state": RawState.RECEIVED,
        "attempts": 0,
        "received_at": at,
        "next_try_at": at,
        **content,
    }
    earlier = _same_in_another_series(session, account, parcel.series, content["sha256"])
    if earlier is not None:
        row |= {"state": RawState.APPLIED, "applied_at": at, "reason": f"the same as {earlier}", "next_try_at": None}
    session.execute(insert(RawRequest).on_conflict_do_nothing(index_elements=["account", "event", "dedupe_key"]), row)


def _same_in_another_series(session: Session, account: str, series: str, sha256: str) -> int | None:
    """Return the row that holds the same bytes under another series: a source that was made anew gives all again.

    Within one series two keys are two things, even if they are alike byte for byte.
    """
    here = RawRequest.account == account, RawRequest.event == EVENT, RawRequest.sha256 == sha256
    other = RawRequest.headers["series"].astext != series
    return session.scalar(select(RawRequest.id).where(*here, other).order_by(RawRequest.id).limit(1))


def waiting_accounts(session: Session, *, now: datetime) -> Sequence[str]:
    """Return the accounts of which something waits to be read."""
    due = select(RawRequest.account).where(*_UNREAD, RawRequest.next_try_at <= now)
    return session.scalars(due.distinct()).all()


def wake_failed(session: Session, *, now: datetime) -> int:
    """Let what failed and is due be read again; returns how many."""
    due = RawRequest.event == EVENT, RawRequest.state == RawState.FAILED, RawRequest.next_try_at <= now
    values = {"state": RawState.RECEIVED, "next_try_at": now}
    done = session.execute(update(RawRequest).where(*due).values(values).returning(RawRequest.id))
    return len(done.all())


def again(session: Session, raw_id: int) -> bool:
    """Let one thing be read again, whatever came of it before; False where it was applied."""
    row = session.get(RawRequest, raw_id, with_for_update=True)
    if row is None or row.state == RawState.APPLIED:
        return False
    row.state, row.next_try_at = RawState.RECEIVED, clock.now(session)
    return True


def claim(session: Session, *, account: str, most: int = 1) -> list[Claimed]:
    """Take the oldest that wait, for one process at a time."""
    now = clock.now(session)
    query = select(RawRequest).where(*_UNREAD, RawRequest.account == account, RawRequest.next_try_at <= now)
    rows = session.scalars(query.order_by(RawRequest.id).limit(most).with_for_update(skip_locked=True)).all()
    for row in rows:
        row.attempts += 1
        row.next_try_at = now + LEASE
    return [_claimed(row) for row in rows]


def _claimed(row: RawRequest) -> Claimed:
    told = row.headers
    arrived, whole = datetime.fromisoformat(told["arrived_at"]), bool(told["whole"])
    came = {"whole": whole, **{name: told.get(name, empty) for name, empty in _CAME.items()}}
    return Claimed(row.id, row.account, str(row.sha256), arrived, whole, row.attempts, row.size or 0, came)


def read(container: Container, one: Claimed, reader: Reader) -> Found:
    """Read one thing and keep its files; nothing is written to the database."""
    channel = container.accounts.get(one.account)
    try:
        if not isinstance(channel, Reads):
            raise LookupError("no account reads this any more")  # noqa: TRY004  nobody gave a wrong argument
        with container.files.local(one.sha256) as place:
            return _read(container, one, channel, place, reader)
    except Unavailable:
        raise
    except Exception as error:  # noqa: BLE001  whatever it is, the next thing must not wait behind it
        return Found(one, trouble=error)


def _read(container: Container, one: Claimed, channel: Reads, place: Path, reader: Reader) -> Found:
    try:
        with reader.read(place) as found:
            kept = tuple(_kept(container, file) for file in found.files)
            return Found(one, _filled_in(container, one, channel.understand({**found.values, **one.told}, kept)), kept)
    except Unread as error:
        if not isinstance(channel, KeepsUnread) or (error.again and one.attempt < raw.TRIES):
            raise
        return Found(one, _filled_in(container, one, channel.unread(one.told, str(error))))


def settle(container: Container, found: Found) -> bool:
    """Apply what was read; False where that, or the reading, failed, which is recorded. A database that is away is
    raised: then it is read again once its lease has run out.
    """
    one, trouble = found.one, found.trouble
    if trouble is None:
        try:
            to_send = container.db.run(lambda uow: _apply(uow, found, container))
        except Unavailable:
            raise
        except Exception as error:  # noqa: BLE001  as in reading
            trouble = error
    if trouble is not None:
        failed = trouble
        container.db.run(lambda uow: _fail(uow, one, failed))
        return False
    for account in to_send:
        container.jobs.nudge_soon(DRAIN, account)
    if any(isinstance(value, ScannedFile) for value in found.values):
        container.jobs.nudge_soon(PAGES, "pages")
    return True


def _filled_in(container: Container, one: Claimed, values: Sequence[Inbound]) -> tuple[Inbound, ...]:
    """Say in what was read where its bytes are."""
    return tuple(_with_source(container, one, value) for value in values)


def _with_source(container: Container, one: Claimed, value: Inbound) -> Inbound:
    match value:
        case InboundMessage():
            return replace(value, extra={**value.extra, "raw_id": one.id})
        case ScannedFile():
            kind = container.files.kind(one.sha256)
            return replace(value, original=KeptFile(one.sha256, one.size, kind, value.name), raw_id=one.id)
        case _:
            return value


def _kept(container: Container, place: Path) -> KeptFile:
    with place.open("rb") as stream:
        content = container.files.keep(stream, largest=LARGEST)
    return KeptFile(content.sha256, content.size, content.media_type, place.name)


def _apply(uow: UnitOfWork, found: Found, container: Container) -> tuple[str, ...]:
    session, one, at = uow.session, found.one, clock.now(uow.session)
    if session.execute(_DONE, {"one": one.id, "attempt": one.attempt, "at": at}).first() is None:
        return ()  # another process has taken it over
    files = [
        {"sha256": file.sha256, "size": file.size, "media_type": file.media_type, "created_at": at}
        for file in _given_out(found)
    ]
    if files:
        session.execute(insert(StoredFile).on_conflict_do_nothing(), files)
    to_send: dict[str, None] = {}
    for value in found.values:
        if isinstance(value, HandedOn):
            uow.after_commit(partial(container.jobs.nudge_soon, READ, _hand_on(session, value, one)))
            continue
        received = intake.receive(session, value, city=container.city, received_at=one.arrived_at)
        to_send.update(dict.fromkeys(received.to_send))
    return tuple(to_send)


def _given_out(found: Found) -> Iterator[KeptFile]:
    """Yield what may be given out and so is looked into: of a scan the file as it came, for its pages' pictures are
    ours; a scan that is handed on is looked into there.
    """
    scans = [value.original for value in found.values if isinstance(value, ScannedFile) and value.original]
    handed_on = {value.file.sha256 for value in found.values if isinstance(value, HandedOn)}
    yield from scans or (one for one in found.kept if one.sha256 not in handed_on)


def _hand_on(session: Session, value: HandedOn, one: Claimed) -> str:
    """Let another account read what came inside of this; returns the account."""
    came = Parcel(value.key, SCANS, io.BytesIO(), one.arrived_at, name=value.file.name, came_by=value.came_by)
    _store(session, value.account, came, {"sha256": value.file.sha256, "size": value.file.size})
    return value.account


def _fail(uow: UnitOfWork, one: Claimed, error: Exception) -> None:
    row = _locked(uow.session, one)
    if row is None:
        return
    # What a reader refuses reads no better tomorrow.
    final = Refused("mail", str(error)) if isinstance(error, Unread) and not error.again else error
    raw.record_trouble(row, final, attempts=one.attempt, at=clock.now(uow.session))


def _locked(session: Session, one: Claimed) -> RawRequest | None:
    row = session.get(RawRequest, one.id, with_for_update=True)
    return row if row is not None and row.state == RawState.RECEIVED and row.attempts == one.attempt else None
