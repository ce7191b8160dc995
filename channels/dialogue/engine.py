"""One step of a dialogue: ``step(menu, state, said)`` gives the next turn, or something to ask the house first."""

from __future__ import annotations

from collections.abc import Mapping

from channels.dialogue.menu import CHANNEL, SCREEN, VOICE, Menu
from channels.dialogue.pages import Budget
from channels.dialogue.stepping import Step
from channels.dialogue.values import Call, Result, State, Turn, fresh
from channels.dialogue.voiced import VoicedStep


def begin(menu: Menu, *, language: str, channel: str = SCREEN, known: bool = True) -> State:
    """Return the state of somebody who has just dialled; step it with None to get the first turn.

    ``channel`` is ``voice`` for a call. ``known``: their language is; where it is not, and the menu speaks several, the
    field ``ask_language`` says so.
    """
    spoken = language if language in menu.languages else menu.default_language
    preset = {CHANNEL: channel}
    if not known and len(menu.languages) > 1:
        preset["ask_language"] = "yes"
    return fresh(menu.key, menu.digest, menu.start_on(channel), spoken, preset)


def step(
    menu: Menu,
    state: State,
    said: str | Result | None,
    *,
    budget: Budget | None = None,
    facts: Mapping[str, str] | None = None,
) -> Turn | Call:
    """Go one step: ``said`` is what was keyed in, the result of the call before, or None to show where we are.

    Pure: the state that comes back is the only thing to keep. ``facts`` are values that every text may name.
    """
    kind = VoicedStep if state["fields"].get(CHANNEL) == VOICE else Step
    return kind(menu, state, budget or Budget(), facts or {}).take(said)


def screens(menu: Menu, state: State, *, budget: Budget, wrong: bool = False) -> tuple[str, ...]:
    """Return all pages of the step where a state stands, for the lint; ``wrong`` with the words that ask again."""
    return Step(menu, state, budget, {})._pages(wrong=wrong)


def spoken(menu: Menu, state: State, *, wrong: bool = False) -> Turn:
    """Return what a voice says at the step where a state stands, for the lint."""
    return VoicedStep(menu, state, Budget(), {})._show(wrong=wrong)
