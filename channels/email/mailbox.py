"""A mailbox: mail in over IMAP or a callback, mail out over SMTP."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any, ClassVar

from cases.messages import Inbound, KeptFile, OutboundMessage, Receipt
from channels.base import Inbox
from channels.email import building, imap, meaning
from channels.email.mailbox_needs import NEEDS
from channels.email.oauth import Tokens
from channels.email.settings import MailboxSettings
from channels.email.smtp import Sender
from channels.errors import AccountFault
from channels.http import Client
from channels.needs import Needs
from channels.settings import AccountSettings
from channels.webhook import Route, WebhookReply, WebhookRequest


class Mailbox:
    """One mailbox of a mail server."""

    kind: ClassVar[str] = "email"
    gateway: ClassVar[str] = "mailbox"
    settings_class: ClassVar[type[AccountSettings]] = MailboxSettings
    max_characters: ClassVar[int | None] = None
    needs: ClassVar[Needs] = NEEDS
    reader: str = "channels.email.apart:read"

    def __init__(self, settings: MailboxSettings) -> None:
        self._settings = settings

    @property
    def listens(self) -> bool:
        """Whether the mailbox is looked into; else mail comes by the callback alone."""
        return self._settings.imap_host is not None

    def run(self, inbox: Inbox, stop: Callable[[], bool]) -> None:
        """Hold the connection to the mailbox; raises whatever breaks it."""
        imap.listen(self._settings, self._tokens, inbox, stop)

    def understand(self, read: Mapping[str, Any], files: Sequence[KeptFile]) -> Sequence[Inbound]:
        """Return what a mail means that was read."""
        return meaning.understood(read, files, self._settings, key=self._key)

    def routes(self) -> Sequence[Route]:
        """Return the callback that brings one whole mail as its body."""
        return (Route("inbound", lambda _: None, _never_parsed, apart=True),)

    def send(self, message: OutboundMessage) -> Receipt:
        """Send one mail. Its Message-ID is the same on every attempt, so that most servers keep one copy of two."""
        made = building.build(message, self._settings, key=self._key)
        sender = building.envelope_sender(message, self._settings, key=self._key)
        return self._sender.send(made, sender=sender, recipient=building.recipient(message))

    @cached_property
    def _sender(self) -> Sender:
        return Sender(self._settings, self._tokens)

    @cached_property
    def _tokens(self) -> Tokens:
        return Tokens(self._settings, Client())

    @property
    def _key(self) -> bytes:
        try:
            return self._settings.read_secret(self._settings.token_secret or self._settings.hook_secret).encode()
        except LookupError as error:
            raise AccountFault(str(error)) from None


def _never_parsed(_: WebhookRequest) -> tuple[WebhookReply, Sequence[Inbound]]:
    raise AssertionError("a mail is read apart")
