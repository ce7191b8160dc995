"""The shipped menu over both gateways' own words: who cannot read reports and follows a case, waits, is put through."""

from __future__ import annotations

import re

import pytest

from cases.calls import moving
from cases.models import CallOrder, Event, Message, PhoneCall, VoiceRecording
from tests.calls.carried import Carried, wired
from tests.calls.centre import ACCOUNT, Centre
from tests.calls.test_waiting import AMA, KOFI
from workers import fetch

BOTH = pytest.mark.parametrize("gateway", ["africastalking", "twilio"])
ME = "+233200000001"


def report(desk: Centre, gateway: str) -> tuple[str, str]:
    """Report something by voice; returns the reference as it was read out, and the code."""
    me = Carried(desk, gateway, ME).keys("1", "7", "1")
    assert me.call.expects == "recording"
    me.later(25).does("record", 25)
    while me.call.expects == "digits" and "press 1" in me.words and "reference" not in me.words:
        me.keys("1")
    words = me.words
    me.later(20).does("hang_up")
    found = re.search(r"(\d(?: \d){3}, \d(?: \d){3})", words)
    assert found, words
    code = re.search(r"code is (\d(?: \d){3})", words)
    return found[1], code[1].replace(" ", "") if code else ""


@BOTH
def test_who_cannot_read_reports_hears_the_reference_and_follows_the_case(desk: Centre, gateway: str) -> None:
    wired(desk, gateway)
    read_out, _ = report(desk, gateway)
    (case,) = desk.cases()
    digits = re.sub(r"\D", "", read_out)
    assert digits == case.reference
    first = next(one for one in desk.rows(Message) if one.direction == "in")
    tells = {"africastalking": "Recorded message", "twilio": "Recorded message (0:25)"}[gateway]
    assert (first.text, first.channel) == (tells, "voice")  # one of them does not say how long it is
    assert desk.rows(VoiceRecording)[0].message_id == first.id
    again = Carried(desk, gateway, ME).keys("2")
    assert again.call.expects == "digits"
    again.keys(f"{digits}#")
    assert "The case" in again.words
    assert "You will hear from us by" in again.words
    again.does("hang_up")
    assert {one.state for one in desk.rows(PhoneCall)} == {"ended"}
    kinds = [one.kind for one in desk.rows(Event) if one.kind.startswith("call_")]
    assert kinds == ["call_started", "call_recorded", "call_ended", "call_started", "call_ended"]


@BOTH
def test_a_caller_is_put_through_speaks_and_the_agent_wraps_up(desk: Centre, gateway: str) -> None:
    wired(desk, gateway)
    ama = desk.agent("Ama", AMA)
    me = Carried(desk, gateway, ME).keys("6")
    while me.call.expects == "digits":
        me.keys("1")
    assert me.call.expects == "ringing", me.words
    me.later(6).does("joined")
    me.later(60).does("parted", "answered")
    if me.call.ended_at is None:
        me.later(1).does("hang_up")
    (call,) = desk.rows(PhoneCall)
    assert (call.state, call.ended_as, call.agent_id) == ("ended", "answered", ama.id)
    assert abs(call.talk_seconds - 60) <= 6  # a gateway that tells no more counts from the ring
    assert desk.stays()[0].left_as == "answered"


@BOTH
def test_nobody_picks_up_the_caller_waits_and_asks_for_a_call_back(desk: Centre, gateway: str) -> None:
    wired(desk, gateway)
    desk.agent("Ama", AMA)
    me = Carried(desk, gateway, ME).keys("6")
    while me.call.expects == "digits":
        me.keys("1")
    me.later(20).does("parted", "no_answer")
    assert me.call.expects in ("digits", "wait"), me.words
    me.keys("1")
    assert me.call.expects == ""
    (call,) = desk.rows(PhoneCall)
    assert (call.state, call.ended_as, desk.stays()[0].left_as) == ("ended", "call_back", "call_back")


@BOTH
def test_who_hangs_up_while_they_record_has_said_it(desk: Centre, gateway: str) -> None:
    wired(desk, gateway)
    me = Carried(desk, gateway, ME).keys("1", "7", "1")
    me.later(9).does("record", 9, hangs_up=True)
    assert me.call.ended_at is not None
    (said,) = [one.text for one in desk.rows(Message) if one.direction == "in"]
    assert said.startswith("Recorded message")
    assert desk.rows(PhoneCall)[0].state == "ended"
    assert len(desk.cases()) == 1


def test_a_conversation_is_handed_on_at_a_gateway_that_rings_the_next_telephone(desk: Centre) -> None:
    wired(desk, "africastalking")
    ama = desk.agent("Ama", AMA, ("agent", "desk"))
    kofi = desk.agent("Kofi", KOFI, ("agent", "waste"))
    asked: list[tuple[str, str]] = []
    desk.wire.move = lambda session, *, to, **_: asked.append((session, to))
    me = Carried(desk, "africastalking", ME).keys("6")
    while me.call.expects == "digits":
        me.keys("1")
    me.does("joined")
    desk.ticks(40)
    (call,) = desk.rows(PhoneCall)
    assert (call.state, call.agent_id) == ("talking", ama.id)
    how = {"city": desk.city, "call_id": call.id, "queue": "waste"}
    desk.db.run(lambda uow: moving.transfer(uow.session, ama, **how))  # type: ignore[arg-type]
    desk.works()
    assert asked == [(me.call.session, KOFI)]
    assert desk.rows(CallOrder)[0].state == "done"
    assert desk.rows(PhoneCall)[0].agent_id == kofi.id


def test_the_sound_is_fetched_by_the_worker(desk: Centre) -> None:
    wired(desk, "africastalking")
    report(desk, "africastalking")
    taken = fetch.media(ACCOUNT)  # nobody holds it here, and it is tried again
    assert taken == 0
