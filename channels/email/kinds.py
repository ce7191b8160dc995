"""What kind of mail this is, and by which signs: strong ones decide alone, weak ones only together. Whatever looks
automatic is kept like any other mail and only not answered (RFC 3834, 2).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from channels.email import delivery_status, kind_signs, reasons
from channels.email.addresses import bare, mailboxes
from channels.email.headers import Headers
from channels.email.mail import Action, Kind
from channels.email.mime import Entity, Reading, tree
from channels.email.returned import Returned
from channels.email.rules import flat, holds

#: a mail that was passed on so often runs in a circle
MOST_HOPS = 50
#: points of signs that make a notice of failure
_ENOUGH = 3
#: two points for the subject, one for the text
_TWICE = 3
_FORWARDED = ("fw:", "fwd:", "re:", "aw:", "wg:", "tr:", "rv:", "enc:")


@dataclass(slots=True)
class Judged:
    kind: Kind
    why: list[str] = field(default_factory=list)
    quiet: bool = False


def judge(root: Entity, parts: Returned, text: str, *, lone: bool) -> Judged:
    """Return the kind of a mail. ``text``: the new part of it; ``lone`` lets rules that rest on one file count."""
    fields = root.headers
    for look in (_report, _failure, _challenge, _auto_reply, _list, _machine):
        found = look(root, fields, parts, text, lone)
        if found is not None:
            found.quiet = True
            return found
    signs = _holding_back(fields)
    return Judged(Kind.ORDINARY, signs, quiet=bool(signs))


def _report(root: Entity, fields: Headers, parts: Returned, text: str, lone: bool) -> Judged | None:
    """Parts of a report decide alone (RFC 6522, 5965, 8098, 3464)."""
    kinds = {leaf.media_type: leaf for leaf in root.leaves()}
    said = root.parameters.get("report-type", "").lower() if root.media_type == "multipart/report" else ""
    if "message/feedback-report" in kinds or said == "feedback-report":
        return Judged(Kind.ABUSE_REPORT, ["a feedback report (RFC 5965)"])
    if lone and (leaf := kinds.get("message/rfc822")) and _complains(leaf):
        return Judged(Kind.ABUSE_REPORT, ["a complaint as Hotmail sends it"])
    if "message/disposition-notification" in kinds or said == "disposition-notification":
        return Judged(Kind.READ_RECEIPT, ["a disposition notification (RFC 8098)"])
    groups = delivery_status.recipients(root)
    if groups and all(delivery_status.action(one) is Action.DELIVERED for one in groups):
        return Judged(Kind.DELIVERY_SUCCESS, ["a delivery report of success (RFC 3464)"])
    if groups or said == "delivery-status" or any(kind in delivery_status.TYPES for kind in kinds):
        return Judged(Kind.BOUNCE, ["a delivery report (RFC 3464)"])
    return None


def _complains(leaf: Entity) -> bool:
    return kind_signs.COMPLAINT_FIELD in tree(leaf.content()[:20_000], Reading()).headers


def _failure(root: Entity, fields: Headers, parts: Returned, text: str, lone: bool) -> Judged | None:
    """A notice of failure without a report for machines: several signs, of which one speaks of failure."""
    if "x-failed-recipients" in fields:
        return Judged(Kind.BOUNCE, ["X-Failed-Recipients (Exim)"])
    subject = flat(fields.text("subject"))
    points: dict[str, int] = {}
    if from_server(fields, lone=lone):
        points["a mail server wrote it"] = 2
    if null_sender(fields):
        points["an empty envelope sender"] = 1
    if from_server(fields, lone=lone) and holds(kind_signs.SUCCESS_SUBJECTS, subject, lone=lone):
        return Judged(Kind.DELIVERY_SUCCESS, ["a mail server tells of success"])
    failing = 0
    if not subject.startswith(_FORWARDED) and (rule := holds(kind_signs.FAILURE_SUBJECTS, subject, lone=lone)):
        points[f"the subject says {rule.phrase!r}"] = failing = 2
    if rule := holds(kind_signs.FAILURE_TEXTS, flat(parts.notice), lone=lone):
        points[f"the text says {rule.phrase!r}"] = 1
        failing += 1
    if parts.original.fields:
        points["the mail is returned"] = 1
    if _auto_submitted(fields) not in ("", "no"):
        points["Auto-Submitted"] = 1
    if failing and (reasons.status_of(parts.notice) or reasons.reply_of(parts.notice)):
        points["the text tells a server's code"] = 1
    # a person who complains of lost mail uses the same words, but is no machine; a machine that is no mail server has
    # to say it twice
    machine = null_sender(fields) or "Auto-Submitted" in points or not _sender(fields)
    back = any(name in parts.original for name in ("received", "message-id"))
    sure = failing and (from_server(fields, lone=lone) or (machine and (back or failing == _TWICE)))
    if sure and sum(points.values()) >= _ENOUGH and not _starts_away(subject):
        return Judged(Kind.BOUNCE, list(points))
    return None


def from_server(fields: Headers, *, lone: bool) -> bool:
    """Tell whether a mail server signs, by address or by name."""
    for one in mailboxes(fields.raw("from")) or mailboxes(fields.raw("sender")):
        local = one.address.lower().partition("@")[0].strip("\"'<> ")
        if local.startswith(kind_signs.SERVER_ADDRESSES) or holds(kind_signs.SERVER_NAMES, one.name.lower(), lone=lone):
            return True
    return False


def _sender(fields: Headers) -> str:
    return next((one.address for one in mailboxes(fields.raw("from")) if one.address), "")


def null_sender(fields: Headers) -> bool:
    """Tell whether the envelope's sender was empty, or a mail server's."""
    if "return-path" not in fields:
        return False
    said = bare(fields.raw("return-path")).lower()
    return said == "" or said.startswith(("mailer-daemon", "<>"))


def _auto_submitted(fields: Headers) -> str:
    return fields.text("auto-submitted").partition(";")[0].partition(" ")[0].lower()


def _starts_away(subject: str) -> bool:
    return subject.startswith(kind_signs.AWAY_BEGINNINGS)


def _auto_reply(root: Entity, fields: Headers, parts: Returned, text: str, lone: bool) -> Judged | None:
    subject = flat(fields.text("subject"))
    if _auto_submitted(fields) == "auto-replied":
        return Judged(Kind.AUTO_REPLY, ["Auto-Submitted: auto-replied (RFC 3834)"])
    for name in kind_signs.RESPONDER_FIELDS:
        if name in fields and fields.text(name).lower() not in ("no", "none", "0", "false"):
            return Judged(Kind.AUTO_REPLY, [f"the field {name}"])
    if fields.text("precedence").lower() == "auto_reply" or "autoresponder" in fields.text("delivered-to").lower():
        return Judged(Kind.AUTO_REPLY, ["it says that it is an automatic reply"])
    if _starts_away(subject):
        return Judged(Kind.AUTO_REPLY, ["the subject begins as automatic replies do"])
    weak = _weak_reply_signs(fields, subject, text, lone)
    return Judged(Kind.AUTO_REPLY, weak) if len(weak) > 1 else None


def _weak_reply_signs(fields: Headers, subject: str, text: str, lone: bool) -> list[str]:
    signs = []
    # whoever answers an automatic answer has its subject, too
    if not subject.startswith(_FORWARDED) and (rule := holds(kind_signs.AWAY_WORDS, subject, lone=lone)):
        signs.append(f"the subject says {rule.phrase!r}")
    if rule := holds(kind_signs.AWAY_WORDS, flat(text, 2_000), lone=lone):
        signs.append(f"the text says {rule.phrase!r}")
    if signs:
        signs += _holding_back(fields)
        if _auto_submitted(fields) not in ("", "no"):
            signs.append("Auto-Submitted")
    return signs


def _challenge(root: Entity, fields: Headers, parts: Returned, text: str, lone: bool) -> Judged | None:
    said = flat(text, 10_000)
    held, prove = holds(kind_signs.HELD, said, lone=lone), holds(kind_signs.PROVE, said, lone=lone)
    if held and prove and ("http://" in said or "https://" in said or "reply to this" in said):
        return Judged(Kind.CHALLENGE, [f"the text says {held.phrase!r}", f"the text says {prove.phrase!r}"])
    return None


def _list(root: Entity, fields: Headers, parts: Returned, text: str, lone: bool) -> Judged | None:
    signs = [f"the field {name}" for name in kind_signs.LIST_FIELDS if name in fields]
    if fields.text("precedence").lower() == "list":
        signs.append("Precedence: list")
    return Judged(Kind.LIST, signs) if signs else None


def _machine(root: Entity, fields: Headers, parts: Returned, text: str, lone: bool) -> Judged | None:
    if _auto_submitted(fields) not in ("", "no"):
        return Judged(Kind.AUTOMATIC, [f"Auto-Submitted: {_auto_submitted(fields)[:40]} (RFC 3834)"])
    for one in mailboxes(fields.raw("from")):
        local = one.address.lower().partition("@")[0]
        if local.startswith(kind_signs.SILENT_ADDRESSES):
            return Judged(Kind.AUTOMATIC, ["its sender reads no answers"])
    for name in kind_signs.BULK_FIELDS:
        if name in fields:
            return Judged(Kind.AUTOMATIC, [f"the field {name}"])
    if from_server(fields, lone=lone):
        return Judged(Kind.AUTOMATIC, ["a mail server wrote it"])
    return None


def _holding_back(fields: Headers) -> list[str]:
    """Return the signs that forbid an automatic answer and say nothing of who wrote: people's mail may carry them."""
    signs = []
    if fields.text("precedence").lower() in ("bulk", "junk"):
        signs.append(f"Precedence: {fields.text('precedence').lower()}")
    suppressed = {one.strip().lower() for one in fields.text("x-auto-response-suppress").split(",")}
    if suppressed & {"all", "oof", "autoreply"}:
        signs.append("X-Auto-Response-Suppress")
    if null_sender(fields):
        signs.append("an empty envelope sender")
    if "x-loop" in fields or "x-ms-exchange-inbox-rules-loop" in fields:
        signs.append("a mark against loops")
    if len(fields.all("received")) > MOST_HOPS:
        signs.append(f"passed on more than {MOST_HOPS} times")
    if not _sender(fields):
        signs.append("no sender")
    return signs
