"""Charts: everything stands on the paper, nothing on one another, and the table says what is drawn."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest

from cases.reports.values import Bars, Heat, Lines, Unit
from contactcentre.web.board.charts import WIDTH, Drawn, drawn

WEEKS = tuple(date(2026, 1, 5) + timedelta(days=7 * number) for number in range(53))


def inside(one: Drawn) -> bool:
    boxes = all(box.x >= 0 and box.x + box.width <= WIDTH and box.y + box.height <= one.height for box in one.boxes)
    return boxes and all(0 <= text.x <= WIDTH and 0 < text.y <= one.height for text in one.texts)


@pytest.mark.parametrize("value", [0.0, 0.5, 1.0])
def test_the_ends_of_lines_stand_apart_and_on_the_chart(value: float) -> None:
    series = tuple((f"Series {number}", (None, *(value,) * 52)) for number in range(5))
    found = drawn(Lines("Kept", WEEKS, series))
    ends = sorted(text.y for text in found.texts if text.kind == "strong")
    assert len(ends) == 5 and all(after - before >= 15 for before, after in pairwise(ends))
    assert inside(found)
    assert len(found.table) == 53 and found.table[0][1][0] == "–"


@pytest.mark.parametrize("name", ["Fix", "Department's part", "Internal review of a refused request for records"])
def test_the_words_behind_a_line_stand_on_the_chart_whole(name: str) -> None:
    found = drawn(Lines("Kept", WEEKS, ((name, (1.0,) * 53),)))
    (said,) = [text for text in found.texts if text.kind == "strong"]
    assert said.words.endswith(" 100.0 %") and said.x + 7 * len(said.words) <= WIDTH
    points = [float(one.split(",")[0]) for points, _ in found.lines for one in points.split()]
    assert found.right > WIDTH / 2 and sorted(points)[-3] == found.right, "the last week is where the grid ends"


def test_a_series_without_a_value_and_a_chart_without_a_week_are_drawn() -> None:
    assert drawn(Lines("Kept", WEEKS[:1], (("None", (None,)),))).lines == []
    assert inside(drawn(Lines("Opened", WEEKS[:1], (("One", (3.0,)),), 3.0, Unit.COUNT)))


def test_bars_are_as_long_as_their_numbers_and_the_second_part_is_hatched() -> None:
    found = drawn(
        Bars("Fix", ("Kept", "Broken"), (("A very long name of a department", (30, 10), "75 %"), ("B", (0, 20), "0 %")))
    )
    first, second, third = found.boxes
    assert (first.width + 1.5) == pytest.approx(3 * (second.width + 1.5), abs=0.3)
    assert (third.width + 1.5) == pytest.approx(2 * (second.width + 1.5), abs=0.3)
    assert second.kind == "part p1" and second.hatch.count("M") > 5
    assert inside(found)
    assert found.table[0] == ("A very long name of a department", ["30", "10", "75 %"])


def test_hours_are_as_deep_as_their_numbers() -> None:
    found = drawn(Heat("Contacts", tuple(range(24)), (("Mon", (0.0, *(10.0,) * 23)), ("Tue", (5.0,) * 24))))
    assert [box.kind for box in found.boxes[:2]] == ["heat h0", "heat h4"]
    assert inside(found)


def test_nothing_at_all_is_drawn_as_nothing() -> None:
    assert drawn(Bars("Fix", ("Kept", "Broken"), ())).boxes == []
