"""The register: each letter has a number of its direction and year, without gaps; who did what is kept with it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import insert as plain_insert
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from cases.base import table
from cases.departments import City
from cases.models import LetterChange, LetterNumber

IN, OUT = "in", "out"
_MARKS = {IN: "L", OUT: "D"}
_NUMBERS, _CHANGES = table(LetterNumber), table(LetterChange)
_BEGIN = insert(_NUMBERS)
_TAKE = _BEGIN.on_conflict_do_update(
    index_elements=["direction", "year"], set_={"last": _NUMBERS.c.last + _BEGIN.excluded.last}
).returning(_NUMBERS.c.last)


def numbers(session: Session, direction: str, year: int, count: int = 1) -> list[str]:
    """Take the next numbers, such as ``L-2026-0001``: nobody else takes one of that year until the transaction ends,
    and what is rolled back was never taken.
    """
    last = session.execute(_TAKE, {"direction": direction, "year": year, "last": count}).scalar_one()
    return [f"{_MARKS[direction]}-{year}-{one:04d}" for one in range(last - count + 1, last + 1)]


def day(at: datetime, city: City) -> date:
    """Return the day of the city on which an instant is."""
    return at.astimezone(ZoneInfo(city.organisation.timezone)).date()


def note(
    session: Session,
    kind: str,
    *,
    actor: str,
    at: datetime,
    scan_id: int | None = None,
    letter_id: int | None = None,
    values: Mapping[str, Any] | None = None,
) -> None:
    """Keep with a scan or a letter that somebody did something; ``values`` hold ids and words of ours, no names."""
    row = {"kind": kind, "actor": actor, "at": at, "scan_id": scan_id, "letter_id": letter_id}
    session.execute(plain_insert(_CHANGES), {**row, "values": dict(values or {})})
