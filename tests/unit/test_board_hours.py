"""The chart of contacts by hour: what is drawn is what came in, beside the median of four weeks."""

from __future__ import annotations

import pytest

from cases.queries.board_hours import intake
from contactcentre.web.board.hours import HEIGHT, WIDTH, chart


def test_bars_stand_one_upon_another_and_are_as_high_as_their_numbers() -> None:
    found = chart(intake({("sms", 9): 6, ("ussd", 9): 2, ("voice", 9): 4, ("email", 10): 3}, [], hour=10))
    nine = next(one for one in found.hours if one.hour == 9)
    assert (nine.number, nine.by_group) == (12, {"text": 8, "call": 4, "written": 0, "web": 0})
    text, call = nine.bars
    assert text.height == pytest.approx(2 * call.height, abs=0.3)
    assert call.y + call.height == pytest.approx(text.y, abs=0.2)
    assert [key for key, _ in found.groups] == ["text", "call", "written"]
    assert found.total == 15


def test_usual_is_the_median_of_the_weeks_before() -> None:
    weeks = [{("sms", 8): number} for number in (2, 4, 40, 6)]
    found = intake({("sms", 8): 1}, weeks, hour=8)
    assert found.usual[8] == 5.0 and found.usual[9] == 0.0
    assert intake({}, [{}, {}, {("sms", 8): 9}, {}], hour=8).usual[8] == 0.0, "an hour of nothing counts as nothing"


@pytest.mark.parametrize("most", [0, 1, 4, 9, 31, 101, 999, 50_000])
def test_everything_stays_within_the_drawing(most: int) -> None:
    found = chart(intake({("sms", hour): most for hour in range(24)}, [{("sms", 3): 2 * most}] * 4, hour=12))
    for one in found.hours:
        assert 0 <= one.usual_y <= HEIGHT and 0 <= one.left < one.right <= WIDTH
        assert all(0 <= bar.y <= bar.y + bar.height <= HEIGHT for bar in one.bars)
        assert one.top >= 0
    marks = [mark for mark, _ in found.lines]
    assert 2 <= len(marks) <= 4 and marks[-1] >= most


def test_a_channel_that_nobody_foresaw_is_shown_all_the_same() -> None:
    found = chart(intake({("pigeon", 9): 2}, [], hour=9))
    assert next(one for one in found.hours if one.hour == 9).number == 2


def test_hours_to_come_are_told_from_hours_of_nothing() -> None:
    found = chart(intake({("sms", 9): 2}, [], hour=11))
    assert [one.hour for one in found.hours if one.to_come] == list(range(12, 19))
