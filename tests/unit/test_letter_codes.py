"""Codes on paper: ours are read, and nobody else's."""

from __future__ import annotations

import re

import pytest

from channels.letters import codes
from channels.letters.codes import Cover, Reply

KEY = b"k" * 32


def test_a_cover_sheet_is_read_back() -> None:
    assert codes.read(codes.cover(7, KEY), KEY) == Cover(7)


def test_a_reply_sheet_is_read_back() -> None:
    assert codes.read(codes.reply("48217739", 93, KEY), KEY) == Reply("48217739", 93)


@pytest.mark.parametrize("made", [codes.cover(10**17, KEY), codes.reply("48217739", 10**17, KEY)])
def test_a_code_fits_the_alphanumeric_mode_of_qr(made: str) -> None:
    assert re.fullmatch(r"[0-9A-Z $%*+\-./:]+", made)
    assert len(made) <= codes.LONGEST


@pytest.mark.parametrize("made", [codes.cover(7, KEY), codes.reply("48217739", 93, KEY)])
def test_one_letter_changed_anywhere_is_no_code_of_ours(made: str) -> None:
    for at, letter in enumerate(made):
        changed = made[:at] + ("3" if letter != "3" else "4") + made[at + 1 :]
        assert codes.read(changed, KEY) is None, changed


def test_the_signature_of_one_code_is_none_for_another() -> None:
    ours, other = codes.cover(1, KEY), codes.cover(2, KEY)
    assert codes.read(ours[: ours.rindex(":")] + other[other.rindex(":") :], KEY) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "https://example.com/",
        "CC1:C:7",
        "CC1:C:7:AAAAAAAAAAAAAAAA",
        codes.cover(7, b"another key"),
        f" {codes.cover(7, KEY)}",
        f"{codes.cover(7, KEY)}\n",
        codes.cover(7, KEY).lower(),
        codes.cover(7, KEY).replace("7", "\u0667", 1),
        codes.cover(-7, KEY),
        codes.reply("48217736", 93, KEY),
        codes.cover(7, KEY) * 10_000,
    ],
)
def test_every_other_code_is_none(text: str) -> None:
    assert codes.read(text, KEY) is None
