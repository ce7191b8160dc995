"""Dates as people write them, the day before the month as here: 24th November 2026, 24/11/26, Nov. 24, 2026. Pure."""

from __future__ import annotations

import re
from datetime import date

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = (
    r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
#: not the hour of a time that follows a date without a year
_YEAR = r"(?P<year>(?:19|20)\d\d|'?\d\d)(?![\d:])"
#: st, nd, rd, th, and what machines read in their place, small and raised as they are
_ORDINAL = r"(?:\s?(?:st|nd|rd|th|t|h|\"|''|'|”|’|°|\*){1,2})?"
_GAP = r"[\s.,/\-–]{0,3}"
_DAY = r"(?<!\d)(?P<day>\d{1,2})"
_WAYS = (
    re.compile(rf"{_DAY}{_ORDINAL}{_GAP}(?:day\s+of\s+|of\s+)?{_MONTH}{_GAP}{_YEAR}", re.IGNORECASE),
    re.compile(rf"{_MONTH}{_GAP}{_DAY}{_ORDINAL}[\s.,]{{1,3}}{_YEAR}", re.IGNORECASE),
    re.compile(r"(?<!\d)(?P<year>(?:19|20)\d\d)\s?([-/.])\s?(?P<month>\d{1,2})\s?\2\s?(?P<day>\d{1,2})(?!\d)"),
    re.compile(
        r"(?<![\d.])(?P<day>\d{1,2})\s?([-/.])\s?(?P<month>\d{1,2})\s?\2\s?(?P<year>(?:19|20)\d\d|\d\d)(?![\d.])"
    ),
)
#: the first year of which letters come in; two digits below it belong to this century
_FIRST, _CENTURY = 1950, 70


def find(text: str) -> date | None:
    """Return the first date that stands in a line, None where none does."""
    found = sorted((match.start(), one) for way in _WAYS for match in way.finditer(text) if (one := _date(match)))
    return found[0][1] if found else None


def _date(match: re.Match[str]) -> date | None:
    day, month = int(match["day"]), _month(match["month"])
    year = int(match["year"].lstrip("'"))
    if year < 100:
        year += 2000 if year < _CENTURY else 1900
    if month > 12 >= day:  # written in the American way, and it can be nothing else
        day, month = month, day
    try:
        found = date(year, month, day)
    except ValueError:
        return None
    return found if year >= _FIRST else None


def _month(text: str) -> int:
    return int(text) if text.isdigit() else _MONTHS.index(text[:3].lower()) + 1
