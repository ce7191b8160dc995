"""Mail inside the domain: which of ours it answers, whether it is here already, and what stands around ours."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from cases import clock, references, survivors
from cases.base import table
from cases.departments import City
from cases.letters import bearing as letters
from cases.matching import NO_BEARING, Bearing
from cases.messages import InboundMessage, Mail, OutboundMessage, OutgoingFile, OutgoingMail
from cases.models import Attachment, Case, Filing, MailRow, Message, StoredFile
from cases.writes import Writes

CHANNEL = "email"
#: as many ids as a References header of an ordinary length holds
MOST_ANSWERS = 20
LONGEST_SUBJECT, LONGEST_NAME = 200, 120
#: characters of a mail that are its message's own words, which search knows: PostgreSQL's parser takes minutes for some
#: tens of kilobytes of "<!--", "a_" or "~/", and refuses a megabyte of different words
LONGEST_TEXT = 5_000
#: characters by which a mail is routed: those of a megabyte would take longer than a transaction may be silent
MOST_READ = 20_000
#: what programs put before the subject of an answer or a forwarded mail, in several languages
_PREFIX = re.compile(r"(?:(?:re|aw|fw|fwd|wg|tr|rép|sv|vs|antw) ?:|\[external\]) ?", re.IGNORECASE)
_TAG = re.compile(r" ?\[\d{4}-\d{4}\]")

_MAILS = table(MailRow)
_LOCK = select(func.pg_advisory_xact_lock(bindparam("key")))
_SAME = select(MailRow.message_id).where(MailRow.identity == bindparam("identity"))
# Only ours to this very address: who answers a mail that somebody else got is a stranger to its case.
_ANSWERED = (
    select(Filing.case_id)
    .join(Message, Message.id == Filing.message_id)
    .where(
        Message.thread_id == bindparam("thread_id"),
        Message.direction == "out",
        Message.external_id == bindparam("identifier"),
        Filing.removed_at.is_(None),
    )
    .order_by(Filing.case_id.desc())
    .limit(1)
)
_LATEST = (
    select(MailRow)
    .join(Filing, Filing.message_id == MailRow.message_id)
    .join(Message, Message.id == MailRow.message_id)
    .join(_tree := survivors.tree(bindparam("case_id")), _tree.c.id == Filing.case_id)
    .where(Filing.removed_at.is_(None), Message.direction == "in", Message.thread_id == bindparam("thread_id"))
    .order_by(MailRow.message_id.desc())
    .limit(1)
)


@dataclass(frozen=True, slots=True)
class Head:
    """What stands above and below the words of a mail of ours, as it is kept until it leaves."""

    subject: str
    answers: tuple[str, ...] = ()
    sender_name: str = ""
    signature: str = ""


def identity(inbound: InboundMessage) -> str | None:
    """Return what copies of one mail have in common, whichever mailboxes they came to; None where it bears no id.

    The words count too: programs that give every mail the same Message-ID exist.
    """
    mail = inbound.mail
    if mail is None or not mail.identifier:
        return None
    parts = (mail.identifier, inbound.sender.value, mail.subject, mail.whole or inbound.text)
    return hashlib.sha256("\x00".join(parts).encode("utf-8", "surrogatepass")).hexdigest()


def known(session: Session, inbound: InboundMessage) -> bool:
    """Tell whether a copy of this mail is here; nobody else stores one until the transaction ends."""
    one = identity(inbound)
    if one is None:
        return False
    session.execute(_LOCK, {"key": int.from_bytes(bytes.fromhex(one)[:8], signed=True)})
    return session.scalar(_SAME, {"identity": one}) is not None


def answered(session: Session, mail: Mail, *, thread_id: int) -> int | None:
    """Return the case that a mail answers: one of ours to the same address was filed there. None for all others."""
    for identifier in [*mail.proved, *mail.answers][:MOST_ANSWERS]:
        found = session.scalar(_ANSWERED, {"thread_id": thread_id, "identifier": identifier})
        if found is not None:
            return survivors.of(session, found).id
    return None


def bearing(session: Session, inbound: InboundMessage, *, thread_id: int) -> Bearing:
    """Return what bears on where a mail or a letter belongs.

    A person looks at a reference in a mail, for anybody can type one; of a letter a person has seen it.
    """
    mail = inbound.mail
    if inbound.letter is not None:
        return letters.bearing(session, inbound.letter)
    if mail is None:
        return NO_BEARING
    if mail.forged:
        return Bearing(alone="it came to an address with a signature that is not ours")
    if mail.doubtful:
        return Bearing(alone="its sender's domain says that it is not theirs (DMARC)")
    found = answered(session, mail, thread_id=thread_id)
    named = references.find(said(inbound)) if found is None else None
    case = survivors.find(session, named) if named is not None else None
    if case is None or named is None:
        return Bearing(answers=found)
    return Bearing(alone=f"it names {references.written(named)}, as anybody could in a mail", may_belong_to=case.id)


def name_told(inbound: InboundMessage) -> str:
    """Return by which name the sender of a mail or a letter goes.

    Empty where it is none, or where somebody else may have written it.
    """
    mail = inbound.mail
    if inbound.letter is not None:
        return " ".join(_clean(inbound.letter.sender_name).split())[:LONGEST_NAME]
    if mail is None or mail.doubtful or mail.automatic or "@" in mail.sender_name:
        return ""
    return " ".join(_clean(mail.sender_name).split())[:LONGEST_NAME]


def said(inbound: InboundMessage) -> str:
    """Return the words of a message, its subject first, as routing and references read them."""
    subject = subject_said(inbound)
    return f"{subject}\n{words(inbound)}" if subject else words(inbound)


def subject_said(inbound: InboundMessage) -> str:
    """Return what a mail or a letter says that it is about; empty where it does not."""
    written = inbound.mail or inbound.letter
    return written.subject if written else ""


def words(inbound: InboundMessage) -> str:
    """Return the words that decide what becomes of a message: of a very long mail or letter its beginning."""
    return inbound.text[:MOST_READ] if inbound.mail or inbound.letter else inbound.text


def shown(inbound: InboundMessage) -> str:
    """Return a message's own words: of a very long mail or letter its beginning, all of it stands beside it."""
    return inbound.text[:LONGEST_TEXT] if inbound.mail or inbound.letter else inbound.text


