"""Who did not get a mail, from a notice written for people: an address at the start of a line, as Postfix, qmail, Exim,
Sendmail and Exchange set it; else any address that is neither ours nor the server's.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from channels.email.addresses import PLAIN

_ADDRESS = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])?"
#: at the start of a line, bare or in brackets; what follows must not make it part of a sentence
_START = re.compile(rf"[\s>*\"'\[-]{{0,12}}<?({_ADDRESS})>?[\"'\]]?(?=\s*\Z|\s*[:;,(]|\s+[A-Z(\[<\d-]|\s*\.\.\.|\s*-)")
#: RFC 5321's own words; X.400 as Exchange 5.5 writes it; report fields that a server put into the text
_NAMED = re.compile(
    rf"(?:rcpt to:\s?<?|final-recipient:\s?rfc822;\s?<?|original-recipient:\s?rfc822;\s?<?|dda:smtp="
    rf"|error-for:\s{{0,5}}<?"
    rf"|recipient(?: address)?\s?[:=]\s{{0,5}}<?|following address:?\s{{0,5}}<?|message to <?|mail to <?)({_ADDRESS})",
    re.IGNORECASE,
)
_EXPANDED = re.compile(rf"\((?:expanded|generated) from:? <?({_ADDRESS})")
_SERVERS = (
    "mailer-daemon",
    "postmaster",
    "abuse",
    "support",
    "helpdesk",
    "hostmaster",
    "double-bounce",
    "noreply",
    "no-reply",
)
#: fields of the returned mail; to whom it was written is only looked at where nothing else is known
_NO_NOTICE = ("message-id", "x-", "from:", "received", "reporting-mta", "reply-to:", "sender:", "cc:", "to:")
_MOST_LINES, _MOST_FOUND, _WORDS = 5_000, 100, 1_500


@dataclass(frozen=True, slots=True)
class Failed:
    """``words``: what the notice says next to the address."""

    address: str
    words: str


def failed(notice: str, ours: frozenset[str]) -> list[Failed]:
    """Return the addresses of a notice. ``ours`` in lower case: where the notice came to and from."""
    lines = notice.split("\n")[:_MOST_LINES]
    marked = _found(lines)
    # only those who wrote to themselves are found where all are ours
    found = [pair for pair in marked if pair[1].lower() not in ours] or marked
    for skipped in (_NO_NOTICE, _NO_NOTICE[:-1]):
        if not found:
            found = [(number, one) for number, line in enumerate(lines) for one in _any(line, ours, skipped)]
    return _with_words(lines, found)


def _found(lines: list[str]) -> list[tuple[int, str]]:
    out: list[tuple[int, str]] = []
    for number, line in enumerate(lines):
        start = _START.match(line[:600])
        names = [start[1]] if start else [match[1] for match in _NAMED.finditer(line[:2_000])]
        names += [match[1] for match in _EXPANDED.finditer(line[:600])]
        out.extend((number, one) for one in names if _could_be(one))
    return out


def _any(line: str, ours: frozenset[str], skipped: tuple[str, ...]) -> list[str]:
    said = line[:2_000]
    if "://" in said or said.lower().lstrip().startswith(skipped):
        return []
    return [
        match[0]
        for match in PLAIN.finditer(said)
        if _could_be(match[0]) and "." in match[0].partition("@")[2] and match[0].lower() not in ours
    ]


def _could_be(address: str) -> bool:
    return not address.lower().startswith(_SERVERS)


def _with_words(lines: list[str], found: list[tuple[int, str]]) -> list[Failed]:
    """Give each address once, with the lines up to the next one."""
    first: dict[str, tuple[str, int]] = {}
    for number, one in found:
        first.setdefault(one.lower(), (one, number))
    made = sorted(first.values(), key=lambda pair: pair[1])[:_MOST_FOUND]
    ends = [*[number for _, number in made[1:]], len(lines)][: len(made)]
    return [
        Failed(one, " ".join(" ".join(lines[number : max(end, number + 1)][:25]).split())[:_WORDS])
        for (one, number), end in zip(made, ends, strict=True)
    ]
