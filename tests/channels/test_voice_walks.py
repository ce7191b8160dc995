"""Callers walk through pages at random, with time-outs and hang-ups at every step, and real XML between."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from channels.voice.double import Keys, Ring, Tape
from channels.voice.values import (
    Ask,
    CallHeard,
    Connect,
    HangUp,
    Prompt,
    Record,
    Reject,
    Speak,
    Step,
    VoicePage,
    Wait,
    What,
)
from tests.channels.voice_accounts import AGENT, LINE
from tests.channels.voice_line import Line
from tests.channels.voice_tables import AFRICASTALKING, TWILIO, faults

WALKS, LONGEST = 400, 12
TABLES = {"africastalking": AFRICASTALKING, "twilio": TWILIO}
SOUND = "https://contact.northport.example/prompts/1.mp3"
WORDS = (Prompt("Press <1> & wait."), Prompt("Mia 2.", "tw", SOUND), Prompt("Ɛyɛ.", "tw"))


class Walker:
    """An application that answers with any page, and remembers which turn it gave last."""

    def __init__(self, chance: random.Random) -> None:
        self._chance, self.turn = chance, 0
        self.faults: list[str] = []

    def __call__(self, heard: CallHeard) -> VoicePage:
        if heard.what is not What.BEGUN and heard.turn != self.turn:
            self.faults.append(f"{heard.what} answers turn {heard.turn}, and {self.turn} was given")
        self.turn += 1
        return VoicePage(tuple(self._steps(first=heard.what is What.BEGUN)), self.turn)

    def _steps(self, *, first: bool) -> list[Step]:
        said = tuple(self._chance.sample(WORDS, self._chance.randint(0, 3)))
        before: list[Step] = [Speak(said)] if self._chance.random() < 0.4 else []
        last: list[Step] = [
            Ask(said or WORDS[:1], self._chance.choice([0, 1, 8]), self._chance.choice(["", "#"])),
            Record(said, 60), Wait(said, self._chance.choice(["", SOUND])), Connect(AGENT, 20, LINE, record=True),
            HangUp(), Ask(WORDS[:1]), Wait(),
        ]  # fmt: skip
        if first and self._chance.random() < 0.05:
            return [Reject()]
        return [*before, self._chance.choice(last)]


def step(line: Line, chance: random.Random) -> None:
    """Let the telephone, or the other one, do something that it can do there."""
    line.later(chance.randint(0, 20))
    if chance.random() < 0.12:
        line.does("hang_up")
        return
    call = line.call
    if call.talks:
        line.does("parted", "answered")
    elif isinstance(call.at, Ring):
        line.does(*chance.choice([("joined",), ("parted", "no_answer"), ("parted", "busy"), ("silent",)]))
    elif isinstance(call.at, Tape):
        line.does(*chance.choice([("silent",), ("record", 7)]), **chance.choice([{}, {}]))
    elif isinstance(call.at, Keys):
        line.does(*chance.choice([("silent",), ("press", chance.choice(["1", "9", "48217736", "12#", "#", "*"]))]))


@pytest.mark.parametrize("gateway", list(TABLES))
def test_every_walk_ends_and_is_told_to_have_ended(gateway: str) -> None:
    seen: Counter[What] = Counter()
    for number in range(WALKS):
        chance = random.Random(number)
        walker = Walker(chance)
        line = Line(gateway, walker)
        for _ in range(LONGEST):
            if line.call.ended_at is not None:
                break
            step(line, chance)
        if line.call.ended_at is None:
            line.does("hang_up")
        assert walker.faults == [], number
        assert line.call.fault == "" and line.call.expects == "", number
        assert [one for document in line.documents for one in faults(document, TABLES[gateway])] == [], number
        ends = [event for event, heard in line.told if heard.what is What.ENDED]
        assert ends == (["call", "status"] if gateway == "africastalking" else ["status"]), number
        assert {heard.session for heard in (*line.heard, *(told for _, told in line.told))} == {line.call.session}
        seen.update(heard.what for heard in line.heard)
    assert {What.BEGUN, What.KEYED, What.SILENT, What.RECORDED, What.PARTED} <= set(seen)
