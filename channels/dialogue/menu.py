"""A menu as frozen values: nodes, options, conditions, texts per language."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

#: what somebody has before them: a display, or an ear at a telephone. The preset field of that name says which
CHANNEL, SCREEN, VOICE = "channel", "ussd", "voice"
#: by channel; a voice needs nine to say it again and zero to go back
MOST_OPTIONS, MOST_SPOKEN_OPTIONS = 7, 8
#: kinds that show a screen and wait
ASKING = ("choice", "text", "number", "date", "reference", "code", "pick", "confirm")
#: ``call`` asks the house, ``decide`` goes on by a condition, ``show`` ends the dialogue, ``agent`` leads to a person
KINDS = (*ASKING, "call", "decide", "show", "agent")
#: texts that the engine itself says; ``cut`` is the question after a session that was cut
OWN = ("more", "back", "wrong", "cut", "cut.go_on", "cut.anew", "keep", "none_of_these", "yes", "no", "trouble")
#: texts that a voice says besides: what stands around every page, and what is said while somebody waits
OWN_SPOKEN = (
    *("hello", "wrong", "cut", "cut.go_on", "cut.anew", "none_of_these", "yes", "no", "trouble", "goodbye"),
    *("choose", "more", "again", "again_keyed", "back", "back_keyed", "last", "finish", "offer"),
    *("record.ask", "record.yes", "record.no", "record.kept", "record.tone"),
    *("wait", "wait.next", "wait.position", "wait.minute", "wait.minutes", "wait.call_back", "called_back"),
    *("connecting", "hold", "closed", "refused", "agent_call"),
    *(f"digit.{one}" for one in range(10)),
)


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

    def offered_on(self, channel: str) -> bool:
        """Tell whether it may stand there on this channel, whatever else is known."""
        return all(one.holds({CHANNEL: channel}) for one in self.when if one.field == CHANNEL)

    @property
    def always(self) -> bool:
        """Tell whether nothing but the channel decides on it."""
        return all(one.field == CHANNEL for one in self.when)


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

    def ways_on(self, channel: str) -> tuple[str, ...]:
        """Every node that may come next on this channel."""
        closed = {one.to for one in self.options if not one.offered_on(channel)}
        closed -= {one.to for one in self.options if one.offered_on(channel)}
        if self.kind == "decide":
            told = [one.holds({CHANNEL: channel}) for one in self.when if one.field == CHANNEL]
            closed |= {self.to} if not all(told) else {self.otherwise} if len(told) == len(self.when) else set()
        if self.kind == "agent" and channel == SCREEN:
            closed |= {*self.outcomes.values()} - {self.outcomes.get("closed", "")}
        return tuple(one for one in self.ways if one not in closed)


@dataclass(frozen=True, slots=True)
class MenuText:
    """One text of one language. A draft is not shown until a speaker has reviewed it."""

    text: str
    draft: bool = False


@dataclass(frozen=True)
class Menu:
    """One menu. ``rescue`` is where somebody goes after three inputs that were not understood.

    ``spoken`` are the words of a voice, by key and language, where the display's do not serve. ``starts``: where a
    channel begins elsewhere. ``refuses`` is where a caller goes who does not want to be recorded.
    """

    key: str
    start: str
    rescue: str
    nodes: Mapping[str, Node]
    texts: Mapping[tuple[str, str], MenuText]
    default_language: str
    allow_drafts: bool = False
    spoken: Mapping[tuple[str, str], MenuText] = field(default_factory=dict)
    starts: Mapping[str, str] = field(default_factory=dict)
    refuses: str = ""

    def start_on(self, channel: str) -> str:
        """Return the node where a channel begins."""
        return self.starts.get(channel, self.start)

    @cached_property
    def speaks(self) -> bool:
        """Tell whether calls can be answered with it: there are spoken words in the default language."""
        return any(language == self.default_language for _, language in self.spoken)

    @property
    def channels(self) -> tuple[str, ...]:
        """The channels that it is for."""
        return (SCREEN, VOICE) if self.speaks else (SCREEN,)

    def said(self, key: str, language: str) -> tuple[str, str]:
        """Return a text as a voice says it, and its language: the asked or the default one; ``LookupError`` as below.

        The display's words are spoken where there are no others.
        """
        for wanted in (language, self.default_language):
            for texts in (self.spoken, self.texts):
                found = texts.get((key, wanted))
                if found is not None and (self.allow_drafts or not found.draft):
                    return found.text, wanted
        raise LookupError(f"menu {self.key}: there is no text {key!r} to speak in {self.default_language!r}")

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
        every = (*self.texts.items(), *self.spoken.items())
        shown = {language for (_, language), one in every if self.allow_drafts or not one.draft}
        return (self.default_language, *sorted(shown - {self.default_language}))

    @cached_property
    def typed(self) -> frozenset[str]:
        """The fields that hold what people typed in words."""
        return frozenset(one.save for one in self.nodes.values() if one.kind == "text")

    @cached_property
    def digest(self) -> str:
        """What tells this menu from an earlier or later one: its nodes; a text that was mended changes nothing."""
        besides = [sorted(self.starts.items()), self.refuses] if self.starts or self.refuses else []
        said = repr((self.start, self.rescue, sorted((key, repr(one)) for key, one in self.nodes.items()), *besides))
        return hashlib.sha256(said.encode()).hexdigest()[:16]

    def reached(self, channel: str) -> frozenset[str]:
        """Return the nodes that somebody may come to on this channel."""
        todo = [self.start_on(channel), self.start, self.rescue]
        todo += [self.refuses] if self.refuses and channel == VOICE else []
        seen = set(todo)
        while todo:
            node = self.nodes.get(todo.pop())
            new = {*node.ways_on(channel)} - seen if node else set()
            seen |= new
            todo += new
        return frozenset(seen & self.nodes.keys())

    def needed(self, channel: str = SCREEN) -> Iterator[str]:
        """Yield the key of every text that the menu can show, or say, on this channel."""
        voice = channel == VOICE
        yield from OWN_SPOKEN if voice else OWN
        spoken = self.reached(VOICE) if self.speaks else frozenset()
        mine = spoken if voice else self.nodes.keys() - (spoken - self.reached(SCREEN))
        for node in self.nodes.values():
            if node.key not in mine:
                continue
            if node.kind in ASKING or node.kind == "show" or voice and node.kind == "agent":
                yield node.key
            yield from (one.text for one in node.options if one.offered_on(channel))
