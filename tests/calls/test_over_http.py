"""Hold, resume, transfer, hang up and calls of ours by the desk's buttons, over each gateway's double by real HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from cases.calls import moving
from tests.calls.centre import Centre
from tests.calls.over_http import Exchange, eventually, exchange
from tests.calls.test_waiting import AMA, KOFI
from tests.e2e.telephone import Telephone
from tests.factories import phone, say
from tests.web.conftest import Browser

CITIZEN = phone(1).value
TALKS = 30


@pytest.fixture(params=["africastalking", "twilio"])
def line(request: pytest.FixtureRequest, desk: Centre, tmp_path: Path) -> Iterator[Exchange]:
    with exchange(desk, request.param, tmp_path) as made:
        yield made


@pytest.fixture
def twilio(desk: Centre, tmp_path: Path) -> Iterator[Exchange]:
    with exchange(desk, "twilio", tmp_path) as made:
        yield made


def speaks(line: Exchange) -> tuple[Telephone, Telephone, Browser]:
    """Let a citizen speak with Ama for half a minute: their telephone, hers, and her desk."""
    ama = line.at_desk(line.desk.agent("Ama", AMA, ("agent", "desk"), ("agent", "waste")))
    me = line.phone(CITIZEN).calls("+233302000999").keys("2")
    hers = line.phone(AMA).is_rung().does(answer=True)
    assert me.now().state["expects"] == "talk"
    line.desk.ticks(26)  # a gateway that does not tell of an answer is taken at its word
    line.comes_to("talking")
    line.desk.later(TALKS)
    return me, hers, ama


def hears_music(one: Telephone) -> None:
    """Wait until a telephone hears the page of who is on hold."""
    eventually(lambda: str(one.now().state["say"]).endswith(".wav)"), lambda: one.state)


def has_no_call(*telephones: Telephone) -> None:
    """Wait until these telephones are in no call."""

    def left(one: Telephone) -> bool:
        answer = one.asks_now()
        return answer.status_code == 409 or answer.json()["ended"]

    for one in telephones:
        eventually(lambda one=one: left(one), lambda one=one: one.asks_now().text)  # type: ignore[misc]


def test_at_twilio_a_hold_takes_the_citizen_away_and_going_on_rings_the_agent_again(twilio: Exchange) -> None:
    me, hers, ama = speaks(twilio)
    twilio.presses(ama, f"/calls/{twilio.call.id}/hold")
    assert (twilio.order.state, twilio.call.state) == ("done", "held")
    has_no_call(hers)
    hears_music(me)
    me.does(wait=True)
    hears_music(me)
    assert twilio.call.state == "held"
    twilio.desk.later(60)
    twilio.presses(ama, f"/calls/{twilio.call.id}/resume")
    me.does(wait=True)
    again = twilio.phone(AMA).is_rung().does(answer=True)
    twilio.comes_to("talking")
    assert me.now().state["with"] == AMA
    twilio.desk.later(20)
    again.does(hangup=True)
    twilio.comes_to("ended")
    assert twilio.call.ended_as == "answered"
    assert twilio.call.hold_seconds == 60


def test_at_twilio_a_citizen_on_hold_hangs_up(twilio: Exchange) -> None:
    me, _, ama = speaks(twilio)
    twilio.presses(ama, f"/calls/{twilio.call.id}/hold")
    hears_music(me)
    twilio.desk.later(15)
    me.does(hangup=True)
    twilio.comes_to("ended")
    assert (twilio.call.ended_as, twilio.call.hold_seconds) == ("answered", 15)
    assert twilio.desk.legs()[-1].ended_at is not None


def test_at_twilio_an_agent_who_does_not_pick_up_after_a_hold_lets_the_citizen_wait_on(twilio: Exchange) -> None:
    me, _, ama = speaks(twilio)
    twilio.presses(ama, f"/calls/{twilio.call.id}/hold")
    hears_music(me)
    twilio.presses(ama, f"/calls/{twilio.call.id}/resume")
    me.does(wait=True)
    twilio.phone(AMA).is_rung().does(reject=True)
    twilio.comes_to("waiting")
    assert me.now().state["expects"] in ("wait", "digits")


def test_at_africastalking_a_hold_is_the_handsets_own_and_counts(desk: Centre, tmp_path: Path) -> None:
    with exchange(desk, "africastalking", tmp_path) as line:
        me, hers, ama = speaks(line)
        line.presses(ama, f"/calls/{line.call.id}/hold")
        assert (line.order.state, line.call.state, me.now().state["expects"]) == ("counted", "held", "talk")
        line.desk.later(40)
        line.presses(ama, f"/calls/{line.call.id}/resume")
        assert line.call.state == "talking"
        hers.does(hangup=True)
        line.comes_to("ended")
        assert (line.call.hold_seconds, line.call.ended_as) == (40, "answered")


def test_a_call_is_handed_on_and_the_next_telephone_rings(line: Exchange) -> None:
    me, hers, ama = speaks(line)
    kofi = line.desk.agent("Kofi", KOFI, ("agent", "waste"))
    line.presses(ama, f"/calls/{line.call.id}/transfer", to="queue:waste")
    assert line.order.state == "done"
    his = line.phone(KOFI).is_rung().does(answer=True)
    has_no_call(hers)
    line.desk.ticks(26)
    line.comes_to("talking")
    assert (line.call.agent_id, me.now().state["with"]) == (kofi.id, KOFI)
    ama.get("/desk/calls/line")
    assert "You have handed this call on" in ama.page
    his.does(hangup=True)
    line.comes_to("ended")
    assert line.call.ended_as == "answered"
    assert [(one.number, one.reached) for one in line.desk.legs()] == [(AMA, "answered"), (KOFI, "answered")]


def test_a_call_is_handed_on_to_one_colleague(line: Exchange) -> None:
    _, _, ama = speaks(line)
    kofi = line.desk.agent("Kofi", KOFI, ("agent", "*"))
    line.desk.agent("Esi", "+233240000003", ("agent", "*"))
    line.presses(ama, f"/calls/{line.call.id}/transfer", to=f"agent:{kofi.id}")
    line.phone(KOFI).is_rung().does(answer=True)
    line.desk.ticks(26)
    line.comes_to("talking")
    assert line.call.agent_id == kofi.id


def test_at_twilio_who_is_handed_on_waits_where_nobody_is_free(twilio: Exchange) -> None:
    me, _, ama = speaks(twilio)
    twilio.desk.agent("Kofi", KOFI, ("agent", "waste"), takes=False)
    twilio.presses(ama, f"/calls/{twilio.call.id}/transfer", to="queue:waste")
    eventually(lambda: "place 1" in me.now().heard)
    assert (twilio.call.state, [one.queue for one in twilio.desk.stays()]) == ("waiting", ["*", "waste"])


def test_at_africastalking_nobody_is_free_and_a_task_says_so(desk: Centre, tmp_path: Path) -> None:
    with exchange(desk, "africastalking", tmp_path) as line:
        me, _, ama = speaks(line)
        line.presses(ama, f"/calls/{line.call.id}/transfer", to="queue:waste")
        assert (line.order.reason, me.now().state["with"]) == (moving.NOBODY, AMA)
        assert [one.department for one in desk.tasks()] == ["waste"]
        ama.get("/desk/calls/line")
        assert moving.NOBODY in ama.page


def test_at_twilio_an_agent_hangs_up_for_both(twilio: Exchange) -> None:
    me, hers, ama = speaks(twilio)
    twilio.presses(ama, f"/calls/{twilio.call.id}/hang-up")
    twilio.comes_to("ended")
    has_no_call(me, hers)
    assert (twilio.call.ended_as, twilio.order.state) == ("answered", "done")


def test_at_africastalking_an_agent_hangs_up_their_own_telephone(desk: Centre, tmp_path: Path) -> None:
    with exchange(desk, "africastalking", tmp_path) as line:
        me, hers, ama = speaks(line)
        line.presses(ama, f"/calls/{line.call.id}/hang-up")
        ama.get("/desk/calls/line")
        assert "hang up your telephone" in ama.page
        hers.does(hangup=True)
        line.comes_to("ended")
        has_no_call(me)


def test_a_fault_of_the_gateway_is_told_and_the_two_speak_on(line: Exchange) -> None:
    me, _, ama = speaks(line)
    line.desk.agent("Kofi", KOFI, ("agent", "waste"))
    gateway = type(line.desk.wire).gateway
    assert line.simulator.post("/api/faults", {"gateway": gateway, "mode": "http500"}).status_code == 200
    line.presses(ama, f"/calls/{line.call.id}/transfer", to="queue:waste")
    assert (line.order.state, line.call.state, me.now().state["with"]) == ("failed", "talking", AMA)
    ama.get("/desk/calls/line")
    assert line.order.reason and line.order.reason in ama.page


def test_an_agent_calls_a_citizen_from_their_case(line: Exchange) -> None:
    ama = line.at_desk(line.desk.agent("Ama", AMA, ("agent", "*")))
    line.desk.db.run(lambda uow: say(uow.session, line.desk.city, "The gutter is choked"))
    reference = line.desk.cases()[-1].reference
    ama.get(f"/desk/cases/{reference[:4]}-{reference[4:]}")
    assert ama.send("/call", number=CITIZEN).status_code == 303
    line.desk.works()
    hers = line.phone(AMA).is_rung().does(answer=True)
    citizen = line.phone(CITIZEN).is_rung().does(answer=True)
    assert hers.now().state["expects"] == "talk"
    citizen.does(hangup=True)
    line.comes_to("ended")
    assert (line.call.ended_as, line.call.direction) == ("answered", "out")
