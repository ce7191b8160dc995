"""What a board shows, as values: numbers with where each leads to, and which of them must be seen first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode

from flask import url_for

from cases.calls.measures import Strip
from cases.departments import City
from cases.queries.board import Board, Numbers
from cases.queries.board_agents import AgentNow, Agents, State
from cases.queries.likely import Likely
from cases.queries.on_board import AGES, TRAY
from contactcentre.web.formatting import length

HOT, WARM, ZERO = "hot", "warm", "zero"
#: of those whose promise fell due today, so many must have had it kept for the share to be unremarkable
GOOD, POOR = 0.9, 0.75
STATES: Mapping[State, tuple[str, str, str]] = {
    State.STUCK: (WARM, "clock", "Stuck in wrap-up"),
    State.WRAPPING: ("", "note", "Wrap-up"),
    State.CALLING: ("", "voice", "On a call"),
    State.ON_CASE: ("", "desk", "On a case"),
    State.FREE: ("", "tick", "Free"),
    State.AWAY: ("", "pause", "Away"),
}
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Cell:
    """One number as it is written, and where it leads to; ``tone`` says whether it must be seen, ``said`` in words."""

    text: str
    address: str
    tone: str = ""
    small: str = ""
    said: str = ""


@dataclass(frozen=True, slots=True)
class Total:
    """One of the large numbers at the top."""

    key: str
    name: str
    icon: str
    cell: Cell


@dataclass(frozen=True, slots=True)
class Line:
    """One department; ``deserted``: cases are open there, it works at this hour, and nobody is there."""

    key: str
    name: str
    full: str
    cells: tuple[Cell, ...]
    deserted: bool


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a list of numbers."""

    name: str
    icon: str
    cell: Cell


class Addresses:
    """Where numbers lead to: the desk's queue, narrowed to just the cases that were counted."""

    def __init__(self, only: Sequence[str]) -> None:
        self._only, self._home = only, url_for("desk.home")

    @property
    def named(self) -> bool:
        """Tell whether these departments were chosen."""
        return bool(self._only)

    def all(self, what: str) -> str:
        """Return the queue of a number of all departments of this board."""
        return self._queue({"board": what, "within": ",".join(one or TRAY for one in self._only)})

    def one(self, what: str, department: str) -> str:
        """Return the queue of a number of one department; an empty key is the tray."""
        narrowed = {"department": department} if department else {"within": TRAY}
        return self._queue({"board": what, **narrowed})

    def agent(self, what: str, agent_id: int) -> str:
        """Return the queue of an agent's cases on this board."""
        narrowed = {"assignee": str(agent_id), "within": ",".join(one or TRAY for one in self._only)}
        return self._queue({"board": what, **narrowed})

    def _queue(self, narrowed: Mapping[str, str]) -> str:
        query = urlencode({name: value for name, value in narrowed.items() if value}, safe=",")
        return f"{self._home}?{query}"


def totals(board: Board, to: Addresses) -> tuple[Total, ...]:
    """Return the large numbers, what is late first."""
    every, at = board.together, board.at
    worst = f"worst {_whole(length(at - every.worst_due))}" if every["overdue"] and every.worst_due else ""
    oldest = f"oldest {_whole(_age(at - every.unassigned_since))}" if every.unassigned_since else ""
    citizen = f"{every['on_citizen']} on citizen" if every["waiting"] else ""
    return (
        Total("overdue", "Overdue now", "late", _big(every, "overdue", to, HOT, worst)),
        Total("due", "Due in 1 h", "clock", _big(every, "due", to, WARM)),
        Total("unassigned", "No agent", "person", _big(every, "unassigned", to, "", oldest)),
        Total("waiting", "Waiting", "pause", _big(every, "waiting", to, "", citizen)),
        Total("broken", "Missed today", "flag", _big(every, "broken", to, "", f"of {every['promised']} due")),
    )


def lines(board: Board, agents: Agents, to: Addresses, city: City) -> tuple[Line, ...]:
    """Return the departments: first those where nobody is, then by what is late, soon and open."""
    of = _Lines(agents, to, city, board.at).of
    made = [(_urgent(key, numbers, agents), of(key, numbers)) for key, numbers in _shown(board, to)]
    return tuple(line for _, line in sorted(made, key=lambda one: one[0]))


def ages(board: Board, to: Addresses) -> tuple[Row, ...]:
    """Return the open cases by their age in days."""
    names = {key: f"{least}-{most} d" if most is not None else f"{least}+ d" for key, (least, most) in AGES.items()}
    return tuple(Row(names[key], "", _number(board.together, key, to.all(key))) for key in AGES)


def calls(strip: Strip, within: int) -> tuple[Row, ...]:
    """Return the telephones of now and of today; a caller who waits for long is seen first."""
    today = strip.today
    waits = WARM if strip.waiting else ZERO
    level = None if today.service_level is None else round(100 * today.service_level)
    level_tone = "" if level is None or level >= 100 * GOOD else WARM
    return (
        Row("Waiting now", "", Cell(str(strip.waiting), _calls("waiting"), waits)),
        Row("Longest wait", "", Cell(_clock(strip.longest_seconds), _calls("waiting"), waits)),
        Row(f"In {within} s", "", Cell(_percent(level), _calls("counted"), level_tone)),
        Row("Given up", "", Cell(f"{today.abandoned} of {today.offered}", _calls("abandoned"))),
        Row("Average wait", "", Cell(_clock(round(today.asa_seconds or 0)), _calls("answered"))),
        Row("Call backs", "", Cell(str(strip.call_backs), _calls("call_backs"), "" if strip.call_backs else ZERO)),
    )


