"""What gateways recorded: kept as rows with an end, attached to the message that a menu makes of it, forgotten."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from cases import forms, references
from cases.base import table
from cases.calls import following_up, history
from cases.departments import City
from cases.messages import Attachment
from cases.models import Attachment as AttachmentRow
from cases.models import IncomingMedia, PhoneCall, VoiceRecording

MESSAGE, TALK = "message", "talk"
NAME = "recording"
#: why a recording is not there any more, for agents
FORGOTTEN = "It was kept as long as the city keeps recordings, and is removed."
#: rows that one sweep forgets
MOST = 200
_ROWS, _MEDIA, _PLACES = table(VoiceRecording), table(IncomingMedia), table(AttachmentRow)
_KEEP = insert(_ROWS).on_conflict_do_nothing(index_elements=["call_id", "url"]).returning(_ROWS.c.id)
_UNSAID = (
    select(VoiceRecording)
    .where(
        VoiceRecording.call_id == bindparam("call_id"),
        VoiceRecording.kind == MESSAGE,
        VoiceRecording.message_id.is_(None),
        VoiceRecording.forgotten_at.is_(None),
    )
    .order_by(VoiceRecording.id)
)
_DUE = (
    select(VoiceRecording)
    .where(VoiceRecording.forget_at <= bindparam("at"), VoiceRecording.forgotten_at.is_(None))
    .order_by(VoiceRecording.forget_at)
    .limit(MOST)
    .with_for_update(skip_locked=True)
)
_OF_MESSAGE = select(IncomingMedia.sha256).where(IncomingMedia.message_id == bindparam("message_id"))
_BLANK = (
    update(_MEDIA)
    .where(_MEDIA.c.message_id == bindparam("of_message"))
    .values(url="", sha256=None, state="refused", next_try_at=None, reason=FORGOTTEN)
)
_OUT = delete(_PLACES).where(_PLACES.c.message_id == bindparam("of_message"))


def keep(
    session: Session, call: PhoneCall, *, kind: str, url: str, seconds: int | None, city: City, at: datetime
) -> int | None:
    """Note a recording that a gateway holds; None where it is known already."""
    url = url.replace("\x00", "")[:2000]
    row = {"call_id": call.id, "kind": kind, "url": url, "seconds": seconds, "made_at": at}
    row["forget_at"] = at + timedelta(days=city.calls.recording_days)
    return session.execute(_KEEP, row).scalar_one_or_none()


def words(seconds: int | None) -> str:
    """Return what stands in a message for words that can only be heard."""
    if seconds is None:
        return "Recorded message"
    return f"Recorded message ({seconds // 60}:{seconds % 60:02d})"


def unsaid(session: Session, call: PhoneCall) -> Sequence[VoiceRecording]:
    """Return the recorded words of a call that no message holds yet."""
    session.flush()
    return session.scalars(_UNSAID, {"call_id": call.id}).all()


def attachments(rows: Sequence[VoiceRecording]) -> tuple[Attachment, ...]:
    """Return recordings as files of a message, to be fetched."""
    return tuple(Attachment(one.url, _media_type(one.url), f"{NAME}{_suffix(one.url)}") for one in rows)


def said(session: Session, call: PhoneCall, message_id: int, *, at: datetime) -> None:
    """Note that a message holds the recorded words of a call from now on."""
    call.message_id = message_id
    for one in unsaid(session, call):
        one.message_id = message_id
        history.recorded(session, call, seconds=one.seconds, recording=one.id, kind=one.kind, at=at)


def save_unsaid(session: Session, call: PhoneCall, *, city: City, at: datetime) -> tuple[str, ...]:
    """Open a case for recorded words whose caller hung up before the menu could; nothing that was said is lost."""
    rows = unsaid(session, call)
    if not rows:
        return ()
    speaker = following_up.asker(call, city=city, turn=f"{call.tag} recorded")
    speaker.attachments = attachments(rows)
    reference = forms.open_case(session, speaker, words(rows[-1].seconds), city=city)
    call.case_id, call.reference = speaker.case_id, references.parse(reference)
    if speaker.message_id is not None:
        said(session, call, speaker.message_id, at=at)
    return tuple(speaker.to_send)


def forget_due(session: Session, *, at: datetime) -> tuple[int, list[str]]:
    """Forget recordings past their time; returns how many, and the contents that are to be removed from the store if
    nothing else holds them.
    """
    due, contents = session.scalars(_DUE, {"at": at}).all(), []
    for one in due:
        one.url, one.forgotten_at = f"forgotten:{one.id}", at
        if one.message_id is not None:
            held = session.scalars(_OF_MESSAGE, {"message_id": one.message_id}).all()
            contents += [sha for sha in held if sha]
            session.execute(_BLANK, {"of_message": one.message_id})
            session.execute(_OUT, {"of_message": one.message_id})
    return len(due), contents


def _suffix(url: str) -> str:
    path = url.partition("?")[0].lower()
    return next((end for end in (".mp3", ".wav") if path.endswith(end)), "")


def _media_type(url: str) -> str:
    return "audio/wav" if _suffix(url) == ".wav" else "audio/mpeg"
