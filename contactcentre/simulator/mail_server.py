"""The SMTP server that takes what our mailboxes send, on this machine alone; it misbehaves on demand."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import structlog

from channels.double import Fault
from channels.email import mailbox_double as double
from contactcentre.simulator.post import Post

if TYPE_CHECKING:
    from aiosmtpd.controller import Controller
    from aiosmtpd.smtp import SMTP, Envelope, Session

log = structlog.get_logger(__name__)
TAKEN = "250 2.0.0 taken"
#: seconds that a hanging answer is held; longer than our own time-out of a command
HANG = 30.0
SLOW_SECONDS = 3.0
_LOOK = 0.1
#: stands for the empty envelope sender, which the library takes for none at all
_NOBODY = "<>"


class MailServer:
    """One server. ``fault`` tells how it misbehaves now, ``delay`` how slow `slow` is, None for its own slowness."""

    def __init__(self, post: Post, *, fault: Callable[[], Fault], delay: Callable[[], float | None]) -> None:
        self._post, self._fault, self._delay = post, fault, delay
        self._controller: Controller | None = None

    @property
    def serves(self) -> bool:
        """Tell whether anybody can send to it."""
        return self._controller is not None

    def start(self, address: str) -> None:
        """Serve at ``host:port``; where that is not possible the log says why, and mail waits in our outbox."""
        host, _, port = address.rpartition(":")
        try:
            from aiosmtpd.controller import Controller

            controller = Controller(self, hostname=host, port=int(port), server_hostname="mx.simulator.invalid")
            controller.start()
        except (ImportError, OSError) as error:
            log.error("simulator.no_mail_server", error=type(error).__name__)
            return
        self._controller = controller

    def close(self) -> None:
        """Stop serving."""
        if self._controller is not None:
            self._controller.stop()
            self._controller = None

    async def handle_MAIL(  # noqa: N802  the library's name
        self, server: SMTP, _: Session, envelope: Envelope, address: str, __: Any
    ) -> str:
        """Take who sends."""
        fault = self._fault()
        if fault is Fault.TIMEOUT:
            self._post.refuse(address or "", "", "no answer")
            return await self._hang(server, fault)
        if fault is Fault.SLOW:
            await asyncio.sleep(self._delay() or SLOW_SECONDS)
        refusal = self._refusal("MAIL")
        if refusal is not None:
            self._post.refuse(address or "", "", refusal)
            return refusal
        envelope.mail_from = address or _NOBODY
        return TAKEN

    async def handle_RCPT(  # noqa: N802  the library's name
        self, _: SMTP, __: Session, envelope: Envelope, address: str, ___: Any
    ) -> str:
        """Take who gets it."""
        refusal = self._refusal("RCPT") or double.verdict(address)
        if refusal is not None:
            self._post.refuse(_sender(envelope), address, refusal)
            return refusal
        envelope.rcpt_tos.append(address)
        return TAKEN

    async def handle_DATA(self, server: SMTP, _: Session, envelope: Envelope) -> str:  # noqa: N802  the library's name
        """Take the mail."""
        content = envelope.content or b""
        assert isinstance(content, bytes), "the server decodes nothing"
        for recipient in envelope.rcpt_tos:
            self._post.take(_sender(envelope), recipient, content)
        if self._fault() is Fault.ACCEPT_THEN_HANG:
            return await self._hang(server, Fault.ACCEPT_THEN_HANG)
        return TAKEN

    def _refusal(self, command: str) -> str | None:
        refused, words = double.REFUSALS.get(self._fault(), ("", ""))
        return words if refused == command else None

    async def _hang(self, server: SMTP, fault: Fault) -> str:
        """Say nothing while the fault lasts, then end the connection."""
        until = time.monotonic() + HANG
        while self._fault() is fault and time.monotonic() < until:  # noqa: ASYNC110  set by another thread
            await asyncio.sleep(_LOOK)
        if isinstance(server.transport, asyncio.WriteTransport):
            server.transport.abort()
        return TAKEN


def _sender(envelope: Envelope) -> str:
    return "" if envelope.mail_from in (None, _NOBODY) else str(envelope.mail_from)
