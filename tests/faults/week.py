"""A week of work in minutes, with every process killed and started again at random: promises follow from history."""

from __future__ import annotations

import random
import signal
import time
from collections import Counter
from datetime import date, timedelta
from pathlib import Path

from sqlalchemy import select, text

from cases import clock
from cases.models import Case
from cases.sla import clinic, examining
from cases.sla.clinic import Drift
from cases.sla.holidays import Holiday
from contactcentre import holidays
from contactcentre.db import UnitOfWork
from contactcentre.holidays import Edit
from tests.faults.desks import Desks
from tests.faults.engines_away import kill
from tests.faults.figures import Figures
from tests.faults.findings import count, figures, recovered
from tests.faults.incoming import AGAIN, form
from tests.faults.senders import Senders
from tests.faults.stage import Stage, stage

WEEK = timedelta(days=7)
PROCESSES = ("simulator", "web", "live", "worker", "ticker-1", "ticker-2", "listener")
#: the gateways' doubles are no part of the product, and only it is killed
KILLED = PROCESSES[1:]
#: promises of all kinds, short enough to break in a week, standing still as the shipped ones do
PROMISES = """
[[policies]]
key = "week"
calendar = "port"
[policies.targets]
first_response = { amount = 240, unit = "minutes" }
next_response = { amount = 8, unit = "elapsed" }
resolution = { amount = 900, unit = "minutes" }
department_leg = { amount = 2, unit = "working_days" }
[policies.pauses]
next_response = ["waiting_on_citizen", "waiting_on_third_party"]
resolution = ["waiting_on_citizen", "waiting_on_third_party"]
department_leg = ["waiting_on_third_party"]
[[policies.steps]]
at = "75%"
to = ["assignee"]
[[policies.steps]]
at = "due"
to = ["supervisor"]
"""
#: within which a ticker that lives comes to what is due
SOON = timedelta(seconds=5)
LATE = "select count(*) from timer where next_wake_at <= :due"
TWICE = (
    "select count(*) from (select 1 from event where kind = 'timer_breached' "
    "group by case_id, plain->>'timer', plain->>'instance' having count(*) > 1) twice"
)
MISDATED = "select count(*) from timer where breached_at is not null and breached_at <> due_at"
BREACHED = "select count(*) from timer where breached_at is not null"


def week(folder: Path, short: bool) -> Figures:
    """A week in minutes while every process is killed at random: the promises' rows follow from history alone."""
    total, seconds = (300, 25.0) if short else (20_000, 1200.0)
    with stage(folder, speed=WEEK.total_seconds() / seconds, promises=PROMISES) as scene:
        scene.start(*PROCESSES)
        forms = _forms(total, random.Random(3))
        senders = Senders(scene.address, scene.hook(), forms, rate=len(forms) / seconds, clients=16, again=AGAIN)
        desks = Desks(scene.site.container, rate=total / seconds)
        killed: Counter[str] = Counter()
        began, moved = time.monotonic(), False
        try:
            while (passed := time.monotonic() - began) < seconds:
                scene.pause(scene.chance.uniform(0.3, 1.0) * (4.0 if short else 12.0))
                _kill_one(scene, killed)
                if not moved and passed > seconds / 3:
                    moved = _move_a_holiday(scene)
            scene.until(lambda: senders.done, seconds=240)
        finally:
            desks.close()
            senders.close()
        took = recovered(scene, time.monotonic())
        scene.until(lambda: _late(scene) == 0 and count(scene, RECALCULATING) == 0, seconds=120)
        found = figures("week", scene, senders=senders, recovery=took)
        found.more |= {"killed": dict(killed), "acts": sum(desks.done.values()), "refused": sum(desks.refused.values())}
        _compare(scene, found, total)
        return found


RECALCULATING = "select count(*) from recalculation where finished_at is null and looked_at > 0"


