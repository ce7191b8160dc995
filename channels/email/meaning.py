"""What a mail that was read means to us: words of a citizen, or a report of what became of a mail of ours."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from cases.messages import (
    Address,
    AddressKind,
    DeliveryReport,
    DeliveryStatus,
    Inbound,
    InboundMessage,
    KeptFile,
    Mail,
)
from channels.email import scans, tokens
from channels.email.mail import Action, Kind, Reason
from channels.email.settings import MailboxSettings
from channels.email.tokens import Forged

_BY_MACHINE = {
    Kind.AUTO_REPLY,
    Kind.CHALLENGE,
    Kind.ABUSE_REPORT,
    Kind.READ_RECEIPT,
    Kind.BOUNCE,
    Kind.DELIVERY_SUCCESS,
}
_NOTICES = (Kind.BOUNCE, Kind.DELIVERY_SUCCESS)
_BECAME = {Action.FAILED: DeliveryStatus.FAILED, Action.DELIVERED: DeliveryStatus.DELIVERED}


def understood(
    read: Mapping[str, Any], files: Sequence[KeptFile], settings: MailboxSettings, *, key: bytes
) -> tuple[Inbound, ...]:
    """Return what a mail means. A notice of a mail that is not ours is kept as the message it is."""
    kind = Kind(read["kind"])
    addresses = [*read["delivered_to"], *read["to"], *read["cc"]]
    bounce = read["bounce"] or {}
    proved, forged = _proved([*addresses, *bounce.get("addresses", ())], settings, key)
    if kind in _NOTICES:
        ours = list(proved)
        if tokens.is_ours(bounce.get("original", ""), settings.domain):
            ours.append(bounce["original"])
        reports = tuple(_reports(bounce.get("recipients", ()), dict.fromkeys(ours), settings.id))
        if reports or ours:
            return reports
    message = _message(read, files, settings, proved=proved, forged=forged and not proved)
    return tuple(scans.handed_on(message, settings)) or (message,)


def _proved(addresses: Iterable[str], settings: MailboxSettings, key: bytes) -> tuple[tuple[str, ...], bool]:
    found: dict[str, None] = {}
    forged = False
    for address in addresses:
        try:
            reference = tokens.read(address, settings.address, key=key)
        except Forged:
            forged = True
            continue
        if reference is not None:
            found[tokens.identifier(reference, settings.domain)] = None
    return tuple(found), forged


def _reports(recipients: Iterable[Mapping[str, Any]], ours: Iterable[str], account: str) -> Iterator[DeliveryReport]:
    for identifier in ours:
        for one in recipients:
            status = _BECAME.get(Action(one["action"]))
            if status is not None:  # what is only delayed may still arrive
                words = _WORDS[Reason(one["reason"])] if status is DeliveryStatus.FAILED else None
                yield DeliveryReport(account, identifier, status, words, address=one["address"] or None)


def _message(
    read: Mapping[str, Any],
    files: Sequence[KeptFile],
    settings: MailboxSettings,
    *,
    proved: tuple[str, ...],
    forged: bool,
) -> InboundMessage:
    kind, sender = Kind(read["kind"]), read["sender"] or {"name": "", "address": ""}
    machine = kind in _BY_MACHINE or _is_our_own(read, sender["address"], settings)
    why = "; ".join(read["why"]) or kind.value
    new, whole = read["new_text"].strip(), read["text"].strip()
    html = files[0].sha256 if read["html"] else ""
    mail = Mail(
        identifier=read["identifier"],
        subject=read["subject"],
        sender_name=sender["name"],
        to=tuple(read["to"]),
        cc=tuple(read["cc"]),
        answers=tuple(dict.fromkeys(read["answers"])),
        proved=proved,
        forged=forged,
        automatic=why if machine or kind is not Kind.ORDINARY or read["quiet"] else "",
        machine=machine,
        whole=whole if whole != (new or whole) else "",
        html=html,
        genuine=_genuine(read["authentication"], settings.trusted_server),
        cut=not read["whole"],
    )
    return InboundMessage(
        account=settings.id,
        channel=settings.channel,
        sender=_address(sender),
        recipient=settings.address,
        text=new or whole,
        external_id=None,
        sent_at=datetime.fromisoformat(read["date"]).astimezone(UTC) if read["date"] else None,
        files=tuple(_files(read["parts"], files[1:] if read["html"] else files)),
        mail=mail,
    )


def _address(sender: Mapping[str, str]) -> Address:
    address = sender["address"].strip()
    if "@" in address:
        return Address(AddressKind.EMAIL, address.lower())
    return Address(AddressKind.SENDER_NAME, sender["name"] or address or "(unknown)")


def _is_our_own(read: Mapping[str, Any], sender: str, settings: MailboxSettings) -> bool:
    local, _, domain = sender.lower().rpartition("@")
    plain = f"{local.partition('+')[0]}@{domain}"
    return plain == settings.address.lower() or tokens.is_ours(read["identifier"], settings.domain)


def _genuine(lines: Sequence[str], server: str | None) -> bool | None:
    """Read our own server's finding: the topmost, for whoever sends a mail may write such lines below it (RFC 8601)."""
    name, _, findings = (lines[0] if lines else "").partition(";")
    if server is None or name.split()[:1] != [server]:
        return None
    for finding in findings.split(";"):
        method, _, result = finding.strip().partition("=")
        if method.strip().lower() == "dmarc":
            return {"pass": True, "fail": False}.get(result.split()[0].lower() if result.split() else "")
    return None


def _files(parts: Sequence[Mapping[str, str]], files: Sequence[KeptFile]) -> Iterator[KeptFile]:
    for part, file in zip(parts, files, strict=True):
        yield KeptFile(file.sha256, file.size, file.media_type, part["name"], part["content_id"])


_WORDS = {
    Reason.NO_SUCH_ADDRESS: "There is no such address.",
    Reason.NO_SUCH_DOMAIN: "The address's domain does not exist.",
    Reason.ADDRESS_MOVED: "The address has moved.",
    Reason.TAKES_NO_MAIL: "This address takes no mail.",
    Reason.MAILBOX_FULL: "The citizen's mailbox is full.",
    Reason.MAILBOX_CLOSED: "The citizen's mailbox is closed.",
    Reason.TOO_LARGE: "The mail is too large for the citizen's server.",
    Reason.SPAM: "The citizen's server took it for spam.",
    Reason.VIRUS: "The citizen's server found a virus in it.",
    Reason.SENDER_BLOCKED: "The citizen's server blocks our mail server. An administrator has to look at it.",
    Reason.SENDER_REFUSED: "The citizen's server refuses our address. An administrator has to look at it.",
    Reason.AUTHENTICATION: "The citizen's server does not believe that it is ours (SPF, DKIM, DMARC).",
    Reason.POLICY: "The citizen's server refused it by a rule of its own.",
    Reason.SECURITY: "The citizen's server refused it for a reason of security.",
    Reason.TOO_MANY: "The citizen's server takes no more mail now.",
    Reason.RELAYING: "The citizen's server does not pass mail on to this address.",
    Reason.CONTENT: "The citizen's server refused what it says or holds.",
    Reason.TIMED_OUT: "The citizen's server could not be reached in time.",
    Reason.NETWORK: "The citizen's server could not be reached.",
    Reason.SERVER_FAULT: "The citizen's server had a fault.",
    Reason.OTHER: "The mail came back.",
}
