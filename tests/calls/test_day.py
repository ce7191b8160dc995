"""A scripted day of 300 calls: the published figures against plain arithmetic on the script."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import update

from cases.calls import holding, measures, queueing, taking, wrapping
from cases.calls.terms import Calls
from cases.models import QueueStay
from cases.permissions import Viewer
from config.settings import Settings
from contactcentre.db import Database
from tests.calls.centre import Caller, Centre, centre
from tests.calls.line import Line
from tests.calls.test_waiting import AMA, KOFI, waits

CALLS, EVERY = 300, 260
#: seconds until each of ten calls in turn is answered; None: it is not
WAITS = (0, 5, 12, 20, 21, 45, None, None, None, None)
ABANDONED = {6: 60, 7: 4, 9: 10}
BACK = 8


@dataclass(frozen=True)
class Script:
    """One call of the day. ``end``: answered, abandoned or call_back, after ``wait`` seconds."""

    queue: str
    end: str
    wait: int
    talk: int = 0
    hold: int = 0
    wrap: int = 60


def script() -> list[Script]:
    made = []
    for n in range(CALLS):
        queue, wait = "waste" if n % 3 == 0 else "*", WAITS[n % 10]
        if wait is not None:
            made.append(
                Script(
                    queue,
                    "answered",
                    wait,
                    talk=30 + n % 47,
                    hold=7 if n % 20 == 3 else 0,
                    wrap=25 if n % 4 == 1 else 60,
                )
            )
        elif n % 10 == BACK:
            made.append(Script(queue, "call_back", 15))
        else:
            made.append(Script(queue, "abandoned", ABANDONED[n % 10]))
    return made


def plays(desk: Centre, ama: Viewer, n: int, one: Script) -> None:
    """Let one call happen: an agent becomes free in the instant in which the script says that it is answered."""
    me = waits(desk, f"+2332{n:08d}", option="3" if one.queue == "waste" else "2")
    desk.later(one.wait)
    if one.end == "abandoned":
        me.ends()
    elif one.end == "call_back":
        me.keys("1")
        desk.db.run(lambda uow: uow.session.execute(update(QueueStay).values(returned_at=desk.at)))
    else:
        desk.db.run(lambda uow: taking.switch(uow.session, ama, takes=True))
        assert me.silent().rings == AMA
        me.joined(AMA)
        _talk(desk, ama, me, one)
        desk.db.run(lambda uow: taking.switch(uow.session, ama, takes=False))


def _talk(desk: Centre, ama: Viewer, me: Caller, one: Script) -> None:
    desk.later(one.talk - 1)
    if one.hold:
        call_id = desk.call(me).id
        desk.db.run(lambda uow: holding.hold(uow.session, ama, call_id=call_id))
        desk.works()
        desk.later(one.hold)
        desk.db.run(lambda uow: holding.resume(uow.session, ama, call_id=call_id))
    desk.later(1)
    me.ends(seconds=one.wait + one.talk + one.hold)
    desk.later(one.wrap)
    if one.wrap < desk.city.calls.wrap_up_seconds:
        how = {"city": desk.city, "call_id": desk.call(me).id, "said": wrapping.Said("settled")}
        desk.db.run(lambda uow: wrapping.wrap(uow.session, ama, **how))


@dataclass(frozen=True)
class Day:
    """A day that was played: its calls began at ``since``, each so many seconds after the one before."""

    desk: Centre
    calls: list[Script]
    began: datetime
    since: datetime

    def at(self, n: float) -> datetime:
        """Return when the n-th call began to wait."""
        return self.since + timedelta(seconds=n * EVERY)

    def of(self, *, first: float = 0, behind: int = CALLS, queue: str | None = None, **more: int) -> measures.Measures:
        """Return the figures of some of the calls, under the city's terms or under others."""
        how = {"since": self.at(first), "until": self.at(behind), "terms": replace(self.desk.city.calls, **more)}
        with self.desk.db.reader() as session:
            return measures.of(session, queue=queue, **how)  # type: ignore[arg-type]


@contextmanager
def played(settings: Settings, db: Database) -> Iterator[Day]:
    """Play the day. Beside it somebody talks from before its first call on, and never ends."""
    day = script()
    with centre(settings, db, line=Line(asks_anew=False)) as desk:
        ama, _ = desk.agent("Ama", AMA, takes=False), desk.agent("Kofi", KOFI)
        began = desk.at
        kofis = waits(desk, "+233299999999").joined(KOFI)  # he speaks all day, so that the queue has somebody
        desk.later(1)
        made = Day(desk, day, began, desk.at)
        for n, one in enumerate(day):
            desk.later((made.at(n) - desk.at).total_seconds())
            kofis.send("status", "other")
            plays(desk, ama, n, one)
        desk.later((made.at(CALLS) - desk.at).total_seconds())
        desk.ticks(600)  # wrap-ups that ran out are written down
        yield made


def compared(day: Day) -> None:
    """Compare every figure with what follows from the script: in all queues and in each, whole and in part."""
    terms = day.desk.city.calls
    for queue in (None, "*", "waste"):
        check(day.of(queue=queue), [one for one in day.calls if queue in (None, one.queue)], terms)
    check(day.of(first=40, behind=171), day.calls[40:171], terms)  # the 40th is in it, the 171st is not
    check(day.of(first=45.1, behind=171), day.calls[46:171], terms)  # the 45th waited on when this time began
    other = replace(terms, answer_within_seconds=12, short_seconds=41)
    check(day.of(answer_within_seconds=12, short_seconds=41), day.calls, other)
    _of_nobody(day.of(behind=0))
    _with_one_who_talks(day)


