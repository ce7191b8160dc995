"""The tree of a mail's parts, taken apart by its boundaries (RFC 2046): outermost first, each byte looked at once a
level, with a limit for parts and depth. Broken trees give what can be read, and say so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from channels.email import headers
from channels.email.headers import Headers
from channels.email.transfer import decoded

MOST_PARTS, DEEPEST = 1_000, 20
_OCTETS = "application/octet-stream"
_SHAPE = re.compile(r"[!#$&^_.+A-Za-z0-9-]{1,100}/[!#$&^_.+A-Za-z0-9-]{1,100}\Z")
#: where a boundary is not named: the first line that could be one, since a part's fields follow it
_UNNAMED = re.compile(rb"(?:\A|\n)--([^\s-][^\r\n]{0,200})\r?\nContent-", re.IGNORECASE)
_LINE_END = re.compile(rb"(--)?[ \t]{0,100}\r{0,2}(?:(?=\n)|\Z)")
_MAILBOX_LINE = re.compile(rb"\A(?:\xef\xbb\xbf)?(?:>?From [^\r\n]*\r?\n|\r?\n){1,10}")


@dataclass(frozen=True, slots=True)
class Entity:
    """One node: ``body`` as it was transferred, empty where there are children."""

    headers: Headers
    media_type: str
    parameters: dict[str, str]
    body: bytes
    children: tuple[Entity, ...] = ()

    def content(self) -> bytes:
        return decoded(self.body, self.headers.raw("content-transfer-encoding"))

    def leaves(self) -> Iterator[Entity]:
        """Give the parts that have no parts, in order."""
        waiting = [self]
        while waiting:
            one = waiting.pop()
            if one.children:
                waiting.extend(reversed(one.children))
            else:
                yield one


@dataclass(slots=True)
class Reading:
    """What is counted while one mail is read: its parts, the texts that were decoded, and what was wrong, each once."""

    parts: int = 0
    texts: int = 0
    defects: dict[str, None] = field(default_factory=dict)

    def note(self, defect: str) -> None:
        self.defects.setdefault(defect)


def tree(raw: bytes, reading: Reading) -> Entity:
    """Return a mail's tree. The line that mailbox files begin with, and blank lines before the header, are no part."""
    start = _MAILBOX_LINE.match(raw)
    if start:
        raw = raw[start.end() :]
    if b"\n" not in raw[:65536] and b"\r" in raw:
        raw = raw.replace(b"\r", b"\n")
        reading.note("lines end in CR alone")
    return _entity(raw, "text/plain", 0, reading)


def head(raw: bytes) -> tuple[bytes, bytes, bool]:
    """Return header block, body, and whether a blank line stands between: without one the body begins with the first
    line that is no field.
    """
    at = 0
    while at < len(raw):
        end = raw.find(b"\n", at)
        end = len(raw) if end < 0 else end + 1
        line = raw[at:end].rstrip(b"\r\n")
        if not line:
            return raw[:at], raw[end:], True
        if line[:1] not in b" \t" and not _is_field(line):
            return raw[:at], raw[at:], False
        at = end
    return raw, b"", True


def _is_field(line: bytes) -> bool:
    name = line[:200].partition(b":")[0]
    return (len(name) < min(len(line), 200) and b" " not in name.rstrip()) or line.startswith((b"From ", b">From "))


def _entity(raw: bytes, default: str, depth: int, reading: Reading) -> Entity:
    reading.parts += 1
    block, body, clean = head(raw)
    if not clean:
        reading.note("no blank line after the header")
    fields, _ = headers.read(block)
    media_type, parameters = fields.parameters("content-type")
    if not _SHAPE.match(media_type):
        if media_type:
            reading.note("a content type that is none")
        media_type = default
    if media_type.startswith("multipart/"):
        children = _children(body, fields, depth, reading)
        if children:
            return Entity(fields, media_type, parameters, b"", children)
        reading.note("a multipart without its boundary")
        # still text to be read; a report's fields are found in it
        media_type = "text/plain" if body.strip() or depth == 0 else _OCTETS
        return Entity(fields, media_type, parameters, body)
    return Entity(fields, media_type, parameters, body)


def _children(body: bytes, fields: Headers, depth: int, reading: Reading) -> tuple[Entity, ...]:
    if depth >= DEEPEST:
        reading.note(f"parts nested deeper than {DEEPEST}: kept as one")
        return (Entity(Headers(), _OCTETS, {}, body),)
    media_type, parameters = fields.parameters("content-type")
    boundary = parameters.get("boundary", "").encode("utf-8", "surrogateescape")
    marks = _marks(body, boundary)
    if not marks and fields.raw("content-transfer-encoding").strip().lower() in ("base64", "quoted-printable"):
        body = decoded(body, fields.raw("content-transfer-encoding"))
        marks = _marks(body, boundary)
    if not marks and (found := _UNNAMED.search(body)):
        reading.note("the boundary is not the one that is named")
        marks = _marks(body, found[1].rstrip())
    default = "message/rfc822" if media_type == "multipart/digest" else "text/plain"
    made: list[Entity] = []
    for number, (start, _, closing) in enumerate(marks):
        if closing:
            break
        end = marks[number + 1][1] if number + 1 < len(marks) else len(body)
        if number + 1 == len(marks):
            reading.note("the last boundary is missing")
        if reading.parts >= MOST_PARTS:
            reading.note(f"more than {MOST_PARTS} parts: the rest is kept as one")
            made.append(Entity(Headers(), _OCTETS, {}, body[start:]))
            break
        made.append(_entity(body[start:end], default, depth + 1, reading))
    return tuple(made)


def _marks(body: bytes, boundary: bytes) -> list[tuple[int, int, bool]]:
    """Return for each line of a boundary where its part begins, where the one before it ends, and whether it closes."""
    found = list[tuple[int, int, bool]]()
    if not boundary:
        return found
    for at in _lines(body, b"--" + boundary):
        ends = _LINE_END.match(body, at + 2 + len(boundary))
        if ends:
            # the newline before a boundary belongs to it; one after it may be missing at the very end
            before = at - 2 if body[max(at - 2, 0) : at] == b"\r\n" else max(at - 1, 0)
            found.append((min(ends.end() + 1, len(body)), before, ends[1] is not None))
        if len(found) > MOST_PARTS:
            break  # no more are made
    return found


def _lines(body: bytes, beginning: bytes) -> Iterator[int]:
    """Give where the lines stand that begin so. A pattern that may begin with either line end looks at each byte, and
    does so at every level.
    """
    if body.startswith(beginning):
        yield 0
    at = body.find(b"\n" + beginning)
    while at >= 0:
        yield at + 1
        at = body.find(b"\n" + beginning, at + 1)