def _forms(total: int, chance: random.Random) -> list[dict[str, str]]:
    """Return callbacks of so many strangers; a third of all messages come from somebody who has written before."""
    forms, strangers = [], 0
    while strangers < total:
        again = strangers > 0 and chance.random() < 1 / 3
        strangers += not again
        sender = chance.randint(max(1, strangers - 2000), strangers) if again else strangers
        forms.append(form(len(forms) + 1, sender))
    return forms


def _kill_one(scene: Stage, killed: Counter[str]) -> None:
    """Kill a process, which is started again as the supervisor does; now and then an engine, at once and wholly."""
    name = scene.chance.choice([*KILLED, *KILLED, "postgres", "valkey"])
    killed[name] += 1
    if name == "postgres":
        kill(scene.site.database, signal.SIGQUIT)
        scene.site.database.start()
    elif name == "valkey":
        kill(scene.site.queue, signal.SIGKILL)
        scene.site.queue.start()
    else:
        scene.kill(name)


def _move_a_holiday(scene: Stage) -> bool:
    """Close the office on its next Monday, as an administrator does whom a notice reached."""

    def work(uow: UnitOfWork) -> int:
        at = clock.now(uow.session)
        day = _monday(at.date() + timedelta(days=1))
        edit = Edit(None, Holiday(day, "Moved day", "Notice of the mayor"))
        plan = holidays.plan(uow.session, "port", [edit], at=at)
        return holidays.save(uow.session, plan, parent=plan.parent, author="agent:1", reason="the notice")

    return scene.site.container.db.run(work) > 1


def _monday(day: date) -> date:
    return day + timedelta(days=-day.weekday() % 7)


def _late(scene: Stage) -> int:
    """Count what fell due more than some seconds ago, as people outside count them."""
    with scene.site.container.db.reader() as session:
        due = clock.now(session) - SOON * scene.speed
        return int(session.scalar(text(LATE), {"due": due}) or 0)


def _compare(scene: Stage, found: Figures, total: int) -> None:
    """Look at every timer, running or ended, beside its case's history; and let the product's own clinic do so."""
    timers, drifts = _look(scene)
    found.more |= {"timers": timers, "breached": count(scene, BREACHED)}
    found.promise("every timer follows from history", drifts == [], drifts[:3])
    found.promise(f"{total} cases at least", (count(scene, "select count(*) from case_file") or 0) >= total)
    found.promise("no promise is left unlooked at", _late(scene) == 0, _late(scene))
    found.promise("each is broken once", count(scene, TWICE) == 0, count(scene, TWICE))
    found.promise("each at its due instant", count(scene, MISDATED) == 0, count(scene, MISDATED))
    for what in (BREACHED, "select count(*) from timer where state = 'met'", MOVED):
        found.promise(f"the week has something of everything: {what}", (count(scene, what) or 0) > 0)
    scene.site.container.db.run(lambda uow: examining.begin(uow.session, asked_by="agent:1", at=clock.now(uow.session)))
    scene.until(lambda: count(scene, UNEXAMINED) == 0, seconds=300)
    found.promise("the clinic ends", count(scene, UNEXAMINED) == 0)
    found.promise("the clinic shows no drift", count(scene, DRIFTS) == 0, count(scene, DRIFTS))


def _look(scene: Stage) -> tuple[int, list[Drift]]:
    """Compare all timers, those that have ended too; returns how many, and what drifts."""
    container, last, timers, drifts = scene.site.container, 0, 0, list[Drift]()
    while True:
        with container.db.reader() as session:
            query = select(Case.id).where(Case.id > last).order_by(Case.id).limit(500)
            cases = session.scalars(query).all()
            looked = clinic.look(session, cases, calendars=container.city.calendars)
        if not cases:
            return timers, drifts
        last, timers, drifts = cases[-1], timers + looked.timers, [*drifts, *looked.drifts]


MOVED = "select count(*) from event where kind = 'timer_moved' and plain->>'why' like 'calendar%'"
UNEXAMINED = "select count(*) from examination where finished_at is null"
DRIFTS = "select coalesce(sum(drifts), 0) from examination"
