"""Writing what was counted: sums added to, facts set and removed, and where each case stands."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

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

_ADD = text(
    """
    insert into figure_sum as s (day, measure, part, department, service, channel, confidential, count)
    select * from unnest(cast(:days as date[]), cast(:measures as text[]), cast(:parts as text[]),
                         cast(:departments as text[]), cast(:services as text[]), cast(:channels as text[]),
                         cast(:confidential as boolean[]), cast(:counts as bigint[]))
    on conflict (day, measure, part, department, service, channel, confidential)
    do update set count = s.count + excluded.count
    """
)
_ADD_AREA = text(
    """
    insert into figure_area as s (day, measure, part, department, area, confidential, count)
    select * from unnest(cast(:days as date[]), cast(:measures as text[]), cast(:parts as text[]),
                         cast(:departments as text[]), cast(:areas as text[]), cast(:confidential as boolean[]),
                         cast(:counts as bigint[]))
    on conflict (day, measure, part, department, area, confidential) do update set count = s.count + excluded.count
    """
)
_REMOVE = text(
    """
    delete from figure_fact f
     using unnest(cast(:cases as bigint[]), cast(:measures as text[]), cast(:instances as bigint[]))
           as n(case_id, measure, instance)
     where f.case_id = n.case_id and f.measure = n.measure and f.instance = n.instance
    """
)
_SET = text(
    """
    insert into figure_fact (case_id, measure, instance, day, department, service, channel, area, confidential,
                             wall, business, calendar_mark)
    select * from unnest(cast(:cases as bigint[]), cast(:measures as text[]), cast(:instances as bigint[]),
                         cast(:days as date[]), cast(:departments as text[]), cast(:services as text[]),
                         cast(:channels as text[]), cast(:areas as text[]), cast(:confidential as boolean[]),
                         cast(:walls as bigint[]), cast(:businesses as bigint[]), cast(:marks as text[]))
    on conflict (case_id, measure, instance) do update set
        day = excluded.day, department = excluded.department, service = excluded.service, channel = excluded.channel,
        area = excluded.area, confidential = excluded.confidential, wall = excluded.wall, business = excluded.business,
        calendar_mark = excluded.calendar_mark
    """
)
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
    _add(session, _ADD, PLACE[:3], plain)
    _add(session, _ADD_AREA, ("departments", "areas"), areas)


def under(filed: Filed) -> tuple[Any, ...]:
    """Return under what a sum stands. Contacts by hour stand under no service, or there would be a sum for each."""
    day, service = date.fromordinal(filed.day), "" if filed.measure == "contacts" else filed.service
    return (day, filed.measure, filed.part, filed.department, service, filed.channel)


def under_area(filed: Filed) -> tuple[Any, ...]:
    """Return under what the sum of an area stands."""
    return (date.fromordinal(filed.day), filed.measure, filed.part, filed.department, filed.area)


def _add(session: Session, statement: Any, place: Sequence[str], sums: Mapping[tuple[Any, ...], int]) -> None:
    rows = [(*key, count) for key, count in sums.items() if count]
    if rows:
        names = ("days", "measures", "parts", *place, "confidential", "counts")
        session.execute(statement, columns(names, rows))


def set_facts(session: Session, facts: Mapping[FactKey, Fact | None]) -> None:
    """Remove the facts that were taken back, and write the others."""
    gone = [key for key, fact in facts.items() if fact is None]
    if gone:
        session.execute(_REMOVE, columns(("cases", "measures", "instances"), gone))
    rows = [_fact(key, fact) for key, fact in facts.items() if fact is not None]
    if rows:
        names = ("cases", "measures", "instances", "days", *PLACE, "confidential")
        session.execute(_SET, columns((*names, "walls", "businesses", "marks"), rows))


def set_states(session: Session, states: Mapping[int, State]) -> None:
    """Write where each case stands."""
    rows = [_stands(case_id, state) for case_id, state in states.items()]
    names = ("cases", "seqs", "lasts", "opens", "starts", *PLACE, "confidential")
    session.execute(_STAND, columns((*names, "standings", "states"), rows))


def _fact(key: FactKey, fact: Fact) -> tuple[Any, ...]:
    filed, lasted, confidential = fact
    return (*key, date.fromordinal(filed.day), *filed.place, confidential, lasted.wall, lasted.business, lasted.mark)


def _stands(case_id: int, state: State) -> tuple[Any, ...]:
    last, start = spans.instant(state.last_at), spans.instant(state.started)
    row = json.dumps(frozen(state), separators=(",", ":"))
    standing = json.dumps(state.standing)
    return (case_id, state.seq, last, state.open, start, *state.place, state.confidential, standing, row)


def columns(names: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> dict[str, list[Any]]:
    """Return rows as one list for each column, as statements take them."""
    return {name: [row[place] for row in rows] for place, name in enumerate(names)}
