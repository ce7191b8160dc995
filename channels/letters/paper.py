"""Letters on paper: scans in from a folder or a callback; letters of ours go to the print room."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from cases.messages import Inbound, KeptFile, OutboundMessage, Receipt
from channels.base import Inbox
from channels.errors import AccountFault
from channels.letters import folder, meaning, sending
from channels.letters.paper_needs import NEEDS
from channels.letters.settings import PaperSettings
from channels.needs import Needs
from channels.settings import AccountSettings
from channels.webhook import Route, WebhookReply, WebhookRequest


class Paper:
    """One registry: where letters come in and go out."""

    kind: ClassVar[str] = "letters"
    gateway: ClassVar[str] = "paper"
    settings_class: ClassVar[type[AccountSettings]] = PaperSettings
    max_characters: ClassVar[int | None] = None
    needs: ClassVar[Needs] = NEEDS
    reader: str = "channels.letters.apart:pages"

    def __init__(self, settings: PaperSettings) -> None:
        self._settings = settings

    @property
    def listens(self) -> bool:
        """Whether a folder is watched."""
        return self._settings.folder is not None

    def run(self, inbox: Inbox, stop: Callable[[], bool]) -> None:
        """Watch the folder; raises whatever is in the way of it."""
        folder.watch(self._settings, inbox, stop)

    def routes(self) -> Sequence[Route]:
        """Return the callback that brings one scan as its body, under the name that stands behind ``?name=``."""
        return (Route("upload", lambda _: None, _never_parsed, apart=True, twins=True),)

    def understand(self, read: Mapping[str, Any], files: Sequence[KeptFile]) -> Sequence[Inbound]:
        """Return what a scan is that was looked into."""
        return (meaning.understood(read, files, self._settings, key=self.key),)

    def send(self, message: OutboundMessage) -> Receipt:
        """Hand a letter of ours to the print room."""
        return sending.hand_over(message)

    def unread(self, told: Mapping[str, Any], words: str) -> Sequence[Inbound]:
        """Return what a scan is that cannot be looked into: it waits for a person."""
        return (meaning.refused(told, words, self._settings),)

    @property
    def key(self) -> bytes:
        """The key that cover sheets and reply codes are signed with."""
        try:
            return self._settings.read_secret(self._settings.token_secret or self._settings.hook_secret).encode()
        except LookupError as error:
            raise AccountFault(str(error)) from None


def _never_parsed(_: WebhookRequest) -> tuple[WebhookReply, Sequence[Inbound]]:
    raise AssertionError("a scan is read apart")
