"""The doubles of the USSD gateways speak as our adapters hear, and read what our adapters say."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import parse_qsl

import pytest

from channels.double import Asked, Callback, DialogueDouble
from channels.webhook import WebhookRequest
from contactcentre.simulator.switch import DOUBLES
from tests.channels.test_ussd import ANSWERS, CODE, WHO, channel

NOW = datetime(2026, 3, 2, 10, 14, 7, tzinfo=UTC)


def request(asked: Asked) -> WebhookRequest:
    form = dict(parse_qsl(asked.body.decode(), keep_blank_values=True)) if "form" in asked.content_type else {}
    return WebhookRequest("POST", "/", {"content-type": asked.content_type}, {}, form, asked.body)


@pytest.mark.parametrize("gateway", ANSWERS)
def test_a_double_and_its_adapter_understand_each_other(gateway: str) -> None:
    double, ours = DOUBLES[gateway]("ussd"), channel(gateway)
    assert isinstance(double, DialogueDouble)
    asked = double.dial(WHO.value, CODE)
    first = ours.hear(request(asked))
    assert (first.address, first.said, first.whole or "") == (WHO, None, "")
    reply = ours.say(first, "Desk\n1 Yes", ends=False, step="home")
    shown = double.read(asked.session, reply.status, reply.body.encode())
    assert (shown.text, shown.ends, shown.fault) == ("Desk\n1 Yes", False, "")
    double.key(asked.session, "1")
    second = ours.hear(request(double.key(asked.session, "Brakwa road")))
    assert (second.session, second.said or second.whole) == (
        first.session,
        "1*Brakwa road" if second.whole else "Brakwa road",
    )
    reply = ours.say(second, "Thank you", ends=True, step="done")
    assert double.read(asked.session, reply.status, reply.body.encode()).ends
    with pytest.raises(LookupError, match="dial again"):
        double.key(asked.session, "1")
    with pytest.raises(LookupError):
        double.key("nobody", "1")


@pytest.mark.parametrize("gateway", ANSWERS)
@pytest.mark.parametrize(
    ("status", "body"), [(500, b"oops"), (200, b""), (200, b" CON x"), (200, b"<p>CON</p>"), (0, b"")]
)
def test_an_answer_that_is_none_ends_the_session(gateway: str, status: int, body: bytes) -> None:
    double = DOUBLES[gateway]("ussd")
    asked = double.dial(WHO.value, CODE)
    shown = double.read(asked.session, status, body)
    assert shown.ends
    assert shown.fault
    with pytest.raises(LookupError):
        double.key(asked.session, "1")


def test_what_no_phone_shows_is_a_fault() -> None:
    double = DOUBLES["africastalking"]("ussd")
    asked = double.dial(WHO.value, CODE)
    shown = double.read(asked.session, 200, b"CON " + b"x" * 183)
    assert (len(shown.text), shown.ends) == (182, False)
    assert "183 characters" in shown.fault


@pytest.mark.parametrize("ended", [True, False])
def test_africas_talking_tells_how_a_session_ended(ended: bool) -> None:
    double, ours = DOUBLES["africastalking"]("ussd"), channel("africastalking")
    asked = double.dial(WHO.value, CODE)
    double.read(asked.session, 200, b"END Bye" if ended else b"CON 1 Yes")
    told = double.hang_up(asked.session, now=NOW)
    assert isinstance(told, Callback)
    (route,) = ours.routes()
    (event,) = route.parse(WebhookRequest("POST", "/", {}, {}, told.form, b""))[1]
    assert (event.session, event.how) == (f"{CODE} {asked.session}", "Success" if ended else "Incomplete")
    assert double.hang_up("nobody", now=NOW) is None


def test_hubtel_tells_that_somebody_hung_up() -> None:
    double, ours = DOUBLES["hubtel"]("ussd"), channel("hubtel")
    asked = double.dial(WHO.value, CODE)
    told = double.hang_up(asked.session, now=NOW)
    assert isinstance(told, Asked)
    assert ours.hear(request(told)).hung_up
    assert double.hang_up(asked.session, now=NOW) is None
    assert DOUBLES["nalo"]("ussd").hang_up("nobody", now=NOW) is None
