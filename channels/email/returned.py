"""The parts of a notice of failure: what it says, and what it returns of the mail that did not arrive."""

from __future__ import annotations

import re
from dataclasses import dataclass

from channels.email import headers
from channels.email.charsets import decode
from channels.email.headers import Headers
from channels.email.html_text import text_of, without_marks
from channels.email.mime import Entity, Reading, head, tree

#: more of a notice is not looked at: a server's words are short
_LONGEST = 100_000
#: lines after which the returned mail stands, as the mail servers write them
_COPY = (
    "below this line is a copy", "this is a copy of", "copy of the message", "copy of your message", "original message",
    "message text follows", "header of the source mail", "the header of the original", "returned message follows",
    "message header follows", "message headers follow", "header follows", "headers of the original", "returned mail",
    "undelivered message follows", "the first 50 lines", "original headers", "begin message header", "message follows",
    "included is a copy", "here is a copy", "unsent message below", "unsent message follows", "start of message",
    "text of your message", "your message follows", "body of your message", "message is attached below",
)  # fmt: skip
_FIELD = re.compile(
    r"(?:received|return-path|dkim-signature|message-id|mime-version|x-mailer|delivered-to):", re.IGNORECASE
)
#: a letter that says so in words is not the line itself
_LONGEST_MARK = 100


@dataclass(frozen=True, slots=True)
class Returned:
    """``notice``: the server's own words. ``original``: the fields of the mail that came back, as far as they did."""

    notice: str
    original: Headers


def returned(root: Entity) -> Returned:
    """Take a notice apart; a mail that is none gives its own text as the notice."""
    notice: list[str] = []
    original = Headers()
    for leaf in root.leaves():
        kind = leaf.media_type
        if kind in ("message/rfc822", "message/global"):
            original = original if original.fields else tree(leaf.content(), Reading()).headers
        elif kind in ("text/rfc822-headers", "message/rfc822-headers", "message/global-headers"):
            original = original if original.fields else headers.read(leaf.content())[0]
        elif kind in ("text/plain", "text/html") and not original.fields:
            said, below = _cut(_said(leaf))
            notice.append(said)
            original = headers.read(head(below.lstrip("\n").encode("utf-8", "replace"))[0])[0] if below else original
    return Returned("\n".join(notice), original)


def _said(leaf: Entity) -> str:
    text = decode(leaf.content()[:_LONGEST], leaf.parameters.get("charset")).replace("\r\n", "\n").replace("\r", "\n")
    return without_marks(text_of(text)) if leaf.media_type == "text/html" else text


def _cut(text: str) -> tuple[str, str]:
    """Divide a text where the returned mail begins."""
    at = 0
    while at < len(text):
        end = text.find("\n", at)
        end = len(text) if end < 0 else end + 1
        line = text[at:end].strip()
        if at and line and len(line) < _LONGEST_MARK:
            said = line.lower()
            if _divides(said):
                return text[:at], text[end:]
        if at and _FIELD.match(line):
            return text[:at], text[at:]
        at = end
    return text, ""


def _divides(said: str) -> bool:
    if not any(phrase in said for phrase in _COPY):
        return False
    return (
        said[:1] in "-=*_|+#"
        or said.endswith((":", ".", "-", "*"))
        and not said.startswith(("the original message was", "this message"))
    )
