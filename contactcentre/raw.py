"""Raw first: a callback is stored with what became of it, or, where nothing could, stored alone and tried again."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog
from sqlalchemy import bindparam, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from cases import clock, intake
from cases.arrivals import Raw
from cases.base import table
from cases.departments import City
from cases.messages import Inbound, InboundMessage
from cases.models import RawRequest
from cases.models.raw import RawState
from channels.errors import Refused
from channels.webhook import Route, WebhookReply, WebhookRequest
from contactcentre import gate
from contactcentre.db import Database, Unavailable, UnitOfWork

log = structlog.get_logger(__name__)

TRIES = 5
PAUSES = (timedelta(seconds=5), timedelta(seconds=30), timedelta(minutes=2), timedelta(minutes=10))
CONTENT_WINDOW = timedelta(hours=24)
#: headers that a replay needs; the rest may hold secrets and is not kept
KEPT_HEADERS = ("content-type", "user-agent", "i-twilio-idempotency-token")
LONGEST_KEY = 500
OK = WebhookReply()

_TABLE = table(RawRequest)
_INSERT = (
    insert(_TABLE).on_conflict_do_nothing(index_elements=["account", "event", "dedupe_key"]).returning(_TABLE.c.id)
)
_LOCK = select(func.pg_advisory_xact_lock(bindparam("key")))
_SAME_CONTENT = (
    select(RawRequest.id)
    .where(
        RawRequest.account == bindparam("account"),
        RawRequest.event == bindparam("event"),
        RawRequest.dedupe_key.like(bindparam("prefix")),
        RawRequest.received_at > bindparam("since"),
    )
    .limit(1)
)
_DUE = (
    select(RawRequest.id)
    .where(
        RawRequest.state == RawState.FAILED,
        RawRequest.next_try_at <= bindparam("now"),
        RawRequest.sha256.is_(None),  # what a source held is read again, not asked of a route
    )
    .order_by(RawRequest.next_try_at)
    .limit(bindparam("limit"))
)
_CLAIM = select(RawRequest).where(RawRequest.id == bindparam("id")).with_for_update(skip_locked=True)

RouteFinder = Callable[[str, str], Route | None]


@dataclass(frozen=True, slots=True)
class Accepted:
    """What was stored: its state (None for a repeat), the answer, the accounts with something to send, and those whose
    gateway holds files for us.
    """

    state: RawState | None
    reply: WebhookReply = OK
    to_send: tuple[str, ...] = ()
    to_fetch: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Callback:
    """One callback on its way in, and what its route read in it."""

    account: str
    event: str
    request: WebhookRequest
    external_id: str | None
    reply: WebhookReply = OK
    values: tuple[Inbound, ...] = ()

    @property
    def to_fetch(self) -> tuple[str, ...]:
        """The accounts of messages that came with files."""
        with_files = (one for one in self.values if isinstance(one, InboundMessage) and one.attachments)
        return tuple({one.account: None for one in with_files})

    @property
    def key(self) -> str | None:
        """The de-duplication key, where the gateway gives one."""
        return f"id:{self.external_id}".replace("\x00", "\ufffd")[:LONGEST_KEY] if self.external_id else None


def accept(db: Database, *, account: str, route: Route, request: WebhookRequest, city: City) -> Accepted:
    """Store a callback and what it means in one transaction: the caller answers 2xx once this returns.

    Where it cannot be understood or applied, it is stored alone, for another try or for a person. Only a database
    that cannot store it is raised (``Unavailable``).
    """
    callback = _Callback(account, route.event, route.kept(request), None)
    try:
        callback = replace(callback, external_id=route.external_id(request))
        reply, values = route.parse(request)
        read = replace(callback, reply=reply, values=tuple(values))
        with gate.one_at_a_time(read.values):
            return db.run(lambda uow: _applied(uow, read, city))
    except Exception as error:  # noqa: BLE001  the citizen's words are stored; whatever is wrong with us is mended later
        trouble = error
    try:
        return db.run(lambda uow: _kept_alone(uow, callback, trouble))
    except Exception as error:
        raise Unavailable("the callback could not be stored") from error


def keep(session: Session, account: str, event: str, request: WebhookRequest, *, key: str, at: datetime) -> bool:
    """Store a callback that its caller applies in the same transaction; False where it is stored already."""
    callback = _Callback(account, event, request, key)
    return _insert(session, callback, at, _outcome(None, attempts=1, at=at))


def keep_refused(uow: UnitOfWork, account: str, event: str, request: WebhookRequest, trouble: Exception) -> None:
    """Store a callback whose caller could do nothing with it, for a person: there is nothing to try again later."""
    refused = trouble if isinstance(trouble, Refused) else Refused("(turn)", type(trouble).__name__)
    _kept_alone(uow, _Callback(account, event, request, None), refused)


def due(session: Session, *, limit: int = 50) -> Sequence[int]:
    """Return the raw rows that want another try now."""
    return session.scalars(_DUE, {"now": clock.now(session), "limit": limit}).all()


def replay(db: Database, raw_id: int, *, find_route: RouteFinder, city: City) -> Accepted | None:
    """Apply a stored row again; None where it has been applied already, or another process is at it."""
    try:
        return db.run(lambda uow: _again(uow, raw_id, find_route, city))
    except Exception as error:  # noqa: BLE001  as in accept
        trouble = error
    return db.run(lambda uow: _failed_again(uow, raw_id, trouble))


def restored(raw: RawRequest) -> WebhookRequest:
    """Return the request as it came, from its stored row."""
    query, form = raw.headers["query"], raw.headers["form"]
    return WebhookRequest(raw.method, raw.url, raw.headers["headers"], query, form, raw.body)


def _applied(uow: UnitOfWork, read: _Callback, city: City) -> Accepted:
    session = uow.session
    if read.key is not None and len(read.values) == 1 and isinstance(read.values[0], InboundMessage):
        return _message(session, read, read.values[0], read.key, city)
    at = clock.now(session)
    if not _insert(session, read, at, _outcome(None, attempts=1, at=at)):
        return Accepted(None, read.reply)
    return Accepted(RawState.APPLIED, read.reply, _receive(session, read.values, city), read.to_fetch)


def _message(session: Session, read: _Callback, message: InboundMessage, key: str, city: City) -> Accepted:
    """Write callback, message and case together: this is the way nearly all of them go."""
    row = {**_row(read, key), "state": RawState.APPLIED, "attempts": 1}
    received = intake.receive(session, message, city=city, raw=Raw(read.account, read.event, key, row))
    if not received.duplicate:
        return Accepted(RawState.APPLIED, read.reply, received.to_send, read.to_fetch)
    # The message may have come another way (fetched from the gateway's list): then this callback is still new.
    at = clock.now(session)
    new = session.execute(_INSERT, {**row, "received_at": at, "applied_at": at}).scalar_one_or_none()
    return Accepted(RawState.APPLIED if new else None, read.reply)


def _receive(
    session: Session, values: Sequence[Inbound], city: City, *, received_at: datetime | None = None
) -> tuple[str, ...]:
    to_send: dict[str, None] = {}
    for value in values:
        to_send.update(dict.fromkeys(intake.receive(session, value, city=city, received_at=received_at).to_send))
    return tuple(to_send)


def _kept_alone(uow: UnitOfWork, callback: _Callback, trouble: Exception) -> Accepted:
    at = clock.now(uow.session)
    outcome = _outcome(trouble, attempts=1, at=at)
    if not _insert(uow.session, callback, at, outcome):
        return Accepted(None)
    _alarm(callback.account, callback.event, outcome, trouble)
    return Accepted(RawState(str(outcome["state"])))


def _again(uow: UnitOfWork, raw_id: int, find_route: RouteFinder, city: City) -> Accepted | None:
    raw = uow.session.scalars(_CLAIM, {"id": raw_id}).one_or_none()
    if raw is None or raw.state == RawState.APPLIED:
        return None
    route = find_route(raw.account, raw.event)
    if route is None:
        raise LookupError("no account takes this event any more")
    reply, values = route.parse(restored(raw))
    to_send = _receive(uow.session, values, city, received_at=raw.received_at)
    _set(raw, _outcome(None, attempts=raw.attempts + 1, at=clock.now(uow.session)))
    return Accepted(RawState.APPLIED, reply, to_send)


def _failed_again(uow: UnitOfWork, raw_id: int, trouble: Exception) -> Accepted | None:
    raw = uow.session.scalars(_CLAIM, {"id": raw_id}).one_or_none()
    if raw is None or raw.state == RawState.APPLIED:
        return None
    record_trouble(raw, trouble, attempts=raw.attempts + 1, at=clock.now(uow.session))
    return Accepted(RawState(raw.state))


def _insert(session: Session, callback: _Callback, at: datetime, outcome: Mapping[str, object]) -> bool:
    """Store a callback; False where it, or the same content within a day, is stored already."""
    key = callback.key or _content_key(session, callback, at)
    if key is None:
        return False
    row = {**_row(callback, key), "received_at": at, **outcome}
    return session.execute(_INSERT, row).scalar_one_or_none() is not None


def _row(callback: _Callback, key: str) -> dict[str, object]:
    request = callback.request
    return {
        "account": callback.account,
        "event": callback.event,
        "dedupe_key": key,
        "method": request.method,
        "url": request.url,
        "headers": _kept(request),
        "body": request.body,
    }


def record_trouble(row: RawRequest, trouble: Exception, *, attempts: int, at: datetime) -> None:
    """Record that a stored row, which the caller holds locked, could not be applied: another try, or a person."""
    outcome = _outcome(trouble, attempts=attempts, at=at)
    _set(row, outcome)
    _alarm(row.account, row.event, outcome, trouble)


def _set(raw: RawRequest, outcome: Mapping[str, object]) -> None:
    for name, value in outcome.items():
        setattr(raw, name, value)


def _outcome(trouble: Exception | None, *, attempts: int, at: datetime) -> dict[str, object]:
    if trouble is None:
        done = {"state": RawState.APPLIED, "applied_at": at, "reason": None, "next_try_at": None}
        return {**done, "attempts": attempts}
    reason = str(trouble) if isinstance(trouble, Refused | LookupError) else type(trouble).__name__
    failed: dict[str, object] = {"attempts": attempts, "reason": reason[:500].replace("\x00", "\ufffd")}
    # What the gateway sent will not read better tomorrow; what failed in us may.
    if isinstance(trouble, Refused) or attempts >= TRIES:
        return {**failed, "state": RawState.QUARANTINED, "next_try_at": None}
    return {**failed, "state": RawState.FAILED, "next_try_at": at + PAUSES[min(attempts, len(PAUSES)) - 1]}


def _content_key(session: Session, callback: _Callback, at: datetime) -> str | None:
    request = callback.request
    digest = hashlib.sha256(request.body + b"\x00" + request.url.partition("?")[2].encode()).hexdigest()
    lock = int.from_bytes(bytes.fromhex(digest)[:8], signed=True)
    session.execute(_LOCK, {"key": lock})
    since = at - CONTENT_WINDOW
    values = {"account": callback.account, "event": callback.event, "prefix": f"sha256:{digest}:%", "since": since}
    if session.execute(_SAME_CONTENT, values).first():
        return None
    return f"sha256:{digest}:{at.isoformat()}"


def _kept(request: WebhookRequest) -> dict[str, object]:
    headers = {name: request.headers[name] for name in KEPT_HEADERS if name in request.headers}
    clean = {"headers": headers, "query": dict(request.query), "form": dict(request.form)}
    return {
        part: {k.replace("\x00", ""): v.replace("\x00", "\ufffd") for k, v in d.items()} for part, d in clean.items()
    }


def _alarm(account: str, event: str, outcome: Mapping[str, object], trouble: Exception) -> None:
    told = log.warning if isinstance(trouble, Refused) else log.error
    told("raw.not_applied", account=account, event_name=event, state=outcome["state"], error=type(trouble).__name__)
