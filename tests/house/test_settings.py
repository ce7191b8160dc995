"""docs/settings.md lists what config/settings.py reads: all of it, nothing else, with the same defaults."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from config.settings import VARIABLES, Variable
from tests.house.tree import ROOT, plant

_ROW = re.compile(r"^\| `(?P<name>[A-Z_]+)` \| (?P<default>[^|]*) \|", re.MULTILINE)


def undocumented(root: Path, variables: Sequence[Variable]) -> list[str]:
    """Return where the table and the code differ."""
    text = (root / "docs" / "settings.md").read_text(encoding="utf-8")
    rows = {row["name"]: row["default"].strip().strip("`") for row in _ROW.finditer(text)}
    found = [f"{one.name}: is not in docs/settings.md" for one in variables if one.name not in rows]
    known = {one.name: one.default for one in variables}
    found += [f"{name}: is in docs/settings.md and nothing reads it" for name in rows if name not in known]
    return found + [
        f"{name}: the default is {known[name]!r}, docs/settings.md says {default!r}"
        for name, default in rows.items()
        if name in known and default != (known[name] or "–")
    ]


def test_every_setting_is_documented() -> None:
    assert undocumented(ROOT, VARIABLES) == []


ONE = (Variable("ONE", "1", "the first"), Variable("EMPTY", "", "nothing"))


@pytest.mark.parametrize(
    ("rows", "fault"),
    [
        ("| `ONE` | `1` | x |\n", "EMPTY: is not in docs/settings.md"),
        ("| `ONE` | `2` | x |\n| `EMPTY` | – | x |\n", "ONE: the default is '1', docs/settings.md says '2'"),
        (
            "| `ONE` | `1` | x |\n| `EMPTY` | – | x |\n| `OLD` | – | x |\n",
            "OLD: is in docs/settings.md and nothing reads it",
        ),
    ],
)
def test_a_difference_is_noticed(tmp_path: Path, rows: str, fault: str) -> None:
    assert undocumented(plant(tmp_path, {"docs/settings.md": rows}), ONE) == [fault]


def test_a_right_table_passes(tmp_path: Path) -> None:
    rows = "| `ONE` | `1` | x |\n| `EMPTY` | – | x |\n"
    assert undocumented(plant(tmp_path, {"docs/settings.md": rows}), ONE) == []
