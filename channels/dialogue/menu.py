"""A menu as frozen values: nodes, options, conditions, texts per language."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

MOST_OPTIONS = 7
#: kinds that show a screen and wait
ASKING = ("choice", "text", "number", "date", "reference", "code", "pick", "confirm")
#: ``call`` asks the house, ``decide`` goes on by a condition, ``show`` ends the dialogue
KINDS = (*ASKING, "call", "decide", "show")
#: texts that the engine itself says; ``cut`` is the question after a session that was cut
OWN = ("more", "back", "wrong", "cut", "cut.go_on", "cut.anew", "keep", "none_of_these", "yes", "no", "trouble")


@dataclass(frozen=True, slots=True)
class Condition:
    """A field has this value (``equals``), or has any (``known``) or none."""

    field: str
    equals: str | None = None
    known: bool = True

    def holds(self, fields: Mapping[str, str]) -> bool:
        """Tell whether the fields satisfy it."""
        value = fields.get(self.field, "")
        return value == self.equals if self.equals is not None else bool(value) is self.known


@dataclass(frozen=True, slots=True)
class Option:
    """One choice: the key of its label, where it leads, what it stores, and when it is offered."""

    text: str
    to: str
    value: str = ""
    when: tuple[Condition, ...] = ()

    def offered(self, fields: Mapping[str, str]) -> bool:
        """Tell whether it stands on the screen."""
        return all(one.holds(fields) for one in self.when)


@dataclass(frozen=True, slots=True)
class Node:
    """One step. ``save`` names the field that an answer goes to.

    ``outcomes`` of a call or pick: where each leads. ``other`` of a pick: where one more option, none of these, leads.
    ``least`` and ``most`` bound numbers, or a text's characters.
    """

    key: str
    kind: str
    to: str = ""
    save: str = ""
    options: tuple[Option, ...] = ()
    call: str = ""
    arguments: Mapping[str, str] = field(default_factory=dict)
    outcomes: Mapping[str, str] = field(default_factory=dict)
    other: str = ""
    least: int = 1
    most: int = 0
    when: tuple[Condition, ...] = ()
    otherwise: str = ""

    @property
    def ways(self) -> tuple[str, ...]:
        """Every node that may come next."""
        every = (self.to, self.other, self.otherwise, *(one.to for one in self.options), *self.outcomes.values())
        return tuple(dict.fromkeys(one for one in every if one))


@dataclass(frozen=True, slots=True)
class MenuText:
    """One text of one language. A draft is not shown until a speaker has reviewed it."""

    text: str
    draft: bool = False


@dataclass(frozen=True)
class Menu:
    """One menu. ``rescue`` is where somebody goes after three inputs that were not understood."""

    key: str
    start: str
    rescue: str
    nodes: Mapping[str, Node]
    texts: Mapping[tuple[str, str], MenuText]
    default_language: str
    allow_drafts: bool = False

    def text(self, key: str, language: str) -> str:
        """Return a text in a language, or in the default one; raises ``LookupError`` naming the key."""
        for wanted in (language, self.default_language):
            found = self.texts.get((key, wanted))
            if found is not None and (self.allow_drafts or not found.draft):
                return found.text
        raise LookupError(f"menu {self.key}: there is no text {key!r} in {self.default_language!r}")

    @cached_property
    def languages(self) -> tuple[str, ...]:
        """The languages that have a text which may be shown, the default one first."""
        shown = {language for (_, language), one in self.texts.items() if self.allow_drafts or not one.draft}
        return (self.default_language, *sorted(shown - {self.default_language}))

    @cached_property
    def typed(self) -> frozenset[str]:
        """The fields that hold what people typed in words."""
        return frozenset(one.save for one in self.nodes.values() if one.kind == "text")

    @cached_property
    def digest(self) -> str:
        """What tells this menu from an earlier or later one: its nodes; a text that was mended changes nothing."""
        said = repr((self.start, self.rescue, sorted((key, repr(one)) for key, one in self.nodes.items())))
        return hashlib.sha256(said.encode()).hexdigest()[:16]

    def needed(self) -> Iterator[str]:
        """Yield the key of every text that the menu can show."""
        yield from OWN
        for node in self.nodes.values():
            if node.kind in ASKING or node.kind == "show":
                yield node.key
            yield from (one.text for one in node.options)
