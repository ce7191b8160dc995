"""Our pages as each gateway's XML: every step and combination against the table of its elements, and read back."""

from __future__ import annotations

import itertools
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from twilio.twiml.voice_response import VoiceResponse

from channels.voice.values import (
    LEAST_SECONDS,
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
from tests.channels.voice_accounts import AGENT, HOOK, LINE, channel
from tests.channels.voice_tables import AFRICASTALKING, TWILIO, faults, tree

TABLES = {"africastalking": AFRICASTALKING, "twilio": TWILIO}
GATEWAYS = tuple(TABLES)
SOUND = "https://contact.northport.example/prompts/0a1b.mp3?v=1&l=fat"
WORDS, MORE = Prompt('Press 1 for <bills> & "rates".'), Prompt("Press 9 to hear it again.")
TAPED, TWI = Prompt("Press 2.", audio=SOUND), Prompt("Mia 3.", "tw")
PROMPTS = [(), (WORDS,), (TAPED,), (WORDS, MORE), (TAPED, WORDS, MORE), (WORDS, TAPED), (WORDS, TWI, TAPED)]
LASTS: list[Step] = [
    *(Ask(said, digits, finish, seconds) for said in PROMPTS[1:] for digits, finish, seconds in
      [(1, "", 8), (0, "#", 12), (0, "", 8), (8, "#", 3), (4, "", 30)]),
    *(Record(said, seconds, silence) for said in PROMPTS[1:] for seconds, silence in [(120, 5), (60, 10)]),
    *(Wait(said, audio, seconds) for said in PROMPTS for audio in ("", SOUND) for seconds in (10, 1, 20)),
    *(Connect(AGENT, 20, shows, record) for shows in ("", LINE) for record in (True, False)),
    HangUp(), Reject(), Reject(busy=True),
]  # fmt: skip
FIRSTS: list[tuple[Step, ...]] = [(), (Speak((WORDS,)),), (Speak((TAPED, TWI)), Speak((WORDS, MORE))), (Speak(()),)]
ODD = "<&>\"'\x00\x0b\ud800\ufffe ɛ ɔ Ŋ 🏠"


def said(gateway: str, *steps: Step, turn: int = 7, heard: CallHeard | None = None) -> str:
    reply = channel(gateway).say(heard, VoicePage(steps, turn), callback=HOOK)
    assert reply.status == 200 and "xml" in reply.content_type and isinstance(reply.body, str)
    return reply.body


def pages() -> Iterator[tuple[Step, ...]]:
    yield ()
    for first, last in itertools.product(FIRSTS, LASTS):
        if isinstance(last, Reject) and first:
            continue
        yield (*first, last)


def wait_of(one: ET.Element) -> int:
    return int(one.attrib["timeout"])


def turns(document: str) -> set[str]:
    """Return the turns in all addresses that lead back to us."""
    root = tree(document)
    every = [value for one in root.iter() for value in (*one.attrib.values(), one.text or "")]
    back = [urlsplit(value) for value in every if value.startswith(HOOK)]
    return {turn for url in back for turn in parse_qs(url.query).get("turn", ["none"])}


@pytest.mark.parametrize("gateway", GATEWAYS)
def test_every_step_and_combination_is_within_the_table(gateway: str) -> None:
    every = list(pages())
    assert len(every) > 250
    for steps in every:
        document = said(gateway, *steps)
        assert faults(document, TABLES[gateway]) == [], document
        root = tree(document)
        asking = [one for one in root.iter() if one.tag in ("GetDigits", "Gather", "Record")]
        assert all(wait_of(one) >= LEAST_SECONDS for one in asking), document
        leads_back = isinstance(steps[-1], Ask | Record | Wait | Connect) if steps else False
        assert turns(document) == ({"7"} if leads_back else set()), document
        if any(isinstance(step, Reject) for step in steps):
            assert [one.tag for one in root] == ["Reject"]


@pytest.mark.parametrize("last", [one for one in LASTS if isinstance(one, Ask | Record | Wait | Connect)], ids=repr)
def test_nobody_falls_out_of_a_document(last: Step) -> None:
    """At Africa's Talking the element behind leads back; at Twilio the element itself asks, or the one behind it."""
    *_, asking, behind = tree(said("africastalking", last))
    flags = {"Dial": {"turn": ["7"], "parted": ["1"]}}.get(asking.tag, {"turn": ["7"], "silent": ["1"]})
    assert behind.tag == "Redirect" and parse_qs(urlsplit(behind.text or "").query) == flags
    twiml = tree(said("twilio", last))
    if twiml[-1].tag == "Redirect":
        assert twiml[-2].tag == "Record" and "silent=1" in (twiml[-1].text or "")
        return
    action = urlsplit(twiml[-1].attrib["action"])
    assert parse_qs(action.query)["turn"] == ["7"] and (twiml[-1].tag != "Dial" or "parted=1" in action.query)
    assert twiml[-1].tag == "Dial" or twiml[-1].attrib["actionOnEmptyResult"] == "true"


def test_twiml_is_what_its_own_builder_makes() -> None:
    made = VoiceResponse()
    made.say("Welcome.", language="en-GB")
    asked = made.gather(
        input="dtmf", num_digits=1, finish_on_key="", timeout=8, action_on_empty_result=True, method="POST",
        action=f"{HOOK}?turn=7",
    )  # fmt: skip
    asked.play(SOUND)
    assert said("twilio", Speak((Prompt("Welcome."),)), Ask((TAPED,))) == str(made)


def test_a_telephone_is_rung_and_joined_as_the_page_says() -> None:
    root = tree(said("twilio", Connect(AGENT, 25, LINE, record=True)))
    dial, number = root[0], root[0][0]
    room = HOOK.removesuffix("/call")
    assert (dial.attrib["timeout"], dial.attrib["callerId"], number.text) == ("25", LINE, AGENT)
    assert dial.attrib["record"] == "record-from-answer-dual"
    assert dial.attrib["recordingStatusCallback"] == f"{room}/recording"
    assert number.attrib == {"statusCallback": f"{room}/status", "statusCallbackEvent": "answered completed"}
    (plain, _) = tree(said("africastalking", Connect(AGENT, 25, LINE)))
    assert plain.attrib == {"phoneNumbers": AGENT, "callerId": LINE}


def test_what_the_gateway_can_interrupt_stands_inside_the_question() -> None:
    one, asking, _ = tree(said("africastalking", Ask((TAPED, WORDS, MORE))))
    assert (one.tag, [inner.tag for inner in asking]) == ("Play", ["Say"])
    assert asking[0].text == f"{WORDS.text} {MORE.text}"  # neighbours that are read out are one
    (asked,) = tree(said("twilio", Ask((TAPED, WORDS, TWI))))
    assert [inner.tag for inner in asked] == ["Play", "Say", "Say"]
    assert [inner.get("language") for inner in asked] == [None, "en-GB", None]


def test_what_is_behind_the_last_step_is_left_out_and_a_refusal_stands_alone() -> None:
    for gateway in GATEWAYS:
        cut = said(gateway, Ask((WORDS,)), Speak((MORE,)), HangUp())
        assert MORE.text not in cut and cut == said(gateway, Ask((WORDS,)))
        assert said(gateway, Speak((WORDS,)), Reject()) == said(gateway, Reject())
        assert [one.tag for one in tree(said(gateway))] == []


def test_the_end_is_answered_with_an_empty_document() -> None:
    for what in (What.ENDED, What.KEPT, What.OTHER, What.JOINED):
        told = CallHeard(what, "CA1", LINE)
        assert said("twilio", Speak((WORDS,)), heard=told) == '<?xml version="1.0" encoding="UTF-8"?><Response/>'
    assert WORDS.text[:7] in said("twilio", Speak((WORDS,)), heard=None)


def test_what_stands_in_an_address_stays_there() -> None:
    callback = f"{HOOK}?tag=c-7&turn=3#rc=2&rt=5000"
    for gateway in GATEWAYS:
        reply = channel(gateway).say(None, VoicePage((Ask((WORDS,)),), 4), callback=callback)
        asking = tree(str(reply.body))[0]
        url = urlsplit(asking.get("callbackUrl") or asking.get("action") or "")
        assert parse_qs(url.query) == {"tag": ["c-7"], "turn": ["4"]} and url.fragment == "rc=2&rt=5000"


def test_long_words_are_said_in_pieces() -> None:
    words = " ".join(f"wɔrd{n}" for n in range(2000))
    spoken = [one.text or "" for one in tree(said("twilio", Speak((Prompt(words),))))]
    assert len(spoken) > 1 and " ".join(spoken) == words
    assert all(len(one.encode()) <= 4096 for one in spoken)
    assert len(tree(said("twilio", Speak((Prompt("x" * 9000),))))) == 1


_PROMPT = st.builds(
    Prompt, st.text(max_size=80) | st.just(ODD), st.sampled_from(["en", "tw", "fat", ""]), st.sampled_from(["", SOUND])
)
_SAID = st.lists(_PROMPT, max_size=4).map(tuple)
_STEP = st.one_of(
    st.builds(Speak, _SAID),
    st.builds(Ask, _SAID, st.integers(0, 12), st.sampled_from(["", "#", "*"]), st.integers(0, 60)),
    st.builds(Record, _SAID, st.integers(1, 600), st.integers(0, 60)),
    st.builds(Wait, _SAID, st.sampled_from(["", SOUND]), st.integers(0, 60)),
    st.builds(Connect, st.just(AGENT), st.integers(5, 60), st.sampled_from(["", LINE]), st.booleans()),
    st.just(HangUp()),
    st.builds(Reject, st.booleans()),
)


@pytest.mark.parametrize("gateway", GATEWAYS)
@given(steps=st.lists(_STEP, max_size=5), turn=st.integers(0, 99_999))
@settings(max_examples=200, deadline=None)
def test_any_page_whatever_its_words_is_within_the_table(gateway: str, steps: list[Step], turn: int) -> None:
    document = said(gateway, *steps, turn=turn)
    assert faults(document, TABLES[gateway]) == [], document
    if gateway == "africastalking":
        tags = [one.tag for one in tree(document)]
        asking = [n for n, tag in enumerate(tags) if tag in ("GetDigits", "Record", "Dial")]
        assert all(tags[n + 1 : n + 2] == ["Redirect"] for n in asking)


def test_the_table_notices_what_it_does_not_hold() -> None:
    head = '<?xml version="1.0" encoding="UTF-8"?>'
    for wrong in (
        "<Response><Hangup/></Response>",
        '<Response><GetDigits timeout="8" callbackUrl="https://x/y" numDigits="0"/></Response>',
        '<Response><GetDigits timeout="8"/></Response>',
        '<Response><GetDigits timeout="8" callbackUrl="https://x"><Say>a</Say><Say>b</Say></GetDigits></Response>',
        "<Response><Say></Say></Response>",
        '<Response><Dial phoneNumbers="0201234567"/></Response>',
        "<Answer/>",
    ):
        assert faults(head + wrong, AFRICASTALKING) != []
    assert faults("<Response/>", AFRICASTALKING) == ["no declaration"]
    listed = "statusCallbackEvent=\"['answered', 'completed']\""
    dial = f'<Response><Dial action="https://x/y" timeout="20"><Number {listed}>{AGENT}</Number></Dial></Response>'
    assert faults(head + dial, TWILIO) == ["Number statusCallbackEvent=\"['answered', 'completed']\""]
