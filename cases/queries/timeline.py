"""The timeline of a case: messages, notes and lines of history, of the cases that were merged into it too."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import CTE, Select, and_, cast, func, or_, select
from sqlalchemy import case as either

from cases.models import (
    Address,
    Agent,
    Attachment,
    Citizen,
    EventDetail,
    IncomingMedia,
    LetterRow,
    MailRow,
    Message,
    OutboxEntry,
    SaidBy,
    StoredFile,
    Thread,
    VoiceRecording,
)
from cases.models import Event as EventRow
from cases.outbox import OutboxState
from cases.queries import newest
from cases.together import Found, Number

#: who spoke where an agent said that it is not known, or named somebody who told no name
UNNAMED = "somebody without a name"
HIDDEN_CODE = "••••"
LONGEST_TIMELINE, MOST_FILES = 500, 1000
#: of a mail; the rest is one step away
LONGEST_SHOWN = 4000
_SPEAKER = either((SaidBy.message_id.is_(None), None), else_=func.coalesce(Citizen.name, UNNAMED))


@dataclass(frozen=True, slots=True)
class MessageEntry:
    """A message in the timeline. A code in its text is shown as dots. ``missing``: why a file of it is not there.

    ``said_by``: who spoke it at a phone that several people use, as an agent said; None where nobody said.
    """

    id: int
    at: datetime
    direction: str
    channel: str
    account: str
    text: str
    automatic: bool
    author: str | None
    status: str
    status_reason: str | None
    copies: int
    filing_reason: str
    filing_detail: str
    external_id: str | None
    said_by: str | None = None
    attachments: tuple[AttachmentView, ...] = ()
    missing: tuple[str, ...] = ()
    author_id: int | None = None
    #: until then its author may take it back, and longer where no worker claims it; None where it may not be
    leaves_at: datetime | None = None
    mail: MailView | None = None
    letter: LetterView | None = None


@dataclass(frozen=True, slots=True)
class LetterView:
    """What the register says of a letter, in or out. ``first_page`` is that of its scan, None where there is none."""

    register_number: str
    state: str
    subject: str | None
    sender_name: str | None
    pages: int
    first_page: int | None


@dataclass(frozen=True, slots=True)
class MailView:
    """What a mail says beside its words, see :class:`cases.messages.Mail`.

    ``sender`` is its address. ``more``: it says more than the message shows, such as what it quotes. ``as_sent``: it
    came as HTML too; ``original``: its bytes are kept.
    """

    subject: str
    sender: str | None
    sender_name: str | None
    to: tuple[str, ...]
    cc: tuple[str, ...]
    identifier: str | None
    answers: tuple[str, ...]
    automatic: str | None
    signature: str | None
    genuine: bool | None
    forged: bool
    cut: bool
    more: bool
    as_sent: bool
    original: bool


@dataclass(frozen=True, slots=True)
class AttachmentView:
    """A file under a note or a message. ``size`` is in bytes.

    ``scan``, ``note`` and ``trouble`` say whether it may be given out: see :func:`cases.holding.hold`. ``preview``: the
    sides of its small picture, where it has one.
    """

    id: int
    name: str
    size: int
    media_type: str
    scan: str
    note: str | None
    trouble: str | None
    preview: tuple[int, int] | None
    #: until when a recording of a call is kept; None for any other file
    sound_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class NoteEntry:
    """A note that only staff see."""

    id: int
    at: datetime
    author: str
    text: str
    attachments: tuple[AttachmentView, ...]


@dataclass(frozen=True, slots=True)
class EventEntry:
    """A line of history. ``personal`` is empty once it has been erased."""

    id: int
    at: datetime
    kind: str
    actor_name: str
    values: Mapping[str, Any]
    personal: Mapping[str, Any]


Entry = MessageEntry | NoteEntry | EventEntry


_OF_FILE = (
    *(StoredFile.size, StoredFile.media_type, StoredFile.scan, StoredFile.scan_note, StoredFile.trouble),
    *(StoredFile.preview_width, StoredFile.preview_height),
)
_OF_MESSAGE = (
    *("id", "created_at", "direction", "channel", "account", "text", "automatic", "status", "status_reason", "copies"),
    *("external_id", "agent_id"),
)
_OF_MAIL = ("subject", "sender_name", "identifier", "answers", "signature", "genuine", "forged", "cut", "recipients")
_MAIL = (
    *(getattr(MailRow, name).label(f"mail_{name}") for name in _OF_MAIL),
    MailRow.automatic.label("mail_automatic"),
    MailRow.whole.is_not(None).label("mail_more"),
    MailRow.html_sha256.is_not(None).label("mail_as_sent"),
    MailRow.raw_id.is_not(None).label("mail_original"),
    Address.value.label("mail_sender"),
)
_OF_LETTER = ("register_number", "state", "subject", "sender_name", "first_page", "last_page")
_LETTER = tuple(getattr(LetterRow, name).label(f"letter_{name}") for name in _OF_LETTER)
_SOUND_UNTIL = (
    select(func.min(VoiceRecording.forget_at))
    .where(VoiceRecording.message_id == Attachment.message_id)
    .correlate(Attachment)
    .scalar_subquery()
    .label("sound_until")
)
#: what waits only because its author may still take it back
_NOT_CLAIMED = (OutboxEntry.state == OutboxState.QUEUED, OutboxEntry.attempts == 0, ~Message.automatic)


def messages_part(tree: CTE) -> Select[*tuple[Any, ...]]:
    """Return the read of what was said in the cases of a tree, the newest first."""
    columns = (getattr(Message, name).label(name) for name in _OF_MESSAGE)
    filed = newest.filed(tree, LONGEST_TIMELINE)
    return (
        select(
            *columns,
            filed.c.reason,
            filed.c.detail,
            Agent.name.label("author"),
            _SPEAKER.label("speaker"),
            OutboxEntry.not_before,
            *_MAIL,
            *_LETTER,
        )
        .join(filed, filed.c.message_id == Message.id)
        .outerjoin(Agent, Agent.id == Message.agent_id)
        .outerjoin(OutboxEntry, and_(OutboxEntry.message_id == Message.id, *_NOT_CLAIMED))
        .outerjoin(SaidBy, SaidBy.message_id == Message.id)
        .outerjoin(Citizen, Citizen.id == SaidBy.citizen_id)
        .outerjoin(MailRow, MailRow.message_id == Message.id)
        .outerjoin(LetterRow, LetterRow.message_id == Message.id)
        .outerjoin(Thread, and_(Thread.id == Message.thread_id, MailRow.message_id.is_not(None)))
        .outerjoin(Address, Address.id == Thread.address_id)
        .order_by(newest.by(Message.id).desc())
    )


def media_part(tree: CTE) -> Select[*tuple[Any, ...]]:
    """Return the read of the files that came with it, there or not."""
    columns = (IncomingMedia.message_id, IncomingMedia.state, IncomingMedia.reason)
    filed = newest.filed(tree, LONGEST_TIMELINE)
    query = select(*columns).join(filed, filed.c.message_id == IncomingMedia.message_id)
    return query.order_by(newest.by(IncomingMedia.message_id), IncomingMedia.position)


def files_part(tree: CTE) -> Select[*tuple[Any, ...]]:
    """Return the read of the files under messages and notes."""
    of_attachment = (Attachment.id, Attachment.name, Attachment.message_id, Attachment.event_id)
    return (
        select(*of_attachment, *_OF_FILE, _SOUND_UNTIL)
        .join(StoredFile, StoredFile.sha256 == Attachment.sha256)
        .where(Attachment.id.in_(select(newest.attached(tree, MOST_FILES).c.id)))
        .order_by(newest.by(Attachment.id))
    )


def messages(found: Found) -> list[MessageEntry]:
    """Return the messages with the files that came with them, and a word for each that is not there."""
    missing: dict[int, list[str]] = defaultdict(list)
    for one in found["media"]:
        if one.state != "stored":
            missing[one.message_id].append(one.reason or "A file is being fetched.")
    files = _by("message_id", found["files"])
    return [
        replace(_entry(one), attachments=tuple(files.get(one.id, ())), missing=tuple(missing[one.id]))
        for one in found["messages"]
    ]


def _by(name: str, files: Sequence[Any]) -> Mapping[int, list[AttachmentView]]:
    found: dict[int, list[AttachmentView]] = defaultdict(list)
    for one in files:
        found[getattr(one, name) or 0].append(_file(one))
    return found


def _file(one: Any) -> AttachmentView:
    preview = (one.preview_width, one.preview_height) if one.preview_width else None
    what = (one.id, one.name, one.size, one.media_type)
    return AttachmentView(*what, one.scan, one.scan_note, one.trouble, preview, one.sound_until)


def _entry(message: Any) -> MessageEntry:
    return MessageEntry(
        id=message.id,
        at=message.created_at,
        direction=message.direction,
        channel=message.channel,
        account=message.account,
        text=shown(message.text, automatic=message.automatic),
        automatic=message.automatic,
        author=message.author,
        status=message.status,
        status_reason=message.status_reason,
        copies=message.copies,
        filing_reason=message.reason,
        filing_detail=message.detail,
        external_id=message.external_id,
        said_by=message.speaker,
        author_id=message.agent_id,
        leaves_at=message.not_before,
        mail=_mail(message) if message.mail_subject is not None else None,
        letter=_letter(message) if message.letter_register_number is not None else None,
    )


def _letter(message: Any) -> LetterView:
    first, last = message.letter_first_page, message.letter_last_page
    return LetterView(
        register_number=message.letter_register_number,
        state=message.letter_state,
        subject=message.letter_subject,
        sender_name=message.letter_sender_name,
        pages=last - first + 1 if first else 0,
        first_page=first,
    )


def _mail(message: Any) -> MailView:
    recipients = message.mail_recipients or {}
    return MailView(
        subject=message.mail_subject,
        sender=message.mail_sender,
        sender_name=message.mail_sender_name,
        to=tuple(recipients.get("to", ())),
        cc=tuple(recipients.get("cc", ())),
        identifier=message.mail_identifier,
        answers=tuple(message.mail_answers),
        automatic=message.mail_automatic,
        signature=message.mail_signature,
        genuine=message.mail_genuine,
        forged=message.mail_forged,
        cut=message.mail_cut,
        more=message.mail_more or len(message.text) > LONGEST_SHOWN,
        as_sent=message.mail_as_sent,
        original=message.mail_original,
    )


def shown(text: str, *, automatic: bool) -> str:
    """Return a message's text as people see it: the place of a code, which is stored nowhere, as dots."""
    return text.replace("{code}", HIDDEN_CODE) if automatic else text


