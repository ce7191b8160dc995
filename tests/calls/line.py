"""A telephone line of the tests: it takes, places and moves calls, in plain JSON instead of a gateway's words."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, BinaryIO, ClassVar

from cases.messages import Address, AddressKind
from channels.errors import GatewayDown, OutcomeUnknown, Refused, SendError
from channels.settings import AccountSettings
from channels.voice.values import CallHeard, VoicePage, What
from channels.webhook import WebhookReply, WebhookRequest
from contactcentre.calling import kept

OURS = "+233302000999"


@dataclass
class Line:
    """One line. ``placed`` and ``moved`` are what was asked of it; ``fails`` is what it then answers."""

    kind: ClassVar[str] = "voice"
    gateway: ClassVar[str] = "plain"
    settings_class: ClassVar[type[AccountSettings]] = AccountSettings
    max_characters: ClassVar[int | None] = None
    menu: str = "spoken"
    answers_by: str = "sms-front"
    line: str = OURS
    asks_anew: bool = True
    placed: list[tuple[str, str]] = field(default_factory=list)
    moved: list[tuple[str, str, str]] = field(default_factory=list)
    fails: SendError | None = None

    def hear(self, event: str, request: WebhookRequest) -> CallHeard:
        try:
            said: dict[str, Any] = json.loads(request.body)
        except ValueError:
            raise Refused("(body)", "is no JSON") from None
        number = said.pop("caller", "")
        caller = Address(AddressKind.PHONE, number) if number else None
        return CallHeard(**{**said, "what": What(said["what"]), "caller": caller})

    def say(self, heard: CallHeard | None, page: VoicePage, *, callback: str) -> WebhookReply:
        said = {**kept.dump(page), "next": f"{callback}?turn={page.turn}"}
        return WebhookReply(200, json.dumps(said), "application/json")

    def hide(self, request: WebhookRequest) -> WebhookRequest:
        said = json.loads(request.body)
        said["keys"] = "•" * len(said.get("keys", ""))
        return replace(request, body=json.dumps(said).encode())

    def place(self, number: str, *, tag: str, callbacks: Mapping[str, str]) -> str:
        if self.fails:
            raise self.fails
        self.placed.append((number, tag))
        return f"out-{tag}"

    def move(self, session: str, *, to: str, callbacks: Mapping[str, str]) -> None:
        if self.fails:
            raise self.fails
        self.moved.append((session, to, callbacks["call"]))

    @contextmanager
    def fetch(self, url: str) -> Iterator[BinaryIO]:
        yield io.BytesIO(b"ID3" + url.encode())


DOWN = GatewayDown("down", agent_text="The gateway is down.")
NOBODY_KNOWS = OutcomeUnknown("cut", agent_text="Nobody knows.")
