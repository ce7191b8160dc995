"""The doubles carry out our documents as the gateways' pages say: what is asked when, and what is told at the end."""

from __future__ import annotations

import pytest

from channels.voice.double import Keys, Ring
from channels.voice.values import (
    Ask,
    CallHeard,
    Connect,
    HangUp,
    Prompt,
    Record,
    Reject,
    Speak,
    Step,
    VoicePage,
    Wait,
    What,
)
from tests.channels.voice_accounts import AGENT, CITIZEN, LINE
from tests.channels.voice_line import Line, double

GATEWAYS = ("africastalking", "twilio")
both = pytest.mark.parametrize("gateway", GATEWAYS)
WELCOME, THANKS = Prompt("Press 1 to report."), Prompt("Thank you. Goodbye.")
MUSIC = "https://contact.northport.example/prompts/music.mp3"


def pages(*given: Step | tuple[Step, ...]) -> object:
    """Return an application that answers with these pages in turn, the last one for ever."""
    every = [one if isinstance(one, tuple) else (one,) for one in given]
    asked: list[CallHeard] = []

    def answer(heard: CallHeard) -> VoicePage:
        asked.append(heard)
        return VoicePage(every[min(len(asked), len(every)) - 1], len(asked))

    return answer


def line(gateway: str, *given: Step | tuple[Step, ...]) -> Line:
    return Line(gateway, pages(*given))  # type: ignore[arg-type]


def last(one: Line) -> CallHeard:
    """Return the end as it was told where the gateway tells of it."""
    ends = [heard for _, heard in one.told if heard.what is What.ENDED]
    return ends[0]


@both
def test_a_caller_presses_a_key_hears_the_answer_and_the_call_ends(gateway: str) -> None:
    one = line(gateway, Ask((WELCOME,)), (Speak((THANKS,)), HangUp()))
    assert (one.words, one.call.expects, one.call.seconds) == (WELCOME.text, "digits", 8)
    one.later(6).does("press", "1")
    assert [(heard.what, heard.turn, heard.keys) for heard in one.heard] == [
        (What.BEGUN, None, ""), (What.KEYED, 1, "1"),
    ]  # fmt: skip
    assert (one.words, one.call.expects) == (THANKS.text, "") and one.call.ended_at
    assert (last(one).ended_as, last(one).seconds, last(one).caller) == ("answered", 6, CITIZEN)
    events = [event for event, _ in one.told]
    assert events == (["call", "status"] if gateway == "africastalking" else ["status"])


@both
def test_nothing_pressed_is_heard_as_silence_everywhere(gateway: str) -> None:
    one = line(gateway, Ask((WELCOME,)), Ask((WELCOME,)), HangUp())
    one.does("silent").does("silent")
    assert [(heard.what, heard.turn) for heard in one.heard] == [
        (What.BEGUN, None), (What.SILENT, 1), (What.SILENT, 2),
    ]  # fmt: skip
    assert one.call.ended_at


@both
def test_keys_are_taken_as_many_as_were_asked_for_or_up_to_the_finish(gateway: str) -> None:
    one = line(gateway, Ask((WELCOME,), 8, "#"), Ask((WELCOME,), 0, "#"), Ask((WELCOME,), 1), HangUp())
    one.does("press", "4821773699").does("press", "12#9").does("press", "#")
    assert [heard.keys for heard in one.heard] == ["", "48217736", "12", "#"]
    silent = line(gateway, Ask((WELCOME,), 0, "#"), HangUp()).does("press", "#")
    assert silent.heard[-1].what is What.SILENT  # the finish key first is as good as none


