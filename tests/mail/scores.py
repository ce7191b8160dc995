"""How well mail of the shared test data is read: classes, notices of failure, and their reasons."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from channels.email.mail import Kind, Mail, Reason
from tests.mail.shared import Entry

#: the data's word for a class → our kinds that say the same
CLASSES = {
    "bounce": (Kind.BOUNCE,),
    "auto_reply": (Kind.AUTO_REPLY,),
    "challenge_response": (Kind.CHALLENGE,),
    "feedback_report": (Kind.ABUSE_REPORT,),
    "delivery_success": (Kind.DELIVERY_SUCCESS,),
    "other": (Kind.ORDINARY, Kind.LIST),
}
#: their words for a reason → ours that say the same. ``filtered`` is a refusal after the whole mail was read
REASONS = {
    "userunknown": {Reason.NO_SUCH_ADDRESS},
    "user_unknown": {Reason.NO_SUCH_ADDRESS},
    "filtered": {Reason.NO_SUCH_ADDRESS, Reason.MAILBOX_CLOSED, Reason.POLICY},
    "mailboxfull": {Reason.MAILBOX_FULL},
    "over_quota": {Reason.MAILBOX_FULL},
    "mesgtoobig": {Reason.TOO_LARGE},
    "message_too_large": {Reason.TOO_LARGE},
    "hostunknown": {Reason.NO_SUCH_DOMAIN},
    "domain_error": {Reason.NO_SUCH_DOMAIN, Reason.RELAYING},
    "hasmoved": {Reason.ADDRESS_MOVED},
    "suspend": {Reason.MAILBOX_CLOSED},
    "notaccept": {Reason.TAKES_NO_MAIL},
    "blocked": {Reason.SENDER_BLOCKED},
    "requireptr": {Reason.SENDER_BLOCKED},
    "rejected": {Reason.SENDER_REFUSED},
    "spam": {Reason.SPAM},
    "spamdetected": {Reason.SPAM},
    "virusdetected": {Reason.VIRUS},
    "authfailure": {Reason.AUTHENTICATION},
    "policyviolation": {Reason.POLICY},
    "securityerror": {Reason.SECURITY},
    "toomanyconn": {Reason.TOO_MANY},
    "contenterror": {Reason.CONTENT},
    "notcompliantrfc": {Reason.CONTENT},
    "syntaxerror": {Reason.CONTENT, Reason.SERVER_FAULT},
    "expired": {Reason.TIMED_OUT},
    "networkerror": {Reason.NETWORK},
    "systemerror": {Reason.SERVER_FAULT},
    "mailererror": {Reason.SERVER_FAULT},
}
Read = Iterable[tuple[Entry, Mail]]
Hits = list[tuple[str, bool]]


def confusion(read: Read) -> Counter[tuple[str, str]]:
    """Return how often a class of the data was read as one of our kinds; only mails whose class is known."""
    return Counter((entry["class"], mail.kind.value) for entry, mail in read if entry["class"])


def answered(read: Read) -> list[str]:
    """Return the files of automatic mail that a machine would have answered."""
    return [entry["file"] for entry, mail in read if entry["class"] not in (None, "other") and not mail.quiet]


def recipients(read: Read) -> Hits:
    """Tell of each mail whose recipients are known whether just these were found."""
    found = []
    for entry, mail in read:
        truth = {*(entry.get("failed_recipients") or ()), *(entry.get("temporary_recipients") or ())}
        if entry["class"] == "bounce" and truth:
            told = {one.address.lower() for one in mail.bounce.recipients} if mail.bounce else set()
            found.append((entry["file"], told == {one.lower() for one in truth}))
    return found


def anybody(read: Read) -> Hits:
    """Tell of every notice of failure whether any recipient with a domain was found."""
    return [
        (entry["file"], bool(mail.bounce and any("@" in one.address for one in mail.bounce.recipients)))
        for entry, mail in read
        if entry["class"] == "bounce"
    ]


def reasons(read: Read) -> Hits:
    """Tell of each recipient whose reason is known whether ours says the same; a recipient that was not found is a
    miss.
    """
    found = []
    for entry, mail in read:
        told = mail.bounce.recipients if mail.bounce else ()
        for number, truth in enumerate(_known(entry)):
            if truth.get("reason") in REASONS:
                right = number < len(told) and told[number].reason in REASONS[truth["reason"]]
                found.append((entry["file"], right))
    return found


def hardness(read: Read) -> Hits:
    """Tell of each recipient of whom the data knows hard or soft whether ours is the same; unknown counts as soft."""
    found = []
    for entry, mail in read:
        told = mail.bounce.recipients if mail.bounce else ()
        for number, truth in enumerate(_known(entry)):
            if truth.get("hard_bounce") is not None:
                right = number < len(told) and bool(told[number].hard) == truth["hard_bounce"]
                found.append((entry["file"], right))
    return found


def codes(read: Read) -> Hits:
    """Tell of each recipient whose enhanced code is known whether it was found; ``x.0.9yy`` are the source's own."""
    found = []
    for entry, mail in read:
        told = mail.bounce.recipients if mail.bounce else ()
        for number, truth in enumerate(_known(entry)):
            status = truth.get("status") or ""
            if status and not status.split(".")[2].startswith("9") and not status.endswith(".0.0"):
                found.append((entry["file"], number < len(told) and told[number].status == status))
    return found


def _known(entry: Entry) -> list[dict[str, str]]:
    known: list[dict[str, str]] = entry.get("reports") or []
    return known if entry["class"] == "bounce" else []


def share(hits: Hits) -> str:
    """Return the share of hits in words."""
    right = sum(hit for _, hit in hits)
    return f"{right} of {len(hits)} ({right / len(hits):.1%})" if hits else "none known"
