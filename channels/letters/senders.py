"""Who writes a letter and from where: the name below its closing, the head of its paper, the address above. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from channels.letters import dates
from channels.letters.lines import Line, confidence

_NAME = re.compile(r"^(?:[A-Z][A-Za-z'’\-]*\.?|[A-ZƐƆ]\.)(?:[ .]+(?:[A-ZƐƆ][\w'’\-]*\.?|of|de|van|bin|el|al)){1,5}$")
_TOLD = re.compile(r"^\W{0,3}(?:from|name(?:\s+of\s+\w+)?|sender)\s?[:;]\s*(?P<name>.{3,80})$", re.IGNORECASE)
_DOTS = re.compile(r"^[\W_]*$|^\W*(?:signed|signature|sgd)\W*$", re.IGNORECASE)
_OFFICE = re.compile(
    r"\b(?:chair(?:man|person|woman)?|secretary|manager|director|president|pastor|reverend|officer|head|owner|organiser"
    r"|treasurer|member|resident|tenant|proprietor|assemblyman|chief|for\s+and\s+on\s+behalf)\b",
    re.IGNORECASE,
)
_ORGANISATION = re.compile(
    r"\b(?:ltd|limited|plc|llc|inc|company|co\.|enterprises?|ventures?|church|mission|ministr(?:y|ies)|mosque|school"
    r"|academy|college|university|institute|association|union|society|club|cooperative|foundation|trust|bank|hospital"
    r"|clinic|hotel|services?|agency|authority|commission|council|committee|traders|group|holdings|industries|works"
    r"|partners|chambers|solicitors|consult(?:ants?)?)\b\.?",
    re.IGNORECASE,
)
_PLACE = re.compile(
    r"\b(?:p\.?\s?[o0]\.?\s?box|post\s+office\s+box|private\s+mail\s+bag|p\.?\s?m\.?\s?b|box\s+\w{0,4}\s?\d|c/o|plot|house"
    r"|hse|h/?no|block|flat|street|st|road|rd|avenue|ave|lane|close|crescent|estates?|junction|near|off|opposite)\b"
    r"|\b[A-Z]{1,2}[A-Z0-9]?-\d{3,4}-\d{4}\b",
    re.IGNORECASE,
)
_ADDRESSEE = re.compile(r"^\W{0,3}(?:the\s|to\b|attn|attention|hon\b|his\s|her\s|through)", re.IGNORECASE)
#: lines that are no part of an address
_ELSE = re.compile(
    r"@|www\.|\b(?:tel|phone|mobile|cell|fax|e-?mail|our\s+ref|your\s+ref|ref|date|tin|vat)\b\s?[:.;#]|\+\d|\b0\d{9}\b",
    re.IGNORECASE,
)
#: lines below the closing among which the name stands, lines of an address, and how far apart two may be, in heights
_BELOW, _MOST, _APART = 8, 6, 2.5


def signed(foot: Sequence[Line]) -> tuple[str, float] | None:
    """Return the name below the closing: in brackets, or the first line that can only be a name."""
    for line in foot[:_BELOW]:
        text = line.text.strip(" .,_-—|*'\"")
        if _DOTS.match(line.text) or not text:
            continue
        bracketed = re.fullmatch(r"[(\[{](.{4,80}?)[)\]}]?", text)
        name = (bracketed[1] if bracketed else text).strip(" .,_-")
        if _NAME.match(name) and not (_OFFICE.search(name) or _ORGANISATION.search(name)):
            return name, line.confidence
    return None


def organisation(head: Sequence[Line]) -> tuple[str, float] | None:
    """Return whose paper it is: the first line above the addressee that names an organisation."""
    for line in _above(head):
        if _ORGANISATION.search(line.text) and not _ELSE.search(line.text) and not _PLACE.search(line.text):
            return line.bare, line.confidence
    return None


def told(lines: Sequence[Line]) -> tuple[str, float] | None:
    """Return the name that a form or a note tells outright."""
    found = ((_TOLD.match(line.text), line) for line in lines)
    return next(((match["name"].strip(" ._-"), line.confidence) for match, line in found if match), None)


def postal(head: Sequence[Line], name: str = "") -> tuple[str, float] | None:
    """Return the sender's address, a line each: the lines above the addressee around one that can only be of an
    address, without telephone numbers, dates, the name of an organisation and the ``name`` that is known already.
    """
    above = [
        line for line in _above(head) if not _ELSE.search(line.text) and line.bare.lower() not in ("", name.lower())
    ]
    sure = next((at for at, line in enumerate(above) if _PLACE.search(line.text)), None)
    if sure is None:
        return None
    begins = sure
    while begins and sure - begins < 2 and _together(above[begins - 1], above[begins]):
        begins -= 1
    ends = sure + 1
    while ends < len(above) and ends - begins < _MOST and _together(above[ends - 1], above[ends]):
        ends += 1
    taken = [line for line in above[begins:ends] if not _ORGANISATION.search(line.text) or _PLACE.search(line.text)]
    return "\n".join(line.bare for line in taken), confidence(taken)


def _above(head: Sequence[Line]) -> list[Line]:
    """Return the lines above whom the letter is to, dates apart: they stand on a line of their own."""
    taken: list[Line] = []
    for at, line in enumerate(head):
        if at and _ADDRESSEE.match(line.text):
            break
        if dates.find(line.text):
            if taken:
                break
            continue
        taken.append(line)
    return taken


def _together(one: Line, other: Line) -> bool:
    """Tell whether two lines may belong to one address; of lines of which no place is known, every two."""
    height = max(one.bottom - one.top, other.bottom - other.top)
    return height <= 0 or other.top - one.bottom <= _APART * height
