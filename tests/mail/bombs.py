"""Mails that are slow to read where somebody was careless: each as long as asked."""

from __future__ import annotations

from collections.abc import Callable

_PLAIN = b"From: a@example.com\nSubject: s\nContent-Type: text/plain; charset=utf-8\n\n"
_HTML = b"From: a@example.com\nSubject: s\nContent-Type: text/html; charset=utf-8\n\n"
_WORD = (
    b"<p class=MsoNormal style='margin-bottom:0cm'><span style='font-size:11.0pt'><o:p>&nbsp;</o:p></span></p>"
    b"<![if !supportLists]><b style='mso-bidi-font-weight:normal'>"
)


def _text(piece: bytes, head: bytes = _PLAIN) -> Callable[[int], bytes]:
    return lambda size: head + piece * (size // len(piece))


def _head(field: bytes, piece: bytes) -> Callable[[int], bytes]:
    return lambda size: b"From: a@example.com\n" + field + b": " + piece * (size // len(piece)) + b"\n\nx\n"


def _nested(size: int) -> bytes:
    level = b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n"
    return b"From: a@example.com\n" + b"".join(level % (number, number) for number in range(size // 60))


def _parts(size: int) -> bytes:
    return b"From: a@example.com\nContent-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\nx\n" * (size // 7)


def _report(size: int) -> bytes:
    return (
        b"From: mailer-daemon@example.com\nReturn-Path: <>\nSubject: failure notice\n\nUnable to deliver\n"
        + b"<a@a.example>: 550 5.1.1 no\n" * (size // 28)
    )


BOMBS: dict[str, Callable[[int], bytes]] = {
    "> > > > in one line": _text(b"> "),
    "> in many lines": _text(b"> > > x\n"),
    "a@a.a@ in one line": _text(b"a@a.a@"),
    "On a@a wrote in many lines": _text(b"On 1 a@a.a@\n"),
    "On wrote: in one line": _text(b"On 1 Jan x wrote:"),
    "From: in many lines": _text(b"From: x\nSent: y\n"),
    "dashes": _text(b"-"),
    "dashed lines": _text(b"-----\n"),
    "rules": _text(b"_____\n\n"),
    "spaces": _text(b" "),
    "blank lines": _text(b"\n"),
    "begin 644 x": _text(b"begin 644 x\n"),
    "begin with an end": lambda size: _PLAIN + b"begin 644 x\n" * (size // 12) + b"\nend\n",
    "nested tables": _text(b"<table><tr><td>", _HTML),
    "nested quotes": _text(b"<blockquote>x<br>", _HTML),
    "Word's HTML": _text(_WORD, _HTML),
    "<": _text(b"<", _HTML),
    "<!--": _text(b"<!--", _HTML),
    "<a ": _text(b"<a ", _HTML),
    "<a b=": _text(b'<a b="', _HTML),
    "<a '>": _text(b"<a '>", _HTML),
    "<script>": _text(b"<script>", _HTML),
    "hidden": _text(b"<div style='display:none'>x", _HTML),
    "id= in one tag": lambda size: _HTML + b"<div " + b"id=" * (size // 3) + b">x",
    "&": _text(b"&", _HTML),
    "&#": _text(b"&#1", _HTML),
    "entities": _text(b"&amp;lt;", _HTML),
    "spaces in HTML": _text(b" \n", _HTML),
    "encoded words": _head(b"Subject", b"=?utf-8?q?=41?= "),
    "encoded words without end": _head(b"Subject", b"=?utf-8?q?"),
    "=?": _head(b"Subject", b"=?"),
    "encoded words of no encoding": lambda size: b"Subject: " + b"=?a?x?" * (size // 6) + b"?=\n\nx\n",
    "=?a": lambda size: b"Subject: " + b"=?a" * (size // 3) + b"?=\n\nx\n",
    "Cyrillic fields": lambda size: b"X: \xd0\xcf\xd2\n" * (size // 7) + b"\nx\n",
    "Cyrillic parts": lambda size: (
        b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\n\xd0\xcf\xd2\xc1\n" * (size // 10)
    ),
    "(": _head(b"To", b"("),
    "quotes": _head(b"To", b'"'),
    "brackets": _head(b"To", b"<"),
    "commas": _head(b"To", b","),
    "many to": _head(b"To", b"a@a.a,"),
    "ids": _head(b"References", b"<a@b> "),
    "ids without end": _head(b"References", b"<"),
    "semicolons": _head(b"Content-Type", b"a/b;c=d"),
    "pieces of a name": _head(b"Content-Disposition", b"attachment;filename*1*=a;"),
    "many fields": lambda size: b"X-A: b\n" * (size // 7) + b"\nx\n",
    "long lines of fields": lambda size: b"From: a@example.com\nSubject: s\n" + b" x\n" * (size // 3) + b"\nx\n",
    "nested parts": _nested,
    "many parts": _parts,
    "many recipients": _report,
    "base64": lambda size: b"Content-Transfer-Encoding: base64\n\n" + b"A=" * (size // 2),
    "quoted-printable": lambda size: b"Content-Transfer-Encoding: quoted-printable\n\n" + b"=" * size,
    "utf-7": lambda size: b"Content-Type: text/plain; charset=utf-7\n\n" + b"+AD" * (size // 3),
    "Cyrillic without a charset": lambda size: b"Subject: s\n\n" + b"\xd0\xcf\xd2\xc1 " * (size // 5),
    "carriage returns": lambda size: b"Subject: s\r\r" + b"x\r" * (size // 2),
}