def gather(writes: Writes, inbound: InboundMessage, *, message_id: int) -> None:
    """Gather what came with a message as mail; nothing where it came another way."""
    mail = inbound.mail
    if mail is None:
        return
    row = {
        "message_id": message_id,
        "identifier": _clean(mail.identifier) or None,
        "identity": identity(inbound),
        "subject": _clean(mail.subject),
        "sender_name": _clean(mail.sender_name) or None,
        "recipients": {"to": [*map(_clean, mail.to)], "cc": [*map(_clean, mail.cc)]},
        "answers": [*map(_clean, mail.answers[:MOST_ANSWERS])],
        "automatic": mail.automatic or None,
        "whole": _clean(mail.whole or (inbound.text if len(inbound.text) > LONGEST_TEXT else "")) or None,
        "html_sha256": mail.html or None,
        "genuine": mail.genuine,
        "forged": mail.forged,
        "cut": mail.cut,
        "raw_id": inbound.extra.get("raw_id"),
    }
    writes.add(_MAILS, row)


def gather_head(writes: Writes, head: Head, *, message_id: int) -> None:
    """Gather what stands around a mail of ours."""
    row = {"message_id": message_id, "subject": head.subject, "answers": list(head.answers)}
    writes.add(_MAILS, {**row, "sender_name": head.sender_name or None, "signature": head.signature or None})


def head(
    city: City, *, subject: str, reference: str | None, answers: Sequence[str] = (), department: str | None = None
) -> Head:
    """Return the head of a mail of ours: the subject with its case's reference if it is about one, the department's
    name and signature. ``answers``: the oldest first (RFC 5322, 3.6.4).
    """
    organisation = city.organisation
    unit = city.departments.get(department or "")
    name = f"{unit.short_name}, {organisation.short_name}" if unit else organisation.short_name
    signature = f"{unit.name}\n{organisation.name}" if unit else organisation.name
    words = subject_of(subject or organisation.name, reference, answers=bool(subject))
    return Head(words, tuple(answers), name, signature)


