"""Recent messages routed by two configurations: how many would go elsewhere. Nothing is changed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from cases import commands
from cases.departments import City
from cases.matching import Reason
from cases.models import Address, Case, Citizen, Filing, Message, Thread
from cases.permissions import Viewer
from cases.queries.scope import visible
from cases.routing.facts import PERSON, Facts
from cases.routing.rules import route

#: what is tried at most: a preview is looked at by somebody who waits for it
MOST = 300
SINCE = timedelta(days=30)
MOST_REFERENCES = 3
_OPENING = (
    select(
        *(Message.channel, Message.account, Message.text, Message.created_at, Address.language),
        *(Case.id, Case.reference, Citizen.kind),
    )
    .join(Filing, Filing.message_id == Message.id)
    .join(Case, Case.id == Filing.case_id)
    .join(Thread, Thread.id == Message.thread_id)
    .join(Address, Address.id == Thread.address_id)
    .join(Citizen, Citizen.id == Case.citizen_id, isouter=True)
    .where(
        Message.direction == "in",
        Message.created_at >= bindparam("since"),
        Filing.reason == Reason.OPENED,
        Filing.removed_at.is_(None),
        # What was said in confidence is no material for trying rules on.
        ~Case.confidential,
    )
    .order_by(Message.created_at.desc(), Message.id.desc())
    .limit(MOST)
)


class Said(NamedTuple):
    """Words that opened a case, and its reference where the viewer may read it."""

    facts: Facts
    reference: str | None


@dataclass(frozen=True, slots=True)
class Moving:
    """So many of the sample would go from one department to another; None is the tray."""

    before: str | None
    after: str | None
    count: int
    references: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rerouted:
    """What became of a sample of messages: how many were tried, and those that would go elsewhere, the most first."""

    tried: int
    moving: tuple[Moving, ...]

    @property
    def count(self) -> int:
        """How many would go elsewhere."""
        return sum(one.count for one in self.moving)


def sample(session: Session, viewer: Viewer, *, at: datetime) -> list[Said]:
    """Return the latest words that opened cases, none of them confidential."""
    rows = session.execute(_OPENING, {"since": at - SINCE}).all()
    may_read = set(session.scalars(select(Case.id).where(Case.id.in_([row.id for row in rows]), visible(viewer))))
    return [
        Said(
            Facts(row.channel, row.account, row.text, row.language, at=row.created_at, citizen=row.kind or PERSON),
            row.reference if row.id in may_read else None,
        )
        for row in rows
    ]


def compare(said: Sequence[Said], before: City, after: City) -> Rerouted:
    """Route each of them by both; what has become a command, or was chosen in a dialogue, is not known here."""
    found: dict[tuple[str, str], list[str | None]] = defaultdict(list)
    for one in said:
        there, here = _department(one.facts, before), _department(one.facts, after)
        if there != here:
            found[there or "", here or ""].append(one.reference)
    moving = [
        Moving(there or None, here or None, len(every), tuple(one for one in every if one)[:MOST_REFERENCES])
        for (there, here), every in found.items()
    ]
    return Rerouted(len(said), tuple(sorted(moving, key=lambda one: (-one.count, one.before or "", one.after or ""))))


def _department(facts: Facts, city: City) -> str | None:
    if commands.parse(facts.text, city.keywords) is not None:
        return None
    return route(facts, city.rules, city.known).department
