"""Transfer encodings (RFC 2045, 6), and uuencode as it stands in old mails. What is broken gives what can be read."""

from __future__ import annotations

import binascii
import re

from channels.email.words import lenient_base64

#: a line tells its own length in one letter: 45 bytes and what belongs to them
_LONGEST_LINE = 90
_BEGIN = re.compile(r"(?m)^begin(?:-base64)? [0-7]{3,4} ([^\r\n]{1,255})$")


def decoded(body: bytes, way: str) -> bytes:
    """Return a part's bytes; an unknown way leaves them as they are."""
    way = way.partition(";")[0].strip().strip("\"'").lower()
    if way == "base64":
        return lenient_base64(body)
    if way == "quoted-printable":
        return binascii.a2b_qp(body)
    if way in ("x-uuencode", "uuencode", "x-uue"):
        found = [content for _, content in _blocks(body.decode("latin-1"))[1]]
        return b"".join(found) if found else body
    return body


def without_files(text: str) -> tuple[str, list[tuple[str, bytes]]]:
    """Take whole uuencoded files out of a text. A block that is broken or has no end stays where it is, as text."""
    return _blocks(text) if "begin " in text else (text, [])


def _blocks(text: str) -> tuple[str, list[tuple[str, bytes]]]:
    kept: list[str] = []
    files: list[tuple[str, bytes]] = []
    done = 0
    for begin in _BEGIN.finditer(text):
        if begin.start() < done:
            continue
        content, end = _content(text, begin.end() + 1)
        if content is not None:
            kept.append(text[done : begin.start()])
            files.append((begin[1].strip(), content))
            done = end
    kept.append(text[done:])
    return "".join(kept), files


def _content(text: str, at: int) -> tuple[bytes | None, int]:
    """Return the bytes of the lines from here to ``end``, and where that stands; the first line that is none ends it,
    so that no line is looked at for two beginnings.
    """
    out: list[bytes] = []
    while at < len(text):
        stop = text.find("\n", at)
        stop = len(text) if stop < 0 else stop
        said = text[at:stop].rstrip("\r")
        if said.rstrip() == "end":
            return b"".join(out), stop
        line = _line(said)
        if line is None:
            break
        out.append(line)
        at = stop + 1
    return None, at


def _line(said: str) -> bytes | None:
    if not said.strip(" `"):
        return b""
    if not said.isascii() or len(said) > _LONGEST_LINE:
        return None
    # an encoder that pads too far is common; a line of prose is not that
    length = (((ord(said[0]) - 32) & 63) + 2) // 3 * 4 + 1
    if len(said) > length + 3 or len(said) < 2:
        return None
    try:
        return binascii.a2b_uu(said[:length])
    except binascii.Error:
        return None
