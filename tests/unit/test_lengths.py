"""Periods as runs of days, and medians by classes of length beside those of everything in order."""

from __future__ import annotations

import random
from bisect import bisect_right
from collections import Counter
from datetime import date, timedelta
from itertools import pairwise
from statistics import quantiles

import pytest

from cases.figures.classes import BOUNDS, DIGITS, together, unpacked, within
from cases.figures.runs import begins, covering


def packed(seconds: list[int]) -> str:
    """Return what the database adds up to: one thing of each length."""
    return str(sum(10 ** (DIGITS * bisect_right(BOUNDS, one)) for one in seconds))


@pytest.mark.parametrize("days", [1, 6, 7, 13, 30, 55, 56, 112, 365, 1100])
def test_runs_make_up_each_day_of_a_period_once(days: int) -> None:
    for shift in range(0, 60, 7 if days > 60 else 1):
        since = date(2026, 1, 1) + timedelta(days=shift)
        until = since + timedelta(days=days - 1)
        runs = covering(since, until)
        found = [one + timedelta(days=n) for length, firsts in runs.items() for one in firsts for n in range(length)]
        assert sorted(found) == [since + timedelta(days=n) for n in range(days)]
        assert len(runs[1]) <= 12 and len(runs[7]) <= 14 and len(runs[56]) <= days // 56
        assert all(one.weekday() == 0 for one in (*runs[7], *runs[56]))
        assert all(begins(one.toordinal(), length) == one.toordinal() for length in runs for one in runs[length])


def test_classes_are_a_minute_and_then_a_twentieth_wide() -> None:
    assert BOUNDS[:3] == (60, 120, 180) and BOUNDS[29] == 1800
    assert all(b - a == 60 for a, b in pairwise(BOUNDS[:30]))
    assert all(1.049 < b / a < 1.051 for a, b in pairwise(BOUNDS[29:]))
    assert BOUNDS[-1] * 1.05 > 3 * 366 * 86_400


@pytest.mark.parametrize("seed", range(6))
def test_medians_by_classes_are_within_one_class_of_those_in_order(seed: int) -> None:
    drawn = random.Random(seed)
    seconds = [int(drawn.lognormvariate(8 + seed / 2, 1.5)) for _ in range(3001)]
    exact = quantiles(seconds, n=10, method="inclusive")
    for share, right in ((0.5, exact[4]), (0.9, exact[8])):
        found = within(unpacked(packed(seconds)), share)
        assert abs(found - right) <= max(60, right * 0.05), (share, found, right)


def test_numbers_of_classes_add_up_like_numbers() -> None:
    several = [[5, 59, 60], [3600] * 3, [0], [10**9, 61]]
    parts = [unpacked(packed(one)) for one in several]
    whole = unpacked(str(sum(int(packed(one)) for one in several)))
    assert Counter(together(parts)) == Counter(whole)
    assert (sum(whole), whole[0], whole[1], whole[-1]) == (9, 3, 2, 1)


def test_the_ends_of_classes() -> None:
    assert within(unpacked(packed([])), 0.5) == 0
    assert within(unpacked(packed([90])), 0.5) == 90, "the middle of its minute"
    assert within(unpacked(packed([10**9])), 0.9) == BOUNDS[-1], "the last has no end"
    assert 60 <= within(unpacked(packed([61] * 1000)), 0.9) <= 120
