"""Where the lines, bars and fields of a chart stand, in the units of its drawing; pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

from cases.reports.arithmetic import percent
from cases.reports.values import Bars, Chart, Heat, Lines, Unit

WIDTH = 640
_LEFT, _TOP, _FOOT = 50, 14, 26
_HEIGHT = 210
_BAR, _LABELS, _SAID = 30, 176, 170
_LABEL_STEP, _SAMPLE, _GAP = 15, 16, 9
#: the width of a strong letter, by the widest of usual texts
_LETTER = 7.4
_LETTERS = 25
_DEPTHS = 5
#: between two strokes of a hatching
_STROKES = 6


@dataclass(frozen=True, slots=True)
class Text:
    """Words at a place; ``kind`` is the class by which they are set."""

    x: float
    y: float
    words: str
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle; ``kind`` is the class by which it is filled."""

    x: float
    y: float
    width: float
    height: float
    kind: str

    @property
    def hatch(self) -> str:
        """Return the strokes that hatch it, so that it is told from others without its colour."""
        found, at = [], self.x - self.height + _STROKES
        while at < self.x + self.width:
            low, high = max(at, self.x), min(at + self.height, self.x + self.width)
            foot = self.y + self.height
            found.append(f"M{low:.1f} {foot - low + at:.1f}L{high:.1f} {foot - high + at:.1f}")
            at += _STROKES
        return "".join(found)


@dataclass(frozen=True, slots=True)
class Drawn:
    """A chart ready to be drawn. ``lines`` are the points of each piece with its class; ``table`` the same in words.

    ``right`` is where its grid ends.
    """

    title: str
    height: float
    texts: Sequence[Text] = ()
    boxes: Sequence[Box] = ()
    lines: Sequence[tuple[str, str]] = ()
    grid: Sequence[float] = ()
    right: float = WIDTH
    dots: Sequence[tuple[float, float, str]] = ()
    legend: Sequence[tuple[str, str]] = ()
    heads: Sequence[str] = ()
    table: Sequence[tuple[str, Sequence[str]]] = ()


def drawn(chart: Chart) -> Drawn:
    """Return how a chart is drawn."""
    if isinstance(chart, Lines):
        return _lines(chart)
    return _bars(chart) if isinstance(chart, Bars) else _heat(chart)


def _lines(chart: Lines) -> Drawn:
    last, right = max(len(chart.weeks) - 1, 1), _right(chart)
    # Counts are marked at whole numbers.
    most = chart.most or 1 if chart.unit is Unit.SHARE else max(ceil(chart.most / 4), 1) * 4

    def x(number: int) -> float:
        return round(_LEFT + number * (right - _LEFT) / last, 1)

    def y(value: float) -> float:
        return round(_TOP + (1 - value / most) * (_HEIGHT - _TOP - _FOOT), 1)

    marks = [most * part / 4 for part in range(5)]
    texts = [Text(_LEFT - 6, y(one) + 4, _mark(one, chart.unit), "end soft") for one in marks]
    every = len(chart.weeks) // 9 + 1
    texts += [
        Text(x(number), _HEIGHT - 8, f"{week:%-d %b}", "mid soft")
        for number, week in enumerate(chart.weeks)
        if number % every == 0
    ]
    pieces, dots, ends = [], [], []
    for number, (name, values) in enumerate(chart.series):
        points = [(x(at), y(value)) for at, value in enumerate(values) if value is not None]
        if points:
            pieces.append((" ".join(f"{a},{b}" for a, b in points), f"line s{number}"))
            dots.append((*points[-1], f"dot s{number}"))
            ends.append((points[-1][1], _ending(name, values, chart.unit), f"line s{number}"))
    said, samples = _apart(ends, right + _GAP)
    texts += said
    pieces += samples
    table = [
        (f"{week:%Y-%m-%d}", [_said(values[at], chart.unit) for _, values in chart.series])
        for at, week in enumerate(chart.weeks)
    ]
    heads = ("Week from", *(name for name, _ in chart.series))
    grid = [y(one) for one in marks]
    return Drawn(chart.title, _HEIGHT, texts, (), pieces, grid, right, dots, (), heads, table)


