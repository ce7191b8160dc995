"""Mailboxes in header fields (RFC 5322, 3.4): one pass over the letters, whatever stands there."""

from __future__ import annotations

import re

from channels.email.mail import Mailbox
from channels.email.words import readable

_MOST, _LONGEST_FIELD = 1_000, 100_000
#: RFC 5321 allows 64 letters before the @ and 255 after it
LONGEST = 320
#: whatever looks like an address in a text; both sides are bounded, so each letter is looked at a bounded number of
#: times
PLAIN = re.compile(
    r"(?<![A-Za-z0-9._%+=-])[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])?"
)


def mailboxes(text: str) -> tuple[Mailbox, ...]:
    """Return the mailboxes of a field; groups give their members, empty ones nothing."""
    found: list[Mailbox] = []
    for phrase, address, comment in _split(text[:_LONGEST_FIELD]):
        made = _made(phrase, address, comment)
        if made:
            found.append(made)
        if len(found) == _MOST:
            break
    return tuple(found)


def bare(text: str) -> str:
    """Return the one address of a text such as a Return-Path, without brackets; empty for a null one."""
    found = mailboxes(text)
    return found[0].address if found else ""


def _made(phrase: str, address: str | None, comment: str) -> Mailbox | None:
    name = readable(phrase).strip("\"' ")
    if address is None:
        said = name
        name = readable(comment)
        match = PLAIN.search(said) if "@" in said else None
        if match and match.group() != said:
            name = (said[: match.start()] + said[match.end() :]).strip(" \"'<>(),") or name
            said = match.group()
        if not said:
            return None
        return Mailbox(name, said[:LONGEST]) if "@" in said else Mailbox(said, "")
    address = "".join(readable(address).split())
    if address.startswith("@") and ":" in address:  # a source route (RFC 5322, 4.4)
        address = address.rpartition(":")[2]
    if not address and not name:
        return None
    return Mailbox(name or readable(comment), address[:LONGEST])


def _split(text: str) -> list[tuple[str, str | None, str]]:
    """Return phrase, what stands in brackets, and comment of each mailbox."""
    out: list[tuple[str, str | None, str]] = []
    phrase: list[str] = []
    comment: list[str] = []
    address: list[str] | None = None
    quoted = within = False
    depth = at = 0
    # a bracket that never closes would swallow the rest of the field
    last_close, last_quote = text.rfind(">"), text.rfind('"')
    for at, letter in enumerate(text):
        escaped = at > 0 and text[at - 1] == "\\" and (quoted or depth > 0) and text[at - 2 : at] != "\\\\"
        if quoted:
            if letter == '"' and not escaped:
                quoted = False
            elif letter != "\\" or escaped:
                (address if within and address is not None else phrase).append(letter)
        elif depth:
            depth += (letter == "(" and not escaped) - (letter == ")" and not escaped)
            if depth:
                comment.append(letter)
        elif letter == '"' and at < last_quote:
            quoted = True
        elif letter == "(" and not within:
            depth = 1
        elif letter == "<" and at < last_close:
            if address is None or not address:
                address, within = [], True
        elif letter == ">":
            within = False
        elif within and address is not None:
            address.append(letter)
        elif letter in ",;":
            out.append(("".join(phrase), None if address is None else "".join(address), "".join(comment)))
            phrase, comment, address = [], [], None
        elif letter == ":" and address is None:
            phrase = []  # a group's name
        else:
            phrase.append(letter)
    out.append(("".join(phrase), None if address is None else "".join(address), "".join(comment)))
    return out
