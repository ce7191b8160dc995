"""The rules of the engine that hang on rows, one test each at least; those of pure arithmetic stand in tests/unit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import select, update

from cases import intake, receipts
from cases.lifecycle import Outcome, Status
from cases.messages import DeliveryStatus
from cases.models import Case, Escalation, Event, Message, Timer
from cases.models.event import record
from cases.sla import changes, endings, reckoning, timers
from cases.sla.policy import Policy, Step, Target, Unanswered, Unit
from contactcentre.db import Database, UnitOfWork
from tests.factories import inbound, say
from tests.integration.office import PAUSES, Office, calendar, hours, now, office, when, words

THIRD, CITIZEN = Status.WAITING_ON_THIRD_PARTY, Status.WAITING_ON_CITIZEN


@pytest.fixture
def desk(db: Database) -> Iterator[Office]:
    """An office with 4 hours to the first answer, 8 to the next, 16 to the fix."""
    with office(db) as opened:
        yield opened


def fails(desk: Office, message_id: int, status: DeliveryStatus = DeliveryStatus.FAILED) -> None:
    """Let a gateway report what became of a message."""

    def work(uow: UnitOfWork) -> None:
        message = uow.session.get_one(Message, message_id)
        message.status = message.status if status is DeliveryStatus.DELIVERED else "sent"
        uow.session.flush()
        receipts.advance(uow.session, message, status, reason="switched off", at=now())

    desk.db.run(work)


def test_rule_01_a_pause_is_closed_before_the_resolution_is_reckoned(desk: Office) -> None:
    desk.at("2026-03-02 08:00").says()
    desk.at("2026-03-02 09:00").answers()
    desk.at("2026-03-02 10:00").moves(THIRD)
    desk.at("2026-03-13 10:00").moves(Status.RESOLVED, Outcome.FIXED)
    fix = desk.timer("resolution")
    assert desk.pauses("resolution") == [("2026-03-02 10:00", "2026-03-13 10:00", "waiting_on_third_party")]
    assert (fix.state, fix.breached_at) == ("met", None)


def test_rule_02_a_pause_moves_the_deadline_by_the_working_time_it_took(desk: Office) -> None:
    desk.at("2026-03-04 08:00").says()
    desk.at("2026-03-04 08:30").answers()
    assert desk.due("resolution") == "2026-03-05 17:00"
    desk.at("2026-03-05 16:00").moves(THIRD)  # an hour before the closing of the last day before a holiday weekend
    desk.at("2026-03-09 08:00").moves(Status.OPEN)
    assert desk.due("resolution") == "2026-03-09 09:00"


def test_rule_03_the_first_answer_is_not_paused_by_parking_a_case(desk: Office) -> None:
    desk.at("2026-03-03 10:00").says()
    desk.moves(THIRD)
    assert desk.timer("first_response").state == "running"
    assert desk.due("first_response") == "2026-03-03 15:00"
    assert (desk.timer("resolution").state, desk.timer("resolution").due_at) == ("paused", None)
    assert desk.case.due_kind == "first_response"


@pytest.mark.parametrize("status", [CITIZEN, THIRD])
def test_rule_04_whatever_the_citizen_writes_ends_the_pause_when_it_came(desk: Office, status: Status) -> None:
    desk.at("2026-03-03 08:00").says()
    desk.at("2026-03-03 09:00").answers()
    desk.moves(status)
    desk.at("2026-03-03 14:00").says("The second gutter too")
    assert desk.case.status == "open"
    assert desk.pauses("resolution") == [("2026-03-03 09:00", "2026-03-03 14:00", str(status))]
    assert desk.timer("resolution").state == "running"
    assert desk.due("resolution") == "2026-03-05 12:00"  # 1 h used, 15 h to go from Tuesday 14:00


def test_rule_05_another_priority_keeps_what_was_used_and_the_pauses(db: Database) -> None:
    usual = Policy("usual", {"resolution": hours(16)}, "office", pauses=PAUSES)
    urgent = replace(usual, key="urgent", targets={"resolution": hours(6)}, priority="urgent")
    with office(db, usual, urgent) as desk:
        desk.at("2026-03-03 08:00").says()
        desk.at("2026-03-03 10:00").moves(THIRD)
        desk.at("2026-03-03 11:00").prioritises("urgent")
        assert desk.timer("resolution").state == "paused"
        desk.at("2026-03-03 16:00").moves(Status.OPEN)
        assert desk.due("resolution") == "2026-03-04 11:00"  # 2 of 6 h used before the pause
        assert desk.timer("resolution").policy["policy"] == "urgent"
        (moved,) = desk.history("timer_moved")
        assert moved["why"] == "policy urgent, version 1"
        desk.at("2026-03-03 16:30").prioritises("normal")
        assert desk.due("resolution") == "2026-03-05 14:00"
        assert len(desk.history("timer_moved")) == 2


def test_rule_06_only_the_first_answer_is_counted_while_it_is_owed(desk: Office) -> None:
    desk.at("2026-03-03 10:00").says()
    desk.at("2026-03-03 11:00").says("And the drain")
    assert set(desk.timers()) == {"first_response", "resolution"}
    desk.at("2026-03-03 11:30").answers()
    assert "next_response" not in desk.timers()


def test_rule_07_many_messages_are_one_answer_owed_from_the_oldest_and_silence_owes_none(desk: Office) -> None:
    desk.at("2026-03-03 08:00").says()
    desk.at("2026-03-03 09:00").answers()
    desk.at("2026-03-05 09:00")
    assert "next_response" not in desk.timers(), "the citizen's silence owes nothing"
    desk.says("Still choked")
    desk.at("2026-03-05 15:00").says("Hello?")
    assert desk.due("next_response") == "2026-03-09 09:00"  # 8 h from Thursday 09:00; Friday is a holiday
    assert words(desk.timer("next_response").started_at) == "2026-03-05 09:00"
    desk.at("2026-03-05 16:00").answers()
    first = desk.timer("next_response")
    assert (first.state, first.instance) == ("met", 1)
    desk.at("2026-03-05 16:30").says("It came back")
    assert desk.timer("next_response").instance == 2


def test_rule_08_automatic_texts_and_notes_satisfy_nothing_and_a_failed_delivery_takes_back(desk: Office) -> None:
    desk.at("2026-03-03 10:00").says()  # the acknowledgement has been written
    assert desk.timer("first_response").state == "running"
    lost = desk.at("2026-03-03 11:00").answers()
    assert desk.timer("first_response").met_by == lost
    desk.at("2026-03-03 11:05")
    fails(desk, lost)
    desk.wakes()
    again = desk.timer("first_response")
    assert (again.state, again.met_at, words(again.due_at)) == ("running", None, "2026-03-03 15:00")
    unmet = {"kind": "timer_unmet", "timer": "first_response", "instance": 1, "state": "running"}
    assert desk.history("timer_unmet") == [{**unmet, "due_at": "2026-03-03T15:00:00+00:00"}]
    assert desk.case.due_kind == "first_response"
    desk.at("2026-03-03 11:10")
    fails(desk, lost, DeliveryStatus.DELIVERED)  # the gateway was wrong
    desk.wakes()
    kept = desk.timer("first_response")
    assert (kept.state, words(kept.met_at)) == ("met", "2026-03-03 11:00")


def test_rule_08_a_later_answer_that_arrived_keeps_what_the_lost_one_did(desk: Office) -> None:
    desk.at("2026-03-03 10:00").says()
    lost = desk.at("2026-03-03 11:00").answers()
    later = desk.at("2026-03-03 16:00").answers("Once more")
    desk.at("2026-03-03 16:05")
    fails(desk, lost)
    desk.wakes()
    kept = desk.timer("first_response")
    assert (kept.state, kept.met_by, words(kept.breached_at)) == ("met", later, "2026-03-03 15:00")


def test_rule_09_a_click_on_a_status_is_no_answer(desk: Office) -> None:
    desk.at("2026-03-03 10:00").says()
    desk.moves(Status.OPEN)
    desk.moves(THIRD)
    desk.moves(CITIZEN)
    assert desk.timer("first_response").state == "running"


@pytest.mark.parametrize(("rule", "becomes"), [(Unanswered.MISSED, "missed"), (Unanswered.WAIVED, "waived")])
def test_rule_10_resolved_without_a_word_is_missed_or_waived_and_never_met(
    db: Database, rule: Unanswered, becomes: str
) -> None:
    with office(db, Policy("p", {"first_response": hours(4)}, "office", unanswered=rule)) as desk:
        desk.at("2026-03-03 10:00").says()
        desk.at("2026-03-03 10:30").moves(Status.RESOLVED, Outcome.DUPLICATE)
        assert desk.timer("first_response").state == becomes
        assert desk.history("timer_met") == []


def test_rule_11_a_reopened_case_has_a_second_resolution_with_its_old_age(desk: Office) -> None:
    desk.at("2026-03-03 08:00").says()
    desk.at("2026-03-03 12:00").answers(resolve=Outcome.FIXED)
    desk.at("2026-03-04 08:00").says("It is choked again")
    with desk.db.reader() as session:
        cycles = session.scalars(select(Timer).where(Timer.kind == "resolution").order_by(Timer.instance)).all()
    assert [(one.instance, one.state) for one in cycles] == [(1, "met"), (2, "running")]
    assert cycles[1].started_at == cycles[0].started_at
    assert words(cycles[1].due_at) == "2026-03-05 12:00"  # 4 of 16 h were used; 12 from Wednesday 08:00
    assert desk.pauses("resolution") == [("2026-03-03 12:00", "2026-03-04 08:00", "resolved")]


def test_rule_12_a_merge_keeps_the_earliest_start_and_the_tightest_deadline(desk: Office) -> None:
    older = desk.at("2026-03-03 08:00").says(number=1)
    survivor = desk.at("2026-03-03 10:00").says(number=2)

    def merge(uow: UnitOfWork) -> None:
        session = uow.session
        kept, gone = session.get_one(Case, survivor), session.get_one(Case, older)
        calendars = desk.city.calendars
        happened = changes.take_over(session, kept, timers.live(session, gone), calendars=calendars, at=now())
        record(session, kept, happened, at=now())
        record(session, gone, endings.end_all(session, gone, at=now(), why="merged"), at=now())

    desk.db.run(merge)
    assert words(desk.timer("first_response").started_at) == "2026-03-03 08:00"
    assert desk.due("first_response") == "2026-03-03 12:00"
    desk.case_id = older
    assert {one.state for one in desk.timers().values()} == {"ended"}
    assert desk.case.due_at is None


def test_rule_20_a_step_is_told_once_for_each_deadline_and_again_when_that_moves(desk: Office) -> None:
    desk.at("2026-03-03 08:00").says()  # first answer due at 12:00: 75 % at 11:00, half an hour before at 11:30
    desk.at("2026-03-03 11:15")
    assert [desk.wakes() for _ in range(3)] == [1, 0, 0]
    steps = {"kind": "escalated", "timer": "first_response", "instance": 1, "step": "75%", "to": ["assignee"]}
    assert desk.history("escalated") == [{**steps, "due_at": "2026-03-03T12:00:00+00:00"}]
    desk.sets("first_response", "2026-03-04 12:00")
    desk.at("2026-03-03 11:45").wakes()
    assert len(desk.history("escalated")) == 1, "the deadline has moved away"
    desk.at("2026-03-04 11:40").wakes()
    told = [(one["step"], one["due_at"]) for one in desk.history("escalated")]
    assert told[1:] == [("75%", "2026-03-04T12:00:00+00:00"), ("-30", "2026-03-04T12:00:00+00:00")]


def test_rule_20_a_step_that_was_told_before_a_pause_is_not_told_again_after_it(desk: Office) -> None:
    desk.at("2026-03-03 08:00").says()
    desk.answers()
    desk.at("2026-03-04 13:30").wakes()  # 12 of 16 h are used at Wednesday 12:00
    assert [one["step"] for one in desk.history("escalated")] == ["75%"]
    desk.at("2026-03-04 14:00").moves(THIRD)
    desk.at("2026-03-05 10:00").moves(Status.OPEN)
    desk.at("2026-03-05 10:30").wakes()
    assert len(desk.history("escalated")) == 1
    desk.at("2026-03-05 16:00").wakes()  # due at 14:00: 3 h of Wednesday afternoon were left
    assert [one["step"] for one in desk.history("escalated")] == ["75%", "-30"]


def test_rule_21_a_breach_is_written_once_at_its_due_instant_however_late_the_sweep(desk: Office) -> None:
    desk.at("2026-03-03 08:00").says()
    desk.at("2026-03-07 03:00").wakes()
    desk.wakes()
    late = desk.timer("first_response")
    assert (late.state, words(late.breached_at)) == ("breached", "2026-03-03 12:00")
    assert [one["timer"] for one in desk.history("timer_breached")] == ["first_response", "resolution"]


def test_rule_21_a_holiday_added_later_comments_on_a_breach_and_takes_nothing_back(desk: Office) -> None:
    desk.at("2026-03-03 08:00").says()
    desk.at("2026-03-04 08:00").wakes()
    moved = {"office": calendar(date(2026, 3, 3), date(2026, 3, 6))}

    def work(uow: UnitOfWork) -> None:
        session, case = uow.session, uow.session.get_one(Case, desk.case_id)
        for timer in timers.live(session, case):
            happened = changes.recalculate(session, timer, calendars=moved, at=now(), why="the notice of 4 March")
            record(session, case, happened, at=now())

    desk.db.run(work)
    assert words(desk.timer("first_response").breached_at) == "2026-03-03 12:00"
    (comment,) = desk.history("breach_commented")
    assert (comment["due_at"], comment["why"]) == ("2026-03-04T12:00:00+00:00", "the notice of 4 March")
    assert desk.due("resolution") == "2026-03-05 17:00"


def test_rule_22_the_state_is_known_without_a_sweep(desk: Office) -> None:
    desk.at("2026-03-03 08:00").says()
    answered = desk.timer("first_response")
    assert timers.state_at(answered, now=when("2026-03-03 12:00")) == "running"
    assert timers.state_at(answered, now=when("2026-03-03 12:01")) == "breached"
    desk.at("2026-03-03 13:30").answers()  # no ticker has looked
    assert [one["late"] for one in desk.history("timer_met")] == [True]
    assert words(desk.timer("first_response").breached_at) == "2026-03-03 12:00"
    assert len(desk.history("timer_breached")) == 1


def test_rule_23_a_sweep_with_nothing_due_reads_the_wake_up_index_alone(desk: Office) -> None:
    desk.at("2026-03-03 08:00")
    for number in range(1, 60):
        desk.says(number=number)
    with desk.db.engine.begin() as connection:
        connection.exec_driver_sql("analyze timer; analyze case_file; set local enable_seqscan = off")
        query = (
            "explain select c.id from timer t join case_file c on c.id = t.case_id where t.next_wake_at <= '2026-03-01'"
            " and t.next_wake_at is not null order by t.next_wake_at limit 500 for update of c skip locked"
        )
        plan = "\n".join(row[0] for row in connection.exec_driver_sql(query))
    assert "ix_timer_wake" in plan
    assert "Seq Scan on timer" not in plan


def test_rule_25_the_same_event_twice_gives_the_same_state_and_a_future_instant_counts_as_now(desk: Office) -> None:
    desk.at("2026-03-03 08:00").says()
    desk.at("2026-03-03 09:00").answers()
    before = desk.timers()
    with desk.db.engine.begin() as connection:
        connection.execute(update(Timer).values(next_wake_at=when("2026-03-03 08:30")))
    desk.wakes()
    desk.wakes()
    after = desk.timers()
    assert {kind: (one.state, one.due_at, one.met_at) for kind, one in after.items()} == {
        kind: (one.state, one.due_at, one.met_at) for kind, one in before.items()
    }
    received = desk.db.run(
        lambda uow: say(uow.session, desk.city, "From tomorrow", sender=None)
    )  # the same phone, the same case
    assert received.case_id == desk.case_id
    assert desk.timer("next_response").started_at == when("2026-03-03 09:00")


def test_rule_26_a_pause_is_kept_by_the_status_itself_and_not_by_a_label(desk: Office) -> None:
    desk.at("2026-03-03 08:00").says()
    desk.moves(CITIZEN)
    ((_, until, reason),) = desk.pauses("resolution")
    assert (until, reason) == ("-", Status.WAITING_ON_CITIZEN.value)


def test_rule_27_the_policy_that_names_more_counts_more_and_stands_on_the_timer(db: Database) -> None:
    plain = Policy("all", {"first_response": hours(8)}, "office")
    named = replace(plain, key="desk-urgent", department="desk", targets={"first_response": hours(1)})
    with office(db, plain, named) as desk:
        desk.at("2026-03-03 08:00").says()
        assert (desk.due("first_response"), desk.timer("first_response").policy["policy"]) == (
            "2026-03-03 09:00",
            "desk-urgent",
        )
        assert desk.timer("first_response").policy["version"] == 1


def test_rule_30_a_deadline_set_by_hand_stands_against_calendars_pauses_and_policies(desk: Office) -> None:
    desk.at("2026-03-03 08:00").says()
    desk.at("2026-03-03 09:00").answers()
    desk.sets("resolution", "2026-03-10 12:00")
    (line,) = desk.history("deadline_set")
    assert (line["from"], line["due_at"]) == ("2026-03-04T17:00:00+00:00", "2026-03-10T12:00:00+00:00")
    desk.moves(THIRD)
    desk.at("2026-03-05 09:00").moves(Status.OPEN)
    desk.prioritises("urgent")
    assert desk.due("resolution") == "2026-03-10 12:00"
    with desk.db.reader() as session:
        personal = session.scalars(select(Event).where(Event.kind == "deadline_set")).one()
    assert personal.detail_digest is not None, "the reason is kept apart, so that it can be erased"
    desk.at("2026-03-10 12:30").wakes()
    assert words(desk.timer("resolution").breached_at) == "2026-03-10 12:00"


def test_a_friday_case_before_a_moved_holiday_has_the_deadline_reckoned_by_hand() -> None:
    target = Target(5, Unit.WORKING_DAYS)
    started = when("2026-02-27 16:50")
    assert words(reckoning.due(calendar(date(2026, 3, 6)), target, started=started)) == "2026-03-09 17:00"
    assert words(reckoning.due(calendar(date(2026, 3, 9)), target, started=started)) == "2026-03-06 17:00"


def test_a_ladder_is_armed_for_a_case_that_nobody_owns(db: Database) -> None:
    with office(db, Policy("p", {"first_response": hours(4)}, "office", steps=(Step("due", ("supervisor",)),))) as desk:
        desk.at("2026-03-03 08:00").says()
        desk.at("2026-03-03 12:00").wakes()
        with desk.db.reader() as session:
            (told,) = session.scalars(select(Escalation)).all()
        assert (told.step, told.to, told.case_id) == ("due", ["supervisor"], desk.case_id)


def test_rule_12_what_is_taken_in_later_than_it_came_counts_from_when_it_came(desk: Office) -> None:
    desk.at("2026-03-03 11:30")
    came = when("2026-03-03 08:00")
    received = desk.db.run(lambda uow: intake.receive(uow.session, inbound("Late"), city=desk.city, received_at=came))
    assert received.case_id is not None
    desk.case_id = received.case_id
    assert desk.due("first_response") == "2026-03-03 12:00"
