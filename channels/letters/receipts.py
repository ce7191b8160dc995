"""What a receipt or an invoice says of itself: whose it is, its address, date and total. Pure.

The seller stands first, the address below it up to the first number of another kind, the total beside its word.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from channels.letters import dates
from channels.letters.lines import Line, confidence

_AMOUNT = re.compile(
    r"(?:(?:GH[S¢₵C]|RM|\$|£|€|₵|¢)\s?)?-?(?<![\d.,])\d{1,3}(?:[, ]?\d{3})*\s?[.,]\s?\d{2}(?![\d%])", re.IGNORECASE
)
_TOTAL = re.compile(r"\bt[o0]ta[l1i]\b|\bamount\s+due\b|\bnett?\b|\bround(?:ed)?\b", re.IGNORECASE)
_BEST = re.compile(
    r"grand|round(?:ed|ing)?\s+(?:t[o0]tal|amount)|t[o0]tal\s+(?:due|payable|amount|amt|sales)|\bincl", re.IGNORECASE
)
#: totals of something else; of a tax only where it is not included
_NOT = re.compile(
    r"sub\s?-?\s?t[o0]tal|\b(?:qty|quantity|items?|discount|savings?|change|excl|exclud\w*|rounding\s+adj)\b",
    re.IGNORECASE,
)
_TAX, _INCLUDED = re.compile(r"\b(?:tax|gst|vat|sst)\b", re.IGNORECASE), re.compile(r"\bincl", re.IGNORECASE)
#: a line that ends the head: telephone, registration, tax, date, number, cashier
_ENDS = re.compile(
    r"\b(?:tel|fax|phone|gst|vat|tin|sst|reg|invoice|receipt|bill|cashier|date|doc|e-?mail|document|table|pax|order"
    r"|slip|customer|cash)\b|www\.|@",
    re.IGNORECASE,
)
_NUMBER_OF_COMPANY = re.compile(
    r"^\W*(?:co(?:mpany)?\.?\s*(?:reg\.?\s*)?no\W.*|reg\W.*|roc\W.*)?[\W\s]*[A-Z]{0,3}[\dOIl]{4,}[\w\s\-]{0,6}\W*$",
    re.IGNORECASE,
)
_BRACKETS = re.compile(r"\s*[(\[{][\d\w\s.\-]*\d{4,}[\w\s\-]*[)\]}]?\s*$")
#: lines of the head, and of an address
_HEAD, _MOST = 14, 6


def company(lines: Sequence[Line]) -> tuple[str, float] | None:
    """Return the seller: the first line of words, without its number in the register of companies."""
    at = _company_at(lines)
    return None if at is None else (_BRACKETS.sub("", lines[at].bare).strip(), lines[at].confidence)


def address(lines: Sequence[Line]) -> tuple[str, float] | None:
    """Return the lines between the seller and the first of another kind, in one line."""
    at = _company_at(lines)
    taken: list[Line] = []
    for line in () if at is None else lines[at + 1 : at + _HEAD]:
        if _NUMBER_OF_COMPANY.match(line.text):
            continue
        if _ENDS.search(line.text) or dates.find(line.text) or _AMOUNT.search(line.text) or len(taken) == _MOST:
            break
        taken.append(line)
    return (
        (" ".join(line.bare if line is taken[-1] else line.text for line in taken), confidence(taken))
        if taken
        else None
    )


def dated(lines: Sequence[Line]) -> tuple[str, float] | None:
    """Return the first date, as ISO."""
    found = ((dates.find(line.text), line) for line in lines)
    return next(((date.isoformat(), line.confidence) for date, line in found if date), None)


def total(lines: Sequence[Line]) -> tuple[str, float] | None:
    """Return what was to be paid, digits and a point: from the line that says so best, the last of several."""
    told = [(at, line) for at, line in enumerate(lines) if _is_total(line.text)]
    best = [one for one in told if _BEST.search(one[1].text)]
    for at, line in (*reversed(best), *told):
        for one in (line, *lines[at + 1 : at + 2]):
            if amounts := _AMOUNT.findall(one.text):
                return re.sub(r"[^\d.]", "", re.sub(r"\s?,\s?(\d\d)$", r".\1", amounts[-1])), one.confidence
    return None


def _is_total(text: str) -> bool:
    taxed = _TAX.search(text) and not _INCLUDED.search(text)
    return bool(_TOTAL.search(text)) and not (taxed or _NOT.search(text))


def _company_at(lines: Sequence[Line]) -> int | None:
    for at, line in enumerate(lines[:_HEAD]):
        if sum(letter.isalpha() for letter in line.text) >= 5 and not (
            _NUMBER_OF_COMPANY.match(line.text) or dates.find(line.text)
        ):
            return at
    return None
