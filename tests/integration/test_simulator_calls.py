"""Calls in the simulator over real HTTP: telephones, both gateways' doubles, real XML, and an application at hooks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from channels.errors import AccountFault, BadAddress, GatewayDown, OutcomeUnknown, SendError, Throttled
from channels.settings import Secret
from channels.voice.values import Ask, CallHeard, Connect, HangUp, Prompt, Record, Speak, VoicePage, Wait, What
from tests.channels.voice_accounts import channel
from tests.integration.test_simulator import Simulator, eventually
from tests.integration.voice_application import LINES, Application

CITIZEN, AGENT, OTHER = "+233200000101", "+233240000900", "+233240000901"
BOTH = pytest.mark.parametrize("gateway", list(LINES))


def centre(heard: CallHeard) -> VoicePage:
    """Answer as a very small call centre: 1 reports, 2 waits and is connected, 3 says goodbye."""
    turn = (heard.turn or 0) + 1
    if heard.outgoing and heard.what is What.BEGUN:
        return VoicePage((Speak((Prompt("You are connected now."),)), Connect(CITIZEN, 20, heard.line)), turn)
    if heard.what is What.KEYED and heard.keys == "1":
        return VoicePage((Record((Prompt("Speak after the tone."),), 60),), turn)
    if heard.what is What.RECORDED:
        return VoicePage((Speak((Prompt("Your number is 4 8 2 1, 7 7 3 6."),)), HangUp()), turn)
    if heard.what is What.KEYED and heard.keys == "2":
        return VoicePage((Connect(AGENT, 20, heard.line),), turn)
    if heard.what is What.PARTED and heard.reached != "answered":
        return VoicePage((Wait((Prompt(f"Nobody is free: {heard.reached}."),)),), turn)
    if heard.what in (What.BEGUN, What.SILENT):
        return VoicePage((Ask((Prompt("Press 1 to report, 2 to talk."),)),), turn)
    return VoicePage((Speak((Prompt("Goodbye."),)), HangUp()), turn)


@pytest.fixture
def application() -> Iterator[Application]:
    made = Application(centre)
    yield made
    made.close()


@pytest.fixture
def simulator(tmp_path: Path, application: Application) -> Iterator[Simulator]:
    config = tmp_path / "config"
    config.mkdir()
    application.accounts(tmp_path / "data")
    made = Simulator(tmp_path / "data", config)
    application.accounts(tmp_path / "data", made.url)
    yield made
    made.close()


def call(simulator: Simulator, **data: Any) -> dict[str, Any]:
    answer = simulator.post("/api/call", data)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def begun(simulator: Simulator, gateway: str, phone: str = CITIZEN) -> dict[str, Any]:
    return call(simulator, **{"from": phone, "to": LINES[gateway]})


def ringing(simulator: Simulator, number: str) -> list[dict[str, Any]]:
    answer = simulator.get("/api/ringing", number=number)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()
    return found


def state(simulator: Simulator, session: str) -> dict[str, Any]:
    found: dict[str, Any] = simulator.get("/api/call", session=session).json()
    return found


@BOTH
def test_a_caller_reports_by_keys_and_voice(simulator: Simulator, application: Application, gateway: str) -> None:
    one = begun(simulator, gateway)
    session = one["session"]
    assert (one["say"], one["expects"], one["ended"]) == ("Press 1 to report, 2 to talk.", "digits", False)
    assert (one["seconds"], one["digits"]) == (8, 1)
    assert call(simulator, session=session, wait=True)["say"] == "Press 1 to report, 2 to talk."
    assert call(simulator, session=session, digits="1")["expects"] == "recording"
    done = call(simulator, session=session, record=12)
    assert (done["say"], done["expects"], done["ended"]) == ("Your number is 4 8 2 1, 7 7 3 6.", "", True)
    assert application.what()[:4] == ["begun", "silent", "keyed", "recorded"]
    final = "call" if gateway == "africastalking" else "status"
    eventually(lambda: "ended" in application.what(final))
    (sound,) = {told.recording for _, _, told in application.heard if told.recording}
    with application.channels[f"voice-{gateway}"].fetch(sound) as file:
        assert file.read(2) in (b"\xff\xe3", b"\xff\xfb")
    assert simulator.post("/api/call", {"session": session, "digits": "1"}).status_code == 409


@BOTH
def test_two_telephones_talk_and_each_can_hang_up(simulator: Simulator, application: Application, gateway: str) -> None:
    for first in ("agent", "citizen"):
        session = begun(simulator, gateway)["session"]
        rings = call(simulator, session=session, digits="2")
        assert (rings["expects"], rings["ended"]) == ("ringing", False)
        (other,) = ringing(simulator, AGENT)
        assert (other["from"], other["to"]) == (LINES[gateway], AGENT)
        assert call(simulator, session=other["session"], answer=True)["expects"] == "talk"
        assert state(simulator, session)["with"] == AGENT and ringing(simulator, AGENT) == []
        one, rest = (other["session"], session) if first == "agent" else (session, other["session"])
        assert call(simulator, session=one, hangup=True)["ended"]
        told = simulator.get("/api/call", session=rest)
        assert told.status_code == 409 or told.json()["ended"]
    ends = [heard for _, _, heard in application.heard if heard.what is What.ENDED]
    assert {heard.ended_as for heard in ends} == {"answered"}
    joined = [heard for _, _, heard in application.heard if heard.what is What.JOINED]
    assert len(joined) == (2 if gateway == "twilio" else 0)  # Africa's Talking does not tell


@BOTH
@pytest.mark.parametrize("how", ["reject", "wait", "engaged"])
def test_a_telephone_that_is_not_reached(simulator: Simulator, gateway: str, how: str) -> None:
    if how == "engaged":
        begun(simulator, gateway, AGENT)
    session = begun(simulator, gateway)["session"]
    after = call(simulator, session=session, digits="2")
    if how == "reject":
        (other,) = ringing(simulator, AGENT)
        assert call(simulator, session=other["session"], reject=True)["ended"]
        after = state(simulator, session)
    elif how == "wait":
        after = call(simulator, session=session, wait=True)
        assert ringing(simulator, AGENT) == []
    reason = "no_answer" if how == "wait" or gateway == "africastalking" else "busy"
    assert (after["say"], after["expects"]) == (f"Nobody is free: {reason}.", "digits")


@BOTH
def test_a_call_of_ours_rings_the_agent_then_the_citizen(
    simulator: Simulator, application: Application, gateway: str
) -> None:
    name = f"voice-{gateway}"
    one = application.channels[name]
    hooks = {event: f"{application.url}/{name}/{event}" for event in ("call", "status")}
    session = one.place(AGENT, tag="c-7", callbacks=hooks)
    eventually(lambda: ringing(simulator, AGENT) != [])
    (rings,) = ringing(simulator, AGENT)
    assert (rings["session"], rings["from"]) == (session, LINES[gateway])
    assert state(simulator, session)["expects"] == "answer"
    assert call(simulator, session=session, answer=True)["expects"] == "ringing"
    (citizen,) = ringing(simulator, CITIZEN)
    call(simulator, session=citizen["session"], answer=True)
    assert state(simulator, session)["expects"] == "talk"
    (began,) = [heard for _, event, heard in application.heard if event == "call" and heard.what is What.BEGUN]
    assert (began.outgoing, began.tag, began.session, began.line) == (True, "c-7", session, LINES[gateway])
    assert began.caller and began.caller.value == AGENT
    call(simulator, session=session, hangup=True)
    ends = [heard for _, _, heard in application.heard if heard.what is What.ENDED]
    assert ends and {heard.tag for heard in ends} == {"c-7"}


@BOTH
@pytest.mark.parametrize("how", ["reject", "wait"])
def test_a_call_of_ours_that_nobody_takes(
    simulator: Simulator, application: Application, gateway: str, how: str
) -> None:
    name = f"voice-{gateway}"
    hooks = {event: f"{application.url}/{name}/{event}" for event in ("call", "status")}
    session = application.channels[name].place(AGENT, tag="c-8", callbacks=hooks)
    eventually(lambda: ringing(simulator, AGENT) != [])
    assert call(simulator, session=session, **{how: True})["ended"]
    (end, *_) = [heard for _, _, heard in application.heard if heard.what is What.ENDED]
    refused = "busy" if gateway == "twilio" else "refused"
    assert (end.ended_as, end.seconds) == ("no_answer" if how == "wait" else refused, 0)
    assert What.BEGUN.value not in application.what()


def test_a_call_that_is_moved_at_twilio_asks_anew(simulator: Simulator, application: Application) -> None:
    session = begun(simulator, "twilio")["session"]
    call(simulator, session=session, digits="2")
    (other,) = ringing(simulator, AGENT)
    call(simulator, session=other["session"], answer=True)
    application.channels["voice-twilio"].move(
        session, to="", callbacks={"call": f"{application.url}/voice-twilio/call?turn=9"}
    )
    eventually(lambda: state(simulator, session)["expects"] == "digits")
    told = [heard for _, event, heard in application.heard if event == "call"][-1]
    assert (told.what, told.turn) == (What.BEGUN, 9)
    assert (
        simulator.get("/api/call", session=other["session"]).status_code == 409
    )  # the agent's telephone is free again


def test_a_call_that_is_moved_at_africastalking_rings_another_telephone(
    simulator: Simulator, application: Application
) -> None:
    session = begun(simulator, "africastalking")["session"]
    call(simulator, session=session, digits="2")
    (first,) = ringing(simulator, AGENT)
    call(simulator, session=first["session"], answer=True)
    application.channels["voice-africastalking"].move(session, to=OTHER, callbacks={})
    eventually(lambda: ringing(simulator, OTHER) != [])
    (second,) = ringing(simulator, OTHER)
    call(simulator, session=second["session"], answer=True)
    assert state(simulator, session)["with"] == OTHER
    assert simulator.get("/api/call", session=first["session"]).status_code == 409
    assert [h.number for _, event, h in application.heard if h.what is What.JOINED] == [OTHER]
    call(simulator, session=second["session"], hangup=True)
    assert state(simulator, session)["ended"]


@BOTH
@pytest.mark.parametrize(
    "fault", [("http500", GatewayDown), ("http429", Throttled), ("accept-then-hang", OutcomeUnknown)]
)
def test_a_fault_of_the_gateway_reaches_who_places_a_call(
    simulator: Simulator, application: Application, gateway: str, fault: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    mode, error = fault
    monkeypatch.setattr("channels.twilio_client.TIMEOUT", (2.0, 0.5))
    monkeypatch.setattr("channels.voice.africastalking_client.TIMEOUT", (2.0, 0.5))
    assert simulator.post("/api/faults", {"gateway": gateway, "mode": mode}).status_code == 200
    one = application.channels[f"voice-{gateway}"]
    with pytest.raises(error) as caught:
        one.place(AGENT, tag="c", callbacks={"call": f"{application.url}/voice-{gateway}/call"})
    assert caught.value.agent_text and "message" not in caught.value.agent_text
    rang = mode == "accept-then-hang"
    simulator.post("/api/faults", {"gateway": gateway, "mode": "ok"})
    eventually(lambda: bool(ringing(simulator, AGENT)) is rang)


@BOTH
def test_what_is_wrong_with_a_call_is_said(simulator: Simulator, application: Application, gateway: str) -> None:
    one = application.channels[f"voice-{gateway}"]
    hooks = {"call": f"{application.url}/voice-{gateway}/call"}
    for number in ("+233240000000", "MTN"):
        with pytest.raises(BadAddress):
            one.place(number, tag="c", callbacks=hooks)
    wrong = channel(gateway, base_url=one._settings.base_url, address=LINES[gateway])
    object.__setattr__(wrong._settings, "read_secret", lambda _: "another")
    with pytest.raises(AccountFault):
        wrong.place(AGENT, tag="c", callbacks=hooks)

    def missing(secret: Secret) -> str:
        raise LookupError(secret.reference)

    lacks = channel(gateway)
    object.__setattr__(lacks._settings, "read_secret", missing)
    with pytest.raises(AccountFault):
        lacks.place(AGENT, tag="c", callbacks=hooks)
    with pytest.raises(SendError) as caught:
        one.move("never-was", to=OTHER, callbacks=hooks)
    assert "over" in caught.value.agent_text


def test_a_gateway_repeats_itself_mixes_its_order_and_forgets(simulator: Simulator, application: Application) -> None:
    def told(mode: str) -> list[tuple[str, str]]:
        application.heard.clear()
        simulator.post("/api/faults", {"gateway": "twilio", "mode": mode})
        session = begun(simulator, "twilio")["session"]
        call(simulator, session=session, digits="1")
        assert call(simulator, session=session, record=3)["ended"]
        eventually(lambda: mode == "lose-reports" or "kept" in application.what("recording"))
        return [(event, heard.what.value) for _, event, heard in application.heard if event != "recording"]

    plain = told("ok")
    assert plain == [("call", "begun"), ("call", "keyed"), ("call", "recorded"), ("status", "ended")]
    assert told("duplicate-reports") == [one for one in plain for _ in range(2)]
    assert told("lose-reports") == plain[:3]
    assert "recording" not in [event for _, event, _ in application.heard]
    assert ("status", "ended") in told("reorder-reports")


def test_a_hook_that_fails_is_asked_again_where_its_address_says_so(
    simulator: Simulator, application: Application
) -> None:
    application.statuses = [503]
    assert "error" in begun(simulator, "africastalking")["say"]  # it asks once
    rows = simulator.host.accounts.all()["voice-twilio"]
    rows.hooks["call"] += "#rc=2&rp=5xx"  # type: ignore[index]
    application.statuses = [503, 500]
    assert begun(simulator, "twilio", OTHER)["say"] == "Press 1 to report, 2 to talk."


@pytest.mark.parametrize(
    ("data", "field", "status"),
    [
        ({"from": "me", "to": LINES["twilio"]}, "from", 400),
        ({"from": CITIZEN, "to": "+233302999999"}, "to", 400),
        ({"session": "x"}, "session", 400),
        ({"session": "x", "wait": True, "hangup": True}, "session", 400),
        ({"session": "x", "digits": "one"}, "digits", 400),
        ({"session": "x", "record": True}, "record", 400),
        ({"session": "x", "record": 0}, "record", 400),
        ({"session": 7, "wait": True}, "session", 400),
        ({"session": "x", "wait": True}, "session", 409),
    ],
)
def test_a_wrong_request_is_named(simulator: Simulator, data: dict[str, Any], field: str, status: int) -> None:
    answer = simulator.post("/api/call", data)
    assert (answer.status_code, answer.json()["field"]) == (status, field)


def test_a_telephone_is_in_one_call_at_a_time(simulator: Simulator) -> None:
    begun(simulator, "twilio")
    answer = simulator.post("/api/call", {"from": CITIZEN, "to": LINES["africastalking"]})
    assert (answer.status_code, answer.json()["field"]) == (409, "from")
    assert simulator.get("/api/ringing", number="me").json()["field"] == "number"
    assert simulator.get("/api/call", session="none").status_code == 409


def test_what_passed_is_shown(simulator: Simulator) -> None:
    session = begun(simulator, "twilio")["session"]
    call(simulator, session=session, digits="3")
    seen = simulator.get("/api/ledger", phone=CITIZEN).json()["calls"]
    assert [(one["event"], one["answer"]) for one in seen] == [("call", 200), ("call", 200), ("status", 200)]
    assert "<Gather" in seen[0]["answered"] and "Digits=3" in seen[1]["asked"]
    number = seen[-1]["number"]
    assert simulator.get("/api/ledger", phone=CITIZEN, calls=str(number)).json()["calls"] == []
