"""Calls of unconnected telephones: into the number's case, into a new one by the caller's words, or none."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import select

from cases.calls import by_hand, measures
from cases.calls.by_hand import NO_CASE, Logged
from cases.calls.terms import Calls
from cases.contacts import Direction
from cases.errors import Invalid, NotAllowed, NotFound
from cases.messages import NEW_CASE
from cases.models import Address, Case, Citizen, PhoneCall
from cases.permissions import Viewer
from contactcentre.db import Database
from tests import factories
from tests.factories import make_agent
from tests.integration.office import Office, now, office, when
from tests.integration.telephoning import number

IN, OUT = Direction.IN, Direction.OUT
CALLER = factories.phone(1).value


@pytest.fixture
def desk(db: Database) -> Iterator[Office]:
    """An office with 4 hours to the first answer, and a case of Tuesday 3 March at 10:00."""
    with office(db) as opened:
        opened.at("2026-03-03 10:00").says()
        yield opened


def logs(
    desk: Office, direction: Direction = IN, *, reached: bool = True, text: str = "It smells",
    viewer: Viewer | None = None, **more: str | None,
) -> Logged:  # fmt: skip
    who, how = viewer or desk.agent, {"direction": direction, "reached": reached, "text": text, **more}
    return desk.db.run(lambda uow: by_hand.log(uow.session, who, city=desk.city, **how))  # type: ignore[arg-type]


def test_a_call_goes_into_the_only_open_case_of_its_number(desk: Office) -> None:
    logged = logs(desk, number=CALLER)
    assert logged.reference == desk.case.reference
    assert desk.timer("first_response").state == "met"
    (event,) = desk.history("contact_logged")
    assert event["call"] == logged.call_id and event["direction"] == "in"
    with desk.db.reader() as session:
        call = session.get_one(PhoneCall, logged.call_id)
        assert (call.case_id, call.account, call.state, call.ended_as) == (desk.case_id, "by-hand", "ended", "answered")
        assert call.wrapped_at == call.started_at == now()


def test_by_the_reference_no_number_is_needed(desk: Office) -> None:
    assert logs(desk, OUT, number=None, into=desk.case.reference).reference == desk.case.reference


def test_a_stranger_who_called_opens_a_case_by_their_words(desk: Office) -> None:
    logged = logs(desk, number=number(50), text="A lamp is out", name="Efua Invented")
    with desk.db.reader() as session:
        case = session.scalars(select(Case).where(Case.reference == logged.reference)).one()
        assert (case.channel, session.get_one(Citizen, case.citizen_id).name) == ("voice", "Efua Invented")
        assert session.get_one(PhoneCall, logged.call_id).case_id == case.id


def test_an_attempt_opens_no_case_and_makes_the_number_known(desk: Office) -> None:
    logged = logs(desk, OUT, reached=False, text="", number=number(51))
    assert logged.reference is None
    with desk.db.reader() as session:
        call = session.get_one(PhoneCall, logged.call_id)
        known = session.scalars(select(Address.id).where(Address.value == number(51))).one()
        assert (call.ended_as, call.address_id, call.case_id) == ("not_reached", known, None)


def test_of_several_open_cases_one_is_chosen_first(desk: Office) -> None:
    logs(desk, number=CALLER, into=NEW_CASE, text="A lamp is out")
    logged = logs(desk, number=CALLER)
    assert len(logged.choose) == 2 and logged.call_id is None
    with desk.db.reader() as session:
        assert len(session.scalars(select(PhoneCall)).all()) == 1
    assert logs(desk, number=CALLER, into=NO_CASE).reference is None
    assert logs(desk, number=CALLER, into=NEW_CASE, text="A third matter").reference not in logged.choose


def test_cases_that_one_may_not_write_into_are_not_offered(desk: Office) -> None:
    elsewhere = desk.db.run(lambda uow: make_agent(uow.session, "Narrow", ("agent", "elsewhere")))
    with desk.db.reader() as session:
        assert by_hand.open_cases(session, elsewhere, CALLER) == ()
        assert by_hand.open_cases(session, desk.agent, CALLER) == (desk.case.reference,)
    with pytest.raises(NotFound):
        logs(desk, viewer=elsewhere, number=None, into=desk.case.reference)


def test_what_cannot_be_used_is_refused(desk: Office) -> None:
    with pytest.raises(Invalid, match="number, or the reference"):
        logs(desk, number=None)
    with pytest.raises(Invalid, match="what was said"):
        logs(desk, number=CALLER, text=" ")
    officer = desk.db.run(lambda uow: make_agent(uow.session, "Officer", ("field_officer", "*")))
    with pytest.raises(NotAllowed, match="does not open cases"):
        logs(desk, viewer=officer, number=number(52))
    auditor = desk.db.run(lambda uow: make_agent(uow.session, "Auditor", ("auditor", "*")))
    with pytest.raises(NotAllowed):
        logs(desk, viewer=auditor, number=CALLER)


def test_no_figure_of_the_queue_counts_a_call_by_hand(desk: Office) -> None:
    logs(desk, number=CALLER)
    with desk.db.reader() as session:
        found = measures.of(session, since=when("2026-03-01 00:00"), until=when("2026-03-09 00:00"), terms=Calls())
    assert (found.offered, found.answered, found.aht_seconds) == (0, 0, None)
