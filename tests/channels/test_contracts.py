"""The harness of tests/contracts/channel.py notices a channel that does otherwise than its table says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from cases.messages import Address, AddressKind, Inbound, InboundMessage, OutboundMessage, Receipt
from channels.errors import GatewayDown, Refused, SendError, Throttled
from channels.webhook import Route, WebhookReply, WebhookRequest
from tests.contracts.channel import Answer, IncomingCase, OutgoingCase, run_incoming, run_outgoing, scripted

MESSAGE = OutboundMessage("a", Address(AddressKind.PHONE, "+233201234567"), "hello", "r")
CAME = InboundMessage("a", "sms", MESSAGE.recipient, "1422", "hello", "7")


class Fixed:
    """A channel that always does the same."""

    def __init__(self, *, status: int = 200, field: str | None = None, error: SendError | None = None) -> None:
        self._status, self._field, self._error = status, field, error

    def routes(self) -> Sequence[Route]:
        return (Route("incoming", lambda request: request.form.get("id"), self._parse),)

    def send(self, message: OutboundMessage) -> Receipt:
        if self._error:
            raise self._error
        return Receipt("1")

    def _parse(self, request: WebhookRequest) -> tuple[WebhookReply, Sequence[Inbound]]:
        if self._field:
            raise Refused(self._field, "is wrong, mend it")
        return WebhookReply(self._status), [CAME]


RIGHT = IncomingCase("right", "incoming", {"id": "7"}, (CAME,), external_id="7")


def test_the_right_channel_passes() -> None:
    run_incoming(Fixed(), RIGHT)
    run_incoming(Fixed(field="text"), replace(RIGHT, refused="text", expected=()))


@pytest.mark.parametrize(
    ("channel", "case"),
    [
        (Fixed(), replace(RIGHT, expected=())),
        (Fixed(), replace(RIGHT, expected=(replace(CAME, text="hullo"),))),
        (Fixed(), replace(RIGHT, external_id=None)),
        (Fixed(), replace(RIGHT, event="delivery")),
        (Fixed(status=500), RIGHT),
        (Fixed(field="date"), replace(RIGHT, refused="text")),
    ],
)
def test_a_wrong_channel_does_not(channel: Fixed, case: IncomingCase) -> None:
    with pytest.raises(AssertionError):
        run_incoming(channel, case)


def test_a_refusal_that_does_not_come_is_noticed() -> None:
    with pytest.raises(pytest.fail.Exception):
        run_incoming(Fixed(), replace(RIGHT, refused="text"))


ANY = Answer(200, "")


def test_the_right_outcome_passes() -> None:
    run_outgoing(lambda _: Fixed(), OutgoingCase("r", ANY, Receipt("1")), message=MESSAGE)
    down = OutgoingCase("r", ANY, error=GatewayDown, retryable=True)
    run_outgoing(lambda _: Fixed(error=GatewayDown("x")), down, message=MESSAGE)


@pytest.mark.parametrize(
    ("error", "case"),
    [
        (None, OutgoingCase("other receipt", ANY, Receipt("2"))),
        (None, OutgoingCase("neither", ANY)),
        (GatewayDown("x"), OutgoingCase("not retryable", ANY, error=GatewayDown)),
        (Throttled("x"), OutgoingCase("class", ANY, error=GatewayDown, retryable=True)),
        (GatewayDown("x", code="9"), OutgoingCase("code", ANY, error=GatewayDown, retryable=True)),
        (GatewayDown("to +233201234567"), OutgoingCase("tells", ANY, error=GatewayDown, retryable=True)),
        (GatewayDown("x", agent_text="oops"), OutgoingCase("no sentence", ANY, error=GatewayDown, retryable=True)),
    ],
)
def test_a_wrong_outcome_does_not(error: SendError | None, case: OutgoingCase) -> None:
    with pytest.raises(AssertionError):
        run_outgoing(lambda _: Fixed(error=error), case, message=MESSAGE)


def test_the_scripted_server_gives_its_answers_in_order_and_hangs_up() -> None:
    import requests

    with scripted(Answer(201, "one"), Answer(drop=True), Answer(200, "last")) as server:
        assert requests.post(server.url, data={"a": ""}, timeout=5).text == "one"
        with pytest.raises(requests.ConnectionError):
            requests.post(server.url, timeout=5)
        assert [requests.get(server.url, timeout=5).text for _ in range(2)] == ["last", "last"]
        assert dict(server.seen[0].form) == {"a": ""}
