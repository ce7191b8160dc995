"""The chart of contacts by hour: where each bar stands, in the units of its drawing; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cases.queries.board_hours import HOURS, Intake

#: what is shown as one colour: key, name, channels
GROUPS: Sequence[tuple[str, str, tuple[str, ...]]] = (
    ("text", "SMS, USSD", ("sms", "ussd")),
    ("call", "Calls", ("voice",)),
    ("written", "Written", ("email", "letters", "letter")),
    ("web", "Web, counter", ("portal", "counter")),
)
WIDTH, HEIGHT = 1000, 180
_LEFT, _TOP, _BOTTOM = 56, 36, 146
#: shown also where nothing came in
_DAY = (7, 18)
_ROUND = (5, 10, 20, 40, 60, 80, 100)


@dataclass(frozen=True, slots=True)
class Bar:
    """One coloured piece of an hour."""

    group: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Hour:
    """One hour: its bars, its number, and where its usual number lies; ``by_group`` for the table beside it."""

    hour: int
    bars: tuple[Bar, ...]
    number: int
    usual: float
    middle: float
    left: float
    right: float
    top: float
    usual_y: float
    by_group: Mapping[str, int]
    to_come: bool


@dataclass(frozen=True, slots=True)
class Chart:
    """``lines`` are the heights that are marked, with their numbers; ``groups`` those that have anything to show."""

    hours: tuple[Hour, ...]
    lines: tuple[tuple[int, float], ...]
    groups: tuple[tuple[str, str], ...]
    total: int
    width: int = WIDTH
    height: int = HEIGHT
    margin: int = _LEFT


def chart(found: Intake) -> Chart:
    """Return the chart of a day so far."""
    by_hour = [_by_group(found, hour) for hour in range(HOURS)]
    first, last = _span(found, by_hour)
    highest = max(1.0, *(sum(one.values()) for one in by_hour), *found.usual)
    step = _step(highest)
    top = step * 2 if highest <= step * 2 else step * 3
    scale = _Scale(first, (WIDTH - _LEFT) / (last - first + 1), (_BOTTOM - _TOP) / top)
    hours = tuple(_hour(found, hour, by_hour[hour], scale) for hour in range(first, last + 1))
    lines = tuple((mark, round(_BOTTOM - mark * scale.high, 1)) for mark in range(0, top + 1, step))
    shown = tuple((key, name) for key, name, _ in GROUPS if any(one[key] for one in by_hour))
    return Chart(hours, lines, shown, sum(found.today.values()))


def _by_group(found: Intake, hour: int) -> Mapping[str, int]:
    known = {channel: key for key, _, channels in GROUPS for channel in channels}
    numbers = dict.fromkeys((key for key, _, _ in GROUPS), 0)
    for (channel, at), number in found.today.items():
        if at == hour:
            numbers[known.get(channel, "written")] += number
    return numbers


def _span(found: Intake, by_hour: Sequence[Mapping[str, int]]) -> tuple[int, int]:
    """Return the first and the last hour to show."""
    busy = [hour for hour in range(HOURS) if any(by_hour[hour].values()) or found.usual[hour] >= 1]
    return min([_DAY[0], *busy]), max([_DAY[1], *busy])


def _step(highest: float) -> int:
    """Return the distance of two lines, so that two or three of them take in the highest number."""
    size = 1
    while True:
        for one in _ROUND:
            if one * size * 3 >= highest:
                return one * size
        size *= 20


@dataclass(frozen=True, slots=True)
class _Scale:
    """How wide an hour is and how high one contact."""

    first: int
    wide: float
    high: float

    def left(self, hour: int) -> float:
        return _LEFT + self.wide * (hour - self.first)


def _hour(found: Intake, hour: int, numbers: Mapping[str, int], scale: _Scale) -> Hour:
    left, bars, y = scale.left(hour), list[Bar](), float(_BOTTOM)
    for key, number in numbers.items():
        if number:
            high = number * scale.high
            y -= high
            bars.append(
                Bar(key, round(left + scale.wide * 0.12, 1), round(y, 1), round(scale.wide * 0.76, 1), round(high, 1))
            )
    return Hour(
        hour=hour,
        bars=tuple(bars),
        number=sum(numbers.values()),
        usual=found.usual[hour],
        middle=round(left + scale.wide / 2, 1),
        left=round(left + 1, 1),
        right=round(left + scale.wide - 1, 1),
        top=round(y - 6, 1),
        usual_y=round(_BOTTOM - found.usual[hour] * scale.high, 1),
        by_group=numbers,
        to_come=hour > found.hour,
    )
