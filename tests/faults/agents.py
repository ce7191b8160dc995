"""Fifty agents at once on twenty cases, while citizens write: nothing lost, nobody overtaken, nothing said twice."""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path

from cases.models import Agent
from contactcentre.auth import passwords
from contactcentre.db import UnitOfWork
from tests.factories import make_agent
from tests.faults import said
from tests.faults.colleague import Colleague
from tests.faults.colleague_acts import Desk
from tests.faults.crowd_proofs import prove
from tests.faults.figures import Figures
from tests.faults.findings import count, figures, recovered
from tests.faults.incoming import AGAIN, CASES, form
from tests.faults.senders import Senders
from tests.faults.stage import Stage, stage

CITIZENS = 20
#: messages of all citizens in a second, in the long form and in the short one
RATE, SHORT_RATE = 1.0, 2.0
PASSWORD = "a long enough password"
#: more than the shipped bound of a day, which so many answers to so few numbers would reach
LIMITS = "messages_per_number_per_day = 5000\n"


def agents(folder: Path, short: bool) -> Figures:
    """Fifty agents on twenty cases while citizens write: no 500, no lost reply, one assignee each."""
    number, seconds, rate = (20, 40.0, SHORT_RATE) if short else (50, 180.0, RATE)
    with stage(folder, limits=LIMITS) as scene:
        scene.start("simulator", "web", "live", "worker", "ticker")
        people = _people(scene, number)
        forms = [form(one, (one - 1) % CITIZENS + 1) for one in range(1, CITIZENS + int(seconds * rate) + 1)]
        senders = Senders(scene.address, scene.hook(), forms, rate=rate, clients=4, again=AGAIN)
        try:
            scene.until(lambda: (count(scene, CASES) or 0) >= CITIZENS, seconds=60)
            desks = _work(scene, people, seconds)
            ended = time.monotonic()
            scene.until(lambda: senders.done, seconds=120)
        finally:
            senders.close()
        took = recovered(scene, ended)
        found = figures("agents", scene, senders=senders, recovery=took)
        told = [answer for one in desks for answer in one.who.told]
        found.more |= {"agents": number, "requests": len(told), "cases": count(scene, CASES)}
        lines = "\n".join(json.dumps(asdict(one), default=str) for one in sorted(told, key=lambda one: one.began))
        (folder / "told.jsonl").write_text(lines + "\n", encoding="utf-8")
        prove(scene, found, told, [pair for one in desks for pair in one.twice], whole=not short)
        print("\n".join(said.table(told)))
        return found


def _people(scene: Stage, number: int) -> list[Colleague]:
    """Make agents and log them in by the form, a few at a time as people come."""
    hashed = passwords.hash(PASSWORD)

    def work(uow: UnitOfWork) -> list[tuple[int, str]]:
        made = [make_agent(uow.session, f"Agent{one}") for one in range(1, number + 1)]
        rows = [uow.session.get_one(Agent, one.id) for one in made]
        for row in rows:
            row.password_hash = hashed
        return [(row.id, row.username) for row in rows]

    known = scene.site.container.db.run(work)
    people = [Colleague(scene.address, agent) for agent, _ in known]
    with ThreadPoolExecutor(4) as pool:
        inside = list(pool.map(lambda one, name: one.log_in(name, PASSWORD), people, [name for _, name in known]))
    if not all(inside):
        raise RuntimeError(f"{inside.count(False)} of {number} agents could not log in")
    return people


def _work(scene: Stage, people: Sequence[Colleague], seconds: float) -> list[Desk]:
    stop = threading.Event()
    desks = [Desk(one, random.Random(one.agent), stop) for one in people]
    threads = [threading.Thread(target=one.work, daemon=True) for one in desks]
    for thread in threads:
        thread.start()
    scene.pause(seconds)
    stop.set()
    for thread in threads:
        thread.join(60)
    for one in people:
        one.close()
    return desks
