"""Reads the ledgers at the end of a run and makes its line of them, with what every run promises."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from typing import Any, Protocol

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from cases.models import Message, OutboxEntry, RawRequest
from contactcentre.db import Unavailable
from contactcentre.simulator.ledger import _records
from tests.faults import ledgers
from tests.faults.figures import Figures
from tests.faults.ledgers import Copy, Entry
from tests.faults.stage import Stage
from tests.integration.callbacks import faults_of_histories

#: seconds after a fault in which everything must be settled
PATIENCE = 120.0
#: reports still come while the last one was so many seconds ago at most, but they are not waited for for ever
REPORTS, ALL_REPORTS = 15.0, 240.0
WAITING = (
    "select (select count(*) from outbox where state in ('queued', 'sending', 'unknown')) "
    "+ (select count(*) from raw_request where state in ('received', 'failed'))"
)
UNREPORTED = "select count(*) from message where direction = 'out' and status = 'sent'"


class Callers(Protocol):
    """Whoever called our hooks: the ids, which of them were told 2xx, the times of these, how often each status."""

    @property
    def offered(self) -> set[str]: ...

    @property
    def acked(self) -> set[str]: ...

    @property
    def seconds(self) -> Sequence[float]: ...

    @property
    def answers(self) -> Counter[int]: ...


def count(stage: Stage, query: str) -> int | None:
    """Return a number from the database, None while it is away."""
    try:
        with stage.site.container.db.reader() as session:
            return int(session.scalar(text(query)) or 0)
    except Unavailable:
        return None


def settled(stage: Stage) -> bool:
    """Tell whether nothing waits any more, neither in the outbox nor among the callbacks."""
    return count(stage, WAITING) == 0


def recovered(stage: Stage, since: float, *, seconds: float = PATIENCE) -> float:
    """Wait until nothing waits; returns the seconds since the fault ended. Then the last reports are waited for."""
    stage.until(lambda: settled(stage), seconds=seconds - (time.monotonic() - since))
    took = time.monotonic() - since
    _await_reports(stage)
    return round(took, 1)


def _await_reports(stage: Stage) -> None:
    until, left = time.monotonic() + ALL_REPORTS, count(stage, UNREPORTED)
    while left and time.monotonic() < until:
        if not stage.until(lambda left=left: count(stage, UNREPORTED) != left, seconds=REPORTS):  # type: ignore[misc]
            return
        left = count(stage, UNREPORTED)


def figures(run: str, stage: Stage, *, senders: Callers | None = None, recovery: float) -> Figures:
    """Compare the ledgers. What every run promises is checked here; the rest is its own matter."""
    took = stage.sent()
    with stage.site.container.db.reader() as session:
        entries, taken = _entries(session)
        raw, messages = _raw(session), _messages(session)
    out = ledgers.outgoing(entries, [Copy(one["to"], one["text"]) for one in took])
    offered, acked = (senders.offered, senders.acked) if senders else (set[str](), set[str]())
    told = ledgers.incoming(offered, acked, raw, messages)
    found = Figures(run, stored=told.stored if senders else len(entries), sent=out.sent, delivered=out.delivered)
    found.offered = len(offered) if senders else len(entries)
    found.acked = len(acked) if senders else len(entries)
    found.dup, found.lost, found.stuck = out.dup, out.lost + told.lost, out.stuck + told.stuck
    found.times(senders.seconds if senders else [one / stage.speed for one in taken])
    found.recovery_s, found.rss_max = recovery, stage.rss_max
    found.more["states"] = dict(Counter(one.state for one in entries))
    if senders:
        found.more["answers"] = {str(status): number for status, number in sorted(senders.answers.items())}
    found.promise("nothing is lost", found.lost == 0, found.lost)
    found.promise(f"nothing is stuck after {PATIENCE:.0f} s", found.stuck == 0, found.stuck)
    found.promise("every duplicate is shown on its message", out.hidden == 0, out.hidden)
    found.promise("nothing leaves that is in no outbox", out.strays == 0, out.strays)
    found.promise("no callback makes two messages", told.twice == 0, told.twice)
    kept = {one["id"] for one in records(stage) if one.get("direction") == "out"}
    found.promise("the gateway's file says what the gateway says", kept == {one["id"] for one in took})
    wrong = _wrong_histories(stage)
    found.promise("every case's history holds", wrong == [], wrong[:3])
    return found


def _wrong_histories(stage: Stage) -> list[str]:
    """Return what is wrong with histories; a report that comes meanwhile may look so once."""
    wrong: list[str] = []
    for _ in range(3):
        wrong = faults_of_histories(stage.site.container.db)
        if not wrong:
            break
        stage.pause(2.0)
    return wrong


def _entries(session: Session) -> tuple[list[Entry], list[float]]:
    query = select(
        OutboxEntry.recipient,
        Message.text,
        OutboxEntry.state,
        Message.status,
        Message.copies,
        OutboxEntry.unknowns,
        OutboxEntry.created_at,
        OutboxEntry.sent_at,
    ).join(Message, Message.id == OutboxEntry.message_id)
    rows = session.execute(query).all()
    taken = sorted((row.sent_at - row.created_at).total_seconds() for row in rows if row.sent_at is not None)
    return [Entry(*row[:6]) for row in rows], taken


def _raw(session: Session) -> dict[str, str]:
    query = select(RawRequest.dedupe_key, RawRequest.state).where(RawRequest.event == "incoming")
    return {key.removeprefix("id:"): state for key, state in session.execute(query)}


def _messages(session: Session) -> Counter[str]:
    return Counter(session.scalars(select(Message.external_id).where(Message.direction == "in")))


def records(stage: Stage) -> list[dict[str, Any]]:
    """Return the lines of the file in which the gateways keep what they took and what became of it."""
    path = stage.site.folder / "simulator" / "ledger.jsonl"
    return list(_records(path)) if path.exists() else []
