"""What the gateway answers to a send: taken or refused, in its documented shape."""

from __future__ import annotations

import json
from typing import Any

from cases.messages import OutboundMessage, Receipt
from tests.channels.twilio_account import ACCOUNT, NUMBER, PHONE, SENT_ID, SID

MESSAGE = OutboundMessage(ACCOUNT, PHONE, "Yɛagye wo abisadeɛ. 4821-7736", "ref-1")
PATH = f"/2010-04-01/Accounts/{SID}/Messages.json"
RECEIPT = Receipt(SENT_ID)


def taken(**changes: Any) -> str:
    """The gateway's answer to a send, with fields changed."""
    told = {
        "sid": SENT_ID, "account_sid": SID, "status": "queued", "to": PHONE.value, "from": NUMBER, "body": MESSAGE.text,
        "num_segments": "1", "num_media": "0", "direction": "outbound-api", "price": None, "price_unit": "USD",
        "error_code": None, "error_message": None, "date_created": "Mon, 02 Mar 2026 10:14:07 +0000",
        "date_updated": "Mon, 02 Mar 2026 10:14:07 +0000", "date_sent": None, "messaging_service_sid": None,
        "api_version": "2010-04-01", "uri": f"{PATH.removesuffix('.json')}/{SENT_ID}.json", "subresource_uris": {},
    }  # fmt: skip
    return json.dumps({**told, **changes})


def refused(code: int, *, status: int = 400) -> str:
    more = f"https://www.twilio.com/docs/errors/{code}"
    # The gateway quotes the number: nothing of its words may reach a log or a page.
    return json.dumps({"code": code, "message": f"Invalid: {PHONE.value}", "more_info": more, "status": status})
