"""Agents at work: they answer, wait, resolve, hand on and set deadlines, in cases that chance picks."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

from cases import assignment, clock, lifecycle, overrides, priorities, replies
from cases.errors import DomainError
from cases.lifecycle import Outcome, Status
from cases.permissions import Viewer
from cases.sla.policy import PRIORITIES
from contactcentre.container import Container
from contactcentre.db import Unavailable, UnitOfWork
from tests.factories import make_agent

_ANY = text(
    "select reference from case_file where id >= (select 1 + floor(:chance * max(id)) from case_file) "
    "and status not in ('closed') order by id limit 1"
)
_TIMER = text(
    "select t.id from timer t join case_file c on c.id = t.case_id where c.reference = :reference "
    "and t.state in ('running', 'paused') order by t.id limit 1"
)
Act = Callable[["Desks", Session, str], object]


@dataclass
class Desks:
    """So many agents, each doing ``rate`` things a second until :meth:`close`; ``done`` counts what was not refused."""

    container: Container
    rate: float
    agents: int = 2
    done: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    away: int = 0
    _stop: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        """Sit down and begin."""
        self.viewer: Viewer = self.container.db.run(
            lambda uow: make_agent(uow.session, "Agent", ("supervisor", "*"))
        )  # fmt: skip
        self.chance = random.Random(7)
        self._threads = [threading.Thread(target=self._work, daemon=True) for _ in range(self.agents)]
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """Let everybody finish what they are at."""
        self._stop.set()
        for thread in self._threads:
            thread.join(30)

    def _work(self) -> None:
        while not self._stop.wait(1 / self.rate):
            name, act = self._pick()
            try:
                self.container.db.run(lambda uow, act=act: self._act(uow, act))  # type: ignore[misc]
                self.done[name] += 1
            except DomainError:
                self.refused[name] += 1  # such as: what is resolved cannot be put on hold
            except Unavailable:
                self.away += 1
                time.sleep(0.5)

    def _pick(self) -> tuple[str, Act]:
        (chosen,) = self.chance.choices(list(ACTS), [weight for weight, _ in ACTS.values()])
        return chosen, ACTS[chosen][1]

    def _act(self, uow: UnitOfWork, act: Act) -> None:
        reference = uow.session.scalar(_ANY, {"chance": self.chance.random()})
        if reference is not None:
            act(self, uow.session, reference)


def _reply(*, wait: bool = False, resolve: Outcome | None = None) -> Act:
    def act(desks: Desks, session: Session, reference: str) -> None:
        how = {"text": "We look into it", "wait": wait, "resolve": resolve}
        replies.reply(session, desks.viewer, city=desks.container.city, reference=reference, **how)  # type: ignore[arg-type]

    return act


def _moves(to: Status, outcome: Outcome | None = None) -> Act:
    def act(desks: Desks, session: Session, reference: str) -> None:
        how = {"to": to, "calendars": desks.container.city.calendars, "outcome": outcome}
        lifecycle.transition(session, desks.viewer, reference=reference, **how)  # type: ignore[arg-type]

    return act


def _prioritise(desks: Desks, session: Session, reference: str) -> None:
    priority = desks.chance.choice(PRIORITIES)
    priorities.set_priority(
        session, desks.viewer, city=desks.container.city, reference=reference, priority=priority
    )  # fmt: skip


def _set_deadline(desks: Desks, session: Session, reference: str) -> None:
    timer = session.scalar(_TIMER, {"reference": reference})
    if timer is not None:
        due = clock.now(session) + timedelta(hours=desks.chance.randint(1, 60))
        how = {"timer_id": timer, "due": due, "reason": "asked for"}
        overrides.set_deadline(session, desks.viewer, city=desks.container.city, reference=reference, **how)


def _hand_on(desks: Desks, session: Session, reference: str) -> None:
    department = desks.chance.choice(sorted(desks.container.city.departments))
    how = {"department": department, "reason": "it is theirs"}
    assignment.transfer(session, desks.viewer, city=desks.container.city, reference=reference, **how)


#: what agents do, with how often
ACTS: dict[str, tuple[int, Act]] = {
    "reply": (28, _reply()),
    "reply_and_wait": (16, _reply(wait=True)),
    "reply_and_resolve": (14, _reply(resolve=Outcome.ANSWERED)),
    "third_party": (10, _moves(Status.WAITING_ON_THIRD_PARTY)),
    "open_again": (8, _moves(Status.OPEN)),
    "resolve": (8, _moves(Status.RESOLVED, Outcome.FIXED)),
    "priority": (8, _prioritise),
    "deadline": (4, _set_deadline),
    "transfer": (4, _hand_on),
}
