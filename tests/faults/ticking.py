"""Three tickers, one stopped in the middle of its work and one killed, while promises fall due and callbacks fail."""

from __future__ import annotations

import itertools
import signal
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode

from sqlalchemy import text

from cases.messages import Inbound
from channels.webhook import Route, WebhookReply, WebhookRequest
from contactcentre import raw
from tests.faults.figures import Figures
from tests.faults.findings import count, figures, recovered
from tests.faults.incoming import form
from tests.faults.sending import queue
from tests.faults.stage import FRONT, Stage, stage

#: seconds that anything may be late
LATE = 10.0
#: seconds within which 99 of 100 breaches are recorded
P99 = 2.0
#: that the other tickers take to start
STARTING = timedelta(seconds=5)
#: ids of the callbacks that fail begin behind those of the cases
FIRST = 5001
_SPREAD = text(
    "update timer set due_at = :now + make_interval(secs => :seconds * row.part), "
    "next_wake_at = :now + make_interval(secs => :seconds * row.part) "
    "from (select id, row_number() over (order by id) / count(*) over ()::float as part from timer) row "
    "where row.id = timer.id"
)
# A ticker passes by cases that others hold: held here is what it writes next, so that it waits with its cases locked.
_NEXT_TIMER = "select id from timer order by next_wake_at limit 1 for update"
_WAITS = "select count(*) from pg_stat_activity where application_name = 'contactcentre' and wait_event_type = 'Lock'"
_LATE = {
    "timers": "select min(next_wake_at) from timer where next_wake_at <= clock_timestamp()",
    "callbacks": "select min(next_try_at) from raw_request where state = 'failed' and next_try_at <= clock_timestamp()",
}
BREACHES = "select count(*) from event where kind = 'timer_breached'"
#: how late each breach was recorded; those of the stopped ticker's open batch were due before it was stopped
_LATENESS = text(
    "select percentile_cont(0.99) within group (order by late) filter (where due > :standing), "
    "max(late) filter (where due <= :stopped) from (select (plain->>'due_at')::timestamptz as due, "
    "extract(epoch from at - (plain->>'due_at')::timestamptz) as late from event where kind = 'timer_breached') breach"
)
LEFT = "select count(*) from timer where next_wake_at < clock_timestamp() + interval '1 hour'"
CASES_BREACHED = "select count(distinct case_id) from event where kind = 'timer_breached'"


@dataclass
class Callbacks:
    """Callbacks that were stored by this process and could not be applied at first."""

    offered: set[str] = field(default_factory=set)
    acked: set[str] = field(default_factory=set)
    seconds: Sequence[float] = ()
    answers: Counter[int] = field(default_factory=Counter)


def tickers(folder: Path, short: bool) -> Figures:
    """One ticker is stopped in the middle of a transaction, another killed; nothing is done twice, or late."""
    timers, callbacks, away = (300, 60, 15.0) if short else (5000, 300, 90.0)
    with stage(folder) as scene:
        scene.start("simulator", "web", "worker")
        queue(scene, timers, itertools.count(1))
        scene.start("ticker-1")
        # Nobody else may wait for a case when a ticker is to be caught at it.
        recovered(scene, time.monotonic())
        spread(scene, away)
        inside = _stop_inside(scene, "ticker-1")
        stopped = _now(scene)
        scene.start("ticker-2", "ticker-3")
        standing = _now(scene) + STARTING
        began, told, late = time.monotonic(), Callbacks(), dict.fromkeys(_LATE, 0.0)
        scene.down.add("ticker-2")
        scene.kill("ticker-2")
        for number in range(callbacks):
            _fail(scene, FIRST + number, told)
            if number % 10 == 0:
                scene.pause(max(0.0, away * 0.6 * number / callbacks - (time.monotonic() - began)))
                _watch(scene, late)
        while time.monotonic() - began < away:
            scene.pause(0.5)
            _watch(scene, late)
        scene.kill("ticker-1", signal.SIGCONT)
        scene.down.discard("ticker-2")
        ended = time.monotonic()
        scene.until(lambda: _watch(scene, late) and count(scene, LEFT) == 0, seconds=60)
        took = recovered(scene, ended)
        found = figures("tickers", scene, senders=told, recovery=took)
        found.more |= {**{f"{n}_late_s": round(s, 1) for n, s in late.items()}}
        found.promise("a ticker was stopped inside a transaction", inside)
        breaches, cases = count(scene, BREACHES), count(scene, CASES_BREACHED)
        found.promise(f"{timers} breaches are recorded", breaches == timers, breaches)
        found.promise("each breach is recorded once", breaches == cases, cases)
        p99, batch = _lateness(scene, stopped, standing)
        found.more |= {"p99_late_s": round(p99, 2), "stopped_batch_late_s": round(batch, 2)}
        found.promise("99 of 100 breaches are recorded within 2 s", p99 <= P99, round(p99, 2))
        found.promise(f"those that the stopped ticker held within {LATE:.0f} s", batch <= LATE, round(batch, 2))
        for what, seconds in late.items():
            found.promise(f"no {what} are late by more than {LATE:.0f} s", seconds <= LATE, round(seconds, 1))
        return found


def _now(scene: Stage) -> datetime:
    with scene.site.container.db.reader() as session:
        return session.execute(text("select clock_timestamp()")).scalar_one()


def _lateness(scene: Stage, stopped: datetime, standing: datetime) -> tuple[float, float]:
    """Return the 99th percentile once the others stand, and the worst of what was due when a ticker stopped."""
    with scene.site.container.db.reader() as session:
        p99, batch = session.execute(_LATENESS, {"stopped": stopped, "standing": standing}).one()
    return float(p99 or 0), float(batch or 0)


def spread(scene: Stage, seconds: float) -> None:
    """Let all promises fall due one after the other in the coming seconds."""
    scene.site.container.db.run(
        lambda uow: uow.session.execute(_SPREAD, {"now": uow.session.scalar(text("select now()")), "seconds": seconds})
    )


def _stop_inside(scene: Stage, name: str) -> bool:
    """Stop a ticker while it holds promises that are due, in the middle of a transaction."""
    with scene.site.container.db.engine.begin() as ours:
        ours.execute(text(_NEXT_TIMER))
        caught = scene.until(lambda: count(scene, _WAITS), seconds=30)
        scene.kill(name, signal.SIGSTOP)
    return caught


def _fail(scene: Stage, number: int, told: Callbacks) -> None:
    """Store a callback as the web process does where something in us fails while it is applied."""

    def broken(_: WebhookRequest) -> tuple[WebhookReply, Sequence[Inbound]]:
        raise RuntimeError("planted")

    fields = form(number)
    kind = {"content-type": "application/x-www-form-urlencoded"}
    request = WebhookRequest("POST", f"/hooks/{FRONT}/•/incoming", kind, {}, fields, urlencode(fields).encode())
    route = Route("incoming", lambda one: one.form["id"], broken)
    told.offered.add(fields["id"])
    raw.accept(scene.site.container.db, account=FRONT, route=route, request=request, city=scene.site.container.city)
    told.acked.add(fields["id"])


def _watch(scene: Stage, late: dict[str, float]) -> bool:
    """Note by how much the latest work is late now, as anybody outside sees it; True where nothing is due."""
    nothing = True
    with scene.site.container.db.reader() as session:
        for what, query in _LATE.items():
            seconds = session.scalar(text(f"select extract(epoch from clock_timestamp() - ({query}))"))
            if seconds is not None:
                late[what], nothing = max(late[what], float(seconds)), False
    return nothing
