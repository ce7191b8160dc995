"""An office whose board is counted, what it then says, and what it must say: plain counts of cases and promises."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select, text

from cases.board import projecting, recounting
from cases.board.recounting import Difference
from cases.models import BoardSum, Case
from cases.models.event import Happened, record
from contactcentre.db import UnitOfWork
from tests.integration.office import Office, now

#: written apart from the product: every number of the board as a count of cases
PLAIN = {
    "open": "live",
    "unassigned": "live and assignee_id is null",
    "on_citizen": "status = 'waiting_on_citizen'",
    "on_others": "status = 'waiting_on_third_party'",
    "overdue": "live and due_at <= :now",
    "due": "live and due_at > :now and due_at <= :soon",
    "opened": "live",
    "held": "live and assignee_id is not null",
    "held_late": "live and assignee_id is not null and due_at <= :now",
}
_PARTS = {
    "opened": "cast(opened_at at time zone :zone as date)::text",
    "held": "assignee_id::text",
    "held_late": "assignee_id::text",
}
_BROKEN = "cast(coalesce(breached_at, case when state = 'missed' then ended_at end) at time zone :zone as date)"
_KEPT = "case when state = 'met' and breached_at is null then cast(met_at at time zone :zone as date) end"


def zone(desk: Office) -> ZoneInfo:
    return ZoneInfo(desk.city.organisation.timezone)


def turn(desk: Office, *, limit: int = projecting.MOST_EVENTS) -> int:
    """Let a ticker count until nothing waits; returns how much there was."""
    passed = 0
    while found := desk.db.run(lambda uow: projecting.project(uow.session, zone(desk), at=now(), limit=limit)):
        passed += found
    return passed


def sums(desk: Office, *whats: str) -> dict[str, int]:
    """Return sums as ``what part department``, those that are 0 left out."""
    with desk.db.reader() as session:
        query = select(BoardSum).where(BoardSum.count != 0)
        rows = session.scalars(query.where(BoardSum.what.in_(whats)) if whats else query)
        secret = {True: "confidential", False: ""}
        return {" ".join(filter(None, (r.what, r.part, r.department, secret[r.confidential]))): r.count for r in rows}


def plain(desk: Office) -> dict[str, int]:
    """Count what the sums must be of the cases themselves, day by day."""
    values = {"now": now(), "soon": now() + timedelta(hours=1), "zone": str(zone(desk))}
    found: Counter[str] = Counter()
    cases = (
        "(select *, coalesce(department, '') as place, status not in ('resolved', 'closed') as live from case_file "
        "where merged_into_id is null and about = '{}') c"
    )
    latest = f"select case_id, kind, max({_BROKEN}) as broken, max({_KEPT}) as kept from timer group by 1, 2"
    every = f"select case_id, max(broken) as broken, max(kept) as kept from ({latest}) l group by 1"
    queries = [
        f"select '{what}', {_PARTS.get(what, chr(39) * 2)}, place, confidential, count(*) from {cases} where {which} "
        "group by 1, 2, 3, 4"
        for what, which in PLAIN.items()
    ]
    by_kind = f"{cases} join ({latest}) t on t.case_id = c.id and kind in ('first_response', 'resolution')"
    queries += [
        (
            f"select 'broken', broken::text, place, confidential, count(*) from {cases} "
            f"join ({every}) t on case_id = c.id where broken is not null group by 1, 2, 3, 4"
        ),
        (
            f"select 'promised', greatest(broken, kept)::text, place, confidential, count(*) from {cases} "
            f"join ({every}) t on case_id = c.id where greatest(broken, kept) is not null group by 1, 2, 3, 4"
        ),
        (
            f"select 'failed', broken || ' ' || kind, place, confidential, count(*) from {by_kind} "
            "where broken is not null group by 1, 2, 3, 4"
        ),
        (
            f"select 'kept', kept || ' ' || kind, place, confidential, count(*) from {by_kind} "
            "where kept is not null and kept is distinct from broken group by 1, 2, 3, 4"
        ),
    ]
    with desk.db.reader() as session:
        for query in queries:
            for what, part, place, secret, number in session.execute(text(query), values):
                found[" ".join(filter(None, (what, part, place, "confidential" if secret else "")))] += number
    return dict(found)


def differences(desk: Office, *, limit: int = recounting.CHUNK) -> Sequence[Difference]:
    """Return where cases and sums are not what they are counted as."""
    found, after = list[Difference](), 0
    with desk.db.reader() as session:
        while True:
            looked = recounting.cases(session, zone(desk), at=now(), after=after, limit=limit)
            found += looked.differences
            if looked.last is None:
                return [*found, *recounting.sums(session)]
            after = looked.last


def hides(desk: Office, case_id: int, *about: str) -> None:
    """Make a case confidential, or let it complain of somebody, by hand."""

    def work(uow: UnitOfWork) -> None:
        case = uow.session.scalars(select(Case).where(Case.id == case_id).with_for_update()).one()
        case.confidential, case.about = True, list(about)
        record(uow.session, case, [Happened("restricted", "agent:1", {"confidential": True})], at=now())

    desk.db.run(work)