def head_of_answer(mail: Mail, city: City, *, reference: str | None) -> Head:
    """Return the head of what a machine answers to a mail: the Assembly's, for no department has read it yet."""
    answers = [*reversed(mail.answers[:MOST_ANSWERS]), *([mail.identifier] if mail.identifier else [])]
    return head(city, subject=mail.subject, reference=reference, answers=answers)


def head_for_case(
    session: Session, city: City, case: Case, *, thread_id: int | None = None, to_citizen: bool = True
) -> Head:
    """Return the head of what is written in a case: it answers the latest mail there of the thread that it goes to, the
    case's own if none is named. Whoever else has a part in it does not read what its citizen called it.
    """
    values = {"case_id": case.id, "thread_id": thread_id or case.thread_id}
    latest = session.scalars(_LATEST, values).one_or_none()
    known = Known(latest.subject, latest.identifier, tuple(latest.answers)) if latest is not None else None
    own = case.subject if known is not None or to_citizen else ""
    return head_after(known, city, otherwise=own, reference=case.reference, department=case.department)


@dataclass(frozen=True, slots=True)
class Known:
    """The mail that is answered; ``answers`` have the nearest first."""

    subject: str
    identifier: str | None
    answers: tuple[str, ...]


def head_after(
    latest: Known | None, city: City, *, otherwise: str, reference: str, department: str | None = None
) -> Head:
    """Return the head of what answers a mail; ``otherwise`` is the subject where it answers none, or one without."""
    answers: list[str] = []
    if latest is not None:
        answers = [*reversed(latest.answers), *([latest.identifier] if latest.identifier else [])]
    subject = (latest.subject if latest else "") or otherwise
    return head(city, subject=subject, reference=reference, answers=answers, department=department)


def subject_of(subject: str, reference: str | None, *, answers: bool = True) -> str:
    """Return the subject of an answer: ``Re:`` once, then the words, then the reference in brackets."""
    plain = _TAG.sub("", " ".join(subject.split()))
    while found := _PREFIX.match(plain):
        plain = plain[found.end() :]
    tag = f" [{references.written(reference)}]" if reference else ""
    return f"{'Re: ' if answers else ''}{plain[: LONGEST_SUBJECT - len(tag) - 4].rstrip()}{tag}"


def dressed(
    session: Session, messages: Sequence[tuple[int, OutboundMessage]], *, read: Callable[[str], bytes]
) -> dict[int, OutboundMessage]:
    """Return messages by id, those that leave as mail with what belongs to it. ``read`` gives a kept file's bytes."""
    found, at = dict(messages), clock.now(session)
    query = select(MailRow, Message.automatic).join(Message, Message.id == MailRow.message_id)
    rows = session.execute(query.where(MailRow.message_id.in_(found))).all()
    files = _files(session, [row.message_id for row, _ in rows])
    for row, automatic in rows:
        own = tuple(OutgoingFile(name, kind, partial(read, sha)) for name, kind, sha in files.get(row.message_id, ()))
        name, signature = row.sender_name or "", row.signature or ""
        mail = OutgoingMail(row.subject, at, tuple(row.answers), automatic, name, signature, files=own)
        found[row.message_id] = replace(found[row.message_id], mail=mail)
    return found


def _files(session: Session, ids: Iterable[int]) -> dict[int, list[tuple[str, str, str]]]:
    wanted = list(ids)
    found: dict[int, list[tuple[str, str, str]]] = {}
    if not wanted:
        return found
    query = (
        select(Attachment.message_id, Attachment.name, StoredFile.media_type, Attachment.sha256)
        .join(StoredFile, StoredFile.sha256 == Attachment.sha256)
        .where(Attachment.message_id.in_(wanted))
        .order_by(Attachment.id)
    )
    for message_id, name, kind, sha in session.execute(query):
        assert message_id is not None
        one = (name, kind, sha)
        if one not in found.setdefault(message_id, []):
            found[message_id].append(one)
    return found


def _clean(text: str) -> str:
    return text.replace("\x00", "\ufffd")  # PostgreSQL's text cannot hold NUL; the stored mail keeps it
