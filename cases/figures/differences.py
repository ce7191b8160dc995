"""How what is stored of figures differs from what the histories come to; pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cases.figures.keeping import EntryKey, Kept, StretchKey
from cases.figures.states import State
from cases.figures.storing import Fact, FactKey


@dataclass(frozen=True, slots=True)
class Difference:
    """What is stored and what the histories come to; None where there is nothing.

    ``measure`` is that of a sum, or of a fact's seconds on the clock, whose ``key`` then names a case; or ``counted up
    to``: how far a case was counted, where what is remembered of it is not what its history comes to.
    """

    measure: str
    key: Mapping[str, str | int | bool]
    stored: int | None
    counted: int | None


#: sums by what they stand under: the columns of their table
Sums = Mapping[tuple[Any, ...], int]


def of_sums(names: Sequence[str], stored: Sums, counted: Sums) -> Iterator[Difference]:
    """Yield the sums that differ; a sum of 0 is as good as none. ``names`` are those of the columns of the keys."""
    for key in sorted({*stored, *counted}, key=lambda key: (key[1], key)):
        if stored.get(key, 0) != counted.get(key, 0):
            named: dict[str, Any] = dict(zip(names, key, strict=True))
            named["day"] = str(named["day"])
            yield Difference(named.pop("measure"), named, stored.get(key), counted.get(key))


def of_entries(stored: Mapping[EntryKey, Kept], counted: Mapping[EntryKey, Kept]) -> Iterator[Difference]:
    """Yield the entries that differ in anything; of both sides the day is shown, as an ordinal."""
    for key in sorted({*stored, *counted}):
        kept, right = stored.get(key), counted.get(key)
        if kept != right:
            named: dict[str, str | int | bool] = {"case": key[0], "part": key[2], "number": key[3]}
            yield Difference(f"entry {key[1]}", named, kept and kept[0].day, right and right[0].day)


def of_stretches(stored: Mapping[StretchKey, Any], counted: Mapping[StretchKey, Any]) -> Iterator[Difference]:
    """Yield the stretches that differ in anything; of both sides it is shown when they began."""
    for key in sorted({*stored, *counted}):
        kept, right = stored.get(key), counted.get(key)
        if kept != right:
            yield Difference("open", {"case": key[0], "number": key[1]}, kept and kept[0], right and right[0])


def of_facts(stored: Mapping[FactKey, Fact], counted: Mapping[FactKey, Fact]) -> Iterator[Difference]:
    """Yield the facts that differ in anything."""
    wrong = [key for key, fact in stored.items() if key not in counted or _differ(fact, counted[key])]
    for key in sorted([*wrong, *(counted.keys() - stored.keys())]):
        kept, right, named = stored.get(key), counted.get(key), {"case": key[0], "instance": key[2]}
        yield Difference(key[1], named, kept[1].wall if kept else None, right[1].wall if right else None)


def of_states(stored: Mapping[int, State], counted: Mapping[int, State]) -> Iterator[Difference]:
    """Yield the cases that would be counted on from the wrong place."""
    for case_id, state in counted.items():
        kept = stored.get(case_id)
        if kept != state and (state.seq or kept is not None):
            yield Difference("counted up to", {"case": case_id}, kept.seq if kept else None, state.seq)


def _differ(kept: Fact, right: Fact) -> bool:
    """Tell whether two facts say different things; working time only if one state of the calendar was used for both."""
    same_calendar = kept[1].mark == right[1].mark
    if kept[0]._replace(at=0) != right[0]._replace(at=0) or kept[2] != right[2]:
        return True
    return kept[1].wall != right[1].wall or same_calendar and kept[1] != right[1]
