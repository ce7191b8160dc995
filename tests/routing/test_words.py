"""What is one word: case, accents, letters of other languages, endings, slips; and phrases found all at once."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.routing import slips, words
from cases.routing.finder import Finder
from cases.routing.phrases import apart, phrase


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("Gutter", "gutter"),
        ("BƆLA", "bola"),
        ("ɛkwan", "ekwan"),
        ("ŋkyekyem", "nkyekyem"),
        ("gbeɖuɖɔ", "gbedudo"),
        ("ɔ\u0301kwan", "okwan"),
        ("café", "cafe"),
        ("ｇｕｔｔｅｒ", "gutter"),
        ("𝐆utter", "gutter"),
        ("women's", "womens"),
        ("women’s", "womens"),
    ],
)
def test_a_word_is_folded(written: str, folded: str) -> None:
    assert words.fold(written) == folded
    assert [one.folded for one in words.split(f"({written})!")] == [folded]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("gutters", "gutter"),
        ("dogs", "dog"),
        ("bushes", "bush"),
        ("cities", "city"),
        ("dumping", "dumped"),
        ("running", "runs"),
        ("overflowing", "overflow"),
        ("collapsed", "collapse"),
    ],
)
def test_english_endings_do_not_matter(one: str, other: str) -> None:
    assert words.stem(one) == words.stem(other)


@pytest.mark.parametrize("word", ["bus", "grass", "this", "gas", "ring", "bed", "yes"])
def test_what_only_looks_like_an_ending_stays(word: str) -> None:
    assert words.stem(word) == word


@pytest.mark.parametrize(
    ("one", "other", "apart_by"),
    [
        ("gutter", "guter", 1),
        ("gutter", "gutetr", 1),
        ("chocked", "choked", 1),
        ("streetlight", "streeetligt", 2),
        ("certificate", "certifcat", 2),
        ("light", "night", None),  # another first letter
        ("fire", "firm", None),  # short
        ("bins", "bin", None),
        ("pothole", "porholes", None),  # two slips in a word of seven
        ("water", "water", 0),
    ],
)
def test_slips(one: str, other: str, apart_by: int | None) -> None:
    assert slips.slips(one, other) == apart_by
    assert slips.slips(other, one) == apart_by


LETTERS = st.text("abcde", min_size=1, max_size=12)


@given(LETTERS, LETTERS)
def test_near_words_have_a_shortened_form_in_common(one: str, other: str) -> None:
    if slips.slips(one, other) is not None:
        assert slips.shortened(one) & slips.shortened(other)


FINDER = Finder(
    [
        phrase("street light"),
        phrase("pothole"),
        phrase("choked gutter"),
        phrase("gutter"),
        phrase("bɔla"),
        phrase("fire"),
        phrase("certificate"),
        apart(["road", "bad"]),
        apart(["light", "off", "road"]),
    ]
)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("The street light is off", {"street light": "street light"}),
        ("the streetlights", {"street light": "streetlights"}),
        ("STREET-LIGHT", {"street light": "STREET-LIGHT"}),
        ("the street, light a fire", {"fire": "fire"}),
        ("I live in this street. Light", {}),
        ("the street is the light", {"street light": "street is the light"}),
        ("light in the street", {}),
        ("a pot hole", {"pothole": "pot hole"}),
        ("potholes everywhere", {"pothole": "potholes"}),
        ("Choked my guter", {"choked gutter": "Choked my guter", "gutter": "guter"}),
        ("BOLA nyinaa", {"bɔla": "BOLA"}),
        ("the road is very bad", {"road … bad": "road … bad"}),
        ("bad people on the road", {"road … bad": "bad … road"}),
        ("on this road the light is off", {"light … off … road": "road … light … off"}),
        ("he was fired by a firm", {}),
        ("sertificate", {}),
        ("certifikate", {"certificate": "certifikate"}),
        ("", {}),
        ("??? 🙂 \x00", {}),
    ],
)
def test_phrases_are_found(text: str, found: dict[str, str]) -> None:
    assert {hit.phrase.written: hit.said for hit in FINDER.find(text).values()} == found


def test_a_word_that_is_known_is_no_slip_for_another() -> None:
    finder = Finder([phrase("house"), phrase("horse")])
    assert [one.written for one in finder.find("a horse")] == ["horse"]
    assert {one.written for one in finder.find("a hourse")} == {"house", "horse"}


@given(st.text(max_size=60))
def test_any_text_at_all_can_be_looked_through_and_the_second_look_finds_the_same(text: str) -> None:
    assert FINDER.find(text) == FINDER.find(text)


@given(st.lists(st.sampled_from(["gutter", "choked", "light", "street", "road", "bad", "xx"]), max_size=8))
def test_together_they_find_what_each_finds_alone(said: list[str]) -> None:
    text = " ".join(said)
    alone = {one for one in FINDER.known if Finder((one,)).find(text)}
    assert set(FINDER.find(text)) == alone


def test_a_text_without_end_is_read_to_its_bound() -> None:
    assert FINDER.find("so what " * 200 + "pothole") == {}
    assert FINDER.find("x " * (words.MOST_WORDS - 1) + "pothole")
