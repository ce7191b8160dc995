"""What a forecast is made of: people with the time they have left today, and cases with a deadline today."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cases.sla.calendar import Span


@dataclass(frozen=True, slots=True)
class Hand:
    """Somebody who may be given work. ``free``: the spans of today that they still work in, ascending.

    ``places``: of which sorts of cases they may be given any. ``away`` says why they have no time, where that is known.
    """

    id: int
    name: str
    free: Sequence[Span]
    places: frozenset[str]
    away: str = ""

    @property
    def seconds(self) -> int:
        """How long they work today from now on."""
        return sum(int((one.end - one.start).total_seconds()) for one in self.free)


@dataclass(frozen=True, slots=True)
class Work:
    """A case with a live deadline today, by the nearest of its promises.

    ``place`` says who may be given it: its department, or that and that it is confidential. ``seconds``: how long it
    takes a person. ``agent_id`` None: it waits in its department's queue. ``seen`` False: it takes a person's time and
    is none that the viewer may move.
    """

    case_id: int
    place: str
    kind: str
    due: datetime
    agent_id: int | None
    seconds: int
    seen: bool = True


@dataclass(frozen=True, slots=True)
class Landing:
    """Where a case comes to lie in somebody's day. ``done`` None: nobody reaches it today.

    ``since`` is when its person begins their day's work from now on, ``before`` how many cases come before it, and
    ``taken`` how many seconds these and itself take.
    """

    work: Work
    hand_id: int | None
    since: datetime | None
    before: int
    taken: int
    done: datetime | None

    @property
    def late(self) -> bool:
        """Tell whether its deadline passes before it is done."""
        return self.done is None or self.done > self.work.due


@dataclass(frozen=True, slots=True)
class Move:
    """A case that goes to somebody else, so that it is done in time and nothing else becomes late.

    ``target`` is the agent who gets it; whose it was stands in ``before``.
    """

    before: Landing
    after: Landing
    target: int

    @property
    def work(self) -> Work:
        """The case, as it stands now."""
        return self.before.work
