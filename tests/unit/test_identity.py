"""Names as they are compared, what a text names, and how much evidence is."""

from __future__ import annotations

import pytest

from cases.identity.evidence import WEIGHTS, WORDS, Evidence, Sign, weigh
from cases.identity.names import fold, numbers, windows


@pytest.mark.parametrize(
    ("name", "folded"),
    [
        ("Akosua  Mensah-Addo", "akosua mensah addo"),
        (" KOFI Invented ", "kofi invented"),
        ("Sélom Dédé", "selom dede"),
        ("Ɛsi Ɔkyere", "ɛsi ɔkyere"),
        ("O'Test, Ama", "o test ama"),
        ("...", ""),
    ],
)
def test_names_are_compared_without_case_marks_and_signs(name: str, folded: str) -> None:
    assert fold(name) == folded


def test_two_and_three_words_in_a_row_could_be_a_name() -> None:
    assert windows(["I am Ama Test."]) == {"i am", "am ama", "ama test", "i am ama", "am ama test"}
    assert windows([]) == frozenset() and len(windows(["word " * 3 + " ".join(map(str, range(5000)))])) <= 400


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("call 020 000 0001 or me", {"+233200000001"}),
        ("+233 20 000 0001", {"+233200000001"}),
        ("my other number is 0200000001.", {"+233200000001"}),
        ("case 4821-7736", set()),
        ("in 2026", set()),
        ("20 000 0001 is no number without its zero", set()),
    ],
)
def test_numbers_that_a_text_names(text: str, found: set[str]) -> None:
    assert numbers([text], ["+233"]) == found


@pytest.mark.parametrize(
    ("signs", "kept"),
    [
        ({Sign.NUMBER}, (Sign.NUMBER,)),
        ({Sign.NAME}, None),
        ({Sign.LANGUAGE}, None),
        ({Sign.LANGUAGE, Sign.SERVICE}, None),
        ({Sign.NAME, Sign.LANGUAGE}, (Sign.NAME, Sign.LANGUAGE)),
        ({Sign.NUMBER, Sign.LANGUAGE}, (Sign.NUMBER,)),
        ({Sign.NAMED}, (Sign.NAMED,)),
        (set(), None),
    ],
)
def test_what_is_too_little_and_what_counts(signs: set[Sign], kept: tuple[Sign, ...] | None) -> None:
    found = weigh(signs)
    assert (found.signs if found else None) == kept


def test_every_sign_has_its_words_and_a_shared_phone_says_least_of_addresses() -> None:
    assert set(WEIGHTS) == set(WORDS) == set(Sign)
    assert WEIGHTS[Sign.SHARED] < WEIGHTS[Sign.NUMBER] < WEIGHTS[Sign.VERIFIED]
    both = Evidence((Sign.NAME, Sign.LANGUAGE))
    assert (both.score, both.words) == (35, ("The same name", "The same language"))
