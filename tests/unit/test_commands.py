"""Commands in a text: only what is wholly a command is one, and reading a text never fails."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.commands import Command, Help, Keywords, SetLanguage, Start, StatusOf, Stop, fold, is_thanks, parse
from cases.references import References, written

WORDS = Keywords(
    status=frozenset({"status", "tebea"}),
    help=frozenset({"help", "mmoa"}),
    stop=frozenset({"stop", "unsubscribe"}),
    start=frozenset({"start"}),
    language=frozenset({"lang", "kasa"}),
    thanks=frozenset({"thanks", "thank", "you", "ok", "medaase", "me da ase"}),
    languages={"en": "en", "english": "en", "tw": "tw", "twi": "tw"},
)
REF = References(b"k" * 32).reference(41)
WRONG = f"{REF[:7]}{(int(REF[7]) + 1) % 10}"
SHOWN = written(REF)


@pytest.mark.parametrize(
    ("text", "command"),
    [
        (f"STATUS {SHOWN}", StatusOf(REF)),
        (f"status {REF}", StatusOf(REF)),
        (f"  Status   {REF[:2]} {REF[2:4]} {REF[4:6]} {REF[6:]} ", StatusOf(REF)),
        (f"STATUS\n{SHOWN}", StatusOf(REF)),
        (f"STATUS {SHOWN} 0042", StatusOf(REF, "0042")),
        (f"STATUS {SHOWN}, 0042", StatusOf(REF, "0042")),
        (f"STATUS {SHOWN} code 0042", StatusOf(REF, "0042")),
        (f"STATUS {SHOWN} PIN: 0042.", StatusOf(REF, "0042")),
        (f"status #{SHOWN}", StatusOf(REF)),
        (f"Tebea {SHOWN}", StatusOf(REF)),
        (SHOWN, StatusOf(REF)),
        (f"{SHOWN}?", StatusOf(REF)),
        (f"#{REF}", StatusOf(REF)),
        (f"{REF} 0042", StatusOf(REF, "0042")),
        (f"STATUS:{SHOWN}", StatusOf(REF)),
        (f"status,{REF}", StatusOf(REF)),
        (f"STATUS-{SHOWN}", StatusOf(REF)),
        ("STATUS", StatusOf(None)),
        ("status?", StatusOf(None)),
        ("STATUS 12", StatusOf(None)),
        (f"STATUS {WRONG}", StatusOf(None)),
        ("HELP", Help()),
        (" help! ", Help()),
        ("Mmoa", Help()),
        ("STOP", Stop()),
        ("Stop.", Stop()),
        ("unsubscribe", Stop()),
        ("START", Start()),
        ("LANG twi", SetLanguage("tw")),
        ("Kasa ENGLISH", SetLanguage("en")),
        ("LANG", SetLanguage(None)),
        ("LANG klingon", SetLanguage(None)),
    ],
)
def test_a_command(text: str, command: Command) -> None:
    assert parse(text, WORDS) == command


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "?!",
        "Status of my road?",
        "status quo is bad",
        "Help, the drain is flooding my house",
        "stop the noise at night",
        "Stop dumping here",
        "start the work please",
        "lang way to go",
        f"{SHOWN} is still dark",
        f"My case {SHOWN}",
        WRONG,
        "0201234567",
        "thanks",
        "the light is out",
    ],
)
def test_somebodys_words(text: str) -> None:
    assert parse(text, WORDS) is None


@pytest.mark.parametrize("text", ["Thanks", "THANK YOU!", "ok", "Ok, thanks.", "Me da ase", "medaase", "ok ok 👍"])
def test_thanks(text: str) -> None:
    assert is_thanks(text, WORDS)


@pytest.mark.parametrize("text", ["", "👍", "thanks but it is not fixed", "not ok", "ok " * 7, "da ase", "the end"])
def test_more_than_thanks(text: str) -> None:
    assert not is_thanks(text, WORDS)


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("  ÉTAT   civil! ", "etat civil"),
        ("Yɛ-sɛ", "yɛ sɛ"),
        ("Ɔkɔ", "ɔkɔ"),
        ("STRASSE Straße", "strasse strasse"),
        ("ｈｅｌｐ", "help"),
        ("\u200bstop", "stop"),
        ("𝗦𝗧𝗢𝗣", "stop"),
    ],
)
def test_folding(text: str, folded: str) -> None:
    assert fold(text) == folded


STARTS = st.sampled_from(["", "status", "STATUS:", "lang", "stop", "help ", REF, SHOWN])


@given(STARTS, st.text(max_size=80) | st.text(st.sampled_from("0123456789 -:,.#\n"), max_size=24))
def test_reading_never_fails(start: str, text: str) -> None:
    command = parse(start + text, WORDS)
    assert command is None or isinstance(command, Command)
    is_thanks(start + text, WORDS)


@given(st.text(max_size=80))
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)