def _right(chart: Lines) -> float:
    """Return where the lines end, so that the longest words behind one still stand in the drawing."""
    longest = max((len(_ending(name, values, chart.unit)) for name, values in chart.series), default=0)
    return round(WIDTH - _GAP - _SAMPLE - 4 - longest * _LETTER, 1)


def _ending(name: str, values: Sequence[float | None], unit: Unit) -> str:
    """Return what is said of a line at its end: the latest value that there is."""
    return f"{_cut(name)} {_said(next((one for one in reversed(values) if one is not None), None), unit)}"


def _apart(ends: Sequence[tuple[float, str, str]], x: float) -> tuple[list[Text], list[tuple[str, str]]]:
    """Return the words at the ends of lines, each behind a sample of its line, moved until none stands on another."""
    order = sorted(ends)
    texts, samples = list[Text](), list[tuple[str, str]]()
    for number, (y, words, kind) in enumerate(order):
        lowest = _HEIGHT - _FOOT - (len(order) - 1 - number) * _LABEL_STEP
        place = max(texts[-1].y + _LABEL_STEP if texts else 0.0, min(y + 4, lowest))
        texts.append(Text(x + _SAMPLE + 4, place, words, "strong"))
        samples.append((f"{x},{place - 4} {x + _SAMPLE},{place - 4}", kind))
    return texts, samples


def _bars(chart: Bars) -> Drawn:
    most = max((sum(parts) for _, parts, _ in chart.rows), default=0) or 1
    scale = (WIDTH - _LABELS - _SAID) / most
    texts, boxes, table = list[Text](), list[Box](), list[tuple[str, Sequence[str]]]()
    for number, (label, parts, said) in enumerate(chart.rows):
        x, y = float(_LABELS), number * _BAR + 6.0
        texts.append(Text(_LABELS - 8, y + 13, _cut(label), "end"))
        for place, part in enumerate(parts):
            width = round(part * scale, 1)
            if width > 0:
                boxes.append(Box(x, y, max(width - 1.5, 1), 18, f"part p{place}"))
            x += width
        texts.append(Text(round(x, 1) + 8, y + 13, _cut(said, 34), "strong"))
        table.append((label, [*(f"{part:,}" for part in parts), said]))
    legend = [(f"part p{place}", part) for place, part in enumerate(chart.parts)]
    heads = ("", *chart.parts, "In words")
    height = len(chart.rows) * _BAR + 8
    return Drawn(chart.title, height, texts, boxes, legend=legend, heads=heads, table=table)


def _heat(chart: Heat) -> Drawn:
    most = max((value for _, values in chart.rows for value in values), default=0) or 1
    width = (WIDTH - _LEFT) / max(len(chart.hours), 1)
    texts, boxes, table = list[Text](), list[Box](), list[tuple[str, Sequence[str]]]()
    for number, (day, values) in enumerate(chart.rows):
        y = number * 30.0 + 2
        texts.append(Text(_LEFT - 8, y + 18, day, "end"))
        for place, value in enumerate(values):
            depth = min(int(value / most * _DEPTHS), _DEPTHS - 1)
            x = round(_LEFT + place * width, 1)
            boxes.append(Box(x, y, round(width - 2, 1), 27, f"heat h{depth}"))
            texts.append(Text(round(x + width / 2 - 1, 1), y + 18, f"{value:g}", f"mid h{depth}"))
        table.append((day, [f"{value:g}" for value in values]))
    foot = len(chart.rows) * 30 + 16
    texts += [
        Text(round(_LEFT + (place + 0.5) * width - 1, 1), foot, str(hour), "mid soft")
        for place, hour in enumerate(chart.hours)
    ]
    heads = ("Hour", *(f"{hour:02d}" for hour in chart.hours))
    return Drawn(chart.title, foot + 8, texts, boxes, heads=heads, table=table)


def _said(value: float | None, unit: Unit) -> str:
    if value is None:
        return "–"
    return percent(value) if unit is Unit.SHARE else f"{value:,.0f}"


def _mark(value: float, unit: Unit) -> str:
    return f"{value:.0%}".replace("%", " %") if unit is Unit.SHARE else f"{value:,.4g}"


def _cut(words: str, most: int = _LETTERS) -> str:
    return words if len(words) <= most else words[: most - 1].rstrip() + "…"
