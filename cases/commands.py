"""Commands in a text message: STATUS and a reference, HELP, STOP, START, LANG. Anything else is somebody's words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field

from cases import references

_CODE = re.compile(r"(?<![0-9])([0-9]{4})$")
_NOT_WORD = re.compile(r"\W+")
#: a keyword and what parts it from its reference: "STATUS:4821-7736", "status, 4821 7736"
_FIRST_WORD = re.compile(r"^\W*\w+\W*")


@dataclass(frozen=True, slots=True)
class Keywords:
    """The words of all languages together, folded: what means status, help, stop, start, language, thanks."""

    status: frozenset[str] = frozenset()
    help: frozenset[str] = frozenset()
    stop: frozenset[str] = frozenset()
    start: frozenset[str] = frozenset()
    language: frozenset[str] = frozenset()
    thanks: frozenset[str] = frozenset()
    #: folded names and codes of languages → code
    languages: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StatusOf:
    """How stands a case? ``reference`` is None where none, or no valid one, was given."""

    reference: str | None
    code: str | None = None


@dataclass(frozen=True, slots=True)
class Help:
    """What can be asked?"""


@dataclass(frozen=True, slots=True)
class Stop:
    """No more automatic texts."""


@dataclass(frozen=True, slots=True)
class Start:
    """Automatic texts again."""


@dataclass(frozen=True, slots=True)
class SetLanguage:
    """Write to me in this language; None where the word names none that is known."""

    language: str | None


Command = StatusOf | Help | Stop | Start | SetLanguage


def parse(text: str, keywords: Keywords) -> Command | None:
    """Return the command that a whole message is; None for a sentence that merely begins with such a word."""
    plain = _plain(text)
    reference, code = _reference_and_code(plain)
    if reference:
        return StatusOf(reference, code)
    words = _NOT_WORD.sub(" ", plain).split()
    if not words:
        return None
    first, rest = words[0], words[1:]
    if first in keywords.status:
        return _status(plain, rest)
    if first in keywords.language and (len(rest) <= 1 or " ".join(rest) in keywords.languages):
        return SetLanguage(keywords.languages.get(" ".join(rest)))
    if rest:
        return None
    for table, command in ((keywords.help, Help()), (keywords.stop, Stop()), (keywords.start, Start())):
        if first in table:
            return command
    return None


def is_thanks(text: str, keywords: Keywords) -> bool:
    """Tell whether a message says nothing but thanks or ok; phrases may follow one another ("Ok, thank you")."""
    words = fold(text).split()
    return 0 < len(words) <= 6 and _all_thanks(words, keywords.thanks)


def fold(text: str) -> str:
    """Return text as keywords are compared: no case, no accents, no punctuation, single spaces."""
    return _NOT_WORD.sub(" ", _plain(text)).strip()


def _plain(text: str) -> str:
    """Return text without case, accents and lookalikes (full-width, mathematical), its punctuation still there."""
    # Unfolding brings out capitals (of mathematical letters), and lowering them may bring out marks once more.
    lowered = unicodedata.normalize("NFKD", text).casefold()
    return "".join(c for c in unicodedata.normalize("NFKD", lowered) if not unicodedata.combining(c))


def _all_thanks(words: list[str], thanks: frozenset[str]) -> bool:
    """Tell whether the words can be cut into phrases of the table."""
    return not words or any(
        " ".join(words[:count]) in thanks and _all_thanks(words[count:], thanks) for count in range(1, len(words) + 1)
    )


def _status(plain: str, rest: list[str]) -> StatusOf | None:
    after = _FIRST_WORD.sub("", plain, count=1)
    reference, code = _reference_and_code(after)
    if reference:
        return StatusOf(reference, code)
    # "STATUS" alone, or with a number that is no reference, asks; "Status of my road?" is somebody's words.
    asks = not rest or all(word.isdigit() for word in rest)
    return StatusOf(None) if asks else None


def _reference_and_code(text: str) -> tuple[str | None, str | None]:
    whole = text.strip().strip("#.,;:!?")
    reference = references.parse(whole)
    if reference:
        return reference, None
    found = _CODE.search(whole)
    if found is None:
        return None, None
    before = whole[: found.start()].rstrip(" ,;:/-")
    before = re.sub(r"(?i)\b(code|pin)$", "", before).rstrip(" ,;:")
    reference = references.parse(before)
    return (reference, found.group(1)) if reference else (None, None)
