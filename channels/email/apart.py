"""Reads a mail in a process of its own: plain values come back, and its files beside them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from channels.email.mail import Bounce, Mail, Mailbox
from channels.email.reading import parse

HTML = "html"


def read(source: Path, into: Path) -> dict[str, Any]:
    """Read a stored mail. ``into`` gets its files, the HTML first, under names whose order is theirs."""
    mail = parse(source.read_bytes())
    contents = [(HTML, mail.html.encode("utf-8", "replace"))] if mail.html else []
    contents += [("part", one.content) for one in mail.parts]
    for number, (kind, content) in enumerate(contents):
        (into / f"{number:05d}-{kind}").write_bytes(content)
    return plain(mail)


def plain(mail: Mail) -> dict[str, Any]:
    """Return all of a mail that JSON can hold; its files' bytes stand beside it."""
    return {
        "identifier": mail.message_id or "",
        "answers": [*mail.in_reply_to, *reversed(mail.references)],
        "subject": mail.subject,
        "sender": _person(mail.sender) if mail.sender else None,
        "to": [one.address for one in mail.to],
        "cc": [one.address for one in mail.cc],
        "delivered_to": list(mail.delivered_to),
        "date": mail.date.isoformat() if mail.date else None,
        "text": mail.text,
        "new_text": mail.new_text,
        "html": bool(mail.html),
        "parts": [{"name": one.name or "", "content_id": one.content_id or ""} for one in mail.parts],
        "kind": mail.kind.value,
        "quiet": mail.quiet,
        "why": list(mail.why),
        "bounce": _bounce(mail.bounce) if mail.bounce else None,
        "authentication": list(mail.authentication),
    }


def _person(one: Mailbox) -> dict[str, str]:
    return {"name": one.name, "address": one.address}


def _bounce(bounce: Bounce) -> dict[str, Any]:
    return {
        "original": bounce.original_message_id or "",
        "addresses": list(bounce.addresses),
        "recipients": [
            {"address": one.address, "action": one.action.value, "reason": one.reason.value, "hard": one.hard}
            for one in bounce.recipients
        ],
    }
