"""Telephones in calls, as the exchange keeps them: a running call with its double, and the telephones in it."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol

from channels.double import Fault
from channels.voice.double import Handled, Keys, Running, Tape, Went, texts
from channels.voice.values import Reached
from channels.webhook import WebhookRequest
from contactcentre.simulator.accounts import Account

State = Literal["ringing", "talking", "over"]
#: seconds for which a telephone that the gateway calls rings
RINGS = 30


class VoiceDouble(Protocol):
    """A gateway's double, as the exchange uses it; see :class:`channels.voice.playing_double.Playing`."""

    def begin(self, phone: str, line: str, *, now: datetime) -> Went: ...

    def handle(
        self, request: WebhookRequest, calls: Mapping[str, Running], *, now: datetime, fault: Fault = Fault.OK
    ) -> Handled: ...

    def read(self, call: Running, status: int, body: bytes, *, now: datetime) -> Went: ...

    def answered(self, call: Running, *, now: datetime) -> Went: ...

    def unanswered(self, call: Running, reached: Reached, *, now: datetime) -> Went: ...

    def press(self, call: Running, keys: str, *, now: datetime) -> Went: ...

    def silent(self, call: Running, *, now: datetime) -> Went: ...

    def record(self, call: Running, seconds: int, *, now: datetime, hangs_up: bool = False) -> Went: ...

    def joined(self, call: Running, *, now: datetime) -> Went: ...

    def parted(self, call: Running, reached: Reached, *, now: datetime) -> Went: ...

    def hang_up(self, call: Running, *, now: datetime) -> Went: ...


@dataclass(slots=True)
class Leg:
    """A telephone that was rung beside the call's own, ``until`` (monotonic). ``moves``: in another's place."""

    session: str
    number: str
    shows: str
    until: float
    since: float
    state: State = "ringing"
    moves: bool = False


@dataclass(slots=True)
class Run:
    """One call with its gateway. ``seen`` (monotonic) is when its own telephone last did or asked something;
    ``step`` counts what has come of it.
    """

    account: Account
    double: VoiceDouble
    call: Running
    seen: float
    until: float
    step: int = 0
    lock: threading.RLock = field(default_factory=threading.RLock)
    leg: Leg | None = None
    moving: Leg | None = None

    @property
    def over(self) -> bool:
        """Tell whether it has ended."""
        return self.call.ended_at is not None


def leg(number: str, shows: str, seconds: int, *, moves: bool = False) -> Leg:
    """Return a telephone that begins to ring."""
    now = time.monotonic()
    return Leg(f"leg-{uuid.uuid4().hex}", number, shows, now + seconds, now, moves=moves)


def shown(run: Run) -> dict[str, Any]:
    """Return a call as its own telephone has it: what it heard, and what is waited for."""
    call = run.call
    at = call.at
    return {
        "session": call.session,
        "step": run.step,
        "say": texts(call.said),
        "expects": call.expects,
        "ended": run.over,
        "spoken": [{"text": one.text} if one.text else {"audio": one.audio} for one in call.said],
        "digits": at.count if isinstance(at, Keys) else 0,
        "finish": at.finish if isinstance(at, Keys | Tape) else "",
        "seconds": call.seconds,
        "with": call.rung if call.talks else "",
        "fault": call.fault or None,
    }


def shown_leg(run: Run, one: Leg) -> dict[str, Any]:
    """Return a call as a telephone that was rung has it."""
    expects = {"ringing": "answer", "talking": "talk", "over": ""}[one.state]
    return {
        "session": one.session,
        "step": 0,
        "say": "",
        "expects": expects,
        "ended": one.state == "over",
        "spoken": [],
        "digits": 0,
        "finish": "",
        "seconds": 0,
        "with": one.shows,
        "fault": None,
    }