@both
def test_a_message_is_recorded_and_its_sound_told(gateway: str) -> None:
    one = line(gateway, Record((Prompt("Speak after the tone."),), 60), (Speak((THANKS,)),))
    assert (one.call.expects, one.call.seconds) == ("recording", 8)
    one.later(42).does("record", 42)
    heard = one.heard[-1]
    assert heard.what is What.RECORDED and heard.recording.startswith("https://")
    assert one.words == THANKS.text
    kept = [told for _, told in one.told if told.what is What.KEPT]
    if gateway == "twilio":
        assert heard.recorded_seconds == 42
        assert [(told.recording, told.recorded_seconds) for told in kept] == [(heard.recording, 42)]
    else:
        assert kept == [] and last(one).recording == ""
    assert line(gateway, Record((), 60), HangUp()).does("record", 90).heard[-1].recorded_seconds in (60, None)


@both
def test_nothing_said_to_a_recording_is_silence(gateway: str) -> None:
    one = line(gateway, Record((WELCOME,), 60), HangUp()).does("silent")
    assert [heard.what for heard in one.heard] == [What.BEGUN, What.SILENT]


@both
def test_who_hangs_up_while_they_record_has_said_what_they_said(gateway: str) -> None:
    one = line(gateway, Record((WELCOME,), 60)).later(9).does("record", 9, hangs_up=True)
    sounds = [told.recording for _, told in one.told if told.what in (What.RECORDED, What.ENDED) and told.recording]
    assert one.call.ended_at and sounds and last(one).what is What.ENDED


@both
def test_a_caller_waits_with_music_is_asked_again_and_leaves_by_a_key(gateway: str) -> None:
    one = line(gateway, Wait((Prompt("You are first."),), MUSIC), Wait((), MUSIC), HangUp())
    assert one.words == f"You are first. {MUSIC}" and one.call.expects == "digits"
    one.does("silent")
    assert one.words == MUSIC
    one.does("press", "1")
    assert [heard.what for heard in one.heard] == [What.BEGUN, What.SILENT, What.KEYED]


@both
@pytest.mark.parametrize("reached", ["no_answer", "busy", "refused"])
def test_a_telephone_that_is_not_reached_leads_back_to_us(gateway: str, reached: str) -> None:
    one = line(gateway, Connect(AGENT, 20, LINE), Wait((), MUSIC))
    assert isinstance(one.call.at, Ring) and one.call.expects == "ringing"
    assert (one.call.at.number, one.call.at.shows) == (AGENT, LINE)
    one.later(20).does("parted", reached)
    heard = one.heard[-1]
    assert (heard.what, heard.turn, heard.talked) == (What.PARTED, 1, None)
    # Africa's Talking goes on to the next element and says no more; to Twilio a refusal is a busy telephone.
    told = {"africastalking": "no_answer", "twilio": {"refused": "busy"}.get(reached, reached)}
    assert heard.reached == told[gateway]
    assert one.call.expects == "digits" and one.call.joined_at is None


@both
def test_two_telephones_talk_and_the_other_hangs_up(gateway: str) -> None:
    one = line(gateway, Connect(AGENT, 20, LINE), HangUp())
    one.later(4).does("joined")
    assert one.call.talks and one.call.expects == "talk"
    one.later(31).does("parted", "answered")
    if gateway == "twilio":
        assert (one.heard[-1].what, one.heard[-1].reached, one.heard[-1].talked) == (What.PARTED, "answered", 31)
        joined = [told for _, told in one.told if told.what is What.JOINED]
        assert [(told.session, told.number) for told in joined] == [(one.call.session, AGENT)]
    else:
        assert len(one.heard) == 1  # nothing runs behind a telephone that answered
        assert (last(one).number, last(one).talked, last(one).reached) == (AGENT, 31, "answered")
    assert one.call.ended_at and last(one).ended_as == "answered"


@both
def test_two_telephones_talk_and_the_caller_hangs_up(gateway: str) -> None:
    one = line(gateway, Connect(AGENT, 20, record=True)).later(4).does("joined").later(10).does("hang_up")
    assert one.call.ended_at and last(one).seconds == 14
    sounds = {told.recording for _, told in one.told if told.recording}
    assert len(sounds) == 1


