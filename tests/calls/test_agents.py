"""What agents do in calls: call citizens from cases, hold, hand on, hang up; at gateways that can and that cannot."""

from __future__ import annotations

import pytest

from cases.calls import ending, holding, moving, placing, taking
from cases.errors import Invalid, NotFound
from cases.models import CallOrder, Event, PhoneCall, StaffChange, Timer
from cases.permissions import Viewer
from config.settings import Settings
from contactcentre.db import Database
from tests.calls.centre import Caller, Centre, centre
from tests.calls.line import DOWN, NOBODY_KNOWS, Line
from tests.calls.test_waiting import AMA, KOFI, waits
from tests.factories import phone, say
from workers import calls

ME = phone(1).value


def ordered(desk: Centre, viewer: Viewer, **values: object) -> Caller:
    """Let an agent call the citizen of the only case; returns the agent's telephone."""
    received = desk.db.run(lambda uow: say(uow.session, desk.city, "The gutter is choked"))
    assert received.case_id is not None
    reference = desk.cases()[-1].reference
    how = {"city": desk.city, "reference": reference, "at": desk.at, **values}
    call = desk.db.run(lambda uow: placing.order(uow.session, viewer, **how))  # type: ignore[arg-type]
    return desk.calls(AMA, session=f"out-{call.tag}", outgoing=True)


def talking(desk: Centre, *, number: str = "+233200000001") -> Caller:
    """Let a caller speak with Ama."""
    return waits(desk, number).joined(AMA)


def order_of(desk: Centre, kind: str) -> CallOrder:
    return next(one for one in reversed(desk.rows(CallOrder)) if one.kind == kind)


def test_a_call_from_a_case_rings_the_agent_then_the_citizen_and_keeps_the_promise(desk: Centre) -> None:
    ama = desk.agent("Ama", AMA)
    me = ordered(desk, ama)
    assert desk.works() == 1
    assert desk.wire.placed == [(AMA, me.session.removeprefix("out-"))]
    assert desk.call(me).state == "placing"
    desk.later(5)
    me.begin()
    assert me.rings == ME
    desk.later(8)
    me.joined(ME)
    desk.later(60)
    me.parted("answered", talked=60)
    me.ends(seconds=75)
    call = desk.call(me)
    assert (call.ended_as, call.talk_seconds, call.direction, call.asked_by) == ("answered", 60, "out", ama.id)
    kinds = [one.kind for one in desk.rows(Event)]
    assert [one for one in kinds if one.startswith("call_")] == ["call_started", "call_ended"]
    assert {one.kind: one.state for one in desk.rows(Timer)}["first_response"] == "met"


def test_a_citizen_who_does_not_pick_up_was_not_reached(desk: Centre) -> None:
    me = ordered(desk, desk.agent("Ama", AMA))
    desk.works()
    me.begin()
    desk.later(40)
    assert me.parted("no_answer").steps == ["Speak", "HangUp"]
    assert desk.call(me).ended_as == "not_reached"
    assert {one.kind: one.state for one in desk.rows(Timer)}["first_response"] == "running"


def test_an_agent_who_does_not_pick_up_ends_their_own_call(desk: Centre) -> None:
    me = ordered(desk, desk.agent("Ama", AMA))
    desk.works()
    desk.later(20)
    me.ends(ended_as="no_answer", seconds=0)
    assert (desk.call(me).ended_as, desk.legs()[0].reached) == ("not_reached", "no_answer")


def test_of_a_call_nobody_told_of_the_agent_is_free_again(desk: Centre) -> None:
    me = ordered(desk, desk.agent("Ama", AMA))
    desk.works()
    desk.ticks(180)
    assert desk.call(me).ended_as == "lost"
    assert waits(desk, "+233200000001").rings == AMA


def test_a_call_is_placed_at_most_once_and_an_unknown_end_is_told(desk: Centre) -> None:
    me = ordered(desk, desk.agent("Ama", AMA))
    desk.wire.fails = NOBODY_KNOWS
    desk.works()
    assert (order_of(desk, "place").state, order_of(desk, "place").reason) == ("unknown", "Nobody knows.")
    desk.wire.fails = None
    assert desk.works() == 0
    assert desk.wire.placed == []
    me.ask("begun", tag=me.session.removeprefix("out-"))  # it was placed all the same
    assert me.rings == ME


