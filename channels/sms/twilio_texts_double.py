"""The messages of one account as Twilio's double keeps, shows and lists them: "Messages resource" and "Media" pages."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from email.utils import format_datetime
from typing import Any
from urllib.parse import urlencode

from channels.sms import segments
from channels.twilio_double import VERSION, answered
from channels.webhook import WebhookReply

#: seconds after which a message of ours counts as sent, and as delivered
SENT_AFTER, DELIVERED_AFTER = 0.2, 0.6
#: what a picture is here: one transparent point
PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)
PICTURE_TYPE = "image/png"
_KEPT, _PAGE, _LARGEST_PAGE = 10_000, 50, 1000
_DAY = len("2026-01-31")


@dataclass(frozen=True, slots=True)
class Text:
    """One message. ``sender`` of one of ours may be a messaging service; ``media`` counts the pictures."""

    sid: str
    sender: str
    recipient: str
    body: str
    at: datetime
    inbound: bool = False
    media: int = 0

    @property
    def by_service(self) -> bool:
        """Tell whether a messaging service chooses the number that it leaves from."""
        return self.sender.startswith("MG")

    @property
    def parts(self) -> int:
        """How many SMS it is."""
        return max(segments.count(self.body).parts, 1)

    def status(self, now: datetime) -> str:
        """Return how far it is."""
        age = (now - self.at).total_seconds()
        if self.inbound:
            return "received"
        waiting = "accepted" if self.by_service else "queued"
        return waiting if age < SENT_AFTER else "sent" if age < DELIVERED_AFTER else "delivered"

    def sent(self, now: datetime) -> datetime | None:
        """Return the date that lists are narrowed by, in whole seconds; what still waits has none."""
        waits = self.status(now) in ("accepted", "queued")
        return None if waits else self.at.replace(microsecond=0)

    def files(self) -> list[str]:
        """Return the ids of its pictures."""
        return [f"ME{number:02d}{self.sid[4:]}" for number in range(self.media)]


class Texts:
    """All messages of one account, by their ids, in the order in which they came."""

    def __init__(self, account_sid: str) -> None:
        self._account = account_sid
        self._texts: dict[str, Text] = {}

    def keep(self, text: Text) -> None:
        """Keep a message; the oldest is dropped where there are too many."""
        self._texts[text.sid] = text
        if len(self._texts) > _KEPT:
            del self._texts[next(iter(self._texts))]

    def get(self, sid: str) -> Text | None:
        """Return one message."""
        return self._texts.get(sid)

    def uri(self, sid: str = "") -> str:
        """Return the path of a message, or of all, without its ending."""
        return f"/{VERSION}/Accounts/{self._account}/Messages{'/' if sid else ''}{sid}"

    def listed(self, query: Mapping[str, str], now: datetime) -> WebhookReply:
        """Return a page of what the query asks for, the newest first."""
        found = [text for text in self._texts.values() if _matches(text, query, now)][::-1]
        found.sort(key=lambda text: text.at, reverse=True)
        asked, token = query.get("PageSize", ""), query.get("PageToken", "").removeprefix("PA")
        size = min(int(asked), _LARGEST_PAGE) if asked.isdecimal() and int(asked) else _PAGE
        # A page goes on behind a message, not at a number: what arrives meanwhile moves nothing.
        start = next((number + 1 for number, text in enumerate(found) if text.sid == token), 0)
        page, number, first = found[start : start + size], int(query.get("Page", "0")), f"{self.uri()}.json"
        more = {**query, "PageSize": size, "Page": number + 1, "PageToken": f"PA{page[-1].sid if page else ''}"}
        told = {
            "messages": [self.shown(text, now) for text in page],
            "page": number,
            "page_size": size,
            "start": start,
            "end": start + len(page) - 1,
            "uri": first,
            "first_page_uri": f"{first}?PageSize={size}&Page=0",
            "next_page_uri": f"{first}?{urlencode(more)}" if start + size < len(found) else None,
            "previous_page_uri": None,
        }
        return answered(200, told)

    def media(self, text: Text) -> WebhookReply:
        """Return the list of a message's pictures."""
        listed = [
            {
                "sid": file,
                "parent_sid": text.sid,
                "account_sid": self._account,
                "content_type": PICTURE_TYPE,
                "uri": f"{self.uri(text.sid)}/Media/{file}.json",
            }
            for file in text.files()
        ]
        return answered(200, {"media_list": listed, "uri": f"{self.uri(text.sid)}/Media.json", "next_page_uri": None})

    def shown(self, text: Text, now: datetime) -> dict[str, Any]:
        """Return a message as the gateway shows it."""
        sent = text.sent(now)
        return {
            "sid": text.sid,
            "account_sid": self._account,
            "messaging_service_sid": text.sender if text.by_service else None,
            "from": None if text.by_service else text.sender,
            "to": text.recipient,
            "body": text.body,
            "status": text.status(now),
            "direction": "inbound" if text.inbound else "outbound-api",
            "num_segments": "0" if text.by_service else str(text.parts),
            "num_media": str(text.media),
            "date_created": format_datetime(text.at),
            "date_updated": format_datetime(text.at),
            "date_sent": format_datetime(sent) if sent else None,
            "price": None,
            "price_unit": "USD",
            "error_code": None,
            "error_message": None,
            "api_version": VERSION,
            "uri": f"{self.uri(text.sid)}.json",
            "subresource_uris": {"media": f"{self.uri(text.sid)}/Media.json"},
        }


def _matches(text: Text, query: Mapping[str, str], now: datetime) -> bool:
    if query.get("To", text.recipient) != text.recipient or query.get("From", text.sender) != text.sender:
        return False
    day, after, before = (query.get(name) for name in ("DateSent", "DateSent>", "DateSent<"))
    sent = text.sent(now)
    if sent is None:
        return not (day or after or before)
    return (
        (not day or sent.date() == _instant(day).date())
        and (not after or sent >= _instant(after))
        and (not before or sent <= _instant(before) + timedelta(days=len(before) == _DAY))
    )


def _instant(text: str) -> datetime:
    if len(text) == _DAY:
        return datetime.combine(date.fromisoformat(text), time(), UTC)
    return datetime.fromisoformat(text)
