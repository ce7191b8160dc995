"""Telephone calls: their legs, their waits in a queue, numbers that abuse us, and recorded prompts."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ForeignKey, Index, Numeric, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from cases.base import Base, Key


class PhoneCall(Base):
    """One call between a citizen and a line of ours, in or out; a contact, with a case or without.

    ``session`` is the gateway's id, None until a call of ours is placed; ``tag`` is our own. ``number`` is the
    citizen's (E.164), None where it is withheld. ``state``: see :mod:`cases.calls.states`. ``turns`` counts our
    answers, ``page`` is the last one, for who presses nine and for a request that comes twice. ``dialogue`` is where
    the menu stands. ``talk_seconds``, ``hold_seconds`` and ``wrap_seconds`` are what the handling time is made of.
    ``disposition`` is a key of the city's list. ``returns_id``: the wait that this call back ends. ``proved`` and
    ``reference`` hold for this call alone. ``asked_by`` placed it.
    """

    __tablename__ = "phone_call"

    id: Mapped[Key]
    account: Mapped[str]
    session: Mapped[str | None]
    tag: Mapped[str]
    direction: Mapped[str]
    line: Mapped[str]
    number: Mapped[str | None]
    address_id: Mapped[int | None] = mapped_column(ForeignKey("address.id"))
    language: Mapped[str]
    state: Mapped[str]
    turns: Mapped[int] = mapped_column(server_default=text("0"))
    page: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    dialogue: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    reference: Mapped[str | None]
    proved: Mapped[bool] = mapped_column(server_default=text("false"))
    case_id: Mapped[int | None] = mapped_column(ForeignKey("case_file.id"))
    message_id: Mapped[int | None]
    agent_id: Mapped[int | None] = mapped_column(ForeignKey("agent.id"))
    asked_by: Mapped[int | None] = mapped_column(ForeignKey("agent.id"))
    returns_id: Mapped[int | None]
    started_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    ended_as: Mapped[str | None]
    cause: Mapped[str | None]
    seconds: Mapped[int | None]
    talk_seconds: Mapped[int] = mapped_column(server_default=text("0"))
    hold_seconds: Mapped[int] = mapped_column(server_default=text("0"))
    wrap_seconds: Mapped[int] = mapped_column(server_default=text("0"))
    wrap_until: Mapped[datetime | None]
    wrapped_at: Mapped[datetime | None]
    disposition: Mapped[str | None]
    note: Mapped[str | None] = mapped_column(Text)
    cost: Mapped[Decimal | None] = mapped_column(Numeric(12, 4))
    currency: Mapped[str | None]

    __table_args__ = (
        Index("uq_phone_call_session", "account", "session", unique=True),
        Index("uq_phone_call_tag", "tag", unique=True),
        Index("ix_phone_call_open", "state", "updated_at", postgresql_where=text("state <> 'ended'")),
        Index("ix_phone_call_agent_id", "agent_id", "started_at"),
        Index("ix_phone_call_case_id", "case_id", postgresql_where=text("case_id is not null")),
        Index("ix_phone_call_number", "number", "started_at"),
        Index(
            "ix_phone_call_wrapping",
            "wrap_until",
            postgresql_where=text("wrap_until is not null and wrapped_at is null"),
        ),
        Index("ix_phone_call_started_at", "started_at", "id"),
    )


class CallLeg(Base):
    """One telephone's part in a call beside the citizen's: an agent's that was rung.

    ``reached`` is how it came out, None while it rings or talks. ``held_since`` is set while the citizen is on hold.
    One that ended while the call went on has a wrap-up of its own: ``wrap_until``, ``wrapped_at``, ``disposition`` and
    ``note`` are as those of the call, whose ``wrap_seconds`` count it too.
    """

    __tablename__ = "call_leg"

    id: Mapped[Key]
    call_id: Mapped[int] = mapped_column(ForeignKey("phone_call.id"))
    agent_id: Mapped[int | None] = mapped_column(ForeignKey("agent.id"))
    number: Mapped[str]
    rang_at: Mapped[datetime]
    rings_until: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    reached: Mapped[str | None]
    held_since: Mapped[datetime | None]
    hold_seconds: Mapped[int] = mapped_column(server_default=text("0"))
    wrap_until: Mapped[datetime | None]
    wrapped_at: Mapped[datetime | None]
    disposition: Mapped[str | None]
    note: Mapped[str | None] = mapped_column(Text)

    __table_args__ = (
        Index("ix_call_leg_call_id", "call_id", "id"),
        Index("ix_call_leg_ended_at", "ended_at"),
        Index(
            "ix_call_leg_wrapping",
            "agent_id",
            "wrap_until",
            postgresql_where=text("wrap_until is not null and wrapped_at is null"),
        ),
        Index("uq_call_leg_agent_id", "agent_id", unique=True, postgresql_where=text("ended_at is null")),
    )


class CallOrder(Base):
    """Something that the gateway of a call is to be asked, by a worker and at most once.

    ``kind``: place, hold, move, hang_up. ``state``: waiting, doing, done, failed, unknown, or counted, where the
    gateway has no such ability and only we count. ``reason`` is what an agent reads. ``to`` is the agent that it is
    for, by id.
    """

    __tablename__ = "call_order"

    id: Mapped[Key]
    call_id: Mapped[int] = mapped_column(ForeignKey("phone_call.id"))
    account: Mapped[str]
    kind: Mapped[str]
    state: Mapped[str] = mapped_column(server_default=text("'waiting'"))
    ordered_at: Mapped[datetime]
    ordered_by: Mapped[int | None] = mapped_column(ForeignKey("agent.id"))
    lease_until: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    reason: Mapped[str | None] = mapped_column(Text)
    to: Mapped[str | None]

    __table_args__ = (
        Index("ix_call_order_call_id", "call_id", "id"),
        Index("ix_call_order_open", "account", "id", postgresql_where=text("state in ('waiting', 'doing')")),
    )


class QueueStay(Base):
    """One wait of one caller in a queue, from ``entered_at`` to ``left_at``; its place follows ``since``.

    ``queue`` is a department's key, or ``*`` for the general one. ``needs`` are skills that whoever answers must have.
    ``left_as``: answered, abandoned, call_back (they wait without the line), moved, voicemail, closed; None: waits.
    A stay that became a call back is open until ``returned_at``: the call of ours that reached them, or gave up.
    """

    __tablename__ = "queue_stay"

    id: Mapped[Key]
    call_id: Mapped[int] = mapped_column(ForeignKey("phone_call.id"))
    queue: Mapped[str]
    needs: Mapped[list[str]] = mapped_column(JSONB, server_default=text("'[]'"))
    since: Mapped[datetime]
    entered_at: Mapped[datetime]
    left_at: Mapped[datetime | None]
    left_as: Mapped[str | None]
    agent_id: Mapped[int | None] = mapped_column(ForeignKey("agent.id"))
    offered: Mapped[int] = mapped_column(server_default=text("0"))
    returned_at: Mapped[datetime | None]
    tries: Mapped[int] = mapped_column(server_default=text("0"))
    next_try_at: Mapped[datetime | None]

    __table_args__ = (
        Index("ix_queue_stay_call_id", "call_id", "id"),
        Index("ix_queue_stay_waiting", "queue", "since", "id", postgresql_where=text("left_at is null")),
        Index(
            "ix_queue_stay_call_back",
            "queue",
            "since",
            "id",
            postgresql_where=text("left_as = 'call_back' and returned_at is null"),
        ),
        Index("ix_queue_stay_entered_at", "entered_at"),
    )


class CallerFlag(Base):
    """A number whose callers abuse our people: with a reason, by whom, and until when it holds."""

    __tablename__ = "caller_flag"

    id: Mapped[Key]
    number: Mapped[str]
    reason: Mapped[str] = mapped_column(Text)
    flagged_by: Mapped[int] = mapped_column(ForeignKey("agent.id"))
    flagged_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    lifted_at: Mapped[datetime | None]
    lifted_by: Mapped[int | None] = mapped_column(ForeignKey("agent.id"))

    __table_args__ = (
        Index("uq_caller_flag_number", "number", unique=True, postgresql_where=text("lifted_at is null")),
    )


class VoicePrompt(Base):
    """A recording of one text of the menus in one language; a newer one takes its place, and the old row stays.

    ``digest`` is of the text that was recorded: where the text has changed since, the recording is out of date.
    """

    __tablename__ = "voice_prompt"

    id: Mapped[Key]
    menu: Mapped[str]
    key: Mapped[str]
    language: Mapped[str]
    digest: Mapped[str]
    sha256: Mapped[str] = mapped_column(ForeignKey("stored_file.sha256"))
    media_type: Mapped[str]
    seconds: Mapped[int]
    made_by: Mapped[int] = mapped_column(ForeignKey("agent.id"))
    made_at: Mapped[datetime]
    removed_at: Mapped[datetime | None]

    __table_args__ = (
        Index(
            "uq_voice_prompt_text",
            "menu",
            "key",
            "language",
            unique=True,
            postgresql_where=text("removed_at is null"),
        ),
        Index("ix_voice_prompt_sha256", "sha256"),
    )


class VoiceRecording(Base):
    """A recording that a gateway holds of a call. ``kind``: ``message`` (the citizen's words) or ``talk`` (both sides).

    ``url`` is the gateway's. It becomes the file of a message (``message_id``) and is fetched there, or stays alone.
    """

    __tablename__ = "voice_recording"

    id: Mapped[Key]
    call_id: Mapped[int] = mapped_column(ForeignKey("phone_call.id"))
    kind: Mapped[str]
    url: Mapped[str]
    seconds: Mapped[int | None]
    made_at: Mapped[datetime]
    message_id: Mapped[int | None]
    forget_at: Mapped[datetime]
    forgotten_at: Mapped[datetime | None]

    __table_args__ = (
        Index("uq_voice_recording_url", "call_id", "url", unique=True),
        Index("ix_voice_recording_message_id", "message_id", postgresql_where=text("message_id is not null")),
        Index("ix_voice_recording_forget_at", "forget_at", postgresql_where=text("forgotten_at is null")),
    )
