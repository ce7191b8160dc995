"""Whose record may be looked at: one's own queue's at once, others with a reason, and some do not exist."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import update

from cases.errors import NotFound
from cases.identity import records
from cases.identity.records import Door
from cases.models import Case
from cases.permissions import Viewer
from cases.reads import Kind, note
from cases.reasons import Reason, Why
from contactcentre.db import Database
from tests.factories import make_agent
from tests.integration.office import Office, office


@pytest.fixture
def desk(db: Database) -> Iterator[Office]:
    with office(db) as opened:
        yield opened.at("2026-03-03 10:00")


def hires(desk: Office, *roles: tuple[str, str]) -> Viewer:
    return desk.db.run(lambda uow: make_agent(uow.session, "Kofi", *roles))


def writes(desk: Office) -> int:
    desk.says()
    return desk.case.citizen_id


def door(desk: Office, who: Viewer, citizen: int) -> Door | None:
    with desk.db.reader() as session:
        try:
            return records.door(session, who, citizen_id=citizen, city=desk.city)
        except NotFound:
            return None


def test_a_record_outside_ones_queue_asks_a_reason_for_a_while(desk: Office) -> None:
    ama = writes(desk)
    own, waste, auditor = hires(desk, ("agent", "desk")), hires(desk, ("agent", "waste")), hires(desk, ("auditor", "*"))
    assert (door(desk, own, ama), door(desk, waste, ama), door(desk, auditor, ama)) == (Door.OPEN, Door.ASKS, Door.ASKS)
    assert [door(desk, hires(desk, (role, "*")), ama) for role in ("administrator", "assembly_member", "editor")] == [
        None, None, None,
    ]  # fmt: skip
    with desk.db.recorder() as session:
        note(session, waste, Kind.CITIZEN, citizen_id=ama, reason=Reason(Why.ASKED, "she rang us"))
    assert (door(desk, waste, ama), door(desk, auditor, ama)) == (Door.OPEN, Door.ASKS)
    desk.at("2026-03-03 11:01")
    assert door(desk, waste, ama) is Door.ASKS
    desk.db.run(lambda uow: uow.session.execute(update(Case).values(status="closed")))
    desk.plants()
    assert door(desk, own, ama) is Door.ASKS


def test_whom_confidential_cases_alone_know_does_not_exist_for_others(desk: Office) -> None:
    from cases import glass

    ama = writes(desk)
    desk.db.run(lambda uow: uow.session.execute(update(Case).values(confidential=True)))
    own, everywhere = hires(desk, ("agent", "desk")), hires(desk, ("agent", "*"))
    assert door(desk, own, ama) is Door.OPEN
    assert door(desk, everywhere, ama) is None
    how = {"reference": desk.case.reference, "reason": Reason(Why.ASKED, "at the counter"), "city": desk.city}
    desk.db.run(lambda uow: glass.break_(uow.session, everywhere, **how))  # type: ignore[arg-type]
    assert door(desk, everywhere, ama) is Door.OPEN
    desk.db.run(lambda uow: uow.session.execute(update(Case).values(about=["unit:works"])))
    assert door(desk, everywhere, ama) is None
