"""Contacts, first-contact resolution, ratings and areas: each means what its definition says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text

from cases import contacts, dialogue_cases, intake, replies, undoing
from cases.contacts import ContactKind, Direction
from cases.departments import Department
from cases.figures import first_contact
from cases.forms import Asker
from cases.lifecycle import Outcome, Status
from cases.models import Case, FigureArea, FigureEntry, FigureSum
from cases.models.event import Happened, record
from cases.routing.gazetteer import Gazetteer
from cases.routing.phrases import phrase
from cases.routing.places import Place
from cases.services import Service
from contactcentre.db import Database, UnitOfWork
from tests.factories import inbound, phone
from tests.integration.counting import count, differences, night, setting, sums
from tests.integration.office import Office, now, office
from tests.integration.rearranging import split

PLACES = Gazetteer(
    [Place("Quayside", "area"), Place("Lower Quay", "community", "Quayside"), Place("North", "district")]
)


def _service(key: str, word: str) -> Service:
    return Service(key, key, "service", "desk", words={"en": (phrase(word),)})


@pytest.fixture
def desk(db: Database) -> Iterator[Office]:
    here = Department("desk", "Client services", "Clients", (_service("drain", "gutter"), _service("lamp", "lamp")))
    with office(db, rules=(), departments={"desk": here}, gazetteer=PLACES) as opened:
        yield opened
        count(opened)
        judge(opened)
        assert differences(opened) == []


def judge(desk: Office) -> int:
    days = 0
    while desk.db.run(lambda uow: first_contact.take_day(uow.session, setting(desk), at=now())):
        days += 1
    return days


def judged(desk: Office) -> dict[str, int]:
    count(desk)
    judge(desk)
    return {
        key.removeprefix("first_contact ").removesuffix(" desk"): n for key, n in sums(desk, "first_contact").items()
    }


def logs(desk: Office, kind: ContactKind, direction: Direction, *, reached: bool = True) -> None:
    how: dict[str, Any] = {"city": desk.city, "reference": desk.case.reference, "kind": kind, "direction": direction}
    desk.db.run(lambda uow: contacts.log(uow.session, desk.agent, **how, reached=reached, text="Spoke"))


def test_contacts_count_by_hour_and_by_their_own_channel_but_no_thanks(desk: Office) -> None:
    desk.at("2026-03-03 08:59").says("The gutter is choked")
    desk.at("2026-03-03 09:00").says("Hello?")
    logs(desk, ContactKind.VISIT, Direction.IN)
    logs(desk, ContactKind.CALL, Direction.IN)
    logs(desk, ContactKind.CALL, Direction.OUT)
    logs(desk, ContactKind.CALL, Direction.IN, reached=False)
    desk.at("2026-03-03 10:00").answers(resolve=Outcome.FIXED)
    desk.at("2026-03-03 11:00").says("thanks")
    count(desk)
    with desk.db.reader() as session:
        rows = session.scalars(select(FigureSum).where(FigureSum.measure == "contacts"))
        found = {(one.part, one.channel): one.count for one in rows}
    assert found == {("08", "sms"): 1, ("09", "sms"): 1, ("09", "counter"): 1, ("09", "voice"): 1}


def test_one_contact_and_seven_quiet_days_are_a_first_contact(desk: Office) -> None:
    desk.at("2026-03-03 08:00").says("The gutter is choked")
    desk.at("2026-03-03 09:00").answers(resolve=Outcome.FIXED)
    desk.at("2026-03-11 00:10")
    assert judged(desk) == {}, "what was begun before midnight may not have committed"
    desk.at("2026-03-11 00:20")
    assert judged(desk) == {"yes 03-03": 1}
    desk.at("2026-03-12 09:00").says("It is choked again", number=1)
    assert judged(desk) == {"yes 03-03": 1}, "later than seven days"


@pytest.mark.parametrize(
    ("what", "found"),
    [
        ("asked twice", "no 03-03"),
        ("thanked", "yes 03-03"),
        ("wrote again", "no 03-03"),
        ("another case of it", "no 03-03"),
        ("another matter", "yes 03-03"),
        ("another citizen", "yes 03-03"),
        ("an agent took it up", "no 03-03"),
    ],
)
def test_what_is_no_first_contact(desk: Office, what: str, found: str) -> None:
    desk.at("2026-03-03 08:00").says("The gutter is choked")
    if what == "asked twice":
        desk.at("2026-03-03 08:30").says("Hello?")
    desk.at("2026-03-03 09:00").answers(resolve=Outcome.FIXED)
    if what == "thanked":
        desk.says("thanks")
    desk.at("2026-03-10 08:00")
    if what == "wrote again":
        logs(desk, ContactKind.VISIT, Direction.IN)
    if what == "an agent took it up":
        desk.moves(Status.OPEN)
    if what.startswith("another"):
        desk.says("The lamp is out" if what == "another matter" else "The gutter is choked",
                  number=2 if what == "another citizen" else 1)  # fmt: skip
    desk.at("2026-03-12 09:00")
    assert judged(desk) == {found: 1}


def test_what_was_judged_follows_a_case_that_becomes_confidential(desk: Office) -> None:
    desk.at("2026-03-03 08:00").says("The gutter is choked")
    desk.at("2026-03-03 09:00").answers(resolve=Outcome.FIXED)
    desk.at("2026-03-12 09:00")
    assert judged(desk) == {"yes 03-03": 1}

    def hide(uow: UnitOfWork) -> None:
        case = uow.session.scalars(select(Case).where(Case.id == desk.case_id).with_for_update()).one()
        record(uow.session, case, [Happened("restricted", "agent:1", {"confidential": True})], at=now())

    desk.db.run(hide)
    count(desk)
    with desk.db.reader() as session:
        for table in ("figure_sum", "figure_area"):
            query = (
                f"select confidential, sum(count) from {table} where measure = 'first_contact' group by 1 order by 1"
            )
            assert [tuple(row) for row in session.execute(text(query))] == [(False, 0), (True, 1)]
        assert session.execute(text("select bool_and(confidential) from figure_entry")).scalar_one()
        assert session.execute(text("select bool_and(confidential) from figure_open")).scalar_one()


def test_the_call_that_opened_a_case_is_no_second_contact_but_the_next_call_is(desk: Office) -> None:
    desk.at("2026-03-03 08:00")
    message = replace(inbound("The gutter is choked", sender=phone(1)), channel="voice")
    received = desk.db.run(lambda uow: intake.receive(uow.session, message, city=desk.city))
    assert received.case_id is not None
    desk.case_id = received.case_id
    for instant, way in (("03-03 08:00", "in"), ("03-04 09:00", "out"), ("03-05 10:00", "in"), ("03-06 11:00", "in")):
        desk.at(f"2026-{instant}")
        desk.db.run(lambda uow, way=way: _rings(uow, desk, way))  # type: ignore[misc]
    count(desk)
    contacts_of = {"contacts 08 03-03 desk": 1, "contacts 10 03-05 desk": 1, "contacts 11 03-06 desk": 1}
    assert sums(desk, "contacts") == contacts_of


def test_a_call_about_a_case_that_was_split_off_is_a_contact(desk: Office) -> None:
    desk.at("2026-03-03 08:00")
    said = [replace(inbound(words, sender=phone(1)), channel="voice") for words in ("The gutter is choked", "A lamp")]
    received = [desk.db.run(lambda uow, one=one: intake.receive(uow.session, one, city=desk.city)) for one in said]
    message_id, source = received[1].message_id, received[0].case_id
    assert source == received[1].case_id
    desk.case_id = split(desk, source, message_id)[1]
    desk.at("2026-03-03 09:00")
    desk.db.run(lambda uow: _rings(uow, desk, "in"))
    count(desk)
    assert sums(desk, "contacts") == {"contacts 08 03-03 desk": 2, "contacts 09 03-03 desk": 1}


def _rings(uow: UnitOfWork, desk: Office, way: str) -> None:
    case = uow.session.scalars(select(Case).where(Case.id == desk.case_id).with_for_update()).one()
    record(uow.session, case, [Happened("call_started", "citizen", {"call": 1, "direction": way})], at=now())


def test_a_rating_counts_under_the_day_of_the_resolution_that_it_is_about(desk: Office) -> None:
    desk.at("2026-03-03 08:00").says("The gutter is choked")
    desk.at("2026-03-03 09:00").answers(resolve=Outcome.FIXED)
    asker = Asker("ussd", "sms-front", "sms-front", phone(1), "turn-1", reference=desk.case.reference, proved=True)
    desk.at("2026-03-05 09:00").moves(Status.CLOSED)
    desk.db.run(lambda uow: dialogue_cases.rate(uow.session, {"score": "4"}, asker, desk.city))
    count(desk)
    assert sums(desk, "rated") == {"rated 4 03-03 desk": 1}


def test_a_case_stands_under_the_area_around_its_place(desk: Office) -> None:
    for number, words in enumerate(("gutter at Lower Quay", "gutter at Quayside", "gutter in North", "gutter"), 1):
        desk.at("2026-03-03 08:00").says(f"The {words}", number=number)
    count(desk)
    with desk.db.reader() as session:
        rows = session.scalars(select(FigureArea).where(FigureArea.measure == "opened"))
        assert {one.area: one.count for one in rows} == {"Quayside": 2, "": 2}
        entries = session.scalars(
            select(FigureEntry).where(FigureEntry.measure == "opened").order_by(FigureEntry.case_id)
        )
        assert [one.area for one in entries] == ["Quayside", "Quayside", "", ""]


@pytest.mark.parametrize(
    ("change", "measure"),
    [
        ("delete from figure_entry where measure = 'opened'", "entry opened"),
        ("update figure_entry set area = 'Nowhere' where measure = 'single'", "entry single"),
        ("update figure_area set count = count + 1 where measure = 'met' and part = 'resolution'", "met"),
        ("update figure_open set until = null", "open"),
        ("delete from figure_open", "open"),
        ("update figure_sum set count = 7 where measure = 'first_contact'", "first_contact"),
    ],
)
def test_counting_again_finds_what_is_stored_otherwise(desk: Office, change: str, measure: str) -> None:
    desk.at("2026-03-03 08:00").says("The gutter at Quayside is choked")
    desk.at("2026-03-03 09:00").answers(resolve=Outcome.FIXED)
    desk.at("2026-03-12 09:00")
    assert judged(desk) == {"yes 03-03": 1}
    with desk.db.engine.connect() as connection:
        before = {name: connection.execute(text(f"select * from {name}")).all() for name in TABLES}
    assert desk.db.run(lambda uow: uow.session.execute(text(change)).rowcount) == 1  # type: ignore[attr-defined]
    assert [one.measure for one in differences(desk)] == [measure]
    desk.db.run(lambda uow: _put_back(uow, before))


TABLES = ("figure_entry", "figure_area", "figure_open", "figure_sum")


def _put_back(uow: UnitOfWork, before: dict[str, Any]) -> None:
    for name, rows in before.items():
        uow.session.execute(text(f"delete from {name}"))
        for row in rows:
            columns = row._mapping
            names = ", ".join(columns)
            values = ", ".join(f":{one}" for one in columns)
            uow.session.execute(text(f"insert into {name} ({names}) values ({values})"), dict(columns))


def test_a_reply_that_was_taken_back_leaves_the_case_open_all_the_time(desk: Office) -> None:
    desk.at("2026-03-03 08:00").says("The gutter is choked")
    desk.at("2026-03-03 09:00")
    how: dict[str, Any] = {"city": desk.city, "reference": desk.case.reference}
    undo = timedelta(seconds=10)
    reply = {"text": "Done", "resolve": Outcome.FIXED, "undo": undo}
    message = desk.db.run(lambda uow: replies.reply(uow.session, desk.agent, **how, **reply).id)  # type: ignore[arg-type]
    count(desk)
    assert stretches(desk) == [(1, True)]
    desk.db.run(lambda uow: undoing.undo(uow.session, desk.agent, **how, message_id=message))
    count(desk)
    assert stretches(desk) == [(1, False)]
    assert sums(desk, "single", "resolved") == {}


def stretches(desk: Office) -> list[tuple[int, bool]]:
    with desk.db.reader() as session:
        rows = session.execute(text("select number, until is not null from figure_open order by 1"))
        return [(number, ended) for number, ended in rows]


def test_nights_from_before_areas_were_counted_are_no_difference(desk: Office) -> None:
    desk.at("2026-03-03 08:00").says("The gutter at Quayside is choked")
    desk.at("2026-03-04 09:00")
    count(desk)
    assert night(desk)
    with desk.db.reader() as session:
        waits = session.execute(text("select area, count from figure_area where measure = 'backlog'")).all()
    assert [tuple(row) for row in waits] == [("Quayside", 1)]
    change = "update figure_area set count = 2 where measure = 'backlog'"
    desk.db.run(lambda uow: uow.session.execute(text(change)))
    assert [one.measure for one in differences(desk)] == ["backlog"]
    gone = "delete from figure_area where measure in ('backlog', 'standing', 'night')"
    desk.db.run(lambda uow: uow.session.execute(text(gone)))
    assert differences(desk) == []
