"""What goes in and out of a step: results, turns, calls, and the state in between as plain JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

State = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a call: its outcome, values for the texts, and choices for a pick as pairs of value and label."""

    outcome: str
    values: Mapping[str, str] = field(default_factory=dict)
    choices: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing to choose: the key to press, and its words.

    ``text`` is the key of the menu's text that they are; empty where they are the house's own. ``language``: where
    they are in another than the rest.
    """

    key: str
    label: str
    text: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class Turn:
    """What is said next. ``screen`` is one page for a display; ``words`` and ``choices`` are all of it, for a voice.

    ``expects``: the kind of the answer; empty where the dialogue has ended. ``step`` names the step, without
    anything personal. ``keys`` are the texts that ``words`` are made of, and ``values`` what they may name, so that a
    voice finds recordings of them. ``back``: zero goes back.
    """

    state: State
    screen: str
    words: str
    choices: tuple[Choice, ...] = ()
    expects: str = ""
    step: str = ""
    keys: tuple[str, ...] = ()
    values: Mapping[str, str] = field(default_factory=dict)
    back: bool = False

    @property
    def ends(self) -> bool:
        """Tell whether nothing more can be said."""
        return not self.expects


@dataclass(frozen=True, slots=True)
class Call:
    """Something the house is asked: one of ``calls.CALLS``, with plain arguments. The answer is the next input."""

    state: State
    name: str
    arguments: Mapping[str, str]


def fresh(menu: str, digest: str, node: str, language: str, preset: Mapping[str, str]) -> dict[str, Any]:
    """Return the state of somebody who has just begun, with the fields that are filled from the beginning."""
    return {
        "menu": menu,
        "digest": digest,
        "node": node,
        "page": 0,
        "wrong": 0,
        "language": language,
        "fields": dict(preset),
        "back": [],
        "choices": [],
        "kept": {},
        "calling": False,
    }


class Filled(dict[str, str]):
    """Values for a text; what nobody has told is left out."""

    def __missing__(self, key: str) -> str:
        return ""


def argument(value: str, fields: Mapping[str, str]) -> str:
    """Return what an argument stands for: with a dollar, what is in that field."""
    return fields.get(value[1:], "") if value.startswith("$") else value
