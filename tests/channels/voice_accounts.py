"""Voice accounts at both gateways, for the tests of their channels: invented ids, invented numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode

from cases.messages import Address, AddressKind
from channels import registry
from channels.settings import Secret, parse_account
from channels.webhook import WebhookRequest
from tests.contracts.channel import FORM

LINE = "+233302000000"
CITIZEN = Address(AddressKind.PHONE, "+233201234567")
AGENT = "+233240000900"
ATVID = "ATVId_b2beff43fbe0d2749cc1693b4df4f585"
SID = "AC00000000000000000000000000000000"
CALL_SID = "CA22222222222222222222222222222222"
TOKEN, KEY = "12345", "a-key-that-was-invented"
HOOK = "https://contact.northport.example/hooks/voice/secret/call"
_OWN: Mapping[str, Mapping[str, str]] = {
    "africastalking": {"username": "city", "api_key": "env:KEY"},
    "twilio": {"account_sid": SID, "auth_token": "env:TOKEN"},
}


def channel(gateway: str, **changes: Any) -> Any:
    """Return a voice account of this gateway."""
    block = {"id": "voice", "channel": "voice", "gateway": gateway, "address": LINE, "answers_by": "sms"}
    every = {**block, "hook_secret": "file:hook", "region": "GH", **_OWN[gateway], **changes}
    found = registry.find("voice", gateway)
    assert found is not None

    def read_secret(secret: Secret) -> str:
        return {"env:KEY": KEY, "env:TOKEN": TOKEN, "env:OTHER": "54321"}[secret.reference]

    settings, faults = parse_account(found.settings_class, every, read_secret)
    assert faults == []
    return found(settings)


def asked(form: Mapping[str, str] | str, query: str = "", *, method: str = "POST") -> WebhookRequest:
    """Return a gateway's request as the web layer would hand it over; a form may be given as it stands in a body."""
    fields = dict(parse_qsl(form, keep_blank_values=True)) if isinstance(form, str) else dict(form)
    more = dict(parse_qsl(query, keep_blank_values=True))
    if method == "GET":
        every = {**more, **fields}
        return WebhookRequest("GET", f"/hooks/voice/•/call?{urlencode(every)}", {}, every, {}, b"")
    url = f"/hooks/voice/•/call{'?' if query else ''}{query}"
    body = urlencode(fields).encode()
    return WebhookRequest("POST", url, {"content-type": FORM}, more, fields, body, fields=tuple(fields.items()))


def at(**more: str | None) -> dict[str, str]:
    """Return what Africa's Talking posts, with these fields changed; None: left out."""
    usual = {
        "isActive": "1", "sessionId": ATVID, "direction": "Inbound", "callerNumber": CITIZEN.value,
        "destinationNumber": LINE, "callerCountryCode": "GH", "callerCarrierName": "Telecel",
        "callSessionState": "Active", "callStartTime": "2026-03-02+10:12:00",
    }  # fmt: skip
    return {name: value for name, value in {**usual, **more}.items() if value is not None}


def tw(**more: str | None) -> dict[str, str]:
    """Return what Twilio posts, with these fields changed; None: left out."""
    usual = {
        "CallSid": CALL_SID, "AccountSid": SID, "From": CITIZEN.value, "To": LINE, "CallStatus": "in-progress",
        "ApiVersion": "2010-04-01", "Direction": "inbound", "Caller": CITIZEN.value, "Called": LINE,
        "FromCountry": "GH", "ToCountry": "GB",
    }  # fmt: skip
    return {name: value for name, value in {**usual, **more}.items() if value is not None}
