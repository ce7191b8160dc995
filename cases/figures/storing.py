"""Writing what was counted: sums of days and of longer runs added to, and where each case stands."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from cases.figures.runs import DAY, EVERY, RUNS, begins
from cases.figures.setting import Lasted
from cases.figures.states import Filed, State, frozen
from cases.figures.tally import Entry
from cases.sla import spans

#: under what a sum stands: what was filed, and whether the case is confidential
Key = tuple[Filed, bool]
#: a fact's case, measure and instance; under what it stands, how long it took, and whether its case is confidential
FactKey = tuple[int, str, int]
Fact = tuple[Filed, Lasted, bool]
#: what a place is called in columns
PLACE = ("departments", "services", "channels", "areas")
#: nothing is shown of these by area
WITHOUT_AREA = frozenset({"contacts", "leg", "reopening", "single"})
#: counted at the end of a day and asked of one day alone
NIGHTLY = ("backlog", "standing", "night")

_PLAIN, _AREAS = "department, service, channel", "department, area"


def _add_to(table: str, place: str, *, runs: bool) -> Any:
    """Return the statement that adds to the sums of days, or of longer runs of days."""
    key = f"{'days, ' if runs else ''}day, measure, part, {place}, confidential"
    arrays = [("lengths", "int")] if runs else []
    arrays += [("days", "date"), ("measures", "text"), ("parts", "text")]
    arrays += [(f"{one}s", "text") for one in place.split(", ")] + [("confidential", "boolean"), ("counts", "bigint")]
    rows = ", ".join(f"cast(:{name} as {kind}[])" for name, kind in arrays)
    return text(
        f"insert into {table} as s ({key}, count) select * from unnest({rows}) "
        f"on conflict ({key}) do update set count = s.count + excluded.count"
    )


_ADD, _ADD_RUN = _add_to("figure_sum", _PLAIN, runs=False), _add_to("figure_run", _PLAIN, runs=True)
_ADD_AREA = _add_to("figure_area", _AREAS, runs=False)
_ADD_AREA_RUN = _add_to("figure_area_run", _AREAS, runs=True)
_STAND = text(
    """
    insert into figure_case (case_id, seq, last_at, open, started_at, department, service, channel, area, confidential,
                             standing, state)
    select case_id, seq, last_at, open, started_at, department, service, channel, area, confidential,
           array(select jsonb_array_elements_text(cast(standing as jsonb))), cast(state as jsonb)
      from unnest(cast(:cases as bigint[]), cast(:seqs as bigint[]), cast(:lasts as timestamptz[]),
                  cast(:opens as boolean[]), cast(:starts as timestamptz[]), cast(:departments as text[]),
                  cast(:services as text[]), cast(:channels as text[]), cast(:areas as text[]),
                  cast(:confidential as boolean[]), cast(:standings as text[]), cast(:states as text[]))
           as n(case_id, seq, last_at, open, started_at, department, service, channel, area, confidential, standing,
                state)
    on conflict (case_id) do update set
        seq = excluded.seq, last_at = excluded.last_at, open = excluded.open, started_at = excluded.started_at,
        department = excluded.department, service = excluded.service, channel = excluded.channel,
        area = excluded.area, confidential = excluded.confidential, standing = excluded.standing, state = excluded.state
    """
)


class Gathered:
    """What the entries of many cases come to: sums added up, and the last word on every fact and every entry."""

    def __init__(self) -> None:
        self.sums: dict[Key, int] = defaultdict(int)
        self.facts: dict[FactKey, Fact | None] = {}
        self.entries: dict[tuple[int, str, str, int], tuple[Filed, bool] | None] = {}

    def add(self, case_id: int, entries: Iterable[Entry], *, confidential: bool, sign: int = 1) -> None:
        """Add one case's entries; with ``sign`` -1 their opposite, which removes no facts and no entries."""
        for filed, one, instance, lasted in entries:
            self.sums[filed.summed, confidential] += sign * one
            if sign > 0:
                key = (case_id, filed.measure, filed.part, filed.number)
                self.entries[key] = (filed, confidential) if one > 0 else None
            if instance and sign > 0:
                fact = None if lasted is None else (filed, lasted, confidential)
                self.facts[case_id, filed.measure, instance] = fact


def add_sums(session: Session, sums: Mapping[Key, int]) -> None:
    """Add to the sums and to those of areas; what comes to nothing is left out."""
    plain, areas = Counter[tuple[Any, ...]](), Counter[tuple[Any, ...]]()
    for (filed, secret), count in sums.items():
        plain[(*under(filed), secret)] += count
        if filed.measure not in WITHOUT_AREA:
            areas[(*under_area(filed), secret)] += count
    _add(session, (_ADD, _ADD_RUN), PLACE[:3], plain)
    _add(session, (_ADD_AREA, _ADD_AREA_RUN), ("departments", "areas"), areas)


def under(filed: Filed) -> tuple[Any, ...]:
    """Return under what a sum stands. Contacts by hour stand under no service, or there would be a sum for each."""
    day, service = date.fromordinal(filed.day), "" if filed.measure == "contacts" else filed.service
    return (day, filed.measure, filed.part, filed.department, service, filed.channel)


def under_area(filed: Filed) -> tuple[Any, ...]:
    """Return under what the sum of an area stands."""
    return (date.fromordinal(filed.day), filed.measure, filed.part, filed.department, filed.area)


def _add(session: Session, statements: Sequence[Any], place: Sequence[str], sums: Counter[tuple[Any, ...]]) -> None:
    names = ("days", "measures", "parts", *place, "confidential", "counts")
    for statement, heads, added in zip(statements, (names, ("lengths", *names)), (sums, in_runs(sums)), strict=True):
        rows = [(*key, count) for key, count in added.items() if count]
        if rows:
            session.execute(statement, columns(heads, rows))


def in_runs(sums: Mapping[tuple[Any, ...], int]) -> Counter[tuple[Any, ...]]:
    """Return what is added to longer runs of days, and to those of all services and channels together."""
    found = Counter[tuple[Any, ...]]()
    for (day, measure, part, department, *more), count in sums.items():
        if measure not in NIGHTLY:
            of_areas = len(more) == 2
            for days in RUNS if of_areas else (*RUNS, DAY):
                first = date.fromordinal(begins(day.toordinal(), days))
                if days != DAY:
                    found[days, first, measure, part, department, *more] += count
                if not of_areas:
                    found[days, first, measure, part, department, EVERY, EVERY, more[-1]] += count
    return found


def set_states(session: Session, states: Mapping[int, State]) -> None:
    """Write where each case stands."""
    rows = [_stands(case_id, state) for case_id, state in states.items()]
    names = ("cases", "seqs", "lasts", "opens", "starts", *PLACE, "confidential")
    session.execute(_STAND, columns((*names, "standings", "states"), rows))


def _stands(case_id: int, state: State) -> tuple[Any, ...]:
    last, start = spans.instant(state.last_at), spans.instant(state.started)
    row = json.dumps(frozen(state), separators=(",", ":"))
    standing = json.dumps(state.standing)
    return (case_id, state.seq, last, state.open, start, *state.place, state.confidential, standing, row)


def columns(names: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> dict[str, list[Any]]:
    """Return rows as one list for each column, as statements take them."""
    return {name: [row[place] for row in rows] for place, name in enumerate(names)}
