"""Why a mail did not arrive: what a server's words say, else its enhanced code (RFC 3463 and IANA's registry of
enumerated codes), else its reply code (RFC 5321). The words come first, since servers give one code for many reasons.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from channels.email.mail import LASTING, Action, Reason
from channels.email.reason_phrases import GENERAL, SURE, Words
from channels.email.rules import flat, holds

#: subject and detail of an enhanced code → reason; its class (4 or 5) does not matter here
_CODES = {
    "1.1": Reason.NO_SUCH_ADDRESS, "1.2": Reason.NO_SUCH_DOMAIN, "1.3": Reason.NO_SUCH_ADDRESS,
    "1.6": Reason.ADDRESS_MOVED, "1.7": Reason.SENDER_REFUSED, "1.8": Reason.SENDER_REFUSED,
    "1.10": Reason.TAKES_NO_MAIL, "2.1": Reason.MAILBOX_CLOSED, "2.2": Reason.MAILBOX_FULL, "2.3": Reason.TOO_LARGE,
    "3.1": Reason.SERVER_FAULT, "3.2": Reason.TAKES_NO_MAIL, "3.4": Reason.TOO_LARGE, "3.5": Reason.SERVER_FAULT,
    "3.0": Reason.SERVER_FAULT, "4.0": Reason.NETWORK, "4.1": Reason.TIMED_OUT, "4.2": Reason.NETWORK,
    "4.3": Reason.SERVER_FAULT, "4.4": Reason.NO_SUCH_DOMAIN, "4.5": Reason.SERVER_FAULT, "4.6": Reason.NETWORK,
    "4.7": Reason.TIMED_OUT, "5.3": Reason.POLICY, "5.6": Reason.AUTHENTICATION, "6.0": Reason.CONTENT,
    "6.1": Reason.CONTENT, "6.3": Reason.CONTENT, "6.5": Reason.CONTENT, "6.6": Reason.CONTENT,
    "6.7": Reason.CONTENT, "6.9": Reason.CONTENT, "7.0": Reason.POLICY, "7.1": Reason.POLICY, "7.2": Reason.POLICY,
    "7.8": Reason.SECURITY, "7.9": Reason.POLICY, "7.13": Reason.MAILBOX_CLOSED, "7.17": Reason.ADDRESS_MOVED,
    "7.18": Reason.ADDRESS_MOVED, "7.20": Reason.AUTHENTICATION, "7.21": Reason.AUTHENTICATION,
    "7.22": Reason.AUTHENTICATION, "7.23": Reason.AUTHENTICATION, "7.24": Reason.AUTHENTICATION,
    "7.25": Reason.SENDER_BLOCKED, "7.26": Reason.AUTHENTICATION, "7.27": Reason.TAKES_NO_MAIL,
    "7.28": Reason.TOO_MANY, "7.29": Reason.AUTHENTICATION, "7.30": Reason.SECURITY,
    # Exchange Online's own, as its administrators' pages list them
    "7.64": Reason.RELAYING, "7.509": Reason.AUTHENTICATION, "7.511": Reason.SENDER_BLOCKED,
    "7.606": Reason.SENDER_BLOCKED, "7.708": Reason.SENDER_BLOCKED, "1.351": Reason.NO_SUCH_ADDRESS,
    "7.750": Reason.SENDER_BLOCKED, "7.705": Reason.TOO_MANY, "7.133": Reason.POLICY, "7.124": Reason.POLICY,
}  # fmt: skip
#: codes that mean one thing whatever is said besides
_ALONE = frozenset(
    {
        "2.2", "2.3", "3.4", "1.6", "7.20", "7.21", "7.22", "7.23", "7.24", "7.25", "7.26", "7.27", "7.28", "7.29",
        "7.509", "7.606",
    }
)  # fmt: skip
#: codes that servers give for anything
_BROAD = frozenset(["7.0", "7.1", "3.0", "4.0", "6.0", "1.8", "7.9"])
_REPLIES = {
    "421": Reason.NETWORK, "442": Reason.NETWORK, "452": Reason.SERVER_FAULT, "521": Reason.TAKES_NO_MAIL,
    "552": Reason.MAILBOX_FULL, "556": Reason.TAKES_NO_MAIL, "530": Reason.SECURITY,
    "535": Reason.SECURITY, "550": Reason.OTHER,
}  # fmt: skip
_STATUS = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.]\d)")
_REPLY = re.compile(
    r"(?<![\d.\[(-])([45]\d\d)(?=[ \-:,;#]|\Z)(?! ?(?:seconds|minutes|hours|days|bytes|kb|mb)\b)", re.IGNORECASE
)
_LONGEST = 4_000


def status_of(text: str) -> str | None:
    """Return the enhanced code that a text tells; one that says nothing (``5.0.0``) only where there is no other."""
    found = _STATUS.findall(text[:_LONGEST])
    return next((code for code in found if not vague(code)), found[0] if found else None)


def reply_of(text: str) -> str | None:
    """Return the SMTP reply code that a text tells."""
    found = _REPLY.search(text[:_LONGEST])
    return found[1] if found else None


def vague(status: str) -> bool:
    return status[1:] in (".0.0", ".5.0")


def reason(status: str | None, reply: str | None, words: Sequence[str], *, lone: bool = True) -> Reason:
    """Return the likeliest reason of a failure or delay. ``words``: the server's first, then those around them."""
    detail = (status or "").partition(".")[2]
    if detail in _ALONE:
        return _CODES[detail]
    texts = [flat(text, _LONGEST) for text in words if text.strip()]
    for said in texts:
        if (found := _said(SURE, said, lone=lone)) or (found := _CODES.get(detail) if detail not in _BROAD else None):
            return found
        if found := _said(GENERAL, said, lone=lone):
            return found
    return _CODES.get(detail) or _REPLIES.get(reply or "", Reason.OTHER)


def _said(words: Words, said: str, *, lone: bool) -> Reason | None:
    return next((one for one, rules in words if holds(rules, said, lone=lone)), None)


def hard(action: Action, why: Reason) -> bool | None:
    """Tell whether the address itself is of no use; None where nobody knows."""
    if action is Action.DELIVERED:
        return None
    if action is Action.DELAYED:
        return False
    return None if why is Reason.OTHER else why in LASTING
