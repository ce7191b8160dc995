"""Callers who wait: an agent in the order in which they came, a place, a call back, or a word that we are closed."""

from __future__ import annotations

from datetime import timedelta

from cases.calls import queueing
from cases.calls.terms import Calls
from cases.models import AgentProfile, CallerFlag, Event, Message
from config.settings import Settings
from contactcentre.db import Database
from tests.calls.centre import Caller, Centre, centre
from tests.calls.line import OURS

AMA, KOFI = "+233240000001", "+233240000002"


def waits(desk: Centre, number: str, *, option: str = "2") -> Caller:
    """Let somebody come into the queue."""
    return desk.calls(number).begin().keys(option)


def test_a_caller_gets_an_agent_at_once_and_the_call_is_answered(desk: Centre) -> None:
    ama = desk.agent("Ama", AMA)
    me = waits(desk, "+233200000001")
    assert (me.rings, me.page["steps"][-1]["shows"], me.page["steps"][-1]["seconds"]) == (AMA, OURS, 20)
    assert desk.call(me).state == "ringing"
    desk.later(6)
    me.joined(AMA)
    assert desk.call(me).state == "talking"
    desk.later(90)
    me.parted("answered", talked=90)
    assert me.steps == ["Speak", "HangUp"]
    me.ends(seconds=101, cause="NORMAL_CLEARING", cost="0.35", currency="GHS")
    call, (stay,), (leg,) = desk.call(me), desk.stays(), desk.legs()
    assert (call.state, call.ended_as, call.agent_id, call.talk_seconds) == ("ended", "answered", ama.id, 90)
    assert (call.seconds, str(call.cost), call.currency, call.cause) == (101, "0.3500", "GHS", "NORMAL_CLEARING")
    assert (stay.left_as, (stay.left_at - stay.entered_at).seconds, stay.agent_id) == ("answered", 6, ama.id)
    assert (leg.reached, leg.ended_at - leg.answered_at) == ("answered", timedelta(seconds=90))
    assert call.wrap_until == desk.at + timedelta(seconds=60)
    assert desk.tasks() == []


def test_who_came_first_gets_the_agent_who_becomes_free(desk: Centre) -> None:
    desk.agent("Ama", AMA)
    first = waits(desk, "+233200000001")
    first.joined()
    second, third = waits(desk, "+233200000002"), waits(desk, "+233200000003")
    assert "place 1" in second.heard
    assert "place 2" in third.heard
    first.parted("answered", talked=5)
    desk.later(30)
    assert third.silent().rings == ""  # Ama wraps up
    desk.ticks(40)
    assert third.silent().rings == ""  # the other one came first, and asks in a moment
    assert second.silent().rings == AMA
    assert third.silent().rings == ""


def test_who_was_idle_longest_is_rung(desk: Centre) -> None:
    desk.agent("Ama", AMA, rang_at=desk.at - timedelta(minutes=3))
    desk.agent("Kofi", KOFI, rang_at=desk.at - timedelta(minutes=9))
    assert waits(desk, "+233200000001").rings == KOFI
    assert waits(desk, "+233200000002").rings == AMA


def test_department_language_and_skills_decide_who_fits(desk: Centre) -> None:
    desk.agent("Ama", AMA, ("agent", "desk"))
    desk.agent("Kofi", KOFI, ("agent", "waste"))
    assert waits(desk, "+233200000001", option="3").rings == KOFI
    again = waits(desk, "+233200000002", option="3")
    assert (again.rings, again.steps) == ("", ["Speak", "Wait"])
    assert waits(desk, "+233200000003", option="2").rings == AMA


def test_who_speaks_the_callers_language_goes_first(desk: Centre) -> None:
    desk.agent("Ama", AMA, rang_at=desk.at - timedelta(hours=1))
    desk.agent("Kofi", KOFI, languages=["en"], rang_at=desk.at)
    assert waits(desk, "+233200000001").rings == KOFI


def test_who_does_not_pick_up_is_not_rung_again_for_this_caller_who_keeps_their_place(desk: Centre) -> None:
    desk.agent("Ama", AMA)
    me = waits(desk, "+233200000001")
    desk.later(20)
    me.parted("no_answer")
    assert (me.steps, desk.call(me).state) == (["Wait"], "waiting")
    (stay,) = desk.stays()
    assert (stay.left_at, stay.offered, desk.legs()[0].reached) == (None, 1, "no_answer")
    desk.later(10)
    assert me.silent().rings == ""
    other = waits(desk, "+233200000002")
    assert other.rings == AMA  # for somebody else the telephone rings
    other.parted("busy")
    desk.agent("Kofi", KOFI)
    assert other.silent().rings == ""
    assert me.silent().rings == KOFI


def test_an_agent_rings_for_one_caller_at_a_time(desk: Centre) -> None:
    desk.agent("Ama", AMA)
    assert [waits(desk, f"+23320000000{n}").rings for n in range(1, 4)] == [AMA, "", ""]


