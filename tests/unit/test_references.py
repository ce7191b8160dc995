"""References: the check digit's promises, the permutation, and reading them from what people write."""

from __future__ import annotations

import itertools
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.references import CAPACITY, References, check_digit, find, parse, valid, written

MAKER = References(b"a key for the tests, 32 bytes xx")
SEVEN = st.integers(0, CAPACITY - 1).map(lambda number: f"{number:07d}")
REFERENCES = SEVEN.map(lambda digits: f"{digits}{check_digit(digits)}")
SPACES = st.sampled_from(["", " ", "-", ".", "/", "–", " - ", "\u00a0"])


def test_the_published_example_of_damm() -> None:
    assert check_digit("572") == 4


@given(REFERENCES, st.integers(0, 7), st.integers(1, 9))
def test_every_single_wrong_digit_is_caught(reference: str, place: int, by: int) -> None:
    wrong = f"{reference[:place]}{(int(reference[place]) + by) % 10}{reference[place + 1 :]}"
    assert valid(reference)
    assert not valid(wrong)


@given(REFERENCES, st.integers(0, 6))
def test_every_swap_of_neighbours_is_caught(reference: str, place: int) -> None:
    swapped = f"{reference[:place]}{reference[place + 1]}{reference[place]}{reference[place + 2 :]}"
    assert valid(swapped) == (swapped == reference)


def test_one_in_ten_numbers_is_a_reference() -> None:
    assert sum(valid(f"4821{last:04d}") for last in range(10_000)) == 1000


@pytest.mark.parametrize("text", ["", "1234567", "123456789", "4821773a", "٤٨٢١٧٧٣٦", "-4821773"])
def test_what_is_no_reference(text: str) -> None:
    assert not valid(text)


def test_none_is_made_twice_and_neighbours_are_far_apart() -> None:
    made = [MAKER.reference(number) for number in range(20_000)]
    assert len(set(made)) == len(made)
    assert all(valid(reference) for reference in made)
    steps = [abs(int(after[:7]) - int(before[:7])) for before, after in itertools.pairwise(made)]
    assert sum(step < 1000 for step in steps) < len(steps) / 100, "a reference must not give away its neighbour's"
    ends = [MAKER.reference(number) for number in range(CAPACITY - 2_000, CAPACITY)]
    assert len({*made, *ends}) == len(made) + len(ends)


def test_another_key_makes_others() -> None:
    other = References(b"another key for the tests 32 xxx")
    same = sum(MAKER.reference(number) == other.reference(number) for number in range(500))
    assert same < 3


@pytest.mark.parametrize("number", [-1, CAPACITY])
def test_past_the_last_number_it_says_what_to_do(number: int) -> None:
    with pytest.raises(ValueError, match="must be widened"):
        MAKER.reference(number)


@given(REFERENCES, st.lists(SPACES, min_size=9, max_size=9))
def test_any_spacing_is_read(reference: str, gaps: list[str]) -> None:
    text = "".join(gap + digit for gap, digit in zip(gaps, reference, strict=False)) + gaps[8]
    assert parse(text) == reference
    assert find(f"about {text} please") == reference


@given(REFERENCES)
def test_it_is_written_one_way(reference: str) -> None:
    shown = written(reference)
    assert re.fullmatch(r"\d{4}-\d{4}", shown)
    assert parse(shown) == find(shown) == reference


@given(
    REFERENCES, st.sampled_from(["Case {} is late", "{}", "ref:{}.", "({})", "my no. {}, 2 lamps", "STATUS {} 1234"])
)
def test_it_is_found_in_words(reference: str, words: str) -> None:
    assert find(words.format(written(reference))) == reference


def test_a_number_with_a_wrong_digit_is_passed_over_for_a_right_one() -> None:
    good = MAKER.reference(7)
    bad = f"{good[:7]}{(int(good[7]) + 1) % 10}"
    assert find(f"{written(bad)} or {written(good)}") == good
    assert find(written(bad)) is None


# Phones as people write them: with a trunk 0 or a country's code, in the groups that are usual there.
PHONES = (
    "0## ### ####", "0###-###-###", "0#########", "+233 ## ### ####", "+233#########", "00233 ## ### ####",
    "233 ## ### ####", "233#########", "(0##) ### ####", "+233 (0) ## ### ####", "03## ## ####", "0## #######",
    "0# ## ## ## ##", "(+65) #### ####", "+47 (0) ## ## ## ##", "0065 #### ####", "(0##) #### ####",
    "+33 # ## ## ## ##", "+47 ## ## ## ##", "+65 #### ####", "+233 #### ####", "+677 #####",
)  # fmt: skip


def phone_like(pattern: str, number: int) -> str:
    digits = iter(f"{number:010d}")
    return re.sub("#", lambda _: next(digits), pattern)


@pytest.mark.parametrize("pattern", PHONES)
def test_a_phone_number_is_never_taken_for_a_reference(pattern: str) -> None:
    for seed in range(400):
        phone = phone_like(pattern, (seed + 1) * 7_368_787_321 % 10_000_000_019)
        taken = find(f"Call me on {phone} please")
        assert taken is None, f"{phone} was read as {taken}"


NUMBERS_BESIDE = (
    "{four}-{more} 2 lamps", "{four}-{more}. 2 lamps are out", "{four} {more} 2 lamps", "({four}-{more}) 2 lamps",
    "lamp 12 {four}-{more}", "1) {four}-{more}", "024 412 3456\n{four} {more}", "+233 24 412 3456, {four} {more}",
    "{four}{more} 0042", "{four}-{more} 024 412 3456", "2026-03-02 {four}-{more}", "{four} {more}\n0042",
)  # fmt: skip


@pytest.mark.parametrize("words", NUMBERS_BESIDE)
def test_a_number_beside_a_reference_does_not_hide_it(words: str) -> None:
    for reference in ("48217739", "90000007"):
        assert valid(reference)
        assert find(f"About {words.format(four=reference[:4], more=reference[4:])} please") == reference


@pytest.mark.parametrize("text", ["", "no digits", "12/03/2026", "2026-03-02 10:12:00", "GPS 4.8934, -1.7554", "1234"])
def test_nothing_is_found_where_nothing_is(text: str) -> None:
    assert find(text) is None


@given(st.text(max_size=200))
def test_reading_never_fails(text: str) -> None:
    found = find(text)
    assert found is None or valid(found)
    assert parse(text) is None or valid(parse(text) or "")


def test_a_code_matches_its_own_reference_only() -> None:
    stored = MAKER.code_hash("48217736", "0042")
    assert MAKER.code_matches("48217736", "0042", stored)
    assert not MAKER.code_matches("48217736", "0043", stored)
    assert not MAKER.code_matches("48217737", "0042", stored)
    assert not References(b"x" * 32).code_matches("48217736", "0042", stored)
    assert "0042" not in stored


def test_codes_are_four_digits_and_differ() -> None:
    codes = {MAKER.new_code() for _ in range(300)}
    assert all(re.fullmatch(r"\d{4}", code) for code in codes)
    assert len(codes) > 250
