"""What a citizen reads: the fallbacks, and the shipped English within one SMS."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest

from cases.texts import KEYS, Catalogue, Text, TextMissing, placeholders
from channels.sms.segments import count
from config import loader
from tests.factories import TEST_CITY

ENTRIES = {
    ("help", "en", None): Text("general {x}"),
    ("help", "en", "sms"): Text("sms {x}"),
    ("help", "tw", None): Text("twi {x}"),
    ("help", "ha", None): Text("draft {x}", draft=True),
}
NAMES = {"en": "English", "tw": "Twi", "ha": "Hausa", "ee": "Ewe"}
CATALOGUE = Catalogue(ENTRIES, NAMES, "en")


@pytest.mark.parametrize(
    ("language", "channel", "told"),
    [
        ("en", None, "general 1"),
        ("en", "sms", "sms 1"),
        ("en", "ussd", "general 1"),
        ("tw", "sms", "twi 1"),
        ("ha", "sms", "sms 1"),
        ("xx", None, "general 1"),
    ],
)
def test_the_nearest_text_is_taken(language: str, channel: str | None, told: str) -> None:
    assert CATALOGUE.render("help", language=language, channel=channel, x="1") == told


def test_a_draft_is_sent_only_where_drafts_are_allowed() -> None:
    allowing = Catalogue(ENTRIES, NAMES, "en", allow_drafts=True)
    assert allowing.render("help", language="ha", channel=None, x="1") == "draft 1"
    assert allowing.languages() == {"en": "English", "tw": "Twi", "ha": "Hausa"}
    assert CATALOGUE.languages() == {"en": "English", "tw": "Twi"}


@pytest.mark.parametrize(
    ("key", "values", "words"), [("nothing", {}, "no text 'nothing'"), ("help", {}, "'help' wants a value for 'x'")]
)
def test_what_is_missing_is_named(key: str, values: dict[str, str], words: str) -> None:
    with pytest.raises(TextMissing, match=words):
        CATALOGUE.render(key, language="en", channel=None, **values)


def test_a_value_is_never_a_template() -> None:
    assert CATALOGUE.render("help", language="en", channel=None, x="{y} {0}") == "general {y} {0}"
    assert placeholders("{a} {{b}} {c}") == {"a", "c"}


def test_no_placeholder_has_a_name_that_render_uses_itself() -> None:
    own = {name for name in inspect.signature(Catalogue.render).parameters if name != "values"}
    assert not own & frozenset().union(*KEYS.values())


LONGEST = {
    "link": "https://contactcentre.example.gov/welcome/" + "x" * 43,
    "until": "24 Nov 17:00",
    "days": "30",
    "reference": "4821-7736",
    "code": "0042",
    "status": "waiting for another office",
    "promised": "24 Nov 16:30",
    "timer": "department's part",
    "due": "24 Nov 16:30",
    "chosen": "English",
    "body": "Municipal Assembly of Upper Elsewhere",
    "contact": "contact not confirmed, ask Client Services",
    "page": "12",
    "pages": "12",
    "languages": "English, Fante, Twi, Ahanta, Nzema, Ewe, Hausa",
}


@pytest.mark.parametrize("folder", [Path(loader.__file__).parent, TEST_CITY], ids=["shipped", "test"])
@pytest.mark.parametrize("key", KEYS)
def test_english_is_one_sms(folder: Path, key: str) -> None:
    city = loader.build(loader.read(folder), read_secret=str, references=None, version=1).city  # type: ignore[arg-type]
    place = {"organisation": city.organisation.short_name, "emergency": city.organisation.emergency_number}
    values = {name: {**LONGEST, **place}[name] for name in KEYS[key]}
    text = city.texts.render(key, language="en", channel="sms", **values)
    size = count(text)
    assert (size.encoding, size.parts) == ("gsm7", 1), text
    for value in values.values():
        assert value in text


@pytest.mark.parametrize("key", ["emergency", "emergency_again"])
@pytest.mark.parametrize("folder", [Path(loader.__file__).parent, TEST_CITY], ids=["shipped", "test"])
def test_whoever_is_in_danger_reads_the_number_first(folder: Path, key: str) -> None:
    city = loader.build(loader.read(folder), read_secret=str, references=None, version=1).city  # type: ignore[arg-type]
    texts = [text.text for (name, _, _), text in city.texts.entries.items() if name == key]
    assert texts
    for text in texts:
        assert text.index("{emergency}") == min(text.index(part) for part in re.findall(r"\{\w+\}", text))
        assert text.index("{emergency}") < 20
