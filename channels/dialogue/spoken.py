"""A dialogue's turn as a page that is spoken. A first, small version: the texts of menus, without recorded prompts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from channels.dialogue.menu import Menu
from channels.dialogue.values import Turn
from channels.voice.values import Ask, HangUp, Prompt, Record, Speak, Step, VoicePage, Wait

Recorded = Mapping[tuple[str, str], str]
#: keys that ask for the same page once more
REPEAT: Final = "9"
#: how many keys an answer has; all others end with the hash key
_DIGITS = {"choice": 1, "pick": 1, "confirm": 1}


def page(menu: Menu, turn: Turn, recorded: Recorded, *, number: int) -> VoicePage:
    """Return a turn as it is spoken; ``number`` is that of the request that will answer it."""
    language = str(turn.state["language"])
    said = [turn.words, *(f"{one.label}: {one.key}." for one in turn.choices)]
    prompts = tuple(Prompt(one, language) for one in said)
    steps: tuple[Step, ...]
    if turn.ends:
        steps = (Speak(prompts), HangUp())
    elif turn.expects == "text":
        steps = (Record(prompts),)
    else:
        digits = _DIGITS.get(turn.expects, 0)
        steps = (Ask(prompts, digits, "" if digits else "#"),)
    return VoicePage(steps, number)


def understood(expects: str, keys: str) -> str | None:
    """Return what to say to the engine, :data:`REPEAT` for nine; None where keys say nothing here."""
    if keys == REPEAT:
        return REPEAT
    return keys.strip("#* ") or None


def wait_page(
    menu: Menu, language: str, *, position: int | None, minutes: int | None, number: int, recorded: Recorded
) -> VoicePage:
    """Return the page of who waits; without a position nothing is said."""
    said = "" if position is None else f"You are number {position}."
    said += f" About {minutes} minutes." if position is not None and minutes else ""
    prompts = (Prompt(f"{said} Press 1 to be called back.", language),) if said else ()
    return VoicePage((Wait(prompts),), number)


def called_back(menu: Menu, language: str, *, number: int, recorded: Recorded) -> VoicePage:
    """Return the last page of who will be called back."""
    return VoicePage((Speak((Prompt("We call you back.", language),)), HangUp()), number)


def goodbye(menu: Menu, language: str, *, number: int, recorded: Recorded) -> VoicePage:
    """Return the last page of a call."""
    return VoicePage((Speak((Prompt("Goodbye.", language),)), HangUp()), number)


def trouble(menu: Menu, language: str, *, number: int, recorded: Recorded, emergency: str) -> VoicePage:
    """Return the last page of a call in which we failed."""
    said = menu.text("trouble", language).format(emergency=emergency)
    return VoicePage((Speak((Prompt(said, language),)), HangUp()), number)
