"""A small application for calls, at real HTTP hooks: the adapters, and a function from what is heard to a page."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask import Flask, Response, request

from channels.voice.values import CallHeard, VoicePage
from channels.webhook import WebhookRequest
from tests.channels.voice_accounts import KEY, SID, TOKEN, channel
from tests.integration.test_simulator import serve

AT_LINE, TW_LINE = "+233302000000", "+447700900123"
LINES = {"africastalking": AT_LINE, "twilio": TW_LINE}


class Application:
    """Hooks of two lines. ``answer`` may be changed; what is heard is kept, each with its account and event."""

    def __init__(self, answer: Callable[[CallHeard], VoicePage]) -> None:
        self.answer = answer
        self.heard: list[tuple[str, str, CallHeard]] = []
        self.statuses: list[int] = []
        self._lock = threading.Lock()
        app = Flask(__name__)
        app.add_url_rule("/<account>/<event>", view_func=self._take, methods=["POST"])
        self.url, self.close = serve(app)
        self.channels: dict[str, Any] = {}

    def accounts(self, data: Path, simulator_url: str = "") -> None:
        """Tell a simulator of both lines."""
        rows = []
        for gateway, line in LINES.items():
            name = f"voice-{gateway}"
            hooks = {event: f"{self.url}/{name}/{event}" for event in ("call", "status", "recording", "dequeue")}
            own = (KEY, "city") if gateway == "africastalking" else (TOKEN, SID)
            rows.append(
                {"id": name, "channel": "voice", "gateway": gateway, "address": line, "api_key": own[0],
                 "username": own[1], "hooks": hooks}
            )  # fmt: skip
            base = f"{simulator_url}/gateways/{gateway}/{name}"
            self.channels[name] = channel(gateway, id=name, address=line, base_url=base)
        (data / "simulator").mkdir(parents=True, exist_ok=True)
        (data / "simulator" / "accounts.json").write_text(json.dumps(rows))

    def what(self, event: str = "call") -> list[str]:
        """Return what was told at the callbacks of one event."""
        with self._lock:
            return [heard.what.value for _, told, heard in self.heard if told == event]

    def _take(self, account: str, event: str) -> Response:
        query = f"?{request.query_string.decode()}" if request.query_string else ""
        came = WebhookRequest(
            method="POST",
            url=f"/{account}/{event}",
            headers={name.lower(): value for name, value in request.headers.items()},
            query=request.args.to_dict(),
            form=request.form.to_dict(),
            body=request.get_data(),
            public_url=f"{self.url}{request.path}{query}",
            fields=tuple(request.form.items(multi=True)),
        )
        one = self.channels[account]
        if hasattr(one, "verify"):
            one.verify(came)
        heard = one.hear(event, came)
        with self._lock:
            self.heard.append((account, event, heard))
            if self.statuses:
                return Response("not now", self.statuses.pop(0))
        reply = one.say(heard, self.answer(heard), callback=f"{self.url}/{account}/call")
        return Response(reply.body, reply.status, content_type=reply.content_type)
