"""Reads public holidays from a ministry's notice or a table of comma-separated values; pure, and it never guesses.

What cannot be read is listed word for word, and a weekday that does not fit its date is pointed out.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from cases.sla.holidays import Holiday

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip
_FLAGS = {"": False, "no": False, "false": False, "yes": True, "true": True}
COLUMNS = ("date", "name", "observed", "source", "estimated")


@dataclass(frozen=True, slots=True)
class Proposal:
    """A holiday as a text says it; nothing is kept of it before a person agrees. ``doubts`` want a look first."""

    holiday: Holiday
    doubts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """What was found in a text, and the parts of it that speak of days and could not be read."""

    proposals: tuple[Proposal, ...]
    unread: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Said:
    """A date in a sentence; without a year, ``day`` is None and only ``when`` is known."""

    start: int
    end: int
    when: tuple[int, int]
    day: date | None
    doubts: tuple[str, ...]


_MONTH = "|".join(f"{name}|{name[:3]}" if name != "september" else "september|sept|sep" for name in MONTHS)
_DATE = re.compile(
    rf"(?:\b(?P<weekday>{'|'.join(WEEKDAYS)})\b\s*,?\s*)?(?:the\s+)?(?:"
    rf"\b(?P<day>\d{{1,2}})\s*(?:st|nd|rd|th)?(?:\s+day)?(?:\s+of)?\s+(?P<month>{_MONTH})\b\.?(?:\s*,?\s*(?P<year>\d{{4}})\b)?"
    rf"|\b(?P<month2>{_MONTH})\b\.?\s+(?P<day2>\d{{1,2}})(?:st|nd|rd|th)?\b(?:\s*,?\s*(?P<year2>\d{{4}})\b)?"
    r"|\b(?P<iso>\d{4}-\d{2}-\d{2})\b)",
    re.IGNORECASE,
)
_DAY_WORDS = re.compile(rf"\b(?:{'|'.join(WEEKDAYS)}|{'|'.join(MONTHS)})\b|\d{{1,2}}[/.]\d{{1,2}}[/.]\d{{2,4}}")
#: where a sentence or an entry of a list ends; not after «6.» of a list, nor within a date
_ENDS = re.compile(
    rf"(?<=[.;!?])\s+(?=[\"“A-Z]|\d{{1,2}}(?:st|nd|rd|th)?\s+(?:of\s+)?(?i:{_MONTH})\b)"
    r"|\n\s*\n|\n\s*(?=(?:\d{1,2}[.)]|[-*•])\s)"
)
_BULLET = re.compile(r"^\s*(?:\d{1,2}[.)]|[-*•])\s+")
_MARKS = re.compile(
    r"[\s,]*(?:(?:which|that|and|has been declared a (?:statutory |public )*holiday)[\s,]+)?"
    r"(?:marks?|marking|(?:to )?(?:mark|commemorate|celebrate)s?|commemorating|celebrating|is|are|being)\s+(?:the\s+)?"
    r"(?P<name>[A-Z\"“].*)",
    re.DOTALL,
)
_NAME_ENDS = re.compile(
    r"\s*(?:[.;:(\"”]|\s[-–—]\s|,?\s+(?:and\s+|which\s+|it\s+)?(?:is|are|has|have|shall|should|will|being)\b"
    r"|,?\s+(?:and\s+)?(?:a|as a|respectively)\b|,\s+(?=[a-z]))"
)
_TABLE_GAP = re.compile(r"^[\s,:|–—-]+|[\s,:|–—.-]+$")
_PARTED = re.compile(r"\s[-–—]\s|[:|\t]|\s{3}")
_NO_NAME = re.compile(r"\b(?:is|are|was|be|shall|will|should|on|date|dated|issued|signed)\b", re.IGNORECASE)
_INSTEAD = re.compile(r"\bobserved\b[^.;]*?\bon(?:\s+the)?\s*$", re.IGNORECASE)
_LATER = re.compile(
    r"^[\s,]*(?:(?:shall|should|will|is|has been|to)\b[^.;]*?)\b(?:observed|declared|a)\b[^.;]*\bholiday\b",
    re.IGNORECASE,
)
_MOVED = re.compile(r"\binstead\b|\bin lieu\b|\bin view of\b|\bmoved\b|\bshifted\b|\bin place of\b", re.IGNORECASE)


def read_notice(text: str, *, source: str) -> Reading:
    """Read a notice, or a table whose first line names its columns (``date,name,observed,source,estimated``)."""
    lines = text.strip().splitlines()
    heads = [one.strip().casefold() for one in lines[0].split(",")] if lines else []
    if {"date", "name"} <= set(heads):
        return _read_table(lines, source)
    return _read_words(text, source)


def _read_words(text: str, source: str) -> Reading:
    found: list[Proposal] = []
    unread: list[str] = []
    for raw in filter(str.strip, _ENDS.split(text)):
        part = " ".join(_BULLET.sub("", raw).split())
        said = list(_dates(part))
        understood = not (said or _DAY_WORDS.search(part))
        if said:
            made = _named(part, said, source) or _of_list(part, said, source, raw)
            found, understood = _read_part(part, said, found, made)
        if not understood:
            unread.append(part)
    return Reading(tuple(found), tuple(unread))


def _read_part(
    part: str, said: Sequence[_Said], found: list[Proposal], made: Sequence[Proposal]
) -> tuple[list[Proposal], bool]:
    """Return the proposals with what a sentence adds to them, and whether all its dates were understood."""
    own = [one.holiday.day for one in made]
    used = {one.start for one in said if one.day in own}
    result = _merged(found, made)
    for one in said:
        if one.start in used:
            continue
        subjects = own or _spoken_of(found, [each.when for each in said if each is not one])
        if _is_observed(part, one) and len(subjects) == 1 and one.day not in (None, subjects[0]):
            result = [_observed(each, one) if each.holiday.day == subjects[0] else each for each in result]
            used.add(one.start)
        elif _is_mention(one, result):
            used.add(one.start)
    return result, all(one.start in used for one in said)


def _spoken_of(found: Sequence[Proposal], mentioned: Sequence[tuple[int, int]]) -> list[date]:
    """Return the holidays that a sentence without a name means: those whose dates it mentions, or the only one."""
    days = [one.holiday.day for one in found]
    return [day for day in days if (day.month, day.day) in mentioned] or (days if len(days) == 1 else [])


def _named(part: str, said: Sequence[_Said], source: str) -> list[Proposal]:
    """Return the dates that a sentence gives names to: one each, or as many names as dates."""
    for place, one in enumerate(said):
        marks = _MARKS.match(part, one.end)
        if not marks:
            continue
        group = _group(part, said, place)
        names = _names(marks["name"], len(group))
        if names and all(each.day for each in group):
            return [_proposal(each, name, source) for each, name in zip(group, names, strict=True)]
        return []
    return []


def _of_list(part: str, said: Sequence[_Said], source: str, raw: str) -> list[Proposal]:
    """Read an entry of a list or a table: one date, and beside it a name alone. A place and a date are none."""
    if len(said) != 1 or said[0].day is None or not (_BULLET.match(raw) or _PARTED.search(raw)):
        return []
    before, after = (_TABLE_GAP.sub("", one) for one in (part[: said[0].start], part[said[0].end :]))
    name = before or after
    few = not (before and after) and 0 < len(name.split()) <= 6
    if not few or not name[:1].isupper() or _NO_NAME.search(name):
        return []
    return [_proposal(said[0], name, source)]


def _group(part: str, said: Sequence[_Said], place: int) -> list[_Said]:
    """Return the dates that stand before one with nothing but «and» and commas between, with it."""
    group = [said[place]]
    while place and re.fullmatch(r"[\s,]*(?:and)?[\s,]*", part[said[place - 1].end : said[place].start]):
        place -= 1
        group.insert(0, said[place])
    return group


def _names(text: str, count: int) -> list[str]:
    said = text[: ends.start()] if (ends := _NAME_ENDS.search(text)) else text
    said = said.strip(' ,"“”')
    if count == 1:
        return [said] if said and len(said.split()) <= 8 else []
    names = [one.strip(" ,") for one in re.split(r",\s*(?:and\s+)?|\s+and\s+", said)]
    return names if len(names) == count and all(names) else []


def _is_observed(part: str, one: _Said) -> bool:
    """Tell whether a date is the day that is closed instead of another that the text speaks of."""
    if _INSTEAD.search(part[: one.start]):
        return True
    return bool(_LATER.match(part[one.end :]) and _MOVED.search(part))


def _observed(proposal: Proposal, one: _Said) -> Proposal:
    doubts = dict.fromkeys([*proposal.doubts, *one.doubts])
    if proposal.holiday.observed not in (None, one.day):
        doubts[f"the text names two days instead of {proposal.holiday.day}"] = None
    return Proposal(replace(proposal.holiday, observed=one.day), tuple(doubts))


def _is_mention(one: _Said, found: Sequence[Proposal]) -> bool:
    days = [day for each in found for day in (each.holiday.day, each.holiday.observed) if day]
    return any(day == one.day if one.day else (day.month, day.day) == one.when for day in days)


def _merged(found: list[Proposal], made: Sequence[Proposal]) -> list[Proposal]:
    """Add what is new; a day that a text names twice stays one, and keeps its doubts."""
    result = list(found)
    for one in made:
        same = next((place for place, each in enumerate(result) if each.holiday.day == one.holiday.day), None)
        if same is None:
            result.append(one)
        else:
            doubts = tuple(dict.fromkeys([*result[same].doubts, *one.doubts]))
            result[same] = replace(result[same], doubts=doubts)
    return result


def _proposal(one: _Said, name: str, source: str) -> Proposal:
    assert one.day is not None
    return Proposal(Holiday(one.day, name, source), one.doubts)


def _dates(text: str) -> Iterator[_Said]:
    """Yield the dates of a text; one that no calendar has is left out, and so counts as not read."""
    for match in _DATE.finditer(text):
        try:
            when, day = _of(match)
        except ValueError:
            yield _Said(match.start(), match.end(), (0, 0), None, ())
            continue
        weekday = (match["weekday"] or "").capitalize()
        doubts: tuple[str, ...] = ()
        if day and weekday and WEEKDAYS[day.weekday()] != weekday:
            doubts = (f"{day} is a {WEEKDAYS[day.weekday()]}, but the text says {weekday}",)
        yield _Said(match.start(), match.end(), when, day, doubts)


def _of(match: re.Match[str]) -> tuple[tuple[int, int], date | None]:
    if match["iso"]:
        day = date.fromisoformat(match["iso"])
        return (day.month, day.day), day
    word = (match["month"] or match["month2"]).casefold()
    month = next(place for place, name in enumerate(MONTHS, 1) if name.startswith(word[:3]))
    number, year = int(match["day"] or match["day2"]), match["year"] or match["year2"]
    date(2024, month, number)  # a leap year has every day
    return (month, number), date(int(year), month, number) if year else None


def _read_table(lines: Sequence[str], source: str) -> Reading:
    found: list[Proposal] = []
    unread: list[str] = []
    reader = csv.DictReader(lines, skipinitialspace=True)
    reader.fieldnames = [one.strip().casefold() for one in reader.fieldnames or ()]
    for row in reader:
        proposal = _read_row({key: (row.get(key) or "").strip() for key in COLUMNS}, source)
        line = lines[reader.line_num - 1].strip()
        if proposal is None or any(one.holiday.day == proposal.holiday.day for one in found):
            unread += [line] if line else []
        else:
            found.append(proposal)
    return Reading(tuple(found), tuple(unread))


def _read_row(row: dict[str, str], source: str) -> Proposal | None:
    one, other = _only(row["date"]), _only(row["observed"])
    estimated = _FLAGS.get(row["estimated"].casefold())
    if one is None or one.day is None or not row["name"] or estimated is None or row["observed"] and other is None:
        return None
    observed = other.day if other and other.day != one.day else None
    holiday = Holiday(one.day, row["name"], row["source"] or source, observed, (), estimated)
    return Proposal(holiday, (*one.doubts, *(other.doubts if other else ())))


def _only(text: str) -> _Said | None:
    """Return the whole date that a cell holds and nothing else."""
    said = list(_dates(text))
    alone = len(said) == 1 and not (text[: said[0].start] + text[said[0].end :]).strip()
    return said[0] if alone and said[0].day else None
