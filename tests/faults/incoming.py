"""Callbacks that come again and again, and a web process that dies under them."""

from __future__ import annotations

import itertools
import time
from pathlib import Path

from contactcentre.engines import ports
from tests.faults.figures import Figures
from tests.faults.findings import count, figures, recovered
from tests.faults.senders import Senders
from tests.faults.stage import HOST, Stage, stage

#: seconds after which a sender tries again first
AGAIN = 0.5
CASES = "select count(*) from case_file"
MESSAGES = "select count(*) from message where direction = 'in'"
ACKS = "select count(*) from message where direction = 'out' and text_key = 'acknowledgement'"
OPEN = (
    "select count(*) from pg_stat_activity where state like 'idle in transaction%' "
    "and application_name = 'contactcentre' and xact_start < clock_timestamp() - interval '5 seconds'"
)


def form(number: int, sender: int | None = None) -> dict[str, str]:
    """Return the callback of the n-th message; a sender of its own, unless one is named."""
    return {
        "linkId": "", "text": f"The gutter behind house {number} is full", "to": "4404", "id": f"fault-{number}",
        "date": "2026-03-02 10:12:00", "from": f"+23320{sender or number:07d}", "networkCode": "62002",
    }  # fmt: skip


def citizens(total: int) -> list[dict[str, str]]:
    """Return callbacks of strangers; each third writes twice, so that some messages join a case."""
    return [form(number, number - 1 if number % 3 == 0 else number) for number in range(1, total + 1)]


def web_kill(folder: Path, short: bool) -> Figures:
    """The web process is killed each second that it serves, while senders try again with the same ids."""
    kills, rate = (5, 50) if short else (20, 100)
    with stage(folder) as scene:
        scene.start("simulator", "web", "ticker", "worker")
        forms = citizens(rate * kills * 2)
        senders = Senders(scene.address, scene.hook(), forms, rate=rate, again=AGAIN)
        try:
            for _ in range(kills):
                scene.pause(scene.chance.uniform(0.5, 1.0))
                _kill_web(scene)
            ended = time.monotonic()
            scene.until(lambda: senders.done, seconds=120)
        finally:
            senders.close()
        took = recovered(scene, ended)
        found = figures("web-kill", scene, senders=senders, recovery=took)
        found.more["kills"] = kills
        found.promise("every id is told 2xx in the end", found.acked == found.offered, found.acked)
        found.promise("every id is one message", count(scene, MESSAGES) == len(forms), count(scene, MESSAGES))
        strangers = len({one["from"] for one in forms})
        found.promise("every citizen has one case", count(scene, CASES) == strangers, count(scene, CASES))
        found.promise("every case has one acknowledgement", count(scene, ACKS) == strangers, count(scene, ACKS))
        found.promise("no transaction is left open", count(scene, OPEN) == 0, count(scene, OPEN))
        return found


def duplicates(folder: Path, short: bool) -> Figures:
    """Every callback comes three times, ten at once."""
    total = 200 if short else 1000
    with stage(folder) as scene:
        scene.start("simulator", "web", "ticker", "worker")
        once = [form(number) for number in range(1, total + 1)]
        three = list(itertools.chain.from_iterable((one, one, one) for one in once))
        senders = Senders(scene.address, scene.hook(), three, rate=None, clients=10)
        try:
            scene.until(lambda: senders.done, seconds=120)
            ended = time.monotonic()
        finally:
            senders.close()
        took = recovered(scene, ended)
        found = figures("duplicates", scene, senders=senders, recovery=took)
        found.promise("all are told 2xx", senders.answers.keys() == {200}, dict(senders.answers))
        for what, query in (("messages", MESSAGES), ("cases", CASES), ("acknowledgements", ACKS)):
            found.promise(f"{total} {what}", count(scene, query) == total, count(scene, query))
        found.promise("nothing is sent twice", found.dup == 0, found.dup)
        return found


def _kill_web(scene: Stage) -> None:
    """Kill the server, or in every other case the process that it forked, and start it anew at once."""
    web = scene.kept["web"]
    forked = scene.workhorses("web")
    if forked and scene.chance.random() < 0.5:
        scene.strike(forked[-1])
        scene.until(lambda: not web.alive or _answers(scene), seconds=10)
    else:
        scene.kill("web")
    if web.running is not None and not _answers(scene):
        scene.kill("web")
        web.running.wait(10)
        web.start()
    scene.until(lambda: _answers(scene), seconds=30)


def _answers(scene: Stage) -> bool:
    return ports.answers(HOST, scene.ports["web"], "/health/live")
