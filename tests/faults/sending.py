"""What goes out while senders are killed, gateways take and say nothing, or report twice and in the wrong order."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from pathlib import Path

from cases import intake
from contactcentre.db import UnitOfWork
from contactcentre.jobs import DRAIN
from tests.factories import inbound, phone
from tests.faults.figures import Figures
from tests.faults.findings import count, figures, recovered
from tests.faults.stage import FRONT, SECOND, Stage, stage
from workers.deliver import BATCH

GATEWAYS = ("africastalking", "twilio")
WORKERS = tuple(f"worker-{number}" for number in range(1, 5))
#: rows at once, so that no transaction is long
LOT = 50
#: every fifth message leaves by a gateway that can be asked what it took: there a crash makes no copy
ASKED = 5


def kill_workers(folder: Path, short: bool) -> Figures:
    """Job workers and their work-horses are killed again and again while they send."""
    first, lot, kills = (100, 25, 4) if short else (500, 50, 10)
    # In the short form the leases of the dead run out six times faster.
    with stage(folder, speed=6.0 if short else 1.0) as scene:
        scene.start("simulator", "web", "ticker", *WORKERS)
        for gateway in GATEWAYS:
            scene.fault("slow", gateway=gateway, delay=0.05)
        numbers = itertools.count(1)
        queue(scene, first, numbers)
        for kill in range(kills):
            began = time.monotonic()
            queue(scene, lot, numbers)
            _kill_one(scene, horse=kill % 2 == 1)
            scene.pause(max(0.0, 2.0 - (time.monotonic() - began)))
        took = recovered(scene, time.monotonic())
        found = figures("kill-workers", scene, recovery=took)
        found.more |= {"kills": kills, "restarts": sum("started again" in one for one in scene.told)}
        found.promise(f"{first + lot * kills} are sent", found.sent == first + lot * kills, found.sent)
        found.promise("killed workers are started again", found.more["restarts"] > 0)
        left = count(scene, UNANSWERED) or 0
        found.more["left_in_flight"] = left
        found.promise("a kill copies at most what it left in flight", found.dup <= left <= kills * BATCH, found.dup)
        second = asked_copies(scene)
        found.promise("a gateway that can be asked gets no copy", second == 0, second)
        found.promise("all are delivered", found.delivered == found.sent, found.delivered)
        return found


def hang(folder: Path, short: bool) -> Figures:
    """A gateway takes messages and does not say so; they are looked up, or sent once more and counted."""
    total, workers, seconds = (200, 2, 6.0) if short else (1000, 4, 10.0)
    with stage(folder) as scene:
        scene.start("simulator", "web", "ticker", *WORKERS[:workers])
        numbers = itertools.count(1)
        queue(scene, 2 * ASKED, numbers)
        recovered(scene, time.monotonic())
        for gateway in GATEWAYS:
            scene.fault("accept-then-hang", seconds=seconds, gateway=gateway)
        queue(scene, total - 2 * ASKED, numbers)
        scene.pause(seconds)
        took = recovered(scene, time.monotonic())
        found = figures("hang", scene, recovery=took)
        hung = count(scene, UNANSWERED) or 0
        found.more["hung"] = hung
        found.promise("something hung", hung > 0)
        found.promise(f"{total} are sent", found.sent == total, found.sent)
        found.promise("one copy at most of what hung", found.dup <= hung, found.dup)
        second = asked_copies(scene)
        found.promise("a gateway that can be asked gets no copy", second == 0, second)
        return found


def reports(folder: Path, short: bool) -> Figures:
    """Delivery reports come twice, and the last before the first."""
    total = 100 if short else 500
    with stage(folder) as scene:
        scene.start("simulator", "web", "ticker", *WORKERS[:2])
        numbers = itertools.count(1)
        began = time.monotonic()
        for mode in ("duplicate-reports", "reorder-reports"):
            for gateway in GATEWAYS:
                scene.fault(mode, gateway=gateway)
            queue(scene, total, numbers)
            took = recovered(scene, began)
        found = figures("reports", scene, recovery=took)
        found.promise("every message is delivered in the end", found.delivered == 2 * total, found.delivered)
        found.promise("nothing is sent twice", found.dup == 0, found.dup)
        entered = count(scene, ENTERED) or 0
        found.promise("each delivery stands in its case's history once", entered == 2 * total, entered)
        return found


IN_FLIGHT = "select count(*) from outbox where state = 'sending'"
UNANSWERED = "select count(*) from outbox where unknowns > 0"
ENTERED = "select count(*) from event where kind = 'message_delivered'"


def queue(scene: Stage, total: int, numbers: Iterator[int]) -> None:
    """Take in so many first messages: each has an acknowledgement that must leave."""
    container = scene.site.container
    left = list(itertools.islice(numbers, total))
    while left:
        lot, left = left[:LOT], left[LOT:]

        def work(uow: UnitOfWork, lot: list[int] = lot) -> None:
            for number in lot:
                account = SECOND if number % ASKED == 0 else FRONT
                words = f"Lamp {number} is out"
                said = inbound(words, sender=phone(number), account=account, external_id=f"in-{number}")
                intake.receive(uow.session, said, city=container.city)

        container.db.run(work)
    for account in (FRONT, SECOND):
        container.jobs.nudge(DRAIN, account)


def asked_copies(scene: Stage) -> int:
    """Return how many messages more than one the gateway that can be asked took for a number."""
    took = [one["to"] for one in scene.sent() if one["account"] == SECOND]
    return len(took) - len(set(took))


def _kill_one(scene: Stage, *, horse: bool) -> None:
    """Kill a worker, or only the work-horse that it has forked, in the middle of its work."""
    dead = count(scene, IN_FLIGHT) or 0
    scene.until(lambda: (count(scene, IN_FLIGHT) or 0) > dead, seconds=1.5)
    scene.pause(scene.chance.uniform(0.0, 0.1))
    busy = [name for name in WORKERS if scene.workhorses(name)]
    name = scene.chance.choice(busy or WORKERS)
    horses = scene.workhorses(name)
    if horse and horses:
        scene.strike(horses[0])
    else:
        scene.kill(name)
