"""How what is stored of figures differs from what the histories come to; pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from cases.figures.states import Filed, State
from cases.figures.storing import Fact, FactKey, Key


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


def of_sums(stored: Mapping[Key, int], counted: Mapping[Key, int]) -> Iterator[Difference]:
    """Yield the sums that differ; a sum of 0 is as good as none."""
    for key in sorted({*stored, *counted}):
        filed, secret = key
        if stored.get(key, 0) != counted.get(key, 0):
            yield Difference(filed.measure, _named(filed, confidential=secret), stored.get(key), counted.get(key))


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
    return kept[::2] != right[::2] or kept[1].wall != right[1].wall or same_calendar and kept[1] != right[1]


def _named(filed: Filed, *, confidential: bool) -> Mapping[str, str | int | bool]:
    row = filed._asdict() | {"day": date.fromordinal(filed.day).isoformat(), "confidential": confidential}
    del row["measure"]
    return row
