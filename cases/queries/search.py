"""Search: a reference in any spelling, the digits of a number, and words of texts, notes, names, subjects and places.

Each kind of hit is looked for along an index of its own, among the cases that the viewer may read, the newest first and
so many at most. Whoever is told that there was more adds a word.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, Subquery, and_, func, literal, select, true, union_all

from cases import folded, references
from cases.models import Address, Case, CaseWords, Citizen, Event, Filing, MessageWords, NoteWords, Party
from cases.together import first

#: of each kind
MOST_HITS = 200
LEAST_DIGITS = 4
NUMBER_AT_HOME = 9
NAME = "citizen.name"
#: how many of the newest are looked at in turn before the index of words is asked: a millisecond
NEWEST = 10_000
Words = MessageWords | NoteWords | CaseWords
Found = Select[*tuple[Any, ...]]
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


def hits(asked: Wanted, conditions: Sequence[ColumnElement[bool]], *, everywhere: bool) -> Any:
    """Return the cases found, as a common table: ``case_id``, ``rank`` (1 for the reference, else 0), and ``place``:
    where a kind has one beyond :data:`MOST_HITS`, there was more than is looked at.

    ``everywhere`` tells whether the conditions hold for the cases of every department; it changes no hit.
    """
    every = union_all(*_kinds(asked, conditions, everywhere=everywhere)).subquery("every")
    return (
        select(every.c.case_id, func.max(every.c.rank).label("rank"), func.max(every.c.place).label("place"))
        .group_by(every.c.case_id)
        .cte("hits")
    )


def _kinds(asked: Wanted, conditions: Sequence[ColumnElement[bool]], *, everywhere: bool) -> Iterator[Found]:
    if asked.reference:
        yield _bounded(select(Case.id.label("case_id")).where(Case.reference == asked.reference, *conditions), rank=1)
    if asked.digits:
        yield _bounded(_by_number(asked.digits, conditions))
    if asked.words:
        said = list(asked.words)
        for kept in (MessageWords, NoteWords, CaseWords):
            yield from _newest(kept, said, conditions, everywhere=everywhere)
        yield _bounded(_by_name(said, conditions))


def _by_number(digits: str, conditions: Sequence[ColumnElement[bool]]) -> Found:
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


def _newest(
    kept: type[Words], said: list[str], conditions: Sequence[ColumnElement[bool]], *, everywhere: bool
) -> Iterator[Found]:
    """Yield who bears the words among the newest, and among all where that is not enough.

    Words that many bear fill a list among the newest; of those that few bear the index knows all. So neither road is
    long, however many there are. Who sees few departments may have few cases with words that many bear: then the
    planner chooses whether to begin with the words or with the cases, and is told the words for it.
    """
    newest = select(kept).order_by(kept.id.desc()).limit(first(NEWEST)).subquery("newest")
    held = newest.c.words.op("@@")(folded.asked(said, known=False))
    near = _bounded(_of_each(kept, newest, conditions).where(held)).cte(f"near_{kept.__tablename__}")
    enough = select(func.count() > MOST_HITS).select_from(near).scalar_subquery()
    every = select(kept.id).where(~enough, kept.words.op("@@")(folded.asked(said, known=not everywhere)))
    if everywhere:
        every = every.order_by(kept.id.desc())  # before the cases are looked up: the first ones are enough
    yield select(near)
    yield _bounded(_of_case(kept, every.subquery("every"), conditions))


def _of_case(kept: type[Words], found: Subquery, conditions: Sequence[ColumnElement[bool]]) -> Found:
    case = select(Case.id.label("case_id")).select_from(found)
    if kept is MessageWords:
        filed = (Filing.message_id == found.c.id, Filing.removed_at.is_(None))
        case = case.join(Filing, and_(*filed)).join(Case, Case.id == Filing.case_id)
    elif kept is NoteWords:
        case = case.join(Event, Event.id == found.c.id).join(Case, Case.id == Event.case_id)
    else:
        case = case.join(Case, Case.id == found.c.id)
    return case.where(*conditions).order_by(found.c.id.desc())


def _of_each(kept: type[Words], found: Subquery, conditions: Sequence[ColumnElement[bool]]) -> Found:
    """Return the cases as :func:`_of_case` does, looked up for one after the other.

    However few cases somebody sees, one of them may hold a hundred thousand messages: none is begun with.
    """
    case = select(Case.id.label("case_id")).where(*conditions)
    if kept is MessageWords:
        filed = (Filing.message_id == found.c.id, Filing.removed_at.is_(None))
        case = case.join(Filing, Filing.case_id == Case.id).where(*filed)
    elif kept is NoteWords:
        case = case.join(Event, Event.case_id == Case.id).where(Event.id == found.c.id)
    else:
        case = case.where(Case.id == found.c.id)
    its = case.limit(first(MOST_HITS)).lateral("its")
    return select(its.c.case_id).select_from(found.join(its, true())).order_by(found.c.id.desc())


def _by_name(said: list[str], conditions: Sequence[ColumnElement[bool]]) -> Found:
    people = select(Citizen.id).where(Citizen.name.is_not(None), folded.said(NAME, said))
    return select(Case.id.label("case_id")).where(Case.citizen_id.in_(people), *conditions).order_by(Case.id.desc())


def _bounded(query: Found, *, rank: int = 0) -> Found:
    some = query.limit(first(MOST_HITS + 1)).subquery()
    return select(some.c.case_id, literal(rank).label("rank"), func.row_number().over().label("place"))
