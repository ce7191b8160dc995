"""Search: a reference in any spelling, the digits of a number, and words of texts, notes, names, subjects and places.

Each kind of hit is looked for along an index of its own, among the cases that the viewer may read, the newest first and
so many at most. Whoever is told that there was more adds a word.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, func, literal, select, union_all

from cases import folded, references
from cases.models import Address, Case, Citizen, Event, EventDetail, Filing, Message, Party
from cases.queries.narrowing import NAMED
from cases.together import first

#: of each kind
MOST_HITS = 200
LEAST_DIGITS = 4
NUMBER_AT_HOME = 9
TEXT = "message.text"
NOTE = "event_detail.personal ->> 'text'"
NAME = "citizen.name"
_reversed = func.reverse(Address.value)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody typed: a reference, the digits of a number (a whole one without its first zeros), or words."""

    reference: str | None
    digits: str
    words: tuple[str, ...]

    @property
    def nothing(self) -> bool:
        """Tell whether there is nothing to look for."""
        return not (self.reference or self.digits or self.words)


def wanted(text: str) -> Wanted:
    """Read what was typed."""
    digits = "".join(one for one in text if one.isascii() and one.isdigit())
    # The zero before a number at home is none of its digits; before four last digits it is.
    number = digits.lstrip("0") if len(digits) >= NUMBER_AT_HOME else digits
    if any(one.isalpha() for one in text):
        number = ""
    return Wanted(references.parse(text), number if len(number) >= LEAST_DIGITS else "", tuple(folded.words(text)))


def hits(asked: Wanted, conditions: Sequence[ColumnElement[bool]]) -> Any:
    """Return the cases found, as a common table: ``case_id``, ``rank`` (1 for the reference, else 0), and ``place``:
    where a kind has one beyond :data:`MOST_HITS`, there was more than is looked at.
    """
    kinds = [_bounded(one, rank) for one, rank in _kinds(asked, conditions)]
    every = union_all(*(select(one) for one in kinds)).subquery("every")
    return (
        select(every.c.case_id, func.max(every.c.rank).label("rank"), func.max(every.c.place).label("place"))
        .group_by(every.c.case_id)
        .cte("hits")
    )


def _kinds(asked: Wanted, conditions: Sequence[ColumnElement[bool]]) -> Iterator[tuple[Select[*tuple[Any, ...]], int]]:
    if asked.reference:
        yield select(Case.id.label("case_id")).where(Case.reference == asked.reference, *conditions), 1
    if asked.digits:
        yield _by_number(asked.digits, conditions), 0
    if asked.words:
        said = list(asked.words)
        yield from ((one, 0) for one in _by_words(said, conditions))


def _by_number(digits: str, conditions: Sequence[ColumnElement[bool]]) -> Select[*tuple[Any, ...]]:
    # Numbers are known by their last digits. Two bounds and no pattern, so that any collation finds them by the index.
    first = digits[::-1]
    ends = (_reversed >= first, _reversed < _after(first), Address.value.like(f"%{digits}"))
    query = select(Case.id.label("case_id")).join(Party, Party.case_id == Case.id)
    query = query.where(Party.address_id.in_(select(Address.id).where(*ends)), *conditions)
    return query.order_by(Case.id.desc())


def _after(digits: str) -> str:
    """Return the least text behind all that begin with these digits; letters stand behind digits everywhere."""
    rest = digits.rstrip("9")
    return rest[:-1] + str(int(rest[-1]) + 1) if rest else "a"


def _by_words(said: list[str], conditions: Sequence[ColumnElement[bool]]) -> Iterator[Select[*tuple[Any, ...]]]:
    case = select(Case.id.label("case_id"))
    yield (
        case.select_from(Message)
        .join(Filing, Filing.message_id == Message.id)
        .join(Case, Case.id == Filing.case_id)
        .where(~Message.automatic, folded.said(TEXT, said), Filing.removed_at.is_(None), *conditions)
        .order_by(Message.id.desc())
    )
    yield (
        case.select_from(EventDetail)
        .join(Event, Event.id == EventDetail.event_id)
        .join(Case, Case.id == Event.case_id)
        .where(EventDetail.values.has_key("text"), folded.said(NOTE, said), *conditions)
        .order_by(EventDetail.event_id.desc())
    )
    yield case.where(folded.said(NAMED, said), *conditions).order_by(Case.id.desc())
    people = select(Citizen.id).where(Citizen.name.is_not(None), folded.said(NAME, said))
    yield case.where(Case.citizen_id.in_(people), *conditions).order_by(Case.id.desc())


def _bounded(query: Select[*tuple[Any, ...]], rank: int) -> Any:
    some = query.limit(first(MOST_HITS + 1)).subquery()
    place = func.row_number().over().label("place")
    return select(some.c.case_id, literal(rank).label("rank"), place).subquery()
