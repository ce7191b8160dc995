"""A code that was told or keyed in during a call is nowhere once the call is over, however it ends."""

from __future__ import annotations

import re

import pytest

from cases.models import Case, OutboxEntry, PhoneCall, RawRequest
from tests.calls.carried import Carried, wired
from tests.calls.centre import Centre
from tests.calls.test_carried import BOTH, ME, report
from tests.calls.test_waiting import AMA

OTHER = "+233200000002"


def a_case(desk: Centre, gateway: str) -> tuple[str, str]:
    """Let somebody report by voice; returns the case's reference and the code that they heard."""
    wired(desk, gateway)
    _, code = report(desk, gateway)
    assert re.fullmatch(r"\d{4}", code)
    return desk.rows(Case)[0].reference, code


def asks(desk: Centre, gateway: str, reference: str) -> Carried:
    """Let a stranger's telephone ask how that case stands; its code is asked for."""
    me = Carried(desk, gateway, OTHER).keys("2", f"{reference}#")
    assert "four digits of the code" in me.words
    return me


def held(desk: Centre, code: str) -> list[str]:
    """Return where a code stands in the rows of calls and in stored requests, keyed or as it is read out."""
    aloud = " ".join(code)
    calls = [
        f"call.{name}"
        for one in desk.rows(PhoneCall)
        for name in ("page", "dialogue", "note", "cause")
        if code in str(getattr(one, name)) or aloud in str(getattr(one, name))
    ]
    raw = [one for one in desk.rows(RawRequest) if keyed(one, code)]
    return calls + [f"request {one.event_kind}" for one in raw]


def keyed(one: RawRequest, code: str) -> bool:
    """Tell whether a stored request tells of these keys: a session's name may hold the same digits by chance."""
    form = one.headers.get("form", {})
    said = (form.get(name, "") for name in ("Digits", "dtmfDigits"))
    return any(code in str(value) for value in said) or bool(re.search(rb"(?i)digits=" + code.encode(), one.body))


@BOTH
def test_who_heard_the_code_and_hung_up_leaves_none_behind(desk: Centre, gateway: str) -> None:
    wired(desk, gateway)
    me = Carried(desk, gateway, ME).keys("1", "7", "1")
    me.later(9).does("record", 9)
    me.keys("1")
    code = re.search(r"code is (\d(?: \d){3})", me.words)
    assert code
    assert held(desk, code[1].replace(" ", "")) == ["call.page", "call.dialogue"]  # it may be asked for once more
    me.does("hang_up")
    assert held(desk, code[1].replace(" ", "")) == []
    assert desk.rows(OutboxEntry)  # there it is sent from


@BOTH
@pytest.mark.parametrize("right", [True, False])
def test_what_was_keyed_in_is_forgotten_once_it_was_tried(desk: Centre, gateway: str, right: bool) -> None:
    reference, code = a_case(desk, gateway)
    tried = code if right else f"{(int(code) + 1) % 10000:04d}"
    me = asks(desk, gateway, reference).keys(f"{tried}#")
    assert ("do not go together" in me.words) is not right
    assert held(desk, tried) == []
    me.does("hang_up")
    assert desk.rows(PhoneCall)[-1].state == "ended"
    assert held(desk, tried) == []


@BOTH
def test_who_goes_on_to_a_person_takes_no_code_along(desk: Centre, gateway: str) -> None:
    reference, code = a_case(desk, gateway)
    desk.agent("Ama", AMA)
    me = asks(desk, gateway, reference).keys(f"{code}#", "0", "6")
    while me.call.expects == "digits":
        me.keys("1")
    assert me.call.expects == "ringing", me.words
    assert held(desk, code) == []
    me.does("hang_up")
    (call,) = desk.rows(PhoneCall)[-1:]
    assert (call.state, call.page) == ("ended", None)
    assert held(desk, code) == []


@BOTH
def test_nothing_of_a_menu_is_kept_of_a_call_of_which_nothing_is_heard(desk: Centre, gateway: str) -> None:
    reference, _ = a_case(desk, gateway)
    asks(desk, gateway, reference)
    (call,) = desk.rows(PhoneCall)[-1:]
    assert reference in str(call.dialogue)
    desk.ticks(600)
    (call,) = desk.rows(PhoneCall)[-1:]
    assert (call.state, call.page, set(call.dialogue) - {"over", "waits"}) == ("ended", None, set())