def test_agents_who_are_away_take_no_calls_or_have_no_number_are_not_rung(desk: Centre) -> None:
    desk.agent("Ama", AMA, takes=False)
    desk.agent("Kofi", KOFI, away_since=desk.at)
    me = waits(desk, "+233200000001")
    assert (me.rings, me.heard) == ("", "closed 1: home.say 2: call_me 3: leave back again")
    desk.later(30)
    me.ends()
    assert desk.call(me).ended_as == "missed"
    assert [one.title for one in desk.tasks()] == ["Call the citizen back"]


def test_who_hangs_up_while_waiting_is_called_back(desk: Centre) -> None:
    desk.agent("Ama", AMA)
    waits(desk, "+233200000009")
    me = waits(desk, "+233200000001")
    desk.later(25)
    me.ends(cause="ORIGINATOR_CANCEL")
    call, stay = desk.call(me), desk.stays()[-1]
    assert (call.ended_as, stay.left_as, call.state) == ("abandoned", "abandoned", "ended")
    (task,), (case,) = desk.tasks(), desk.cases()
    assert (task.kind, task.case_id, call.case_id) == ("call_back", case.id, case.id)
    kinds = [one.kind for one in desk.rows(Event)]
    assert "call_ended" in kinds
    assert "task_opened" in kinds
    again = waits(desk, "+233200000001")
    desk.later(2)
    again.ends()
    assert desk.call(again).ended_as == "short"
    assert len(desk.tasks()) == 1  # one for each number
    assert len(desk.cases()) == 1


def test_the_caller_is_told_a_place_and_how_long_it_takes(desk: Centre) -> None:
    desk.agent("Ama", AMA)
    with desk.db.reader() as session:
        assert queueing.expected(1, [], givers=1, crew=1) is None
        assert session is not None
    for n in range(3):
        one = waits(desk, f"+23320000001{n}")
        one.joined()
        desk.later(240)
        one.parted("answered", talked=240)
        desk.ticks(60)
    waits(desk, "+233200000020").joined()
    waits(desk, "+233200000021")
    assert "place 2 10 minutes" in waits(desk, "+233200000022").heard


def test_outside_opening_hours_the_menu_goes_its_own_way_and_words_can_be_left(
    settings: Settings, db: Database
) -> None:
    with centre(settings, db, office=True) as desk:
        desk.agent("Ama", AMA)
        desk.set("2026-03-03 19:00")
        me = waits(desk, "+233200000001")
        assert me.heard.startswith("closed")
        me.keys("1")
        assert me.steps == ["Ask"]  # may it be recorded?
        me.keys("1")
        assert me.steps == ["Record"]
        me.says().silent()
        assert desk.call(me).ended_as == "served"
        assert desk.stays()[0].left_as == "closed"
        assert [one.text for one in desk.rows(Message) if one.direction == "in"] == ["Recorded message (0:42)"]
        assert desk.tasks() == []


def test_no_more_wait_than_the_city_lets(settings: Settings, db: Database) -> None:
    with centre(settings, db, terms=Calls(most_waiting=1)) as desk:
        desk.agent("Ama", AMA)
        waits(desk, "+233200000001").joined()
        assert waits(desk, "+233200000002").steps == ["Speak", "Wait"]
        assert waits(desk, "+233200000003").heard.startswith("closed")


def test_a_caller_whose_queue_closes_with_the_last_agent_gone_is_led_on(settings: Settings, db: Database) -> None:
    with centre(settings, db, office=True) as desk:
        desk.agent("Ama", AMA)
        desk.set("2026-03-03 16:59")
        waits(desk, "+233200000001").joined()
        me = waits(desk, "+233200000002")
        desk.later(120)
        assert me.silent().heard.startswith("closed")
        assert desk.call(me).state == "menu"
        with desk.db.reader() as session:
            assert session.query(AgentProfile).count() == 1


def test_a_flagged_number_is_not_put_through_and_can_leave_words(desk: Centre) -> None:
    ama = desk.agent("Ama", AMA)
    flagged = {"number": "+233200000001", "reason": "shouts at everybody", "flagged_by": ama.id, "flagged_at": desk.at}
    until = desk.at + timedelta(days=7)
    desk.db.run(lambda uow: uow.session.add(CallerFlag(**flagged, expires_at=until)))
    me = waits(desk, "+233200000001")
    assert (me.rings, me.heard.startswith("refused closed")) == ("", True)
    assert desk.stays() == []
    desk.later(8 * 86400)
    assert waits(desk, "+233200000001").rings == AMA


def test_nothing_that_was_keyed_in_stays_when_the_call_is_over(desk: Centre) -> None:
    me = desk.calls().begin().keys("1", "1").says()
    assert desk.call(me).dialogue["state"]
    me.ends(seconds=60)
    assert (desk.call(me).page, set(desk.call(me).dialogue)) == (None, {"over"})
