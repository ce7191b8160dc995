"""Delivery reports for machines (RFC 3464): one group of fields for each recipient."""

from __future__ import annotations

from collections.abc import Iterator

from channels.email import headers
from channels.email.addresses import LONGEST, PLAIN
from channels.email.headers import Headers
from channels.email.mail import Action
from channels.email.mime import Entity

_RECIPIENT = ("original-recipient", "final-recipient", "x-actual-recipient")
_ACTIONS = {
    "failed": Action.FAILED, "failure": Action.FAILED, "delayed": Action.DELAYED, "deferred": Action.DELAYED,
    "delivered": Action.DELIVERED, "deliverable": Action.DELIVERED,
    "relayed": Action.DELIVERED, "expanded": Action.DELIVERED,
}  # fmt: skip
TYPES = ("message/delivery-status", "message/global-delivery-status")
_MOST = 1_000


def recipients(root: Entity) -> list[Headers]:
    """Return the fields of each recipient of whom the report tells."""
    return [group for leaf in root.leaves() if leaf.media_type in TYPES for group in groups(leaf.content())]


def groups(raw: bytes) -> list[Headers]:
    """Return the groups of fields that name a recipient. A recipient's field that comes again begins another group,
    since some servers forget the blank line.
    """
    found: list[Headers] = []
    for block in _blocks(raw):
        fields, _ = headers.read(block)
        current: list[tuple[str, str]] = []
        for name, value in fields.fields:
            if name in _RECIPIENT and any(one == name for one, _ in current):
                found.append(Headers(current))
                current = []
            current.append((name, value))
        found.append(Headers(current))
    return [one for one in found if any(name in one for name in _RECIPIENT)][:_MOST]


def _blocks(raw: bytes) -> Iterator[bytes]:
    block: list[bytes] = []
    for line in raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n"):
        if line.strip():
            block.append(line)
        elif block:
            yield b"\n".join(block)
            block = []
    if block:
        yield b"\n".join(block)


def address(group: Headers) -> str:
    """Return the recipient as we wrote to them where the report says so, else where the mail ended."""
    said = ""
    for name in _RECIPIENT:
        value = group.text(name)
        kind, semicolon, rest = value.partition(";")
        rest = rest.strip(" <>\"'") if semicolon else value.strip(" <>\"'")
        if (found := PLAIN.search(rest)) and kind.strip().lower() != "x400":
            return found[0]
        said = said or rest
    return said[:LONGEST]


def action(group: Headers) -> Action:
    """Return what became of it; without a word for it the enhanced code's class decides."""
    word = group.text("action").partition(" ")[0].partition(";")[0].strip("()").lower()
    return _ACTIONS.get(word) or {"2": Action.DELIVERED, "4": Action.DELAYED}.get(
        group.text("status")[:1], Action.FAILED
    )


def diagnostic(group: Headers) -> str:
    """Return the server's words, without the type in front of them."""
    said = [group.text(name) for name in ("diagnostic-code", "x-supplementary-info")]
    words = " ".join(one for one in said if one)
    kind, semicolon, rest = words.partition(";")
    return rest.strip() if semicolon and len(kind) < 20 and " " not in kind.strip() else words.strip()
