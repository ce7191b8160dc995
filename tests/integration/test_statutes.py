"""The times of a law: fourteen days, forty-eight hours, one extension, a review, and what silence means."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from cases import overrides
from cases.departments import Department
from cases.errors import Invalid, NotAllowed
from cases.lifecycle import Outcome
from cases.models import Message
from cases.services import Service
from cases.sla.policy import Policy, Step, Target, Unit
from cases.sla.promises import open_questions
from cases.sla.statutes import ASK, Statute
from contactcentre.db import Database
from tests.factories import make_agent
from tests.integration.office import Office, hours, office, when, words

LAW = Statute(
    key="act",
    name="the Act",
    family="information_request",
    source="a copy of the Act",
    calendar="office",
    decision=Target(14, Unit.CALENDAR_DAYS),
    urgent=Target(48, Unit.ELAPSED),
    extension_days=7,
    internal_review=Target(15, Unit.CALENDAR_DAYS),
    silence_refuses=True,
    steps=(Step("50%", ("information_officer",)),),
)
ASKED = Service("records", "Records", "information_request", "desk")


@pytest.fixture
def desk(db: Database) -> Iterator[Office]:
    """An office whose front desk takes information requests, one of them on Friday 20 February at 10:00."""
    with office(
        db,
        Policy("all", {"first_response": hours(4)}, "office"),
        statutes=(LAW,),
        departments={"desk": Department("desk", "Desk", "Desk", (ASKED,))},
    ) as opened:
        opened.city = replace(opened.city, rules=(replace(opened.city.rules[0], service="records"),))
        opened.at("2026-02-20 10:00").says("I ask for the minutes of the roads committee")
        yield opened


def change(desk: Office, what: str, **values: object) -> object:
    """Do one of the things that only a supervisor or information officer may."""
    act = getattr(overrides, what)
    reference = desk.case.reference
    return desk.db.run(lambda uow: act(uow.session, desk.agent, city=desk.city, reference=reference, **values))


def extend(desk: Office, days: int = 7) -> object:
    """Put the decision off, with a notice."""
    return change(desk, "extend_decision", days=days, reason="many files", notice="We need seven more days.")


def test_a_decision_is_due_on_the_fourteenth_day_and_on_the_working_day_before_where_that_is_closed(
    desk: Office,
) -> None:
    assert desk.due("decision") == "2026-03-05 17:00"  # the fourteenth day, 6 March, is a holiday
    assert desk.timer("decision").policy["policy"] == "act"


def test_silence_is_a_refusal_by_the_law(desk: Office) -> None:
    desk.at("2026-03-05 17:00").wakes()
    (line,) = desk.history("deemed_refused")
    assert line == {"kind": "deemed_refused", "timer": "decision", "instance": 1, "statute": "act"}
    assert [one["timer"] for one in desk.history("timer_breached")] == ["first_response", "decision"]


def test_an_answer_is_no_decision_and_resolving_is_one(desk: Office) -> None:
    desk.at("2026-02-23 09:00").answers("We look for them")
    assert desk.timer("decision").state == "running"
    desk.at("2026-02-25 09:00").answers("Here they are", resolve=Outcome.ANSWERED)
    assert desk.timer("decision").state == "met"


def test_life_and_liberty_have_forty_eight_hours_from_the_request_on(desk: Office) -> None:
    desk.at("2026-02-20 15:00")
    change(desk, "make_urgent", reason="a person is held")
    assert desk.due("decision") == "2026-02-22 10:00"  # a Sunday: the hours run on


def test_one_extension_with_notice_before_the_time_is_up(desk: Office) -> None:
    desk.at("2026-03-02 09:00")
    due = extend(desk)
    assert words(due) == desk.due("decision") == "2026-03-12 17:00"  # type: ignore[arg-type]
    (line,) = desk.history("decision_extended")
    assert line["days"] == 7
    with desk.db.reader() as session:
        assert session.get_one(Message, desk.case.last_message_id).text == "We need seven more days."
    with pytest.raises(Invalid, match="one extension"):
        extend(desk)


@pytest.mark.parametrize(
    ("days", "instant", "fault"), [(8, "2026-03-02 09:00", "1 to 7"), (3, "2026-03-06 09:00", "run out")]
)
def test_a_longer_or_later_extension_is_refused(desk: Office, days: int, instant: str, fault: str) -> None:
    desk.at(instant)
    with pytest.raises(Invalid, match=fault):
        extend(desk, days)
    assert desk.due("decision") == "2026-03-05 17:00"


def test_an_extension_whose_notice_cannot_be_written_is_none(desk: Office) -> None:
    desk.at("2026-03-02 09:00")
    with pytest.raises(Invalid, match="Write something"):
        change(desk, "extend_decision", days=7, reason="many files", notice="  ")
    assert desk.due("decision") == "2026-03-05 17:00"


def test_a_review_has_fifteen_days_and_its_silence_affirms_the_decision(desk: Office) -> None:
    desk.at("2026-03-09 09:00")
    change(desk, "ask_review", reason="the applicant disagrees")
    assert desk.due("internal_review") == "2026-03-24 17:00"
    desk.at("2026-03-24 18:00").wakes()
    assert len(desk.history("decision_affirmed")) == 1


def test_what_nobody_knows_is_asked_for_and_never_assumed(desk: Office) -> None:
    assert set(open_questions(LAW).values()) == {None}
    desk.city = replace(desk.city, statutes=(replace(LAW, urgent=None, extension_days=None),))
    for what, values in (("make_urgent", {}), ("extend_decision", {"days": 7, "notice": "Later."})):
        with pytest.raises(Invalid, match=ASK):
            change(desk, what, reason="why not", **values)
    assert desk.due("decision") == "2026-03-05 17:00"


def test_an_agent_without_the_role_moves_no_deadline(desk: Office) -> None:
    desk.agent = desk.db.run(lambda uow: make_agent(uow.session, "Kofi"))
    with pytest.raises(NotAllowed):
        change(desk, "make_urgent", reason="hurry")
    with pytest.raises(NotAllowed):
        desk.sets("decision", "2026-03-20 17:00")
    assert when("2026-03-05 17:00") == desk.timer("decision").due_at
