"""A page of a case that was merged meanwhile is old, even where the survivor happens to have the same version."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from cases import assignment, lifecycle, replies
from cases.errors import Stale
from cases.filing import merging, refiling
from cases.filing.merging import Seen
from cases.lifecycle import Status
from cases.models import Case
from cases.permissions import Viewer
from contactcentre.db import Database, UnitOfWork
from tests.factories import make_agent
from tests.integration.office import Office, office
from tests.integration.rearranging import merge, row

Act = Callable[[UnitOfWork, Office, Viewer, Case], object]


@pytest.fixture
def desk(db: Database) -> Iterator[Office]:
    with office(db) as opened:
        yield opened


def _take(uow: UnitOfWork, desk: Office, who: Viewer, seen: Case) -> object:
    return assignment.take(uow.session, who, city=desk.city, reference=seen.reference, version=seen.version)


def _assign(uow: UnitOfWork, desk: Office, who: Viewer, seen: Case) -> object:
    how = {"agent_id": None, "version": seen.version}
    return assignment.assign(uow.session, who, city=desk.city, reference=seen.reference, **how)  # type: ignore[arg-type]


def _status(uow: UnitOfWork, desk: Office, who: Viewer, seen: Case) -> object:
    how = {"to": Status.WAITING_ON_CITIZEN, "calendars": desk.city.calendars, "version": seen.version}
    return lifecycle.transition(uow.session, who, reference=seen.reference, **how)  # type: ignore[arg-type]


def _merge(uow: UnitOfWork, desk: Office, who: Viewer, seen: Case) -> object:
    into = uow.session.get_one(Case, 3).reference
    gone = [Seen(seen.reference, seen.version)]
    return merging.merge(uow.session, who, city=desk.city, cases=gone, into=into)


def _refile(uow: UnitOfWork, desk: Office, who: Viewer, seen: Case) -> object:
    to = uow.session.get_one(Case, 3).reference
    how = {"message_id": seen.last_message_id, "to": to, "reason": "theirs", "version": seen.version}
    return refiling.refile(uow.session, who, city=desk.city, reference=seen.reference, **how)  # type: ignore[arg-type]


@pytest.mark.parametrize("act", [_take, _assign, _status, _merge, _refile])
def test_a_page_of_a_case_that_was_merged_meanwhile_is_old(desk: Office, act: Act) -> None:
    desk.at("2026-03-03 08:00")
    first, second, _ = (desk.says(f"Matter {number}", number=number) for number in (1, 2, 3))
    kojo = desk.db.run(lambda uow: make_agent(uow.session, "Kojo"))
    grow(desk, first, 9)
    seen = row(desk, first)
    merge(desk, first, second)
    give(desk, second, kojo)
    grow(desk, second, seen.version)
    assert row(desk, second).version == seen.version
    with pytest.raises(Stale):
        desk.db.run(lambda uow: act(uow, desk, desk.agent, seen) and None)
    assert row(desk, second).assignee_id == kojo.id


def give(desk: Office, case_id: int, agent: Viewer) -> None:
    """Give a case to a colleague."""
    how = {"reference": row(desk, case_id).reference, "agent_id": agent.id}
    desk.db.run(lambda uow: assignment.assign(uow.session, desk.agent, city=desk.city, **how))  # type: ignore[arg-type]


def grow(desk: Office, case_id: int, version: int) -> None:
    """Write notes until the case has a version."""
    reference = row(desk, case_id).reference
    for _ in range(version - row(desk, case_id).version):
        desk.db.run(lambda uow: replies.note(uow.session, desk.agent, reference=reference, text="looked"))
