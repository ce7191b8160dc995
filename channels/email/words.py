"""Encoded words of headers (RFC 2047) and the parameters of their values (RFC 2231), leniently and in linear time."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from urllib.parse import unquote_to_bytes

from channels.email.charsets import decode

_LONGEST_CHARSET = 60
#: Unicode's overrides of direction: they make a name look like another
_DIRECTIONS = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F])
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]")
#: more parameters than that are nobody's
_MOST_PARAMETERS = 100


def readable(text: str) -> str:
    """Return a header's text in one line, its encoded words read, without control characters."""
    return " ".join(_CONTROLS.sub(" ", unwrapped(text).translate(_DIRECTIONS)).split())


def unwrapped(text: str) -> str:
    """Read encoded words; neighbours of one charset are joined first, since many senders cut between bytes."""
    out: list[str] = []
    run: list[bytes] = []
    charset = ""
    for plain, word in _pieces(text):
        if word is None or word[0] != charset:
            if run:
                out.append(decode(b"".join(run), charset))
                run = []
            if word is None:
                out.append(plain)
                charset = ""
                continue
            charset = word[0]
        run.append(word[1])
    if run:
        out.append(decode(b"".join(run), charset))
    return "".join(out)


def _pieces(text: str) -> Iterator[tuple[str, tuple[str, bytes] | None]]:
    at, done, after_word = 0, 0, False
    last = text.rfind("?=")  # behind it no word ends, wherever one would begin
    while 0 <= (start := text.find("=?", at)) < last:
        found = _word(text, start)
        if found is None:
            at = start + 2
            continue
        between = text[done:start]
        if between and not (after_word and not between.strip()):
            yield between, None
        yield "", found[0]
        at = done = found[1]
        after_word = True
    if done < len(text):
        yield text[done:], None


def _word(text: str, start: int) -> tuple[tuple[str, bytes], int] | None:
    mark = text.find("?", start + 2, start + 2 + _LONGEST_CHARSET)
    if mark < 0 or text[mark + 2 : mark + 3] != "?":
        return None
    if text[mark + 1] not in "bBqQ":
        return None
    end = text.find("?=", mark + 3)
    if end < 0:
        return None
    charset, way, body = text[start + 2 : mark].partition("*")[0], text[mark + 1].lower(), text[mark + 3 : end]
    raw = _raw(body, charset)
    if way == "b":
        return (charset.lower(), lenient_base64(raw)), end + 2
    return (charset.lower(), binascii.a2b_qp(raw.replace(b"\n", b" "), header=True)), end + 2


def _raw(body: str, charset: str) -> bytes:
    """Return a word's bytes; letters that it should not hold stand for themselves."""
    if not body.isascii():
        try:
            return body.encode(charset)
        except (LookupError, UnicodeError, ValueError):
            pass
    return body.encode("utf-8", "replace")


def lenient_base64(raw: bytes) -> bytes:
    """Decode what is in the alphabet, also where several encodings follow one another; what is left over is lost."""
    return b"".join(_segment(_NOT_BASE64.sub(b"", one)) for one in raw.split(b"="))


def _segment(raw: bytes) -> bytes:
    if len(raw) % 4 == 1:
        raw = raw[:-1]
    return base64.b64decode(raw + b"=" * (-len(raw) % 4)) if raw else b""


def parameters(text: str) -> tuple[str, dict[str, str]]:
    """Return a value and its parameters; of a repeated one the first, of an RFC 2231 pair the encoded one."""
    fields = _fields(text)
    plain: dict[str, str] = {}
    pieces: dict[str, dict[int, tuple[str, bool]]] = {}
    for field in fields[1 : _MOST_PARAMETERS + 1]:
        name, equals, value = field.partition("=")
        name, value = name.strip().lower(), _unquoted(value.strip())
        if not equals or not name:
            continue
        base, star, rest = name.partition("*")
        if not star:
            plain.setdefault(base, value)
            continue
        number, encoded = rest.rstrip("*"), rest.endswith("*") or not rest
        at = int(number) if number.isascii() and number.isdigit() and len(number) < 4 else 0
        pieces.setdefault(base, {}).setdefault(at, (value, encoded))
    plain.update({base: _joined(found) for base, found in pieces.items()})
    return fields[0].strip().lower(), plain


def _joined(found: dict[int, tuple[str, bool]]) -> str:
    charset = None
    raw = b""
    for at in sorted(found):
        value, encoded = found[at]
        if encoded and charset is None and value.count("'") >= 2:
            charset, _, value = value.split("'", 2)
        raw += unquote_to_bytes(value) if encoded else value.encode("utf-8", "replace")
    return decode(raw, charset)


def _fields(text: str) -> list[str]:
    """Split at semicolons that stand in no quotes."""
    fields, start, quoted, at = [], 0, False, 0
    while at < len(text):
        letter = text[at]
        if letter == "\\" and quoted:
            at += 1
        elif letter == '"':
            quoted = not quoted
        elif letter == ";" and not quoted:
            fields.append(text[start:at])
            start = at + 1
        at += 1
    fields.append(text[start:])
    # a quote that never ends swallowed the rest
    return [fields[0], *fields[1:-1], *(fields[-1].split(";") if quoted and len(fields) > 1 else fields[1:][-1:])]


def _unquoted(value: str) -> str:
    if value[:1] == '"':
        value = value[1:].partition('"')[0] if "\\" not in value else value[1:].removesuffix('"')
        return re.sub(r"\\(.)", r"\1", value)
    return value.partition(" (")[0].strip("'\" \t") if "'" not in value else value.partition(" (")[0].strip('" \t')