def history_part(case_id: Number, tree: CTE) -> Select[*tuple[Any, ...]]:
    """Return the read of what happened, the newest first; of the promises only those of the case itself."""
    columns = (EventRow.id, EventRow.at, EventRow.kind, EventRow.actor, EventRow.values.label("values"))
    number = func.split_part(EventRow.actor, ":", 2)
    who = either((EventRow.actor.like("agent:%"), cast(number, Agent.id.type)), else_=None)
    # the promises of a merged case went with it
    own = or_(EventRow.case_id == case_id, EventRow.kind.not_like("timer_%"))
    happened = newest.happened(tree, LONGEST_TIMELINE, own)
    return (
        select(*columns, EventDetail.values.label("personal"), Agent.name.label("name"))
        .join(happened, happened.c.id == EventRow.id)
        .outerjoin(EventDetail, EventDetail.event_id == EventRow.id)
        .outerjoin(Agent, Agent.id == who)
        .order_by(newest.by(EventRow.id).desc())
    )


def history(found: Found) -> list[Entry]:
    """Return the notes and the lines of history."""
    files, entries = _by("event_id", found["files"]), list[Entry]()
    for event in found["events"]:
        name = event.name or event.actor.capitalize()
        if event.kind == "note":
            text = (event.personal or {}).get("text", "(erased)")
            entries.append(NoteEntry(event.id, event.at, name, text, tuple(files.get(event.id, ()))))
        else:
            entries.append(EventEntry(event.id, event.at, event.kind, name, event.values, event.personal or {}))
    return entries
