"""Requests that come twice, late, out of order or never: the calls end right all the same."""

from __future__ import annotations

from datetime import timedelta

from cases.models import Message, PhoneCall, RawRequest
from channels.webhook import WebhookRequest
from contactcentre.calling import requests
from tests.calls.centre import ACCOUNT, Caller, Centre
from tests.calls.test_waiting import AMA, KOFI, waits


def test_a_request_that_comes_twice_gets_the_same_page_and_does_nothing(desk: Centre) -> None:
    me = desk.calls().begin()
    first = dict(me.page)
    assert desk.calls(session=me.session).begin().page == first
    me.keys("1", "1").says()
    late = Caller(desk, me.number, session=me.session)
    late.page = first
    late.keys("1")
    assert late.page == me.page
    assert len([one for one in desk.rows(Message) if one.direction == "in"]) == 1
    assert desk.call(me).turns == 4


def test_a_late_key_after_the_ring_rings_nobody_else(desk: Centre) -> None:
    desk.agent("Ama", AMA)
    desk.agent("Kofi", KOFI)
    me = desk.calls().begin()
    before = dict(me.page)
    me.keys("2")
    again = Caller(desk, me.number, session=me.session)
    again.page = before
    assert again.keys("2").rings == me.rings
    assert len(desk.legs()) == 1


def test_the_first_request_that_never_came_costs_only_the_key(desk: Centre) -> None:
    me = desk.calls()
    me.page["turn"] = 1
    assert me.keys("2").heard.startswith("hello home")
    assert desk.call(me).state == "menu"


def test_an_end_alone_is_a_flash(desk: Centre) -> None:
    me = desk.calls().ends(seconds=0, cause="ORIGINATOR_CANCEL")
    assert desk.call(me).ended_as == "flash"
    assert len(desk.tasks()) == 1


def test_an_end_before_the_menu_was_heard_is_a_flash_and_later_it_is_none(desk: Centre) -> None:
    me = desk.calls().begin()
    desk.later(3)
    me.ends(seconds=3)
    other = desk.calls("+233200000002").begin()
    desk.later(60)
    other.ends(seconds=60)
    assert [one.ended_as for one in desk.rows(PhoneCall)] == ["flash", "served"]
    assert len(desk.tasks()) == 1


def test_a_withheld_number_is_heard_and_cannot_be_called_back(desk: Centre) -> None:
    desk.agent("Ama", AMA)
    waits(desk, "+233200000009")
    me = desk.calls(None).begin().keys("2")
    assert me.keys("1").steps == ["Wait"]
    desk.later(20)
    me.ends()
    assert desk.call(me).ended_as == "abandoned"
    assert desk.tasks() == []
    other = desk.calls(None).begin().keys("1", "1").says()
    assert other.silent().steps == ["Speak", "HangUp"]
    assert len(desk.cases()) == 1


def test_an_answer_that_nobody_told_of_is_known_when_the_ring_time_is_over(desk: Centre) -> None:
    desk.agent("Ama", AMA)
    me = waits(desk, "+233200000001")
    desk.ticks(18)
    assert desk.call(me).state == "ringing"
    desk.ticks(10)
    assert desk.call(me).state == "talking"
    desk.later(72)
    me.ends(talked=88, seconds=110)
    call, (stay,) = desk.call(me), desk.stays()
    assert (call.ended_as, call.talk_seconds) == ("answered", 88)
    assert stay.left_at - stay.entered_at == timedelta(seconds=12)


def test_a_supposed_answer_is_taken_back_when_the_gateway_says_otherwise(desk: Centre) -> None:
    desk.agent("Ama", AMA)
    me = waits(desk, "+233200000001")
    desk.ticks(30)
    me.parted("no_answer")
    assert (desk.call(me).state, desk.stays()[0].left_at, desk.legs()[0].reached) == ("waiting", None, "no_answer")


def test_an_answer_is_known_at_the_end_by_the_seconds_talked(desk: Centre) -> None:
    desk.agent("Ama", AMA)
    me = waits(desk, "+233200000001")
    desk.later(16)
    me.ends(talked=10, seconds=20)
    assert (desk.call(me).ended_as, desk.call(me).talk_seconds, desk.stays()[0].left_as) == ("answered", 10, "answered")
    other = waits(desk, "+233200000002")
    assert other.rings == ""  # Ama wraps up


def test_an_end_while_it_rings_is_an_abandon(desk: Centre) -> None:
    desk.agent("Ama", AMA)
    me = waits(desk, "+233200000001")
    desk.later(12)
    me.ends(seconds=14)
    assert (desk.call(me).ended_as, desk.legs()[0].reached) == ("abandoned", "cancelled")
    assert waits(desk, "+233200000002").rings == AMA


def test_ends_that_come_before_all_else_and_twice_change_nothing_more(desk: Centre) -> None:
    desk.agent("Ama", AMA)
    me = waits(desk, "+233200000001")
    me.ends(seconds=15)
    before = desk.call(me)
    assert me.joined(AMA).silent().steps == ["HangUp"]
    me.ends(seconds=99, cause="late")
    after = desk.call(me)
    assert (after.ended_as, after.seconds, after.ended_at) == (before.ended_as, 15, before.ended_at)
    assert after.cause == "late"


def test_a_call_of_which_nothing_is_heard_any_more_ends(desk: Centre) -> None:
    desk.agent("Ama", AMA)
    first = waits(desk, "+233200000001")
    me = waits(desk, "+233200000002")
    menu = desk.calls("+233200000003").begin()
    desk.later(60)
    first.joined()
    desk.ticks(600)
    assert desk.call(me).state == desk.call(menu).state == "ended"
    assert (desk.call(me).ended_as, desk.call(menu).ended_as) == ("short", "flash")
    assert desk.call(first).state == "talking"
    desk.ticks(5 * 3600)
    assert desk.call(first).state == "ended"
    assert all(one.ended_at for one in desk.legs())


def test_whatever_comes_is_answered_with_a_page(desk: Centre) -> None:
    for event in requests.EVENTS:
        request = WebhookRequest("POST", f"/hooks/{ACCOUNT}/•/{event}", {}, {}, {}, b"\xff\x00 no json")
        assert requests.answer(desk, ACCOUNT, event, request).reply.status == 200
    (one, *_) = desk.rows(RawRequest)
    assert one.state == "quarantined"


def test_keys_are_stored_nowhere(desk: Centre) -> None:
    desk.calls().begin().keys("7")
    assert not [one for one in desk.rows(RawRequest) if b'"keys": "7"' in one.body]


def test_the_gateways_own_queue_is_understood_and_left_alone(desk: Centre) -> None:
    me = desk.calls().begin()
    assert me.send("dequeue", "taken")["steps"] == []
    assert desk.call(me).turns == 1