def _of_nobody(found: measures.Measures) -> None:
    assert (found.offered, found.waiting, found.longest) == (0, 0, 0)
    shares = (found.asa_seconds, found.aht_seconds, found.service_level, found.abandon_rate, found.adjusted_rate)
    assert shares == (None,) * 5


def _with_one_who_talks(day: Day) -> None:
    """Who still talks is offered and answered at once; how long it takes is not known yet."""
    with day.desk.db.reader() as session:
        found = measures.of(session, since=day.began, until=day.desk.at, terms=day.desk.city.calls)
    alone = day.of()
    assert (found.offered, found.answered) == (alone.offered + 1, alone.answered + 1)
    assert found.aht_seconds == alone.aht_seconds


def test_the_figures_of_a_day_are_what_arithmetic_says(settings: Settings, db: Database) -> None:
    with played(settings, db) as day:
        compared(day)


def test_the_line_of_this_instant_tells_who_waits_talks_and_will_be_called(desk: Centre) -> None:
    began, ama = desk.at, desk.agent("Ama", AMA)
    desk.agent("Kofi", KOFI)
    (first, second) = (waits(desk, f"+23329999999{n}") for n in (1, 2))
    first.joined(first.rings)
    second.joined(second.rings)
    on_hold = next(one for one in (first, second) if desk.call(one).agent_id == ama.id)
    desk.db.run(lambda uow: holding.hold(uow.session, ama, call_id=desk.call(on_hold).id))
    waits(desk, "+233200000001")
    desk.later(70)
    waits(desk, "+233200000002", option="3")
    desk.later(5)
    waits(desk, "+233200000003").keys("1")
    with desk.db.reader() as session:
        strip = measures.now(session, zone="UTC", terms=desk.city.calls)
        whole = measures.of(
            session, since=began + timedelta(seconds=1), until=desk.at + timedelta(seconds=1), terms=desk.city.calls
        )
        early = measures.now(session, zone="UTC", terms=replace(desk.city.calls, answer_within_seconds=-1)).today
    assert (strip.waiting, strip.longest_seconds, strip.talking, strip.call_backs) == (2, 75, 2, 1)
    assert (whole.offered, whole.waiting, whole.flow_out) == (2, 1, 1)
    assert (whole.service_level, whole.abandon_rate, early.service_level) == (0.0, 0.0, 0.0)
    assert strip.today.service_level == 2 / 4  # until just before this instant; who waits was offered already


def test_a_call_counts_as_handled_where_it_was_answered(desk: Centre) -> None:
    desk.agent("Ama", AMA)
    me = waits(desk, "+233200000001").joined(AMA)
    desk.later(30)
    call = desk.call(me)
    desk.db.run(lambda uow: queueing.enter(uow.session, call, "waste", at=desk.at))
    desk.later(15)
    me.ends()
    how = {"since": desk.at - timedelta(days=1), "until": desk.at, "terms": desk.city.calls}
    with desk.db.reader() as session:
        first, then = (measures.of(session, queue=queue, **how) for queue in ("*", "waste"))  # type: ignore[arg-type]
    assert (first.answered, first.aht_seconds) == (1, 45.0)  # nothing is written down yet
    assert (then.abandoned, then.aht_seconds) == (1, None)


def test_today_begins_at_midnight_where_the_city_is(desk: Centre) -> None:
    desk.agent("Ama", AMA, takes=False)
    desk.agent("Kofi", KOFI)
    waits(desk, "+233299999999").joined(KOFI)
    desk.set("2026-03-03 22:59")
    waits(desk, "+233200000001").ends()
    desk.set("2026-03-03 23:01")
    waits(desk, "+233200000002").ends()
    desk.later(60)

    def offered(zone: str) -> int:
        with desk.db.reader() as session:
            return measures.now(session, zone=zone, terms=desk.city.calls).today.offered

    assert (offered("UTC"), offered("Africa/Lagos")) == (3, 1)  # in Lagos the day began at 23:00 in UTC


def check(found: measures.Measures, day: list[Script], terms: Calls) -> None:
    """Compare with figures that are reckoned from the script alone: SL = answered in time / (offered - short)."""
    answered = [one for one in day if one.end == "answered"]
    abandoned = [one for one in day if one.end == "abandoned"]
    short = [one for one in abandoned if one.wait < terms.short_seconds]
    assert found.offered == len(day)
    assert found.answered == len(answered)
    assert found.abandoned == len(abandoned)
    assert found.short == len(short)
    assert found.flow_out == len(day) - len(answered) - len(abandoned)
    assert found.waiting == 0
    assert found.longest == max(one.wait for one in day)
    total = sum(one.wait for one in answered)
    handled = sum(one.talk + one.hold + one.wrap for one in answered)
    in_time = sum(one.wait <= terms.answer_within_seconds for one in answered)
    assert abs((found.asa_seconds or 0) - total / len(answered)) < 1e-9
    assert abs((found.aht_seconds or 0) - handled / len(answered)) < 1e-9
    assert abs((found.service_level or 0) - in_time / (len(day) - len(short))) < 1e-9
    assert abs((found.abandon_rate or 0) - len(abandoned) / len(day)) < 1e-9
    adjusted = (len(abandoned) - len(short)) / (len(day) - len(short))
    assert abs((found.adjusted_rate or 0) - adjusted) < 1e-9