def test_a_worker_that_dies_over_an_order_leaves_it_unknown(desk: Centre) -> None:
    ordered(desk, desk.agent("Ama", AMA))
    desk.db.run(lambda uow: calls._take(uow, desk, "line"))
    desk.ticks(61)
    assert (order_of(desk, "place").state, desk.wire.placed) == ("unknown", [])


def test_a_call_that_the_gateway_refuses_has_failed_and_says_why(desk: Centre) -> None:
    me = ordered(desk, desk.agent("Ama", AMA))
    desk.wire.fails = DOWN
    desk.works()
    assert (order_of(desk, "place").state, order_of(desk, "place").reason) == ("failed", "The gateway is down.")
    (call,) = desk.rows(PhoneCall)
    assert (call.ended_as, call.tag, call.session) == ("failed", me.session.removeprefix("out-"), None)
    assert desk.legs()[0].ended_at is not None


def test_an_agent_calls_once_at_a_time_and_needs_a_telephone(desk: Centre) -> None:
    ama = desk.agent("Ama", AMA)
    ordered(desk, ama)
    with pytest.raises(Invalid, match="end that one first"):
        ordered(desk, ama)
    with pytest.raises(Invalid, match="plus sign"):
        ordered(desk, desk.agent("Kofi", KOFI), number="0201234567")


def test_a_hold_counts_and_at_a_gateway_that_asks_anew_the_agent_is_rung_again(desk: Centre) -> None:
    ama = desk.agent("Ama", AMA)
    me = talking(desk)
    desk.later(30)
    call_id = desk.call(me).id
    desk.db.run(lambda uow: holding.hold(uow.session, ama, call_id=call_id))
    desk.works()
    ((session, to, address),) = desk.wire.moved
    assert (session, to, address.endswith(f"call?turn={me.page['turn']}")) == (me.session, "", True)
    assert me.silent().steps == ["Wait"]
    desk.later(60)
    assert me.silent().steps == ["Wait"]
    desk.db.run(lambda uow: holding.resume(uow.session, ama, call_id=call_id))
    assert me.silent().rings == AMA
    desk.later(5)
    me.joined(AMA)
    desk.later(25)
    me.parted("answered", talked=25).ends(seconds=130)
    call = desk.call(me)
    assert (call.ended_as, call.talk_seconds, call.hold_seconds) == ("answered", 55, 65)


def test_elsewhere_a_hold_only_counts(settings: Settings, db: Database) -> None:
    with centre(settings, db, line=Line(asks_anew=False)) as desk:
        ama = desk.agent("Ama", AMA)
        me = talking(desk)
        call_id = desk.call(me).id
        desk.db.run(lambda uow: holding.hold(uow.session, ama, call_id=call_id))
        desk.works()
        desk.later(40)
        desk.db.run(lambda uow: holding.resume(uow.session, ama, call_id=call_id))
        assert (desk.call(me).state, desk.wire.moved, order_of(desk, "hold").state) == ("talking", [], "counted")
        desk.later(20)
        me.ends(talked=60, seconds=70)
        assert (desk.call(me).talk_seconds, desk.call(me).hold_seconds) == (20, 40)


def test_a_hold_that_the_gateway_refuses_is_none(desk: Centre) -> None:
    ama = desk.agent("Ama", AMA)
    me = talking(desk)
    desk.wire.fails = DOWN
    desk.db.run(lambda uow: holding.hold(uow.session, ama, call_id=desk.call(me).id))
    desk.works()
    assert (desk.call(me).state, order_of(desk, "hold").reason) == ("talking", "The gateway is down.")


def test_a_transfer_goes_into_the_other_queue_with_its_old_place(desk: Centre) -> None:
    ama = desk.agent("Ama", AMA, ("agent", "desk"))
    desk.agent("Kofi", KOFI, ("agent", "waste"))
    me = talking(desk)
    desk.later(1)
    waits(desk, "+233200000002", option="3").joined(KOFI)
    behind = waits(desk, "+233200000003", option="3")
    desk.later(100)
    desk.db.run(lambda uow: moving.transfer(uow.session, ama, city=desk.city, call_id=desk.call(me).id, queue="waste"))
    desk.works()
    assert "place 1" in me.silent().heard
    first, second = [one for one in desk.stays() if one.call_id == desk.call(me).id]
    assert (first.left_as, second.queue, second.since == first.since) == ("answered", "waste", True)
    assert behind.silent().rings == ""
    kofis = next(one for one in desk.legs() if one.number == KOFI)
    other = next(one for one in desk.rows(PhoneCall) if one.id == kofis.call_id)
    Caller(desk, other.number, session=other.session).ends(seconds=100)
    desk.ticks(61)
    assert behind.silent().rings == ""
    assert me.silent().rings == KOFI
    me.joined(KOFI)
    desk.later(10)
    me.parted("answered", talked=10)
    assert (desk.call(me).ended_as, desk.call(me).talk_seconds) == ("answered", 111)


