"""What is said, piece by piece: a text's own words, which may be recorded, and the values between them."""

from __future__ import annotations

import hashlib
import re
import string
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from channels.dialogue.menu import VOICE, Menu
from channels.dialogue.values import Choice, Filled
from channels.voice.values import Prompt

#: public addresses of recordings, by the key of a piece and its language
Recorded = Mapping[tuple[str, str], str]
#: values that are read digit by digit
SPELT = frozenset({"reference", "code", "emergency", "key"})
#: the pause between two groups of digits, where it is a recording too
PAUSE = ("pause", "*")
_GROUP = 4


@dataclass(frozen=True, slots=True)
class Piece:
    """Words of a text between two values: what can be recorded. ``language`` is the one that it is written in."""

    key: str
    words: str
    language: str

    @property
    def digest(self) -> str:
        """What tells these words from those that a recording was made of."""
        return hashlib.sha256(" ".join(self.words.split()).encode()).hexdigest()[:16]


def pieces(menu: Menu, language: str) -> Iterator[Piece]:
    """Yield everything that can be recorded in a language, in the order of the menu, its own sentences first."""
    for key in dict.fromkeys(menu.needed(VOICE)):
        yield from (one for one in _parts(menu, key, language) if isinstance(one, Piece))


def _parts(menu: Menu, key: str, language: str) -> list[Piece | str]:
    """Return a text as its pieces and the names of the values between them."""
    text, own = menu.said(key, language)
    found: list[Piece | str] = []
    for words, name, _, _ in string.Formatter().parse(text):
        if any(one.isalnum() for one in words):
            found.append(Piece("", words.strip().lstrip(",.;: "), own))
        if name:
            found.append(name)
    whole = sum(isinstance(one, Piece) for one in found)
    numbers = iter(range(1, whole + 1))
    return [
        replace(one, key=key if whole == 1 else f"{key}/{next(numbers)}") if isinstance(one, Piece) else one
        for one in found
    ]


def groups(text: str) -> list[str]:
    """Return the digits of a text as they are read: as they are grouped, else by four."""
    written = re.findall(r"[0-9]+", text)
    return [one[n : n + _GROUP] for one in written for n in range(0, len(one), _GROUP)]


@dataclass(frozen=True, slots=True)
class Speech:
    """A voice that knows a menu, a language, the values that texts may name, and what is recorded."""

    menu: Menu
    language: str
    values: Mapping[str, str]
    recorded: Recorded

    def within(self, language: str) -> Speech:
        """Return the same voice in another language."""
        return replace(self, language=language)

    def said(self, *keys: str, **values: str) -> tuple[Prompt, ...]:
        """Return some texts as what is said one after the other."""
        speech = replace(self, values={**self.values, **values}) if values else self
        return tuple(one for key in keys for one in speech._text(key))

    def offered(self, choice: Choice) -> tuple[Prompt, ...]:
        """Return a choice with its key, in the order of words that the language has."""
        label = self._text(choice.text) if choice.text else (self._read(choice.label),)
        speech = replace(self, values={**self.values, "label": choice.label, "key": choice.key})
        if not self._any_recorded("choose") and not any(one.audio for one in label):
            text, language = self.menu.said("choose", self.language)
            return (Prompt(text.format_map(Filled(speech.values)), language),)
        return tuple(_joined(speech._piecewise("choose", {"label": label})))

    def _text(self, key: str) -> Sequence[Prompt]:
        """Say one text: whole by the gateway's voice, or where something of it is recorded, piece by piece."""
        if self._any_recorded(key):
            return tuple(_joined(self._piecewise(key, {})))
        text, language = self.menu.said(key, self.language)
        values = {name: spelt(value) if name in SPELT else value for name, value in self.values.items()}
        return (Prompt(" ".join(text.format_map(Filled(values)).split()), language),)

    def _any_recorded(self, key: str) -> bool:
        return any(isinstance(one, Piece) and self._audio(one.key) for one in _parts(self.menu, key, self.language))

    def _piecewise(self, key: str, within: Mapping[str, Sequence[Prompt]]) -> Iterator[Prompt]:
        for one in _parts(self.menu, key, self.language):
            if isinstance(one, Piece):
                yield Prompt(one.words, one.language, self._audio(one.key))
            elif one in within:
                yield from within[one]
            else:
                yield from self._value(one)

    def _value(self, name: str) -> Iterator[Prompt]:
        value = self.values.get(name, "")
        if name in SPELT or re.fullmatch(r"[0-9]", value):
            yield from self._digits(value)
        elif value.strip():
            yield self._read(value)

    def _digits(self, value: str) -> Iterator[Prompt]:
        """Say digits by recordings, if all of them are recorded: half a number in another voice is not understood."""
        found = groups(value)
        if not all(self._audio(f"digit.{one}") for group in found for one in group):
            yield self._read(spelt(value))
            return
        for place, group in enumerate(found):
            if place and self.recorded.get(PAUSE):
                yield Prompt("", self.language, self.recorded[PAUSE])
            yield from (Prompt(one, self.language, self._audio(f"digit.{one}")) for one in group)

    def _read(self, words: str) -> Prompt:
        return Prompt(words, self.language)

    def _audio(self, key: str) -> str:
        return self.recorded.get((key, self.language), "")


def spelt(value: str) -> str:
    """Return a value's digits as they are read out, with pauses between groups."""
    return ", ".join(" ".join(one) for one in groups(value))


def _joined(prompts: Iterator[Prompt]) -> Iterator[Prompt]:
    """Join what the gateway's voice reads in a row, so that it reads sentences."""
    waiting: Prompt | None = None
    for one in prompts:
        if waiting and not one.audio and one.language == waiting.language:
            waiting = replace(waiting, text=f"{waiting.text} {one.text}")
            continue
        if waiting:
            yield waiting
        waiting = None if one.audio else one
        if one.audio:
            yield one
    if waiting:
        yield waiting
