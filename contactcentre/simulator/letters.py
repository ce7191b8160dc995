"""One mail as the mailbox page shows it: what a citizen's program shows, and what it usually hides."""

from __future__ import annotations

from typing import Any

from channels.email import mailbox_double as double
from contactcentre.simulator.ledger import Entry

#: characters of the words and of the headers that the page gets
MOST = 20_000


def shown(entry: Entry, content: bytes | None) -> dict[str, Any]:
    """Return a mail with its headers; without ``content``, which is not kept for ever, what the ledger knows."""
    known = {**entry.shown(), "text": entry.line.text[:MOST], "kept": content is not None}
    if content is None:
        return {**known, "subject": "", "files": [], "headers": "", "thread": entry.line.id}
    mail = double.parsed(content)
    files = [{"name": name, "type": kind, "bytes": size} for name, kind, size in double.files_of(mail)]
    return {
        **known,
        "text": (double.words_of(mail) or entry.line.text)[:MOST],
        "subject": str(mail.get("Subject") or ""),
        "sender": str(mail.get("From") or ""),
        "answer_to": double.answer_to(mail),
        "envelope": str(mail.get("Return-Path") or "").strip("<> "),
        "by_machine": str(mail.get("Auto-Submitted") or "no") != "no",
        "identifier": double.identifier(mail),
        "thread": double.thread_of(mail),
        "files": files,
        "headers": content.partition(b"\r\n\r\n")[0].decode("utf-8", "replace")[:MOST],
    }
