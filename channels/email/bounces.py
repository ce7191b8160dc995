"""What a notice of failure says of each recipient, from the report for machines, else from the text for people."""

from __future__ import annotations

from channels.email import delivery_status, reasons
from channels.email.addresses import bare, mailboxes
from channels.email.failed_text import Failed, failed
from channels.email.headers import Headers, ids
from channels.email.mail import Action, Bounce, BouncedRecipient, Reason
from channels.email.mime import Entity
from channels.email.returned import Returned
from channels.email.rules import flat, holds, phrases

#: a notice that delivery is still being tried, in the words of Postfix, Exim and Sendmail
_DELAYED = phrases("""
    this is a warning only | has not yet been delivered | delivery attempts will continue
    will be retried until | will continue to try to deliver | transient non-fatal errors
    is still being retried | delivery is delayed | delivery has been delayed | this is only a warning
    delivery to the following recipients has been delayed | delivery to the following recipient has been delayed
    message delayed | advisory-only
""")
#: "yours" is what every notice may be sent to
_LONGEST_DIAGNOSTIC = 1_000


def bounce(root: Entity, parts: Returned, *, lone: bool) -> Bounce:
    """Read a notice that is known to be one."""
    fields = root.headers
    texts = failed(parts.notice, _ours(fields, parts.original))
    found = [_reported(group, parts, texts, lone=lone) for group in delivery_status.recipients(root)]
    if not found:
        found = [_reported(group, parts, texts, lone=lone) for group in delivery_status.groups(parts.notice.encode())]
    found = found or _named(fields, parts, texts, lone=lone)
    return Bounce(
        tuple({one.address.lower(): one for one in reversed(found)}.values())[::-1],
        next(iter(ids(parts.original.raw("message-id"))), None),
        _token_addresses(fields, parts.original),
    )


def _ours(fields: Headers, original: Headers) -> frozenset[str]:
    every = [one.address for name in ("to", "from", "cc", "reply-to") for one in mailboxes(fields.raw(name))]
    every += [bare(fields.raw("return-path")), bare(original.raw("return-path"))]
    every += [one.address for name in ("from", "sender") for one in mailboxes(original.raw(name))]
    return frozenset(one.lower() for one in every if one)


def _token_addresses(fields: Headers, original: Headers) -> tuple[str, ...]:
    every = [value for name in ("delivered-to", "x-original-to", "envelope-to", "to") for value in fields.all(name)]
    every += [value for name in ("return-path", "reply-to", "from") for value in original.all(name)]
    return tuple(dict.fromkeys(one.address for value in every for one in mailboxes(value) if one.address))


def _reported(group: Headers, parts: Returned, texts: list[Failed], *, lone: bool) -> BouncedRecipient:
    words = delivery_status.diagnostic(group)
    address = delivery_status.address(group)
    beside = next((one.words for one in texts if one.address.lower() == address.lower()), "")
    if "@" not in address:
        address = _only_recipient(parts.original) or (texts[0].address if texts else address)
    status = reasons.status_of(group.text("status"))
    said = reasons.status_of(words)
    if said and not reasons.vague(said) or status is None:
        status = said
    return _recipient(
        address, delivery_status.action(group), status, words or beside, [words, beside, parts.notice], lone=lone
    )


def _named(fields: Headers, parts: Returned, texts: list[Failed], *, lone: bool) -> list[BouncedRecipient]:
    delayed = holds(_DELAYED, flat(f"{fields.text('subject')} {parts.notice}"), lone=lone)
    action = Action.DELAYED if delayed else Action.FAILED
    named = [one.address for value in fields.all("x-failed-recipients") for one in mailboxes(value) if one.address]
    known = {one.address.lower(): one for one in texts}
    chosen = [known.get(one.lower(), Failed(one, "")) for one in named] or texts
    if not chosen and (only := _only_recipient(parts.original)):
        chosen = [Failed(only, "")]
    return [_recipient(one.address, action, None, one.words, [one.words, parts.notice], lone=lone) for one in chosen]


def _only_recipient(original: Headers) -> str:
    """Return to whom the mail that came back was written, if to one."""
    every = [one.address for name in ("x-original-to", "to", "cc") for one in mailboxes(original.raw(name))]
    distinct = {one.lower(): one for one in every if "@" in one}
    return next(iter(distinct.values())) if len(distinct) == 1 else ""


def _recipient(
    address: str, action: Action, status: str | None, diagnostic: str, words: list[str], *, lone: bool
) -> BouncedRecipient:
    told = next((one for one in words if one.strip()), "")
    status = status or reasons.status_of(told)
    reply = reasons.reply_of(told)
    why = reasons.reason(status, reply, words, lone=lone) if action is not Action.DELIVERED else Reason.OTHER
    if why is Reason.OTHER and action is Action.DELAYED:
        why = Reason.TIMED_OUT  # it is still being tried, and nobody said why that takes so long
    shown = " ".join(diagnostic.split())[:_LONGEST_DIAGNOSTIC]
    return BouncedRecipient(address, action, status, reply, shown, reasons.hard(action, why), why)
