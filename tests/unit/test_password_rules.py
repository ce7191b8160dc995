"""Which passwords are refused, and that the others are not."""

from __future__ import annotations

import pytest

from cases.errors import Invalid
from contactcentre.auth import password_rules

WHO = {"username": "akosua.boadu", "name": "Akosua Boadu-Mensah", "organisation": ("Northport City Council", "NCC")}


@pytest.mark.parametrize(
    ("password", "told"),
    [
        ("", "at least 12"),
        ("short words", "at least 12"),
        ("x" * 1001, "at most 1000"),
        ("aaaaaaaaaaaabbbb", "few different"),
        ("password1234", "well known"),
        ("Passw0rd2026!!", "well known"),
        ("123456789012345", "well known"),
        ("qwertyuiop12", "well known"),
        ("akosua.boadu!", "your own name"),
        ("AkosuaBoadu77", "your own name"),
        ("Ákosua-Mensah1", "your own name"),
        ("NorthportCity1", "your own name"),
    ],
)
def test_a_password_that_others_would_try_is_refused_in_words(password: str, told: str) -> None:
    with pytest.raises(Invalid, match=told) as refused:
        password_rules.check(password, **WHO)  # type: ignore[arg-type]
    assert refused.value.field == "password"


@pytest.mark.parametrize(
    "password", ["a long enough one", "goat lantern river", "tR9#vq-LLm2x", "Northport goat lantern"]
)
def test_a_password_of_ones_own_is_taken(password: str) -> None:
    password_rules.check(password, **WHO)  # type: ignore[arg-type]
