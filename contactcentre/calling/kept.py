"""A spoken page as plain JSON and back: the call's row keeps the last one, for a request that comes twice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from channels.voice.values import Ask, Connect, HangUp, Prompt, Record, Reject, Speak, Step, VoicePage, Wait

_STEPS: Mapping[str, type[Any]] = {one.__name__: one for one in (Speak, Ask, Record, Wait, Connect, HangUp, Reject)}
#: steps after which somebody is heard again
_ASKS = (Ask, Record, Wait, Connect)


def dump(page: VoicePage) -> dict[str, Any]:
    """Return a page as JSON knows it."""
    return {"turn": page.turn, "steps": [{"step": type(one).__name__, **asdict(one)} for one in page.steps]}


def load(kept: Mapping[str, Any]) -> VoicePage:
    """Return the page that was kept."""
    return VoicePage(tuple(_step(one) for one in kept["steps"]), kept["turn"])


def again(kept: Mapping[str, Any], number: int) -> VoicePage:
    """Return the page that was kept, to be answered by another request."""
    return replace(load(kept), turn=number)


def ends(page: VoicePage) -> bool:
    """Tell whether nothing is heard after a page: the call is over once it is said."""
    return not any(isinstance(one, _ASKS) for one in page.steps)


def _step(one: Mapping[str, Any]) -> Step:
    values = {name: value for name, value in one.items() if name != "step"}
    if "prompts" in values:
        values["prompts"] = tuple(Prompt(**prompt) for prompt in values["prompts"])
    made: Step = _STEPS[one["step"]](**values)
    return made
