"""Wrapping a call up: what came of it, where it belongs, and what a call that reached the citizen keeps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import select

from cases import call_backs
from cases.calls import wrapping
from cases.calls.wrapping import Said, Wrapped
from cases.errors import Invalid, NotFound
from cases.messages import NEW_CASE
from cases.models import Case, Citizen, Event, EventDetail, Message, PhoneCall, Task
from cases.permissions import Viewer
from contactcentre.db import Database
from tests import factories
from tests.factories import make_agent
from tests.integration.office import Office, office
from tests.integration.telephoning import Telephones, number

CALLER = factories.phone(1).value


@pytest.fixture
def desk(db: Database) -> Iterator[Office]:
    """An office with 4 hours to the first answer, and a case of Tuesday 3 March at 10:00."""
    with office(db) as opened:
        opened.at("2026-03-03 10:00").says()
        yield opened


@pytest.fixture
def phones(desk: Office) -> Telephones:
    return Telephones(desk.db, desk.city)


def wraps(desk: Office, call_id: int, viewer: Viewer | None = None, **said: str) -> Wrapped:
    what = Said(**{"disposition": "settled", "text": "It is mended on Friday", **said})
    who = viewer or desk.agent
    return desk.db.run(lambda uow: wrapping.wrap(uow.session, who, city=desk.city, call_id=call_id, said=what))


def test_a_call_goes_into_a_case_and_keeps_what_an_answer_keeps(desk: Office, phones: Telephones) -> None:
    desk.at("2026-03-03 11:00")
    call_id = phones.ended(CALLER, desk.agent)
    desk.at("2026-03-03 11:02")
    assert wraps(desk, call_id, into=desk.case.reference) == Wrapped(desk.case.reference)
    call = phones.call(call_id)
    assert (call.case_id, call.disposition, call.note, call.wrap_seconds) == (
        desk.case_id, "settled", "It is mended on Friday", 120,
    )  # fmt: skip
    assert call.wrapped_at is not None
    assert desk.timer("first_response").state == "met"
    (event,) = desk.history("call_wrapped")
    assert event == {"kind": "call_wrapped", "call": call_id, "disposition": "settled", "direction": "in"}
    with desk.db.reader() as session:
        words = session.scalars(
            select(EventDetail.values).join(Event, Event.id == EventDetail.event_id).where(Event.kind == "call_wrapped")
        ).one()
    assert words == {"text": "It is mended on Friday"}


def test_a_task_to_call_back_ends_with_the_call(desk: Office, phones: Telephones) -> None:
    reference = desk.case.reference
    desk.db.run(lambda uow: call_backs.ask(uow.session, city=desk.city, reference=reference))
    wraps(desk, phones.ended(CALLER, desk.agent), into=reference)
    with desk.db.reader() as session:
        assert session.scalars(select(Task.state)).one() == "done"


def test_a_call_that_reached_nobody_keeps_nothing(desk: Office, phones: Telephones) -> None:
    call_id = phones.rings(CALLER, desk.agent)
    phones.hangs_up(call_id, seconds=20)
    wraps(desk, call_id, viewer=_lead(desk), into=desk.case.reference, text="Hung up")
    assert desk.timer("first_response").state == "running"


def test_what_the_menu_supposed_gives_way_to_who_has_spoken(desk: Office, phones: Telephones) -> None:
    first = desk.case_id
    desk.says("A lamp is out", number=2)
    other = desk.db.run(lambda uow: uow.session.scalars(select(Case.reference).where(Case.id != first)).one())
    call_id = phones.ended(CALLER, desk.agent, case_id=first)
    wraps(desk, call_id, into=other)
    with desk.db.reader() as session:
        case = session.scalars(select(Case).where(Case.reference == other)).one()
        assert phones.call(call_id).case_id == case.id


def test_a_new_case_is_opened_by_the_words_also_for_a_department_one_does_not_read(
    desk: Office, phones: Telephones
) -> None:
    narrow = desk.db.run(lambda uow: make_agent(uow.session, "Narrow", ("agent", "desk")))
    call_id = phones.ended(number(71), narrow)
    said = {"text": "No lift for a week", "department": "waste", "name": "Efua Invented"}
    found = wraps(desk, call_id, narrow, into=NEW_CASE, **said)
    with desk.db.reader() as session:
        case = session.scalars(select(Case).where(Case.reference == found.reference)).one()
        words = session.scalars(select(Message.text).where(Message.thread_id == case.thread_id).order_by(Message.id))
        assert (case.department, case.channel, case.status, words.first()) == (
            "waste",
            "voice",
            "open",
            "No lift for a week",
        )
        assert session.get_one(Citizen, case.citizen_id).name == "Efua Invented"
        assert session.get_one(PhoneCall, call_id).case_id == case.id


def test_a_caller_who_withholds_their_number_gets_a_case_all_the_same(desk: Office, phones: Telephones) -> None:
    found = wraps(desk, phones.ended(None, desk.agent), into=NEW_CASE, text="A lamp is out")
    with desk.db.reader() as session:
        assert session.scalars(select(Case).where(Case.reference == found.reference)).one().channel == "voice"


def test_a_call_may_belong_to_no_case(desk: Office, phones: Telephones) -> None:
    call_id = phones.ended(CALLER, desk.agent)
    assert wraps(desk, call_id, text="") == Wrapped()
    assert phones.call(call_id).case_id is None and phones.call(call_id).wrapped_at is not None


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"disposition": "nonsense"}, "Choose what came"),
        ({"into": NEW_CASE, "text": "?"}, "what the citizen wants"),
        ({"into": NEW_CASE, "text": "A lamp", "department": "nowhere"}, "Choose a department"),
        ({"text": "x" * 20_001}, "is the most"),
        ({"name": "x" * 121}, "at most 120"),
    ],
)
def test_what_cannot_be_used_is_refused_and_nothing_is_written(
    desk: Office, phones: Telephones, said: dict[str, str], words: str
) -> None:
    call_id = phones.ended(CALLER, desk.agent)
    with pytest.raises(Invalid, match=words):
        wraps(desk, call_id, **said)
    assert phones.call(call_id).wrapped_at is None


def test_a_call_is_wrapped_up_once_and_only_when_it_is_over(desk: Office, phones: Telephones) -> None:
    call_id = phones.talks(CALLER, desk.agent)
    with pytest.raises(Invalid, match="not over yet"):
        wraps(desk, call_id)
    desk.db.run(lambda uow: wrapping.note(uow.session, desk.agent, call_id=call_id, text="At the corner"))
    assert phones.call(call_id).note == "At the corner"
    phones.hangs_up(call_id, talked=30, seconds=40, as_="answered")
    wraps(desk, call_id, text="")
    assert phones.call(call_id).note == "At the corner"
    with pytest.raises(Invalid, match="already"):
        wraps(desk, call_id)
    with pytest.raises(Invalid, match="already"):
        desk.db.run(lambda uow: wrapping.note(uow.session, desk.agent, call_id=call_id, text="More"))


def test_nobody_wraps_up_a_colleagues_call_but_a_supervisor(desk: Office, phones: Telephones) -> None:
    call_id = phones.ended(CALLER, desk.agent)
    colleague = desk.db.run(lambda uow: make_agent(uow.session, "Colleague"))
    with pytest.raises(NotFound):
        wraps(desk, call_id, colleague)
    wraps(desk, call_id, _lead(desk))
    assert phones.call(call_id).wrapped_at is not None


def _lead(desk: Office) -> Viewer:
    return desk.db.run(lambda uow: make_agent(uow.session, "Lead", ("supervisor", "*")))


def test_a_city_has_its_own_words(desk: Office, phones: Telephones) -> None:
    desk.city = replace(desk.city, calls=replace(desk.city.calls, dispositions={"mended": "Mended"}))
    call_id = phones.ended(CALLER, desk.agent)
    with pytest.raises(Invalid):
        wraps(desk, call_id, disposition="settled")
    wraps(desk, call_id, disposition="mended")
