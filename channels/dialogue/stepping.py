"""The work of one step of a dialogue on a display: what was keyed in, moving on, and the screen."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any, NamedTuple

from channels.dialogue import entries
from channels.dialogue.calls import CALLS, DONE
from channels.dialogue.menu import CHANNEL, SCREEN, Menu, Node
from channels.dialogue.pages import BACK, MORE, Budget, pages, shortened
from channels.dialogue.values import Call, Choice, Filled, Result, State, Turn, argument

WRONG_INPUTS = 3
MOST_BACK, MOST_CHOICES = 20, 40
#: how much of what somebody typed a screen repeats, in characters
SHOWN = 60
_MOST_MOVES = 50


class Way(NamedTuple):
    """One thing that can be chosen: key, label, the value that it stores, where it leads; and as a ``Choice``."""

    key: str
    label: str
    value: str
    to: str
    text: str = ""
    language: str = ""


class Step:
    """One step's work on a copy of the state, for a display; :mod:`channels.dialogue.voiced` is the voice's."""

    def __init__(self, menu: Menu, state: State, budget: Budget, facts: Mapping[str, str]) -> None:
        self.menu, self.budget, self.facts = menu, budget, facts
        self.state: dict[str, Any] = copy.deepcopy(dict(state))

    @property
    def node(self) -> Node:
        return self.menu.nodes[self.state["node"]]

    @property
    def channel(self) -> str:
        return str(self.state["fields"].get(CHANNEL, SCREEN))

    def take(self, said: str | Result | None) -> Turn | Call:
        if isinstance(said, Result):
            return self._answered(said)
        if said is None:
            return self._show() if "cut" in self.state else self._arrive(self.state["node"])
        return self._heard(said.strip())

    # what was keyed in

    def _heard(self, said: str) -> Turn | Call:
        last = len(self._pages()) - 1
        if said == MORE and self.state["page"] < last or self.node.kind == "show":
            self.state["page"] = min(self.state["page"] + 1, last)
            self.state["wrong"] = 0
            return self._show()
        if "cut" in self.state:
            return self._gone_on(said)
        if said == BACK and self.state["back"]:
            return self._arrive(self.state["back"].pop())
        found = self._chosen(said) if self.node.kind in ("choice", "confirm", "pick") else self._typed(said)
        if found is None:
            return self._wrong()
        value, to = found
        if self.node.save:
            self.state["fields"][self.node.save] = value
        return self._go(to)

    def _chosen(self, said: str) -> tuple[str, str] | None:
        return {one.key: (one.value, one.to) for one in self._ways()}.get(said)

    def _typed(self, said: str) -> tuple[str, str] | None:
        node, kept = self.node, self.state["kept"].get(self.node.save)
        if node.kind == "text" and kept and said == "1":
            return kept, node.to
        value = entries.read(node, said) if said not in (MORE, BACK) else None
        return None if value is None else (value, node.to)

    def _gone_on(self, said: str) -> Turn | Call:
        if said == "1":
            self.state = self.state["cut"]
            return self._arrive(self.state["node"])
        if said == "2":
            return self._arrive(self._forget("cut"))
        return self._wrong()

    def _forget(self, name: str) -> str:
        self.state.pop(name)
        self.state["page"] = self.state["wrong"] = 0
        return str(self.state["node"])

    def _wrong(self) -> Turn | Call:
        self.state["wrong"] += 1
        if self.state["wrong"] < WRONG_INPUTS:
            self.state["page"] = 0
            return self._show(wrong=True)
        self.state.pop("cut", None)
        return self._go(self.menu.rescue)

    # moving on

    def _go(self, to: str) -> Turn | Call:
        back = [one for one in self.state["back"] if one != to]
        self.state["back"] = [*back, self.state["node"]][-MOST_BACK:] if to != self.menu.start else []
        return self._arrive(to)

    def _arrive(self, key: str) -> Turn | Call:
        self.state.update(page=0, wrong=0)
        for _ in range(_MOST_MOVES):
            self.state["node"] = key
            node = self.node
            if node.call:
                return self._ask(node)
            if node.kind == "agent" and self.channel == SCREEN:
                key = node.outcomes["closed"]  # a display connects nobody
                continue
            if node.kind != "decide":
                return self._show()
            fields = self.state["fields"]
            key = node.to if all(one.holds(fields) for one in node.when) else node.otherwise
        raise LookupError(f"menu {self.menu.key}: {key} leads in a circle")

    def _ask(self, node: Node) -> Call:
        self.state["calling"] = True
        fields = self.state["fields"]
        given = {name: argument(value, fields) for name, value in node.arguments.items()}
        return Call(self.state, node.call, {name: value for name, value in given.items() if value})

    def _answered(self, result: Result) -> Turn | Call:
        node, fields = self.node, self.state["fields"]
        if not self.state["calling"] or node.call not in CALLS:
            raise LookupError(f"menu {self.menu.key}: {node.key} asked nothing")
        self.state["calling"] = False
        fields.update({name: value for name, value in result.values.items() if name in CALLS[node.call].gives})
        self._clear(node, result)
        if node.kind == "pick" and result.outcome == "some":
            self.state["choices"] = [list(one) for one in result.choices[:MOST_CHOICES]]
            return self._show()
        to = node.outcomes[result.outcome]
        return self._arrive(to)

    def _clear(self, node: Node, result: Result) -> None:
        """Keep no code once it was tried, and no way back behind what is done."""
        used = node.arguments
        fields = self.state["fields"]
        if "code" in used:
            fields.pop(used["code"].removeprefix("$"), None)
        if node.call == "language":
            chosen = argument(used["language"], fields)
            self.state["language"] = chosen if chosen in self.menu.languages else self.menu.default_language
        if CALLS[node.call].acts and result.outcome in DONE:
            self.state.update(back=[], kept={})
            for value in used.values():
                fields.pop(value.removeprefix("$"), None)

    # the screen

    def _show(self, *, wrong: bool = False) -> Turn:
        cut, node = self._pages(wrong=wrong), self.node
        page = min(self.state["page"], len(cut) - 1)
        ends = node.kind == "show" and "cut" not in self.state
        expects = "" if ends and page == len(cut) - 1 else "more" if ends else node.kind
        if "cut" in self.state:
            expects = "choice"
        return self._turn(cut[page], self._keys(wrong=wrong), expects)

    def _turn(self, screen: str, keys: tuple[str, ...], expects: str) -> Turn:
        choices = tuple(Choice(one.key, one.label, one.text, one.language) for one in self._ways())
        words, values = "\n".join(self._own(one) for one in keys), self._values()
        return Turn(self.state, screen, words, choices, expects, self.node.key, keys, values, back=self._goes_back())

    def _goes_back(self) -> bool:
        return bool(self.state["back"]) and self.node.kind != "show" and "cut" not in self.state

    def _pages(self, *, wrong: bool = False) -> tuple[str, ...]:
        choices = [Choice(one.key, one.label) for one in self._ways()]
        back = self._own("back") if self._goes_back() else ""
        words = "\n".join(self._own(one) for one in self._keys(wrong=wrong))
        return pages(words, choices, budget=self.budget, more=self._own("more"), back=back)

    def _keys(self, *, wrong: bool = False) -> tuple[str, ...]:
        """Return the keys of the texts that are said here, in order."""
        said = "cut" if "cut" in self.state else self.node.key
        return ("wrong", said) if wrong else (said,)

    def _ways(self) -> list[Way]:
        """Return what can be chosen."""
        node, fields = self.node, self.state["fields"]
        found: list[Way] = []
        if "cut" in self.state:
            found = [self._way("cut.go_on"), self._way("cut.anew")]
        elif node.kind == "choice":
            found = [self._way(one.text, one.value, one.to) for one in node.options if one.offered(fields)]
        elif node.kind == "confirm":
            found = [self._way("yes", "yes", node.to), self._way("no", "no", node.otherwise)]
        elif node.kind == "pick":
            found = [Way("", label, value, node.to) for value, label in self.state["choices"]]
            found += [self._way("none_of_these", "", node.other)] if node.other else []
        elif node.kind == "text" and self.state["kept"].get(node.save):
            kept = shortened(self.state["kept"][node.save], SHOWN)
            found = [Way("", f"{self._own('keep')} {kept}", "", node.to)]
        return [one._replace(key=str(number)) for number, one in enumerate(found, 1)]

    def _way(self, text: str, value: str = "", to: str = "") -> Way:
        return Way("", self._own(text), value, to, text)

    def _values(self) -> Filled:
        """Return what a text may name; what people typed only as long as a screen repeats it."""
        typed = self.menu.typed
        given = self.state["fields"].items()
        fields = {name: shortened(value, SHOWN) if name in typed else value for name, value in given}
        return Filled({**fields, **self.facts})

    def _own(self, key: str) -> str:
        return self.menu.text(key, self.state["language"]).format_map(self._values())
