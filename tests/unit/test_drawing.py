"""A sample is chance that can be reckoned again."""

from __future__ import annotations

from collections import Counter
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from cases.reviews.drawing import draw, monday

cases = st.sets(st.integers(1, 10**6), max_size=60)


@given(cases, st.text(max_size=16), st.integers(1, 20))
def test_the_same_seed_draws_the_same_cases_whatever_their_order(ids: set[int], seed: str, size: int) -> None:
    drawn = draw(sorted(ids), seed=seed, size=size)
    assert drawn == draw(sorted(ids, reverse=True), seed=seed, size=size)
    assert len(drawn) == len(set(drawn)) == min(size, len(ids)) and set(drawn) <= ids


@given(cases, st.integers(1, 10**6), st.text(max_size=16))
def test_one_case_more_moves_no_other_two(ids: set[int], more: int, seed: str) -> None:
    before = draw(ids, seed=seed, size=100)
    after = [one for one in draw(ids | {more}, seed=seed, size=101) if one != more or more in ids]
    assert before == after


def test_every_case_is_drawn_about_as_often() -> None:
    counted = Counter(one for seed in range(2000) for one in draw(range(20), seed=str(seed), size=5))
    assert set(counted) == set(range(20)) and all(400 < number < 600 for number in counted.values())


def test_a_week_begins_on_its_monday() -> None:
    assert [monday(date(2026, 3, day)) for day in (2, 3, 8, 9)] == [date(2026, 3, 2)] * 3 + [date(2026, 3, 9)]
