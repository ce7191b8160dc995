"""Reads people from a CSV file: every faulty line at once, each with its number, its column and what to do about it."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from cases import person_fields
from cases.departments import City
from cases.errors import Invalid
from cases.permissions import ANY_DEPARTMENT
from cases.person_fields import Grant
from cases.profiles import LONGEST_SKILL, MOST_SKILLS
from contactcentre.phones import phone_of

Value = TypeVar("Value")
COLUMNS = ("name", "username", "roles", "languages", "skills", "phone")
NEEDED = ("name", "username", "roles")
LARGEST = 250_000
MOST = 2000
NO_CSV = "This is no CSV file in UTF-8. Save the table as 'CSV UTF-8' and choose it again."
SAMPLE = """name,username,roles,languages,skills,phone
Example Person,example.person,{role}@{department},{language},,
Second Example,second.example,{role}@{department};supervisor@{department},{language},complaints by letter,
"""
_APART = re.compile(r"[;|\s]+")


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong in a line of the file; line 1 holds the columns' names."""

    line: int
    column: str
    what: str


@dataclass(frozen=True, slots=True)
class Row:
    """One person as the file has them. What is None stands in no column of it."""

    line: int
    name: str
    username: str
    grants: frozenset[Grant]
    languages: tuple[str, ...] | None
    skills: tuple[str, ...] | None
    phone: str | None
    with_phone: bool


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read; with a fault nothing of it is used."""

    rows: tuple[Row, ...]
    faults: tuple[Fault, ...]


def decode(content: bytes) -> str:
    """Return a file's text; raises ``Invalid`` for one that is too large, or is no text in UTF-8."""
    if len(content) > LARGEST:
        raise Invalid(f"The file is larger than {LARGEST // 1000} KB. Split it into several.", field="file")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Invalid(
            "The file is no text in UTF-8. Save it as 'CSV UTF-8' and choose it again.", field="file"
        ) from None
    if "\x00" in text:
        raise Invalid("This is no CSV file. Save the table as 'CSV UTF-8' and choose it again.", field="file")
    return text


def read(text: str, city: City) -> Reading:
    """Read the text of a CSV file, with commas or semicolons between its columns."""
    lines = _lines(text)
    header = [one.strip().lower() for one in lines[0][1]] if lines else []
    faults = _header_faults(header)
    if faults:
        return Reading((), faults)
    found: list[Fault] = []
    rows = [one for number, cells in lines[1:] if (one := _row(number, header, cells, city, found)) is not None]
    if len(lines) - 1 > MOST:
        found.append(Fault(1, "", f"The file has more than {MOST} people. Split it into several."))
    if len(lines) < 2:
        found.append(Fault(1, "", "The file has no people. Write one a line below the columns' names."))
    return Reading(tuple(rows), tuple(sorted([*found, *_twice(rows)], key=lambda one: one.line)))


def sample(city: City) -> str:
    """Return a small file that can be read, with a department of the city."""
    values = {"role": "agent", "department": next(iter(city.departments), ANY_DEPARTMENT)}
    return SAMPLE.format(**values, language=city.organisation.default_language)


def safe(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell


def written(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a CSV file's text, its cells made safe."""
    out = io.StringIO()
    csv.writer(out).writerows([columns, *([safe(cell) for cell in row] for row in rows)])
    return out.getvalue()


def _lines(text: str) -> list[tuple[int, list[str]]]:
    head = text.partition("\n")[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=";" if head.count(";") > head.count(",") else ",")
    try:
        return [(reader.line_num, cells) for cells in reader if any(one.strip() for one in cells)]
    except csv.Error:
        raise Invalid(NO_CSV, field="file") from None


def _header_faults(header: Sequence[str]) -> tuple[Fault, ...]:
    known = ", ".join(COLUMNS)
    unknown = [Fault(1, one or "(empty)", f"is no column; allowed: {known}") for one in header if one not in COLUMNS]
    missing = [Fault(1, one, "is missing; add this column.") for one in NEEDED if one not in header]
    twice = [Fault(1, one, "This column stands there twice.") for one in COLUMNS if header.count(one) > 1]
    return (*unknown, *missing, *twice)


def _row(line: int, header: Sequence[str], cells: Sequence[str], city: City, faults: list[Fault]) -> Row | None:
    if len(cells) > len(header) and any(one.strip() for one in cells[len(header) :]):
        faults.append(Fault(line, "", "There are more cells than columns. Put cells with commas in quotation marks."))
        return None
    values = {column: _cell(cells[at]) if at < len(cells) else "" for at, column in enumerate(header)}
    before = len(faults)
    row = Row(
        line,
        _asked(faults, line, "name", lambda: person_fields.name_of(values["name"]), ""),
        _asked(faults, line, "username", lambda: _username(values["username"]), ""),
        _asked(faults, line, "roles", lambda: _grants(values["roles"], city.departments), frozenset()),
        _asked(faults, line, "languages", lambda: _languages(values, city), None),
        _asked(faults, line, "skills", lambda: _skills(values), None),
        _asked(faults, line, "phone", lambda: phone_of(values.get("phone", ""), city.organisation), None),
        "phone" in values,
    )
    return row if len(faults) == before else None


def _cell(text: str) -> str:
    """Return a cell without the mark that keeps a spreadsheet from reckoning with it."""
    plain = text.strip()
    return plain[1:] if plain.startswith(("'=", "'+", "'-", "'@")) else plain


def _username(text: str) -> str:
    person_fields.check_username(text.lower())
    return text.lower()


def _grants(text: str, departments: Mapping[str, object]) -> frozenset[Grant]:
    found = set()
    for one in filter(None, _APART.split(text)):
        role, at, department = one.partition("@")
        if not at or not department:
            raise Invalid(f"{one!r} says no department. Write {one}@department, or {one}@* for everywhere.")
        person_fields.check_grant(role, department, departments=departments)
        found.add((role, department))
    if not found:
        raise Invalid("Write at least one role and its department, such as agent@department.")
    return frozenset(found)


def _languages(values: Mapping[str, str], city: City) -> tuple[str, ...] | None:
    if "languages" not in values:
        return None
    spoken = tuple(sorted(set(filter(None, _APART.split(values["languages"].lower())))))
    for one in spoken:
        if one not in city.organisation.languages:
            raise Invalid(f"{one!r} is no language of this city; one of {', '.join(city.organisation.languages)}.")
    return spoken


def _skills(values: Mapping[str, str]) -> tuple[str, ...] | None:
    if "skills" not in values:
        return None
    found = {words for one in re.split("[;|]", values["skills"]) if (words := " ".join(one.split()))}
    if len(found) > MOST_SKILLS or any(len(one) > LONGEST_SKILL for one in found):
        raise Invalid(
            f"At most {MOST_SKILLS} skills, of {LONGEST_SKILL} characters each, with semicolons between them."
        )
    return tuple(sorted(found))


def _twice(rows: Collection[Row]) -> list[Fault]:
    first: dict[str, int] = {}
    found = []
    for one in rows:
        line = first.setdefault(one.username, one.line)
        if line != one.line:
            found.append(
                Fault(one.line, "username", f"{one.username} stands in line {line} already. Keep one of them.")
            )
    return found


def _asked(faults: list[Fault], line: int, column: str, ask: Callable[[], Value], empty: Value) -> Value:
    try:
        return ask()
    except Invalid as error:
        faults.append(Fault(line, column, str(error)))
        return empty