def likely(found: Likely, only: Sequence[str], city: City) -> Cell:
    """Return how many promises will break today, and in which departments most of them."""
    worst = sorted(found.late.items(), key=lambda one: (-one[1], one[0]))
    named = [_whole(f"{city.departments[key].short_name} {number}") for key, number in worst[:2]]
    where = ", ".join(named) + (" …" if len(worst) > 2 else "") if len(only) != 1 else ""
    due = _whole(f"of {found.due}{'+' if found.cut else ''} still due")
    address = url_for("board.forecast", department=only[0] if len(only) == 1 else None)
    small = f"{due}: {where}" if where else due
    return Cell(f"{found.number}{'+' if found.cut else ''}", address, WARM if found.number else ZERO, small)


def states(agents: Agents) -> tuple[Row, ...]:
    """Return how many agents do what; who is stuck stands first, and by name."""
    rows = []
    for state, (tone, icon, name) in STATES.items():
        found = agents.of(state)
        if not found and state is State.STUCK:
            continue
        names = ", ".join(one.name for one in found[:2]) + (" …" if len(found) > 2 else "")
        small = names if state is State.STUCK else ""
        cell = Cell(str(len(found)), url_for("board.agents", state=state.value), tone if found else ZERO, small)
        rows.append(Row(name, icon if state is State.STUCK else "", cell))
    return tuple(rows)


def person(one: AgentNow, to: Addresses, at: datetime) -> tuple[str, str, Cell, Cell]:
    """Return an agent's state and since when, and what they have open and late."""
    _, _, name = STATES[one.state]
    since = length(at - one.since) if one.since else ""
    load = f"{one.open}/{one.cap}" if one.cap is not None else str(one.open)
    full = WARM if one.cap is not None and one.open >= one.cap else ""
    late = Cell(str(one.late), to.agent("held_late", one.id), HOT if one.late else ZERO)
    return name, since, Cell(load, to.agent("held", one.id), full), late


def _shown(board: Board, to: Addresses) -> Sequence[tuple[str, Numbers]]:
    """Return the departments to show: those that were asked for by name, of the others where anything stands."""
    return [(key, one) for key, one in board.departments.items() if to.named or one["open"] or one["promised"]]


def _urgent(key: str, numbers: Numbers, agents: Agents) -> tuple[object, ...]:
    return (not _deserted(key, numbers, agents), -numbers["overdue"], -numbers["due"], -numbers["open"], key)


@dataclass(frozen=True, slots=True)
class _Lines:
    """Makes lines of departments."""

    agents: Agents
    to: Addresses
    city: City
    at: datetime

    def of(self, key: str, numbers: Numbers) -> Line:
        department = self.city.departments.get(key)
        short = department.short_name if department else "Tray"
        full = department.name if department else "Tray: no department yet"
        return Line(key, short, full, self._cells(key, numbers), _deserted(key, numbers, self.agents))

    def _cells(self, key: str, numbers: Numbers) -> tuple[Cell, ...]:
        to, here = self.to, str(self.agents.available.get(key, 0)) if key else "–"
        open_ones, deserted = to.one("open", key), _deserted(key, numbers, self.agents)
        oldest = _age(self.at - numbers.oldest) if numbers.oldest else "–"
        return (
            _number(numbers, "open", open_ones),
            _number(numbers, "unassigned", to.one("unassigned", key)),
            _number(numbers, "due", to.one("due", key), WARM),
            _number(numbers, "overdue", to.one("overdue", key), HOT),
            Cell(oldest, open_ones, "" if numbers.oldest else ZERO),
            _share(numbers, "first_response", to.one("told_first_response", key)),
            _share(numbers, "resolution", to.one("told_resolution", key)),
            Cell(here, url_for("board.agents", department=key or None), HOT if deserted else ""),
        )


def _deserted(key: str, numbers: Numbers, agents: Agents) -> bool:
    """Tell whether cases are open in a department and nobody is there, at an hour at which it works."""
    return key in agents.working and numbers["open"] > 0 and not agents.available.get(key)


def _big(every: Numbers, what: str, to: Addresses, tone: str, small: str = "") -> Cell:
    return Cell(str(every[what]), to.all(what), tone if every[what] else "", small)


def _number(numbers: Numbers, what: str, address: str, tone: str = "") -> Cell:
    return Cell(str(numbers[what]), address, tone if numbers[what] else ZERO)


def _share(numbers: Numbers, kind: str, address: str) -> Cell:
    share = numbers.share(kind)
    if share is None:
        return Cell("–", address, ZERO)
    every = numbers[f"told_{kind}"]
    tone = "" if share >= GOOD else WARM if share >= POOR else HOT
    return Cell(_percent(int(100 * share)), address, tone, said=f"of {every}")


def _age(span: timedelta) -> str:
    """Return an age as one reads it from afar: in one unit."""
    hour = timedelta(hours=1)
    return f"{span // _DAY} d" if span >= _DAY else f"{span // hour} h" if span >= hour else length(span)


def _whole(words: str) -> str:
    """Return words that are not broken between two lines."""
    return words.replace(" ", "\u00a0")


def _calls(which: str) -> str:
    return url_for("board.calls", which=which)


def _clock(seconds: int) -> str:
    return f"{seconds // 60}:{seconds % 60:02d}"


def _percent(share: int | None) -> str:
    return "–" if share is None else f"{share} %"
