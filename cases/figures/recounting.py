"""Counting a period again from the histories alone, and how what is stored differs from that.

The histories are counted by the code that the projector uses, as far as the projector has come. Which cases to read
is taken from their rows; what is counted of them is not.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from cases.base import table
from cases.figures import agreeing, differences, first_contact, keeping, nights, reading, stored, storing
from cases.figures.differences import Difference
from cases.figures.folding import fold
from cases.figures.lines import Line
from cases.figures.projecting import NAME
from cases.figures.reading import Counted
from cases.figures.setting import Lasted, Setting
from cases.figures.states import Filed, State
from cases.figures.storing import Fact, FactKey, Key
from cases.models import FigureArea, FigureFact, FigureSum

#: held until the transaction ends, so that nothing is counted between reading the figures and the histories
_HOLD = text("select xid, event_id from projection_cursor where name = :name for update")
# A case that the counting has lost is read up to the cursor.
_CASES = """
    select c.id, coalesce(f.confidential, false) as confidential, coalesce(f.seq, (
               select max(e.seq) from event e where e.case_id = c.id
                  and (e.xid, e.id) <= (cast(cast(:xid as text) as xid8), :event_id)), 0) as seq
      from case_file c left join figure_case f on f.case_id = c.id
"""
_TOUCHED = text(f"{_CASES} where c.updated_at >= :since and c.opened_at < :until order by c.id")
_OPEN_THEN = text(
    f"""
    {_CASES} where c.opened_at < :until and (c.updated_at >= :since or c.status not in ('resolved', 'closed'))
    order by c.id
    """
)
_FACTS = table(FigureFact)
_OF_CASES = text("figure_fact.case_id = any(:cases)")
_OF_OTHERS = text("not exists (select from unnest(cast(:cases as bigint[])) as c(id) where c.id = figure_fact.case_id)")
_JUDGED = select(FigureSum.day).where(FigureSum.measure == first_contact.JUDGED, FigureSum.count > 0)
_NIGHTS = select(func.min(FigureSum.day), func.max(FigureSum.day)).where(FigureSum.measure == "night")


def recount(session: Session, setting: Setting, *, since: date, until: date) -> Sequence[Difference]:
    """Compare the figures of these local days, both included, with the histories. Changes nothing.

    The projector waits until the caller's transaction ends. A case that is touched later still belongs to its days,
    so the further back they lie, the more cases are read. Working time is compared only where the calendar is still
    what it was; nights are compared without regard to what has become confidential since.
    """
    place = session.execute(_HOLD, {"name": NAME}).one_or_none()
    if place is None:
        return ()
    asked = _Asked(session, setting, since, until, {"xid": str(place.xid), "event_id": place.event_id})
    return [*asked.days(), *asked.nights()]


@dataclass(frozen=True, slots=True)
class _Asked:
    """One recount; ``cursor`` is how far the projector has come."""

    session: Session
    setting: Setting
    since: date
    until: date
    cursor: Mapping[str, Any]

    def days(self) -> Sequence[Difference]:
        """Compare what was counted as it happened, a few hundred cases at a time."""
        cases = self._cases(_TOUCHED, self.since, self.until)
        sums, found = Counter[Key](), list[Difference]()
        for chunk in reading.in_chunks(self.session, cases):
            counted = _Chunk(chunk, self)
            ids = [one.case_id for one, _ in chunk]
            found += differences.of_facts(self._stored_facts(_OF_CASES, ids), counted.facts)
            found += differences.of_states(reading.kept(self.session, ids), counted.states)
            found += differences.of_entries(stored.entries(self.session, ids, self.since, self.until), counted.entries)
            found += differences.of_stretches(stored.stretches(self.session, ids), counted.stretches)
            sums.update(counted.sums)
        found += differences.of_facts(self._stored_facts(_OF_OTHERS, [one.case_id for one in cases]), {})
        sums.update(self._judged())
        found[:0] = self._of_sums(sums, nightly=False)
        return found or list(agreeing.differences(self.session, self.since, self.until))

    def nights(self) -> Sequence[Difference]:
        """Compare what was counted at the end of each day, of all days between the first and the last night."""
        row = self.session.execute(_NIGHTS).one()
        first: date | None = row[0]
        last: date = row[1]
        if first is None:
            return ()
        counted = Counter[Key]()
        for number in range(max(self.since, first).toordinal(), min(self.until, last).toordinal() + 1):
            day = date.fromordinal(number)
            cases = self._cases(_OPEN_THEN, day + timedelta(days=1), day)
            counted.update(nights.as_they_stood(self.session, self.setting, day, cases))
            counted[Filed("night", "", number, "", "", ""), False] += 1
        openly = Counter[Key]()
        for (filed, _), count in counted.items():
            openly[filed, False] += count
        return list(self._of_sums(openly, nightly=True))

    def within(self, day: int) -> bool:
        """Tell whether a local day is one of those that are compared."""
        return self.since.toordinal() <= day <= self.until.toordinal()

    def _judged(self) -> Mapping[Key, int]:
        """Judge first contacts again, of the days that were judged, by the entries as they are stored."""
        days = self.session.scalars(_JUDGED.where(FigureSum.day.between(self.since, self.until)))
        found = Counter[Key]()
        for day in days.all():
            found.update(first_contact.sums(first_contact.judged(self.session, day)))
            found[Filed(first_contact.JUDGED, "", day.toordinal(), "", "", ""), False] += 1
        return found

    def _of_sums(self, counted: Mapping[Key, int], *, nightly: bool) -> Iterator[Difference]:
        """Compare sums and sums of areas; nights without regard to what has become confidential since."""
        plain, areas = Counter[tuple[Any, ...]](), Counter[tuple[Any, ...]]()
        for (filed, secret), count in counted.items():
            plain[(*storing.under(filed), secret)] += count
            if filed.measure not in storing.WITHOUT_AREA:
                areas[(*storing.under_area(filed), secret)] += count
        kept = stored.sums(self.session, FigureSum, self.since, self.until, nightly=nightly)
        yield from differences.of_sums(stored.UNDER, kept, plain)
        of_areas = stored.sums(self.session, FigureArea, self.since, self.until, nightly=nightly)
        if nightly:
            of_areas, areas = _of_nights(of_areas, of_areas), _of_nights(areas, of_areas)
        yield from differences.of_sums(stored.UNDER_AREA, of_areas, areas)

    def _cases(self, which: Any, touched: date, opened: date) -> Sequence[Counted]:
        """Return the cases that were touched since a day began, and opened before another had ended."""
        since = self.setting.midnight(touched) - nights.MARGIN
        until = self.setting.midnight(opened + timedelta(days=1))
        rows = self.session.execute(which, {**self.cursor, "since": since, "until": until})
        return [Counted(*row) for row in rows]

    def _stored_facts(self, which: Any, cases: Sequence[int]) -> Mapping[FactKey, Fact]:
        query = select(*_FACTS.c).where(_FACTS.c.day.between(self.since, self.until), which)
        rows = self.session.execute(query, {"cases": cases})
        return {(row.case_id, row.measure, row.instance): _fact(row) for row in rows}


def _of_nights(sums: differences.Sums, kept: differences.Sums) -> Counter[tuple[Any, ...]]:
    """Return the sums of the nights that were counted by area at all: a release before this one knew no areas."""
    days = {key[0] for key in kept if key[1] == "night"}
    return Counter({key: count for key, count in sums.items() if key[0] in days})


class _Chunk:
    """What the histories of some cases come to, of the days that are compared."""

    def __init__(self, chunk: Sequence[tuple[Counted, Sequence[Line]]], asked: _Asked) -> None:
        gathered = storing.Gathered()
        self.states: dict[int, State] = {}
        self.stretches: dict[keeping.StretchKey, Any] = {}
        for one, lines in chunk:
            state = self.states[one.case_id] = State()
            tally = fold(state, lines, asked.setting)
            gathered.add(one.case_id, tally.entries, confidential=state.confidential)
            for number, stretch in tally.stretches.items():
                if stretch is not None:
                    self.stretches[one.case_id, number] = (*stretch[1:], state.confidential)
        self.sums = {key: number for key, number in gathered.sums.items() if asked.within(key[0].day)}
        self.facts = {key: one for key, one in gathered.facts.items() if one is not None and asked.within(one[0].day)}
        self.entries = {key: one for key, one in gathered.entries.items() if one and asked.within(one[0].day)}


def _fact(row: Any) -> Fact:
    place = (row.department, row.service, row.channel, row.area)
    filed = Filed(row.measure, "", row.day.toordinal(), *place, row.instance)
    return filed, Lasted(row.wall, row.business, row.calendar_mark), row.confidential
