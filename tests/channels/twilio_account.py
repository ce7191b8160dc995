"""An account at Twilio, for the tests of its channel: invented ids, an invented token."""

from __future__ import annotations

from typing import Any

from cases.messages import Address, AddressKind
from channels.settings import Secret
from channels.sms.twilio import TwilioSettings, TwilioSms

ACCOUNT = "sms-tw"
SID = "AC00000000000000000000000000000000"
TOKEN = "12345"
NUMBER = "+447700900123"
PHONE = Address(AddressKind.PHONE, "+233201234567")
SENT_ID = "SM11111111111111111111111111111111"


def channel(base_url: str | None = None, **changes: Any) -> TwilioSms:
    values: dict[str, Any] = {
        "id": ACCOUNT,
        "channel": "sms",
        "gateway": "twilio",
        "address": NUMBER,
        "hook_secret": Secret("env:HOOK"),
        "read_secret": lambda secret: {"env:TOKEN": TOKEN}[secret.reference],
        "account_sid": SID,
        "auth_token": Secret("env:TOKEN"),
        "region": "GH",
        "base_url": base_url,
    }
    return TwilioSms(TwilioSettings(**{**values, **changes}))
