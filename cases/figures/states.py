"""What has to be remembered of a case to count its next event: small, and plain enough to be stored as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, NamedTuple

from cases.sla.spans import Piece


class Filed(NamedTuple):
    """Under what something was counted, so that it can be taken back from there. ``day`` is a proleptic ordinal.

    ``number`` tells it from all else of its measure and part in the same case; ``at`` is its instant.
    """

    measure: str
    part: str
    day: int
    department: str
    service: str
    channel: str
    area: str = ""
    number: int = 0
    at: int = 0

    @property
    def place(self) -> Place:
        """Return whom and what it is attributed to."""
        return Place(*self[3:7])

    @property
    def summed(self) -> Filed:
        """Return what it shares with others that are added up with it."""
        return self._replace(number=0, at=0)


class Place(NamedTuple):
    """Whom and what something is attributed to; empty for the tray, for no service, and for an unknown area."""

    department: str = ""
    service: str = ""
    channel: str = ""
    area: str = ""


NOWHERE = Place()


def filed(measure: str, part: str, day: int, place: Sequence[str], *, number: int = 0, at: int = 0) -> Filed:
    """Return under what something is counted; ``place`` is department, service, channel and area."""
    department, service, channel, area = place
    return Filed(measure, part, day, department, service, channel, area, number, at)


@dataclass(slots=True)
class Answer:
    """Something a person said to the citizen. ``lost``: it did not arrive; ``arrived``: it cannot be lost any more."""

    seq: int
    at: int
    message_id: int | None
    place: Place
    lost: bool = False
    arrived: bool = False


@dataclass(slots=True)
class Owed:
    """An answer owed since the oldest unanswered message; ``by`` is the number of the event that gave it."""

    number: int
    seq: int
    since: int
    by: int | None = None
    filed: Filed | None = None


@dataclass(slots=True)
class Promise:
    """One timer. ``filed``: as met, breached or waived; ``stands``: it is paused; ``place``: whose, of a leg."""

    filed: Filed | None = None
    stands: bool = False
    place: Place | None = None


@dataclass(slots=True)
class Leg:
    """The time that one department has the case; also a stretch in which it was open for one place."""

    number: int
    since: int
    place: Place


@dataclass(slots=True)
class State:
    """A case as far as it was counted. Instants are microseconds; ``away`` are the stretches in which it waited for
    somebody outside or was resolved, the last of them perhaps open.
    """

    seq: int = 0
    last_at: int = 0
    started: int = 0
    opened: int | None = None
    place: Place = NOWHERE
    confidential: bool = False
    open: bool = False
    merged: bool = False
    calendar: str = ""
    cycles: int = 0
    resolved: Filed | None = None
    #: the latest resolution, whether it stands or not: what a rating is about
    settled: Filed | None = None
    #: how often the citizen has come, and whether they opened the case themselves
    contacts: int = 0
    sought: bool = False
    #: whether the citizen has rung about the case
    rung: bool = False
    away: list[tuple[int, int | None]] = field(default_factory=list)
    leg: Leg | None = None
    legs: int = 0
    stretch: Leg | None = None
    stretches: int = 0
    owing: int = 0
    owed: list[Owed] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    promises: dict[str, Promise] = field(default_factory=dict)
    #: of the last reply, while it may be taken back: see ``undone``
    undoable: dict[str, Any] | None = None

    def stood(self, until: int) -> list[Piece]:
        """Return the stretches in which nothing ran, the open one ending for the time being."""
        return [(since, until if end is None else end) for since, end in self.away]

    @property
    def standing(self) -> list[str]:
        """The kinds of the timers that stand still."""
        return sorted({key.partition(":")[0] for key, one in self.promises.items() if one.stands})


def frozen(state: State) -> dict[str, Any]:
    """Return a state as its row holds it: only what differs from an empty one."""
    return {name: _plain(getattr(state, name)) for name in _NAMES if getattr(state, name) != getattr(_EMPTY, name)}


def thawed(row: Mapping[str, Any]) -> State:
    """Read a state from its row."""
    state = State(**row)
    state.place = Place(*state.place)
    state.resolved, state.settled = _filed(state.resolved), _filed(state.settled)
    state.away = [(since, until) for since, until in state.away]
    state.leg, state.stretch = _leg(row.get("leg")), _leg(row.get("stretch"))
    state.owed = [Owed(number, seq, since, by, _filed(filed)) for number, seq, since, by, filed in row.get("owed", ())]
    state.answers = [
        Answer(seq, at, message_id, Place(*place), lost, arrived)
        for seq, at, message_id, place, lost, arrived in row.get("answers", ())
    ]
    promises = row.get("promises", {}).items()
    state.promises = {key: Promise(_filed(one[0]), one[1], Place(*one[2]) if one[2] else None) for key, one in promises}
    return state


def _leg(row: Sequence[Any] | None) -> Leg | None:
    return Leg(row[0], row[1], Place(*row[2])) if row else None


def _filed(row: Sequence[Any] | None) -> Filed | None:
    return Filed(*row) if row else None


def _plain(value: Any) -> Any:
    if isinstance(value, dict) and "stood" in value:
        return value  # plain already
    if isinstance(value, dict):
        return {key: _row(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_row(one) for one in value]
    return _row(value)


def _row(value: Any) -> Any:
    return [getattr(value, name) for name in value.__slots__] if hasattr(value, "__dataclass_fields__") else value


_NAMES = tuple(one.name for one in fields(State))
_EMPTY = State()
