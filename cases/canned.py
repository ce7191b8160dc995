"""Replies that are written beforehand, for each language, with a closed set of places to fill in; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cases.texts import Text

#: what may be filled in, and what stands there where it is not known, for the agent to replace
PLACES: Mapping[str, str] = {
    "citizen": "[name]",
    "reference": "[reference]",
    "service": "[service]",
    "promised": "[date]",
    "agent": "[your name]",
    "department": "[department]",
    "organisation": "[organisation]",
}


@dataclass(frozen=True, slots=True)
class Canned:
    """One reply. ``departments`` are those that it is offered to; none: all. ``texts`` are by language."""

    key: str
    title: str
    departments: tuple[str, ...]
    texts: Mapping[str, Text]


@dataclass(frozen=True, slots=True)
class Filled:
    """A reply as it would be sent, in ``language``, and beside it in the language that every agent reads.

    ``unreviewed`` is the citizen's own language where nobody has reviewed its text: that is shown and not offered.
    """

    key: str
    title: str
    text: str
    language: str
    beside: str = ""
    unreviewed: str = ""


def offered(every: Sequence[Canned], department: str | None, words: str = "") -> list[Canned]:
    """Return the replies of a department whose key, title or text has these words, in the order of the files."""
    wanted = words.casefold().split()
    return [
        one
        for one in every
        if (not one.departments or department in one.departments)
        and all(word in _searched(one) for word in wanted)
    ]  # fmt: skip


def filled(
    one: Canned, values: Mapping[str, str | None], *, language: str | None, default: str, allow_drafts: bool
) -> Filled:
    """Fill a reply in: in the citizen's language where its text was reviewed, else in the default one."""
    known = {name: values.get(name) or otherwise for name, otherwise in PLACES.items()}
    usual, own = one.texts[default], one.texts.get(language or default)
    plain = usual.text.format_map(known)
    if own is None or own is usual:
        return Filled(one.key, one.title, plain, default)
    if own.draft and not allow_drafts:
        return Filled(one.key, one.title, plain, default, unreviewed=own.text.format_map(known))
    return Filled(one.key, one.title, own.text.format_map(known), language or default, beside=plain)


def _searched(one: Canned) -> str:
    return " ".join((one.key, one.title, *(text.text for text in one.texts.values()))).casefold()
