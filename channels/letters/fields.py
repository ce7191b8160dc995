"""What a letter says of itself: who writes, from where, when, about what, and which case of ours it names. Pure.

Letters here follow the British way: the sender's address above, the date, the addressee, *Dear Sir*, a heading, the
words, *Yours faithfully*, a signature and the name below it. What does not follow it is left to whoever keys it: an
empty field costs a few keystrokes, a wrong one may be overlooked.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from channels.letters import dates, named, senders
from channels.letters.lines import Line, confidence, of_page

_SALUTATION = re.compile(
    r"^\W{0,3}(?:(?:my\s+)?dear\b|(?:sir|madam|sirs?/madam)\b\W*$|to\s+whom\s+it\s+may)", re.IGNORECASE
)
_CLOSING = re.compile(
    r"^\W{0,3}(?:yours?'?s?\s+(?:\w+\s+)?(?:faith|sincer|truly|obedien|in\s)|(?:kind|best|warm)\s+regards|sincerely\b"
    r"|faithfully\b|respectfully\b|regards\b)",
    re.IGNORECASE,
)
_ABOUT = re.compile(r"^\W{0,3}(?:re|subject|sub|subj)\s?[:;.\-–]+\s*(?P<words>.+)", re.IGNORECASE)
#: lines below the salutation among which a heading is looked for, and letters that a heading may have
_HEADING_WITHIN, _LONGEST = 3, 200


@dataclass(frozen=True, slots=True)
class Found:
    """A value, and how surely its line was read: 0 to 100."""

    value: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Parts:
    """A letter's lines: what stands above the salutation, between it and the closing, and below."""

    head: Sequence[Line]
    body: Sequence[Line]
    foot: Sequence[Line]
    greeted: bool


def of_letter(pages: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return what a letter's pages say, as JSON: field to ``value`` and ``confidence``; what is not found is not there.

    Fields: ``sender_name``, ``organisation``, ``signed_by``, ``postal``, ``dated`` (ISO), ``subject``, ``reference``.
    """
    found = find([line for page in pages for line in of_page(dict(page))])
    return {name: {"value": one.value, "confidence": round(one.confidence)} for name, one in found.items()}


def find(lines: Sequence[Line]) -> dict[str, Found]:
    """Return what is found in the lines of a letter, in the order of reading."""
    parts = divided(lines)
    signed, organisation = senders.signed(parts.foot), senders.organisation(parts.head)
    found = {
        "sender_name": signed or organisation or senders.told(lines),
        "organisation": organisation,
        "signed_by": signed,
        "postal": senders.postal(parts.head, signed[0] if signed else ""),
        "dated": _dated(parts),
        "subject": _subject(parts),
        "reference": named.reference(lines),
    }
    return {name: Found(*one) for name, one in found.items() if one is not None}


def divided(lines: Sequence[Line]) -> Parts:
    """Return a letter in its parts; without a salutation its first third may be its head."""
    closing = max((at for at, line in enumerate(lines) if _CLOSING.match(line.text)), default=len(lines))
    greeting = next((at for at, line in enumerate(lines[:closing]) if _SALUTATION.match(line.text)), None)
    begins = min(closing, len(lines) // 3) if greeting is None else greeting
    after = begins if greeting is None else begins + 1
    return Parts(lines[:begins], lines[after:closing], lines[closing + 1 :], greeting is not None)


def _dated(parts: Parts) -> tuple[str, float] | None:
    """Return the letter's date: above its words, else below them; a date within them is another one."""
    for line in (*parts.head, *parts.foot):
        if found := dates.find(line.text):
            return found.isoformat(), line.confidence
    return None


def _subject(parts: Parts) -> tuple[str, float] | None:
    for at, line in enumerate((*parts.body[: 2 * _HEADING_WITHIN], *parts.head)):
        if found := _ABOUT.match(line.text):
            return _whole([Line(found["words"], line.confidence), *parts.body[at + 1 : at + 3]])
    if not parts.greeted:
        return None
    for at, line in enumerate(parts.body[:_HEADING_WITHIN]):
        if _is_heading(line.text):
            return _whole(parts.body[at : at + 3])
    return None


def _whole(lines: Sequence[Line]) -> tuple[str, float]:
    """Return a heading with what follows of it: capitals go on in capitals."""
    taken = [lines[0]]
    for line in lines[1:]:
        if not (_is_heading(lines[0].text) and _is_heading(line.text)):
            break
        taken.append(line)
    return " ".join(line.bare for line in taken)[:_LONGEST], confidence(taken)


def _is_heading(text: str) -> bool:
    letters = [letter for letter in text if letter.isalpha()]
    capitals = sum(letter.isupper() for letter in letters)
    return len(letters) >= 6 and len(text.split()) >= 2 and capitals >= 0.8 * len(letters)
