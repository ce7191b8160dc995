"""Somebody who calls the shipped menu: hears pages, presses keys, speaks after the tone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from channels.dialogue import spoken
from channels.dialogue.engine import begin, step
from channels.dialogue.menu import VOICE, Menu
from channels.dialogue.values import Call, Result, Turn
from channels.voice.values import Ask, Prompt, Record, Speak, VoicePage, Wait

FACTS = {"organisation": "The City", "emergency": "112", "days": "90"}
CASE = {"reference": "4821-7739", "status": "in work", "promised": "Tuesday 3 March, 14:00"}
#: what the house answers, where a test says nothing else
HOUSE = {
    "report": Result("done", {"reference": "4821-7739", "code": "3052"}),
    "track": Result("promised", CASE),
    "prove": Result("promised", CASE),
    "add": Result("done"),
    "withdraw": Result("done"),
    "call_me": Result("done", {"reference": "4821-7739"}),
    "settled": Result("found"),
    "rate": Result("done"),
    "language": Result("done"),
    "departments": Result("some", choices=tuple((f"office-{one}", f"Office {one}") for one in range(1, 12))),
    "services": Result("some", choices=(("permit", "Permits"), ("licence", "Licences"))),
    "service": Result("done", {"service_name": "Permits", "department": "Planning", "fee": "GHS 50.00"}),
}


class Caller:
    """One call. ``answers`` are what the house says, by its calls."""

    def __init__(
        self,
        menu: Menu,
        *,
        known: bool = True,
        recorded: Mapping[tuple[str, str], str] | None = None,
        **answers: Result,
    ) -> None:
        self.menu, self.answers, self.recorded = menu, {**HOUSE, **answers}, recorded or {}
        self.calls: list[tuple[str, Mapping[str, str]]] = []
        self.number = 0
        self.turn = self._on(begin(menu, language="en", channel=VOICE, known=known), None)

    @property
    def page(self) -> VoicePage:
        return spoken.page(self.menu, self.turn, self.recorded, number=self.number)

    @property
    def heard(self) -> str:
        return " ".join(one.text for one in prompts(self.page))

    def press(self, *keys: str) -> Turn:
        for one in keys:
            said = spoken.understood(self.turn.expects, one)
            assert said is not None, f"keys mean nothing where {self.turn.expects!r} is expected"
            if said != spoken.REPEAT:
                self.turn = self._on(self.turn.state, said)
        return self.turn

    def speak(self, seconds: int = 42) -> Turn:
        assert self.turn.expects == "text"
        self.turn = self._on(self.turn.state, spoken.recording(seconds))
        return self.turn

    def told(self, result: Result) -> Turn:
        self.turn = self._on(self.turn.state, result)
        return self.turn

    def _on(self, state: Any, said: str | Result | None) -> Turn:
        self.number += 1
        found = step(self.menu, state, said, facts=FACTS)
        while isinstance(found, Call):
            self.calls.append((found.name, found.arguments))
            found = step(self.menu, found.state, self.answers[found.name], facts=FACTS)
        return found


def prompts(page: VoicePage) -> tuple[Prompt, ...]:
    said = (one.prompts for one in page.steps if isinstance(one, Ask | Record | Speak | Wait))
    return tuple(prompt for each in said for prompt in each)
