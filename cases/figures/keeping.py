"""Writing each thing that was counted with its case, and since when and until when cases were open for whom."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from sqlalchemy import text
from sqlalchemy.orm import Session

from cases.figures.states import Filed, filed
from cases.figures.storing import PLACE, Gathered, columns
from cases.figures.tally import Stretch
from cases.sla import spans

#: an entry's case, measure, part and number; the entry, and whether its case is confidential
EntryKey = tuple[int, str, str, int]
Kept = tuple[Filed, bool]
#: a stretch's case and number
StretchKey = tuple[int, int]

_FORGET = text(
    """
    delete from figure_entry e
     using unnest(cast(:cases as bigint[]), cast(:measures as text[]), cast(:parts as text[]),
                  cast(:numbers as bigint[])) as n(case_id, measure, part, number)
     where e.case_id = n.case_id and e.measure = n.measure and e.part = n.part and e.number = n.number
    """
)
_KEEP = text(
    """
    insert into figure_entry (case_id, measure, part, number, day, at, department, service, channel, area, confidential)
    select * from unnest(cast(:cases as bigint[]), cast(:measures as text[]), cast(:parts as text[]),
                         cast(:numbers as bigint[]), cast(:days as date[]), cast(:ats as timestamptz[]),
                         cast(:departments as text[]), cast(:services as text[]), cast(:channels as text[]),
                         cast(:areas as text[]), cast(:confidential as boolean[]))
    on conflict (case_id, measure, part, number) do update set
        day = excluded.day, at = excluded.at, department = excluded.department, service = excluded.service,
        channel = excluded.channel, area = excluded.area, confidential = excluded.confidential
    """
)
_NEVER = text(
    """
    delete from figure_open o using unnest(cast(:cases as bigint[]), cast(:numbers as bigint[])) as n(case_id, number)
     where o.case_id = n.case_id and o.number = n.number
    """
)
_OPEN = text(
    """
    insert into figure_open (case_id, number, since, until, department, service, channel, area, confidential)
    select * from unnest(cast(:cases as bigint[]), cast(:numbers as bigint[]), cast(:sinces as timestamptz[]),
                         cast(:untils as timestamptz[]), cast(:departments as text[]), cast(:services as text[]),
                         cast(:channels as text[]), cast(:areas as text[]), cast(:confidential as boolean[]))
    on conflict (case_id, number) do update set
        since = excluded.since, until = excluded.until, department = excluded.department, service = excluded.service,
        channel = excluded.channel, area = excluded.area, confidential = excluded.confidential
    """
)
_JUDGED = text(
    """
    select part, number, day, at, department, service, channel, area, confidential from figure_entry
     where case_id = :case_id and measure = 'first_contact'
    """
)
_HIDE = text("update figure_open set confidential = :confidential where case_id = :case_id")


def set_entries(session: Session, entries: Mapping[EntryKey, Kept | None]) -> None:
    """Remove the entries that were taken back, and write the others: as many rows as their sum says."""
    gone = [key for key, kept in entries.items() if kept is None]
    if gone:
        session.execute(_FORGET, columns(("cases", "measures", "parts", "numbers"), gone))
    rows = [
        (*key, date.fromordinal(kept[0].day), spans.instant(kept[0].at), *kept[0].place, kept[1])
        for key, kept in entries.items()
        if kept is not None
    ]
    if rows:
        names = ("cases", "measures", "parts", "numbers", "days", "ats", *PLACE, "confidential")
        session.execute(_KEEP, columns(names, rows))


def set_stretches(session: Session, stretches: Mapping[StretchKey, tuple[Stretch | None, bool]]) -> None:
    """Write since when and until when cases were open for whom; None has never been."""
    gone = [key for key, (stretch, _) in stretches.items() if stretch is None]
    if gone:
        session.execute(_NEVER, columns(("cases", "numbers"), gone))
    rows = [
        (*key, spans.instant(one.since), None if one.until is None else spans.instant(one.until), *one.place, secret)
        for key, (one, secret) in stretches.items()
        if one is not None
    ]
    if rows:
        session.execute(_OPEN, columns(("cases", "numbers", "sinces", "untils", *PLACE, "confidential"), rows))


def hide_stretches(session: Session, case_id: int, *, confidential: bool) -> None:
    """Let all stretches of a case be confidential from now on, or no longer."""
    session.execute(_HIDE, {"case_id": case_id, "confidential": confidential})


def move_judged(session: Session, gathered: Gathered, case_id: int, *, confidential: bool) -> None:
    """Count what was judged of a case's first contacts under confidential cases from now on, or no longer."""
    for part, number, day, at, *place, before in session.execute(_JUDGED, {"case_id": case_id}):
        one = filed("first_contact", part, day.toordinal(), place, number=number, at=spans.micros(at))
        gathered.sums[one.summed, before] -= 1
        gathered.sums[one.summed, confidential] += 1
        gathered.entries[case_id, one.measure, part, number] = (one, confidential)
