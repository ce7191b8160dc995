"""Mails of a scanner: the files are letters, and the words around them a machine's."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from cases.messages import HandedOn, InboundMessage
from channels.email.settings import MailboxSettings

#: what a scanner mails; pictures within its signature are none of these, or small
KINDS = {"application/pdf", "image/tiff", "image/jpeg", "image/png"}
_SMALLEST_PICTURE = 20_000


def handed_on(message: InboundMessage, settings: MailboxSettings) -> Iterator[HandedOn]:
    """Yield the scans of a mail that a scanner of ours sent whole; nothing of any other, which stays a mail.

    Anybody can write a scanner's address. Where our own server found that a mail is not genuine, it stays a mail.
    """
    mail = message.mail
    if mail is None or mail.doubtful or mail.cut or message.sender.value not in settings.scanners:
        return
    for position, file in enumerate(message.files):
        small = file.media_type.startswith("image/") and file.size < _SMALLEST_PICTURE
        if file.media_type in KINDS and not small and settings.scans_to is not None:
            # The same for each copy of one mail, by whichever way it came.
            parts = f"{mail.identifier or settings.id}:{position}:{file.name}"
            name = hashlib.blake2b(parts.encode("utf-8", "replace"), digest_size=16).hexdigest()
            yield HandedOn(settings.scans_to, f"mail:{file.sha256}.{name}", file, "mail")
