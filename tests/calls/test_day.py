"""A scripted day of 300 calls: the published figures against plain arithmetic on the script."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import update

from cases.calls import holding, measures, taking
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
ABANDONED = {6: 40, 7: 4, 9: 10}
BACK = 8


@dataclass(frozen=True)
class Script:
    """One call of the day. ``end``: answered, abandoned or call_back, after ``wait`` seconds."""

    queue: str
    end: str
    wait: int
    talk: int = 0
    hold: int = 0


def script() -> list[Script]:
    made = []
    for n in range(CALLS):
        queue, wait = "waste" if n % 3 == 0 else "*", WAITS[n % 10]
        if wait is not None:
            made.append(Script(queue, "answered", wait, talk=30 + n % 47, hold=7 if n % 20 == 3 else 0))
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
    desk.ticks(60)


def test_the_figures_of_a_day_are_what_arithmetic_says(settings: Settings, db: Database) -> None:
    day = script()
    with centre(settings, db, line=Line(asks_anew=False)) as desk:
        ama, _ = desk.agent("Ama", AMA, takes=False), desk.agent("Kofi", KOFI)
        began = desk.at
        kofis = waits(desk, "+233299999999").joined(KOFI)  # he speaks all day, so that the queue has somebody
        desk.later(1)
        since = desk.at
        for n, one in enumerate(day):
            at = since + timedelta(seconds=n * EVERY)
            desk.later((at - desk.at).total_seconds())
            kofis.send("status", "other")
            plays(desk, ama, n, one)
        desk.later(600)
        with desk.db.reader() as session:
            found = {
                queue: measures.of(session, queue=queue, since=since, until=desk.at, terms=desk.city.calls)
                for queue in (None, "*", "waste")
            }
            strip = measures.now(session)
        for queue, one in found.items():
            check(one, [call for call in day if queue in (None, call.queue)])
        assert (strip.waiting, strip.talking, strip.call_backs) == (0, 1, 0)
        assert found[None].offered == CALLS
        assert began < since


def check(found: measures.Measures, day: list[Script]) -> None:
    """Compare with figures that are reckoned from the script alone: SL = answered in 20 s / (offered - short)."""
    answered = [one for one in day if one.end == "answered"]
    abandoned = [one for one in day if one.end == "abandoned"]
    short = [one for one in abandoned if one.wait < 10]
    assert found.offered == len(day)
    assert found.answered == len(answered)
    assert found.abandoned == len(abandoned)
    assert found.short == len(short)
    assert found.flow_out == len(day) - len(answered) - len(abandoned)
    assert found.waiting == 0
    assert found.longest == max(one.wait for one in day)
    total = sum(one.wait for one in answered)
    handled = sum(one.talk + one.hold + 60 for one in answered)
    in_time = sum(one.wait <= 20 for one in answered)
    assert abs((found.asa_seconds or 0) - total / len(answered)) < 1e-9
    assert abs((found.aht_seconds or 0) - handled / len(answered)) < 1e-9
    assert abs((found.service_level or 0) - in_time / (len(day) - len(short))) < 1e-9
    assert abs((found.abandon_rate or 0) - len(abandoned) / len(day)) < 1e-9
    adjusted = (len(abandoned) - len(short)) / (len(day) - len(short))
    assert abs((found.adjusted_rate or 0) - adjusted) < 1e-9