@both
def test_a_caller_hangs_up_at_any_step(gateway: str) -> None:
    for step in (Ask((WELCOME,)), Wait(), Connect(AGENT), Record((WELCOME,))):
        one = line(gateway, step).later(3).does("hang_up")
        assert len(one.heard) == 1 and last(one).ended_as == "answered" and last(one).seconds == 3
        assert one.call.expects == ""


@both
def test_a_refused_call_is_not_answered(gateway: str) -> None:
    one = line(gateway, Reject(busy=True))
    assert one.call.answered_at is None and one.call.ended_at
    assert (last(one).ended_as, last(one).seconds) == ("refused" if gateway == "africastalking" else "busy", 0)


@both
def test_what_is_no_document_ends_the_call_with_the_gateways_own_words(gateway: str) -> None:
    one = line(gateway, Ask((WELCOME,)))
    for status, body, why in (
        (500, b"", "answered 500"),
        (200, b"OK", "no XML"),
        (200, b"<Response><Levitate/></Response>", "Levitate is not carried out"),
        (200, b'<Response><Say colour="red">a</Say></Response>', "no attribute colour"),
        (200, b"<Answer/>", "not Response"),
        (200, b"<Response><Say></Say></Response>", "Say is empty"),
        (200, b"<Response><Redirect>here</Redirect></Response>", "no address"),
        (200, b"\xff", "no XML"),
    ):
        went = one.double.read(one.call, status, body, now=one.now)
        assert why in went.call.fault and went.call.ended_at and "error" in went.call.said[-1].text
        assert went.tells


def test_the_gateways_own_time_outs_hold_where_we_name_none() -> None:
    for gateway, body, seconds, count, finish in (
        ("africastalking", b"<Response><GetDigits/></Response>", 30, 1, ""),
        ("africastalking", b'<Response><GetDigits finishOnKey="#"/></Response>', 30, 0, "#"),
        ("twilio", b"<Response><Gather/></Response>", 5, 0, "#"),
        ("twilio", b'<Response><Gather finishOnKey="" numDigits="2"/></Response>', 5, 2, ""),
    ):
        one = line(gateway, Ask((WELCOME,)))
        call = one.double.read(one.call, 200, body, now=one.now).call
        assert isinstance(call.at, Keys)
        assert (call.at.seconds, call.at.count, call.at.finish, call.at.empty) == (seconds, count, finish, False)
        # Without an element behind it the gateway hangs up on who presses nothing, and nobody is asked.
        went = one.double.silent(call, now=one.now)
        assert went.asks is None and went.call.ended_at


def test_two_things_said_inside_a_question_are_seen() -> None:
    one = line("africastalking", Ask((WELCOME,)))
    body = b"<Response><GetDigits><Say>a</Say><Say>b</Say></GetDigits></Response>"
    assert "one Say or Play" in one.double.read(one.call, 200, body, now=one.now).call.fault
    alone = b"<Response><Say>a</Say><Reject/></Response>"
    assert "only element" in one.double.read(one.call, 200, alone, now=one.now).call.fault


def test_a_redirect_stays_the_address_that_is_asked_last() -> None:
    one = line("africastalking", Ask((WELCOME,)), Ask((WELCOME,))).does("silent").does("hang_up")
    assert last(one).turn == 1 and one.told[0][0] == "call"
    taped = line("africastalking", Record((WELCOME,)), Ask((WELCOME,))).does("record", 3).does("hang_up")
    assert last(taped).turn == 1


def test_whatever_is_done_to_a_call_that_is_over_does_no_harm() -> None:
    for gateway in GATEWAYS:
        one = line(gateway, HangUp())
        assert one.double.press(one.call, "1", now=one.now).asks is None
        assert one.double.silent(one.call, now=one.now).asks is None
        assert double(gateway).record(one.call, 5, now=one.now).asks is None
