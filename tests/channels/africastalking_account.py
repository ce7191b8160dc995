"""An account at Africa's Talking, for the tests of its channel."""

from __future__ import annotations

from typing import Any

from cases.messages import Address, AddressKind
from channels.settings import Secret
from channels.sms.africastalking import AfricasTalkingSettings, AfricasTalkingSms

ACCOUNT = "sms-test"
KEY = "the-key-of-the-test-account"
PHONE = Address(AddressKind.PHONE, "+233201234567")
SENT_ID = "ATXid_7468c9a251f9e9efcc6b2f7ea756a56c"


def channel(base_url: str | None = None, **changes: Any) -> AfricasTalkingSms:
    values: dict[str, Any] = {
        "id": ACCOUNT,
        "channel": "sms",
        "gateway": "africastalking",
        "address": "1422",
        "hook_secret": Secret("env:HOOK"),
        "read_secret": lambda secret: {"env:KEY": KEY}[secret.reference],
        "username": "town",
        "api_key": Secret("env:KEY"),
        "region": "GH",
        "base_url": base_url,
    }
    return AfricasTalkingSms(AfricasTalkingSettings(**{**values, **changes}))
