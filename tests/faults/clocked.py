"""Long times made short by the test clock: days in which a gateway is away, and an hour of machines that answer."""

from __future__ import annotations

import itertools
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from sqlalchemy import select, text

from cases import lifecycle
from cases.lifecycle import Outcome, Status
from cases.models import Case
from contactcentre.db import UnitOfWork
from tests.factories import make_agent
from tests.faults.figures import Figures
from tests.faults.findings import count, figures, records, recovered
from tests.faults.sending import GATEWAYS, queue
from tests.faults.stage import Stage, stage
from tests.faults.ticking import BREACHES, CASES_BREACHED, Callbacks

PROCESSES = ("simulator", "web", "worker", "ticker")
#: an answer is worth sending for 72 hours, a resolved case is closed after 48
DAYS = timedelta(hours=73)
TRIED = "select count(*) from outbox where attempts >= 2 and state = 'queued'"
TRIED_AGAIN = "select count(*) from outbox where attempts >= 2 and state = 'sent'"
EXPIRED = "select count(*) from outbox where state = 'expired'"
CLOSED = "select count(*) from case_file where status = 'closed'"
MISDATED = "select count(*) from timer where state = 'breached' and breached_at <> due_at"


def clock(folder: Path, short: bool) -> Figures:
    """The clock of all processes runs fast: retries, expiry, breaches and closing come when they should."""
    total, resolved = (30, 10) if short else (200, 50)
    with stage(folder, speed=20.0) as scene:
        scene.start(*PROCESSES)
        numbers = itertools.count(1)
        queue(scene, total, numbers)
        recovered(scene, time.monotonic())
        _gateways(scene, "http500")
        queue(scene, total, numbers)
        retried = scene.until(lambda: count(scene, TRIED) == total, seconds=60)
        _gateways(scene, "ok")
        recovered(scene, time.monotonic())
        again = count(scene, TRIED_AGAIN)
        _resolve(scene, resolved)
        _gateways(scene, "http500")
        queue(scene, total, numbers)
        scene.until(
            lambda: count(scene, "select count(*) from outbox where attempts > 0 and state = 'queued'"), seconds=10
        )
        scene.leap(DAYS, *PROCESSES)
        began = time.monotonic()
        scene.until(lambda: count(scene, CLOSED) == resolved, seconds=60)
        took = recovered(scene, began)
        found = figures("clock", scene, recovery=took)
        found.promise(f"{total} wait for another try while the gateway fails", retried)
        found.promise("they leave when it works again", again == total, again)
        found.promise(
            "what is too old to be of use expires and is shown", count(scene, EXPIRED) == total, count(scene, EXPIRED)
        )
        found.promise("what has expired does not leave", found.sent == 2 * total, found.sent)
        found.promise("nothing is sent twice", found.dup == 0, found.dup)
        found.promise("resolved cases are closed", count(scene, CLOSED) == resolved, count(scene, CLOSED))
        breaches = count(scene, BREACHES)
        found.promise("every broken promise is recorded", breaches == 3 * total - resolved, breaches)
        found.promise("each once", breaches == count(scene, CASES_BREACHED))
        found.promise("each at its due instant", count(scene, MISDATED) == 0, count(scene, MISDATED))
        return found


@dataclass
class Robot:
    """A phone that answers every text it gets, and speaks by itself every two minutes of the hour."""

    number: str
    to: str
    words: str
    answered: set[str] = field(default_factory=set)


ROBOTS = (
    Robot("+233200000001", "4404", "I am away and will answer when I am back."),
    Robot("+233200000002", "4404", "HELP"),
    Robot("+233200000003", "+6421555143", "STATUS"),
    # The city's own other number: two accounts of ours that would answer each other.
    Robot("+6421555142", "4404", "Your message was received."),
)
AUTOMATIC = 5


def loop(folder: Path, short: bool) -> Figures:
    """Machines answer our automatic texts for an hour: five of these at most for each, and every word is stored."""
    speed, hour = (120.0, 58 * 60.0) if short else (40.0, 58 * 60.0)
    with stage(folder, speed=speed) as scene:
        scene.start(*PROCESSES)
        told, began, spoke = Callbacks(), time.monotonic(), 0
        while (passed := (time.monotonic() - began) * speed) < hour:
            if passed >= spoke * 120:
                spoke += 1
                for robot in ROBOTS:
                    _say(scene, robot, told)
            for robot in ROBOTS:
                for one in scene.sent():
                    if one["to"] == robot.number and one["id"] not in robot.answered:
                        robot.answered.add(one["id"])
                        _say(scene, robot, told)
            scene.pause(0.2)
        took = recovered(scene, time.monotonic())
        told.acked = _delivered(scene, told.offered)
        found = figures("loop", scene, senders=told, recovery=took)
        by_number = _automatic(scene)
        found.more["automatic"] = dict(by_number)
        found.promise("every word is stored", found.stored == found.offered, found.stored)
        most = max(by_number.values(), default=0)
        found.promise(f"{AUTOMATIC} automatic texts to one number at most", most <= AUTOMATIC, most)
        found.promise("a machine that asks is answered until then", most == AUTOMATIC, most)
        found.promise("our own numbers are not answered", by_number[ROBOTS[-1].number] == 0)
        return found


def _gateways(scene: Stage, mode: str) -> None:
    for gateway in GATEWAYS:
        scene.fault(mode, gateway=gateway)


def _resolve(scene: Stage, total: int) -> None:
    """Let an agent answer some cases."""

    def work(uow: UnitOfWork) -> None:
        agent = make_agent(uow.session, "Agent", ("supervisor", "*"))
        for reference in uow.session.scalars(select(Case.reference).order_by(Case.id).limit(total)).all():
            how = {"to": Status.RESOLVED, "outcome": Outcome.FIXED}
            calendars = scene.site.container.city.calendars
            lifecycle.transition(uow.session, agent, reference=reference, calendars=calendars, **how)

    scene.site.container.db.run(work)


def _say(scene: Stage, robot: Robot, told: Callbacks) -> None:
    told.offered.add(scene.write(robot.number, robot.to, robot.words))


def _delivered(scene: Stage, offered: set[str]) -> set[str]:
    """Return which of the robots' messages our hooks took, as the gateway's file says."""
    states = {str(one.get("line", one.get("id"))): one["state"] for one in records(scene) if "state" in one}
    return {one for one in offered if states.get(one) == "delivered"}


def _automatic(scene: Stage) -> Counter[str]:
    """Count the automatic texts to each number, as the gateways took them, copies left out."""
    query = "select recipient from outbox o join message m on m.id = o.message_id where m.automatic"
    with scene.site.container.db.reader() as session:
        return Counter(session.scalars(text(query)))
