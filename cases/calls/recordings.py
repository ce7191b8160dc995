"""What gateways recorded: kept as rows with an end, attached to the message that a menu makes of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import bindparam, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from cases import forms, references
from cases.base import table
from cases.calls import following_up, history
from cases.departments import City
from cases.messages import Attachment
from cases.models import PhoneCall, VoiceRecording

MESSAGE, TALK = "message", "talk"
NAME = "recording"
_ROWS = table(VoiceRecording)
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
    speaker = following_up.asker(call, city=city, turn=f"{call.tag} recorded {rows[-1].id}")
    speaker.attachments = attachments(rows)
    reference = forms.open_case(session, speaker, words(rows[-1].seconds), city=city)
    call.case_id, call.reference = speaker.case_id, references.parse(reference)
    if speaker.message_id is not None:
        said(session, call, speaker.message_id, at=at)
    return tuple(speaker.to_send)


def _suffix(url: str) -> str:
    path = url.partition("?")[0].lower()
    return next((end for end in (".mp3", ".wav") if path.endswith(end)), "")


def _media_type(url: str) -> str:
    return "audio/wav" if _suffix(url) == ".wav" else "audio/mpeg"
