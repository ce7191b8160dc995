"""What every double of a gateway speaks in: pure values, so that one host can carry out any gateway's answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol, runtime_checkable

from channels.webhook import WebhookReply, WebhookRequest


class Fault(StrEnum):
    """How a gateway misbehaves while it is told to."""

    OK = "ok"
    HTTP500 = "http500"
    HTTP429 = "http429"
    TIMEOUT = "timeout"  # never answers, and did not take the message
    ACCEPT_THEN_HANG = "accept-then-hang"  # took the message, and never says so
    SLOW = "slow"
    DUPLICATE_REPORTS = "duplicate-reports"
    REORDER_REPORTS = "reorder-reports"
    LOSE_REPORTS = "lose-reports"  # what is told without being asked never comes


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """One message that the gateway took. ``id`` is the gateway's; ``client_reference`` ours, where it carries one."""

    id: str
    account: str
    gateway: str
    sender: str
    recipient: str
    text: str
    at: datetime
    client_reference: str | None = None


@dataclass(frozen=True, slots=True)
class Callback:
    """A request to make to our hook ``event``, about the message ``line``, which stands at ``state`` from then on.

    ``sign`` returns the headers for the address that is called, where the gateway signs what it sends.
    """

    after_seconds: float
    event: str
    form: Mapping[str, str]
    line: str
    state: str
    sign: Callable[[str], Mapping[str, str]] | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class DoubleAnswer:
    """What the gateway does about one request. ``delay`` in seconds; ``refused``: pairs of recipient and reason."""

    reply: WebhookReply
    ledger: tuple[LedgerLine, ...] = ()
    callbacks: tuple[Callback, ...] = ()
    delay: float = 0.0
    hang: bool = False
    refused: tuple[tuple[str, str], ...] = ()


class TextDouble(Protocol):
    """A double of a gateway for texts."""

    def handle(self, request: WebhookRequest, *, now: datetime, fault: Fault | None = None) -> DoubleAnswer:
        """Answer one request of ours."""
        ...

    def incoming(
        self, sender: str, recipient: str, *, text: str, now: datetime, external_id: str | None = None
    ) -> Callback:
        """Let a citizen write to us; a known ``external_id`` tells it once more."""
        ...


@runtime_checkable
class Remembers(Protocol):
    """A double that can be asked about what it took, also before it was started anew."""

    def remember(self, line: LedgerLine) -> None: ...


@dataclass(frozen=True, slots=True)
class Asked:
    """One request of a dialogue's gateway to our hook, as bytes; ``session`` names the dialogue."""

    session: str
    body: bytes
    content_type: str


@dataclass(frozen=True, slots=True)
class Shown:
    """What the gateway made of our answer: the words on the display, or what was wrong with it. It ends either way."""

    text: str
    ends: bool
    fault: str = ""


@runtime_checkable
class DialogueDouble(Protocol):
    """A double of a gateway for dialogues. It remembers what its sessions have said so far, and nothing else."""

    def dial(self, phone: str, code: str) -> Asked: ...

    def key(self, session: str, said: str) -> Asked:
        """Let the citizen key something in; raises ``LookupError`` for a session that is over."""
        ...

    def read(self, session: str, status: int, body: bytes) -> Shown: ...

    def hang_up(self, session: str, *, now: datetime) -> Callback | Asked | None:
        """Let the citizen hang up, or tell after the last screen that it is over; None where nobody is told."""
        ...
