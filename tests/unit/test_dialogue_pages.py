"""Pages: nothing is lost, nothing is too long, words stay whole."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channels.dialogue.pages import Budget, pages, shortened, units
from channels.dialogue.values import Choice, Result
from tests.unit.dialogues import Person, menu

SMALL = Budget(60, 40)


def cut(words: str, *labels: str, budget: Budget = SMALL, back: str = "Back") -> tuple[str, ...]:
    choices = [Choice(str(number), label) for number, label in enumerate(labels, 1)]
    return pages(words, choices, budget=budget, more="More", back=back)


def test_what_fits_is_one_page() -> None:
    assert cut("Yes or no?", "Yes", "No") == ("Yes or no?\n1 Yes\n2 No\n0 Back",)
    assert cut("Yes?", "Yes", back="") == ("Yes?\n1 Yes",)


def test_what_does_not_fit_is_cut_on_the_ends_of_words() -> None:
    found = cut("one two three four five six seven eight nine ten eleven twelve")
    assert found == (
        "one two three four five six seven eight\n00 More\n0 Back",
        "nine ten eleven twelve\n0 Back",
    )


def test_an_option_stays_in_one_piece() -> None:
    found = cut("Which?", "The first of them", "The second of them", "The third of them")
    assert [line for page in found for line in page.split("\n") if line[0] in "123"] == [
        "1 The first of them",
        "2 The second of them",
        "3 The third of them",
    ]
    assert cut("Which?", "x" * 90)[1].startswith("1 xxx")
    assert ".." in cut("Which?", "x" * 90)[1]


def test_one_letter_beyond_ascii_halves_the_page() -> None:
    words = "one two three four five six seven eight"
    assert len(cut(words, back="")) == 1
    assert len(cut(words.replace("five", "fɔve"), back="")) == 2


def test_no_page_has_more_than_seven_options() -> None:
    found = cut("?", *("abcdefghij"), budget=Budget(500, 500))
    assert [sum(line[-2:-1] == " " for line in page.split("\n")) for page in found] == [7, 3]


def test_more_leads_through_the_pages_and_any_number_is_taken_on_each() -> None:
    person = Person(menu(home="word " * 30), budget=SMALL)
    assert "00 more" in person.turn.screen
    assert person.keys("00").state["page"] == 1
    assert person.keys("1").step == "say"


def test_a_last_screen_of_two_pages_ends_with_the_second() -> None:
    picks = Result("some", choices=(("waste", "Waste"),))
    person = Person(menu(end="word " * 12), budget=SMALL, departments=picks)
    turn = person.keys("3", "1", "17")
    assert (turn.ends, turn.expects) == (False, "more")
    turn = person.keys("00")
    assert (turn.ends, turn.state["page"]) == (True, 1)


@settings(max_examples=500, deadline=None)
@given(
    st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=400),
    st.lists(st.text("abcé ", min_size=1, max_size=60), max_size=9),
    st.integers(60, 182),
)
def test_every_page_fits_and_every_word_is_there(words: str, labels: list[str], size: int) -> None:
    budget = Budget(size, size)
    found = cut(words, *labels, budget=budget)
    assert found
    assert all(units(page) <= size - 4 for page in found)
    said = "".join("".join(page.split()) for page in found)
    if len(found) == 1:
        assert said.startswith("".join(words.split()))


@pytest.mark.parametrize(("room", "kept"), [(10, "abcdef"), (5, "abc.."), (2, "..")])
def test_shortened(room: int, kept: str) -> None:
    assert shortened("abcdef", room) == kept


def test_a_character_beyond_the_first_plane_counts_twice() -> None:
    assert units("a😀") == 3
    assert units(shortened("😀" * 10, 9)) <= 9
