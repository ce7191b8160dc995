"""A telephone line without a network: the real adapter and the real double, with a small application between them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from channels.twilio_signature import verify
from channels.voice.africastalking_double import AfricasTalkingVoiceDouble
from channels.voice.double import Post, Running, Uttered, Went
from channels.voice.twilio_double import TwilioVoiceDouble
from channels.voice.values import CallHeard, VoicePage
from channels.webhook import WebhookRequest
from tests.channels.voice_accounts import CITIZEN, HOOK, KEY, LINE, SID, TOKEN, channel
from tests.contracts.channel import FORM

START = datetime(2026, 3, 2, 10, 12, tzinfo=UTC)
EVENTS = ("call", "status", "recording", "dequeue")
Application = Callable[[CallHeard], VoicePage]


def double(gateway: str) -> Any:
    if gateway == "twilio":
        return TwilioVoiceDouble(TOKEN, SID, "voice")
    return AfricasTalkingVoiceDouble(KEY, "city", "voice")


class Line:
    """One call. ``heard`` is what the application was asked, ``told`` what it was only told, each with its event."""

    def __init__(self, gateway: str, application: Application, *, call: Went | None = None) -> None:
        self.gateway, self.double, self.channel = gateway, double(gateway), channel(gateway)
        self._application, self.now = application, START
        self.heard: list[CallHeard] = []
        self.told: list[tuple[str, CallHeard]] = []
        self.documents: list[str] = []
        self.call: Running
        self.follow(call or self.double.begin(CITIZEN.value, LINE, now=self.now))

    def follow(self, went: Went) -> Line:
        while True:
            self.call = went.call
            for post in went.tells:
                event, request = self._request(post)
                self.told.append((event, self.channel.hear(event, request)))
            if went.asks is None:
                return self
            _, request = self._request(went.asks)
            heard = self.channel.hear("call", request)
            self.heard.append(heard)
            reply = self.channel.say(heard, self._application(heard), callback=HOOK)
            self.documents.append(reply.body)
            went = self.double.read(self.call, reply.status, reply.body.encode(), now=self.now)

    def later(self, seconds: int) -> Line:
        self.now += timedelta(seconds=seconds)
        return self

    def does(self, what: str, *values: Any, **more: Any) -> Line:
        return self.follow(getattr(self.double, what)(self.call, *values, now=self.now, **more))

    @property
    def words(self) -> str:
        return " ".join(one.text or one.audio for one in self.call.said)

    @property
    def said(self) -> tuple[Uttered, ...]:
        return self.call.said

    def _request(self, post: Post) -> tuple[str, WebhookRequest]:
        url = post.url or f"{HOOK.removesuffix('call')}{post.event}"
        parts = urlsplit(url)
        headers = {"content-type": FORM}
        if post.sign:
            headers |= {name.lower(): value for name, value in post.sign(url).items()}
        query = dict(parse_qsl(parts.query))
        public = url.partition("#")[0]
        form = dict(post.form)
        request = WebhookRequest("POST", parts.path, headers, query, form, b"x", public, tuple(form.items()))
        if self.gateway == "twilio":
            verify(request, [TOKEN])
        event = parts.path.rpartition("/")[2]
        assert event in EVENTS
        return event, request