def test_a_transfer_that_the_gateway_refuses_leaves_the_two_together(desk: Centre) -> None:
    ama = desk.agent("Ama", AMA)
    me = talking(desk)
    desk.wire.fails = DOWN
    desk.db.run(lambda uow: moving.transfer(uow.session, ama, city=desk.city, call_id=desk.call(me).id, queue="waste"))
    desk.works()
    assert (desk.call(me).state, [one.left_as for one in desk.stays()]) == ("talking", ["answered", "moved"])
    desk.later(30)
    me.parted("answered", talked=30)
    assert desk.call(me).talk_seconds == 30


def test_where_a_telephone_must_be_named_the_next_agent_is_chosen_at_once(settings: Settings, db: Database) -> None:
    with centre(settings, db, line=Line(asks_anew=False)) as desk:
        ama = desk.agent("Ama", AMA, ("agent", "desk"))
        kofi = desk.agent("Kofi", KOFI, ("agent", "waste"))
        me = talking(desk)
        how = {"city": desk.city, "call_id": desk.call(me).id, "queue": "waste"}
        desk.db.run(lambda uow: moving.transfer(uow.session, ama, **how))  # type: ignore[arg-type]
        desk.works()
        assert [one[1] for one in desk.wire.moved] == [KOFI]
        assert (desk.call(me).state, desk.call(me).agent_id) == ("ringing", kofi.id)
        desk.ticks(30)
        assert desk.call(me).state == "talking"
        desk.later(30)
        me.ends(seconds=120)
        assert desk.call(me).ended_as == "answered"


def test_where_nobody_is_there_a_task_is_opened_in_that_department(settings: Settings, db: Database) -> None:
    with centre(settings, db, line=Line(asks_anew=False)) as desk:
        ama = desk.agent("Ama", AMA, ("agent", "desk"))
        me = talking(desk)
        how = {"city": desk.city, "call_id": desk.call(me).id, "queue": "waste"}
        desk.db.run(lambda uow: moving.transfer(uow.session, ama, **how))  # type: ignore[arg-type]
        desk.works()
        assert (order_of(desk, "move").state, order_of(desk, "move").reason) == ("failed", moving.NOBODY)
        assert [(one.kind, one.department) for one in desk.tasks()] == [("call_back", "waste")]
        assert desk.call(me).state == "talking"


def test_an_agent_ends_a_call_where_the_gateway_can(desk: Centre) -> None:
    ama = desk.agent("Ama", AMA)
    me = talking(desk)
    desk.later(10)
    desk.db.run(lambda uow: ending.hang_up(uow.session, ama, desk.call(me).id))
    desk.works()
    assert me.silent().steps == ["Speak", "HangUp"]
    assert (desk.call(me).ended_as, desk.call(me).talk_seconds) == ("answered", 10)


def test_nobody_holds_hands_on_or_ends_a_call_that_is_not_theirs(desk: Centre) -> None:
    desk.agent("Ama", AMA)
    kofi = desk.agent("Kofi", KOFI, takes=False)
    me = talking(desk)
    call_id = desk.call(me).id
    for act in (
        lambda uow: holding.hold(uow.session, kofi, call_id=call_id),
        lambda uow: ending.hang_up(uow.session, kofi, call_id),
        lambda uow: moving.transfer(uow.session, kofi, city=desk.city, call_id=call_id, queue="waste"),
    ):
        with pytest.raises(NotFound):
            desk.db.run(act)  # type: ignore[arg-type]


def test_who_takes_calls_says_so_and_has_a_telephone(desk: Centre) -> None:
    ama = desk.agent("Ama", AMA, takes=False)
    desk.db.run(lambda uow: taking.switch(uow.session, ama, takes=True))
    assert waits(desk, "+233200000001").rings == AMA
    assert [one.kind for one in desk.rows(StaffChange)] == ["takes_calls"]
