"""A small menu for the tests of dialogues, and somebody who keys things in."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from channels.dialogue.engine import begin, step
from channels.dialogue.menu import OWN, Condition, Menu, MenuText, Node, Option
from channels.dialogue.pages import Budget
from channels.dialogue.values import Call, Result, Turn
from config import loader

SHIPPED = Path(__file__).parents[2] / "config"
ADD = {"done": "end", "closed": "end", "refused": "home"}
NODES = (
    Node(
        "home",
        "choice",
        options=(
            Option("home.say", "say"),
            Option("home.track", "track"),
            Option("home.pick", "pick"),
            Option("home.age", "age", when=(Condition("words"),)),
        ),
    ),
    Node("say", "text", to="day", save="words", least=3),
    Node("day", "date", to="sure", save="day"),
    Node("sure", "confirm", to="send", otherwise="home"),
    Node("send", "call", call="add", arguments={"words": "$words"}, outcomes=ADD),
    Node("track", "reference", to="code", save="reference"),
    Node("code", "code", to="prove", save="code"),
    Node(
        "prove",
        "call",
        call="prove",
        arguments={"code": "$code"},
        outcomes=dict.fromkeys(("promised", "open", "ended", "locked"), "age") | {"wrong": "code"},
    ),
    Node("pick", "pick", call="departments", save="department", to="age", other="home", outcomes={"none": "home"}),
    Node("age", "number", to="end", save="age", most=120),
    Node("end", "show"),
    Node("rescue", "choice", options=(Option("home.say", "say"), Option("home.pick", "home"))),
)
WORDS = {"home": "Hello {organisation}.", "say": "Say it:", "sure": "Send {words}?", "end": "Thank you {age}."}


def menu(*nodes: Node, **texts: str) -> Menu:
    """Return the small menu, with other nodes or texts where a test names some."""
    every = {one.key: one for one in (*NODES, *nodes)}
    made = Menu("small", "home", "rescue", every, {}, "en")
    said = {key: texts.get(key, WORDS.get(key, key)) for key in [*OWN, *made.needed()]}
    return Menu("small", "home", "rescue", every, {(k, "en"): MenuText(v) for k, v in said.items()}, "en")


@cache
def shipped() -> Menu:
    """Return the menu that the product comes with."""
    found = loader.read(SHIPPED)

    def no_secret(secret: Any) -> str:
        raise LookupError

    return loader.build(found, read_secret=no_secret, references=None, version=0).menus["main"]


class Person:
    """Somebody who dials and keys; calls are answered by ``answers``, else by the outcome named."""

    def __init__(self, chosen: Menu, state: Any = None, *, budget: Budget | None = None, **answers: Result) -> None:
        self.menu, self.budget, self.answers = chosen, budget, answers
        self.calls: list[tuple[str, Mapping[str, str]]] = []
        self.turn = self._on(state or begin(chosen, language="en"), None)

    def keys(self, *inputs: str) -> Turn:
        for one in inputs:
            self.turn = self._on(self.turn.state, one)
        return self.turn

    def _on(self, state: Any, said: str | Result | None) -> Turn:
        found = step(self.menu, state, said, budget=self.budget, facts={"organisation": "City"})
        while isinstance(found, Call):
            self.calls.append((found.name, found.arguments))
            found = step(self.menu, found.state, self.answers[found.name], budget=self.budget)
        return found
