"""A real SMTP server (aiosmtpd) on this machine that answers as a test says."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

TAKEN, NOBODY = "250 2.0.0 taken", "<>"


@dataclass
class Server:
    """What it took, and what it says to each command. ``cut``: it ends the connection instead of answering DATA."""

    port: int = 0
    taken: list[tuple[str, list[str], bytes]] = field(default_factory=list)
    says: dict[str, str] = field(default_factory=dict)
    cut: bool = False

    async def handle_MAIL(self, _: SMTP, __: Session, envelope: Envelope, address: str, ___: Any) -> str:  # noqa: N802
        """Take who sends."""
        if "MAIL" not in self.says:
            envelope.mail_from = address or NOBODY  # the library takes an empty one for none at all
        return self.says.get("MAIL", TAKEN)

    async def handle_RCPT(self, _: SMTP, __: Session, envelope: Envelope, address: str, ___: Any) -> str:  # noqa: N802
        """Take who gets it."""
        if "RCPT" not in self.says:
            envelope.rcpt_tos.append(address)
        return self.says.get("RCPT", TAKEN)

    async def handle_DATA(self, server: SMTP, _: Session, envelope: Envelope) -> str:  # noqa: N802
        """Take the mail."""
        if self.cut:
            assert server.transport is not None
            server.transport.abort()
            return TAKEN
        if "DATA" not in self.says:
            self.taken.append((_sender(envelope), list(envelope.rcpt_tos), bytes(envelope.content or b"")))
        return self.says.get("DATA", TAKEN)


def _sender(envelope: Envelope) -> str:
    return "" if envelope.mail_from in (None, NOBODY) else str(envelope.mail_from)


@contextmanager
def serving(**how: Any) -> Iterator[Server]:
    """Run a server; ``how`` goes to the SMTP class, such as an authenticator."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    server = Server(port)
    controller = Controller(server, hostname="127.0.0.1", port=port, **how)
    controller.start()
    try:
        yield server
    finally:
        controller.stop()
