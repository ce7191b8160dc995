"""What a viewer is shown of the figures: their departments' alone, no case they may not read, and right numbers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
from sqlalchemy import select

from cases.departments import City
from cases.errors import Invalid, NotFound
from cases.figures.definitions import DEFINITIONS
from cases.lifecycle import Outcome, Status
from cases.models import Case
from cases.models.event import Happened, record
from cases.permissions import PUBLIC, SYSTEM, Viewer, ViewerKind
from cases.queries import figures as queries
from cases.queries.figures import TIMES, Figures
from contactcentre.db import Database, UnitOfWork
from tests.factories import phone, say
from tests.integration.counting import count, night
from tests.integration.office import Office, now, office

MARCH = {"since": date(2026, 3, 1), "until": date(2026, 3, 31)}


@pytest.fixture
def desk(db: Database) -> Iterator[Office]:
    with office(db) as opened:
        yield opened.at("2026-03-03 10:00")


def viewer(*grants: tuple[str, str]) -> Viewer:
    return Viewer(ViewerKind.AGENT, 1, "Esi", frozenset(grants))


def shown(desk: Office, who: Viewer = SYSTEM, *, city: City | None = None, **asked: object) -> Figures:
    count(desk)
    with desk.db.reader() as session:
        return queries.of_period(session, who, city=city or desk.city, **{**MARCH, **asked})  # type: ignore[arg-type]


def to_waste(desk: Office, number: int) -> None:
    say_there = {"sender": phone(number), "account": "sms-waste"}
    desk.db.run(lambda uow: say(uow.session, desk.city, "no lift came", **say_there))


def hide(desk: Office) -> None:
    def work(uow: UnitOfWork) -> None:
        case = uow.session.scalars(select(Case).where(Case.id == desk.case_id).with_for_update()).one()
        record(uow.session, case, [Happened("restricted", "agent:1", {"confidential": True})], at=now())

    desk.db.run(work)


def test_medians_and_nine_of_ten_are_of_all_answers_of_the_period(desk: Office) -> None:
    for number, hour in enumerate(("11:00", "12:00", "14:00", "15:00"), 1):
        desk.at("2026-03-03 10:00").says(number=number)
        desk.at(f"2026-03-03 {hour}").answers()
    desk.at("2026-04-01 10:00").says(number=9)
    desk.answers()
    first = shown(desk).times["first_response"]
    assert (first.count, first.median_wall, first.median_business) == (4, 3 * 3600, 2.5 * 3600)
    assert (first.p90_wall, first.p90_business) == (pytest.approx(4.7 * 3600), pytest.approx(3.7 * 3600))
    assert (first.total_wall, first.total_business) == (12 * 3600, 10 * 3600)


def test_rates_are_of_what_they_say(desk: Office) -> None:
    for number in range(1, 5):
        desk.at("2026-03-03 10:00").says(number=number)
        desk.at("2026-03-03 11:00").answers(resolve=Outcome.FIXED)
    desk.at("2026-03-04 10:00").says("again", number=4)
    found = shown(desk)
    assert (found.opened, found.resolved, found.reopened, found.reopen_rate) == (4, 3, 1, 0.25)
    desk.at("2026-03-09 10:00").wakes()
    every, own = shown(desk).of_kind("resolution")
    # the fourth was met, and then broken in its second cycle
    assert (every.department, own.department, every.met, every.breached, every.share) == (None, "desk", 4, 1, 0.8)
    assert shown(desk, since=date(2026, 3, 10)).of_kind("resolution") == []
    assert shown(desk, since=date(2026, 3, 10)).reopen_rate is None


def test_what_waits_and_stands_still_is_that_of_the_last_night_of_the_period(desk: Office) -> None:
    desk.says(number=1)
    desk.moves(Status.WAITING_ON_CITIZEN)
    desk.at("2026-03-04 09:00")
    count(desk)
    night(desk)
    desk.at("2026-03-05 09:00").moves(Status.RESOLVED, Outcome.FIXED)
    count(desk)
    night(desk)
    first, both = shown(desk, until=date(2026, 3, 3)), shown(desk)
    assert (first.night, first.backlog["0-1"], first.of_kind("resolution")[0].standing) == (date(2026, 3, 3), 1, 1)
    assert (both.night, sum(both.backlog.values()), both.of_kind("resolution")[0].standing) == (date(2026, 3, 4), 1, 1)
    assert shown(desk, since=date(2026, 3, 10)).night is None


def test_a_viewer_sees_the_figures_of_their_departments_and_of_the_tray(desk: Office) -> None:
    desk.says(number=1)
    desk.answers()
    to_waste(desk, 2)
    to_waste(desk, 3)
    whole, waste = shown(desk), shown(desk, viewer(("supervisor", "waste")))
    assert (whole.opened, waste.opened, shown(desk, department="desk").opened) == (3, 2, 1)
    assert "first_response" in whole.times and waste.times == {}
    with pytest.raises(NotFound, match="none whose figures you may see"):
        shown(desk, viewer(("supervisor", "waste")), department="desk")
    with pytest.raises(NotFound):
        shown(desk, department="nowhere")
    assert queries.departments(viewer(("executive", "*")), desk.city) == [
        ("desk", "Client services"),
        ("waste", "Waste"),
    ]


@pytest.mark.parametrize("who", [PUBLIC, viewer(("agent", "*")), viewer(("administrator", "*")), viewer()])
def test_whoever_may_not_see_figures_is_shown_none(desk: Office, who: Viewer) -> None:
    desk.says()
    desk.answers(resolve=Outcome.FIXED)
    found = shown(desk, who)
    assert (found.opened, found.resolved, found.times, list(found.attainment), found.legs) == (0, 0, {}, [], {})


def test_another_role_in_another_department_shows_nothing_more(desk: Office) -> None:
    desk.says()
    to_waste(desk, 2)
    assert shown(desk, viewer(("supervisor", "waste"), ("agent", "desk"))).opened == 1


def test_a_confidential_case_is_in_no_figure_of_who_may_not_read_it(desk: Office) -> None:
    desk.says(number=1)
    desk.answers(resolve=Outcome.FIXED)
    hide(desk)
    desk.says(number=2)
    desk.at("2026-03-04 09:00")
    desk.case_id = 1
    count(desk)
    night(desk)
    for who, number in (
        (viewer(("executive", "*")), 0),
        (viewer(("auditor", "*")), 0),
        (viewer(("auditor", "desk")), 1),
    ):
        found = shown(desk, who)
        assert (found.opened, found.resolved, len(found.times)) == (1 + number, number, 3 * number)
        assert sum(one.met for one in found.attainment) == 2 * 2 * number
        assert list(found.legs) == ["desk"] * number
        assert sum(found.backlog.values()) == 1


def test_a_period_that_is_none_is_refused_with_its_field(desk: Office) -> None:
    for since, until in ((date(2026, 3, 2), date(2026, 3, 1)), (date(2020, 1, 1), date(2026, 1, 1))):
        with pytest.raises(Invalid) as refused:
            shown(desk, since=since, until=until)
        assert refused.value.field == "from"
    usual = shown(desk, since=None, until=None)
    assert (usual.since, usual.until) == (date(2026, 2, 2), date(2026, 3, 3))


def test_every_figure_that_is_shown_is_defined() -> None:
    assert {*TIMES.values(), "opened", "resolved", "closed", "reopened", "attainment", "leg"} <= set(DEFINITIONS)
