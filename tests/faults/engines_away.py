"""The engines go away and come back, the database as if its machine had lost power, the queue server empty."""

from __future__ import annotations

import shutil
import signal
import time
from pathlib import Path

from redis import Redis

from contactcentre.engines.server import Server
from tests.faults.figures import Figures
from tests.faults.findings import figures, recovered
from tests.faults.incoming import AGAIN, citizens
from tests.faults.listed import Citizens, await_lists, promise
from tests.faults.senders import Senders
from tests.faults.stage import Stage, stage


def postgres_stop(folder: Path, short: bool) -> Figures:
    """PostgreSQL is stopped at once, without a checkpoint, under load; what gateways then drop is on their lists."""
    away, rate = (5.0, 50) if short else (10.0, 100)
    before = after = 3.0 if short else 5.0
    with stage(folder) as scene:
        scene.start("simulator", "web", "ticker", "worker")
        lived = {name: one.running for name, one in scene.kept.items()}
        forms = citizens(round(rate * (before + away + after)))
        writers = Citizens(scene)
        senders = Senders(scene.address, scene.hook(), forms, rate=rate, clients=64, again=AGAIN)
        try:
            writers.write(before)
            kill(scene.site.database, signal.SIGQUIT)
            gone = time.monotonic()
            writers.write(away / 3)
            writers.be_dropped()
            writers.write(gone + away - time.monotonic())
            scene.site.database.start()
            back = time.monotonic()
            writers.write(after)
            scene.until(lambda: senders.done, seconds=60)
        finally:
            senders.close()
        first = senders.first_ok(back)
        took = recovered(scene, back)
        await_lists(scene)
        recovered(scene, time.monotonic())
        found = figures("postgres-stop", scene, senders=senders, recovery=took)
        found.more["first_2xx_s"] = round(first - back, 2) if first else None
        wrong = {status: n for status, n in senders.answers.items() if status not in (200, 503)}
        found.promise("who is not told 2xx is told 503", not wrong, wrong)
        found.promise("the outage was seen", senders.answers[503] > 0)
        found.promise("all that is tried again arrives", found.stored == found.offered, found.stored)
        found.promise("the first 2xx comes 10 s after the return at most", first is not None and first - back <= 10)
        same = [name for name, one in scene.kept.items() if one.running is not lived[name]]
        found.promise("nothing had to be started again", same == [], same)
        found.promise("all are delivered", found.delivered == found.sent, found.delivered)
        promise(found, scene)
        return found


def valkey_stop(folder: Path, short: bool) -> Figures:
    """The queue server goes away, comes back empty, and is emptied once more, under load."""
    away, rate = (8.0, 50) if short else (60.0, 50)
    between = 3.0 if short else 10.0
    with stage(folder) as scene:
        scene.start("simulator", "web", "ticker", "worker-1", "worker-2")
        forms = citizens(round(rate * (away + 3 * between)))
        senders = Senders(scene.address, scene.hook(), forms, rate=rate, clients=64)
        try:
            scene.pause(between)
            began = time.monotonic()
            kill(scene.site.queue, signal.SIGKILL)
            scene.pause(away)
            _start_empty(scene)
            scene.pause(between)
            with Redis.from_url(scene.site.queue.url) as queue:
                queue.flushall()
            ended = time.monotonic()
            scene.until(lambda: senders.done, seconds=60)
        finally:
            senders.close()
        took = recovered(scene, ended)
        found = figures("valkey-stop", scene, senders=senders, recovery=took)
        found.more["restarts"] = sum("started again" in one for one in scene.told)
        found.promise("every callback is told 2xx at once", senders.answers.keys() == {200}, dict(senders.answers))
        # On a machine that is busy with other things it may be as slow as it was before the fault.
        most = max(500, round(3000 * senders.slowest(began)))
        found.more["p99_before"] = round(1000 * senders.slowest(began))
        found.promise(f"p99 of intake is below {most} ms", found.p99 < most, found.p99)
        found.promise("all are delivered", found.delivered == found.sent, found.delivered)
        return found


def kill(engine: Server, number: int) -> None:
    """End an engine by a signal, and wait until it is gone."""
    running = engine._process
    assert running is not None
    running.send_signal(number)
    running.wait(10)


def _start_empty(scene: Stage) -> None:
    shutil.rmtree(scene.site.queue.data / "appendonlydir", ignore_errors=True)
    scene.site.queue.start()
