"""Counting the parts of an SMS: the standard's vectors, and packing against a second, slower way of doing it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.sms.segments import count, transliterated

# The default alphabet as 3GPP TS 23.038 prints it, row by row; ␛ stands for the escape, which is no character.
ROWS = (
    "@£$¥èéùìòÇ\nØø\rÅå",
    "Δ_ΦΓΛΩΠΨΣΘΞ␛ÆæßÉ",
    " !\"#¤%&'()*+,-./",
    "0123456789:;<=>?",
    "¡ABCDEFGHIJKLMNO",
    "PQRSTUVWXYZÄÖÑÜ§",
    "¿abcdefghijklmno",
    "pqrstuvwxyzäöñüà",
)
BASIC = "".join(ROWS).replace("␛", "")
EXTENSION = "\f^{}\\[~]|€"
FEE = "Your request has been received. Your number is PRL-2026-000123. Fee: "
VECTORS = [
    ("", "gsm7", 0, 0),
    ("a" * 160, "gsm7", 160, 1),
    ("a" * 161, "gsm7", 161, 2),
    ("a" * 159 + "€", "gsm7", 161, 2),
    ("a" * 158 + "€", "gsm7", 160, 1),
    ("a" * 306, "gsm7", 306, 2),
    ("a" * 307, "gsm7", 307, 3),
    ("a" * 152 + "€" + "a" * 152, "gsm7", 306, 3),
    ("ɛ" * 70, "ucs2", 70, 1),
    ("ɛ" * 71, "ucs2", 71, 2),
    ("a" * 70 + "ɔ", "ucs2", 71, 2),
    ("ɛ" * 134, "ucs2", 134, 2),
    ("ɛ" * 135, "ucs2", 135, 3),
    ("😀" * 35, "ucs2", 70, 1),
    ("😀" * 36, "ucs2", 72, 2),
    ("😀" * 67, "ucs2", 134, 3),
    (FEE + "GH₵0.", "ucs2", 74, 2),
    (FEE + "GHS 0.", "gsm7", 75, 1),
]


@pytest.mark.parametrize(("text", "encoding", "units", "parts"), VECTORS, ids=range(len(VECTORS)))
def test_the_standards_vectors(text: str, encoding: str, units: int, parts: int) -> None:
    counted = count(text)
    assert (counted.encoding, counted.units, counted.parts) == (encoding, units, parts)


def test_the_alphabet_is_the_standards() -> None:
    assert len(BASIC) == 127
    for character in BASIC:
        assert (count(character).encoding, count(character).units) == ("gsm7", 1)
    for character in EXTENSION:
        assert (count(character).encoding, count(character).units) == ("gsm7", 2)


@pytest.mark.parametrize("character", "`\t’‘“”–—…•áãçêôï°₵ɛƐɔƆŋŊɖɗƙƴʋɣʒ\x1b😀")
def test_one_character_outside_forces_ucs2_and_is_named(character: str) -> None:
    counted = count(f"abc{character}def{character}")
    assert counted.encoding == "ucs2"
    assert counted.culprits == (character,)


def test_culprits_come_in_the_order_they_stand() -> None:
    assert count("ɔ a ɛ b ɔ").culprits == ("ɔ", "ɛ")


LETTERS = st.sampled_from("ab 1\n€[{^|~") | st.sampled_from("aɛɔŋ₵😀")
TEXTS = st.text(LETTERS, max_size=500) | st.text(st.sampled_from("a€"), max_size=700) | st.text(max_size=300)


@given(TEXTS)
def test_packing_equals_trying_every_cut(text: str) -> None:
    counted = count(text)
    plain = all(character in BASIC + EXTENSION for character in text)
    assert counted.encoding == ("gsm7" if plain else "ucs2")
    assert counted.culprits == tuple(dict.fromkeys(c for c in text if c not in BASIC + EXTENSION))
    atoms = _septets(text) if plain else _code_units(text)
    single, each = (160, 153) if plain else (70, 67)
    assert counted.units == sum(atoms)
    assert counted.parts == _fewest_parts(atoms, single, each)
    assert 0 <= counted.left <= single


def _septets(text: str) -> list[int]:
    return [1 if character in BASIC else 2 for character in text]


def _code_units(text: str) -> list[int]:
    return [len(character.encode("utf-16-be", "surrogatepass")) // 2 for character in text]


def _fewest_parts(atoms: list[int], single: int, each: int) -> int:
    """Return the least number of parts over all ways to cut between characters."""
    if not atoms:
        return 0
    if sum(atoms) <= single:
        return 1
    fewest = [0]
    for end in range(1, len(atoms) + 1):
        start, used, best = end, 0, len(atoms)
        while start > 0 and used + atoms[start - 1] <= each:
            start -= 1
            used += atoms[start]
            best = min(best, fewest[start] + 1)
        fewest.append(best)
    return fewest[-1]


@given(st.integers(0, 700).map(lambda length: "a" * length))
def test_what_is_left_is_what_still_fits(text: str) -> None:
    left = count(text).left
    if text:
        assert count(text + "b" * left).parts == count(text).parts
        assert count(text + "b" * (left + 1)).parts == count(text).parts + 1


def test_transliterating_brings_a_local_text_into_the_small_alphabet() -> None:
    text = "Yɛn nsuo asɛe – “bra ha”… GH₵5"
    assert transliterated(text) == 'Yen nsuo asee - "bra ha"... GHS5'
    assert (count(text).encoding, count(transliterated(text)).encoding) == ("ucs2", "gsm7")


@given(st.text(st.sampled_from(BASIC + EXTENSION), max_size=200))
def test_what_fits_already_is_left_alone(text: str) -> None:
    assert transliterated(text) == text
