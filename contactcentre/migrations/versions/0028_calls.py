"""Calls: their legs, their waits in a queue, numbers that abuse us, recorded prompts"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

_TABLES = ("voice_recording", "voice_prompt", "caller_flag", "queue_stay", "call_order", "call_leg", "phone_call")


def upgrade() -> None:
    """Expand only, in steps that may break off and begin again."""
    op.execute("alter table agent_profile add column if not exists takes_calls boolean not null default false")
    op.execute("alter table agent_profile add column if not exists rang_at timestamptz")
    _phone_call()
    _call_leg()
    _call_order()
    _queue_stay()
    _caller_flag()
    _voice_prompt()
    _voice_recording()


def downgrade() -> None:
    """Remove them."""
    for name in _TABLES:
        op.drop_table(name)
    op.drop_column("agent_profile", "rang_at")
    op.drop_column("agent_profile", "takes_calls")


def _phone_call() -> None:
    op.create_table(
        "phone_call",
        _id(),
        _string("account", nullable=False),
        _string("session"),
        _string("tag", nullable=False),
        _string("direction", nullable=False),
        _string("line", nullable=False),
        _string("number"),
        _number("address_id"),
        _string("language", nullable=False),
        _string("state", nullable=False),
        _number("turns", default="0"),
        _json("page"),
        _json("dialogue"),
        _string("reference"),
        _flag("proved", default="false"),
        _number("case_id"),
        _number("message_id"),
        _number("agent_id"),
        _number("asked_by"),
        _number("returns_id"),
        _instant("started_at", nullable=False),
        _instant("updated_at", nullable=False),
        _instant("answered_at"),
        _instant("ended_at"),
        _string("ended_as"),
        _string("cause"),
        _number("seconds"),
        _number("talk_seconds", default="0"),
        _number("hold_seconds", default="0"),
        _number("wrap_seconds", default="0"),
        _instant("wrap_until"),
        _instant("wrapped_at"),
        _string("disposition"),
        _text("note"),
        _money("cost"),
        _string("currency"),
        _points("phone_call", "address_id", "address"),
        _points("phone_call", "case_id", "case_file"),
        _points("phone_call", "agent_id", "agent"),
        _points("phone_call", "asked_by", "agent"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_phone_call")),
        if_not_exists=True,
    )
    _index("ix_phone_call_agent_id", "phone_call", ["agent_id", "started_at"])
    _index("ix_phone_call_case_id", "phone_call", ["case_id"], "case_id is not null")
    _index("ix_phone_call_number", "phone_call", ["number", "started_at"])
    _index("ix_phone_call_open", "phone_call", ["state", "updated_at"], "state <> 'ended'")
    _index("ix_phone_call_started_at", "phone_call", ["started_at", "id"])
    _index("uq_phone_call_session", "phone_call", ["account", "session"], unique=True)
    _index("uq_phone_call_tag", "phone_call", ["tag"], unique=True)
    _index("ix_phone_call_wrapping", "phone_call", ["wrap_until"], "wrap_until is not null and wrapped_at is null")


def _call_leg() -> None:
    op.create_table(
        "call_leg",
        _id(),
        _number("call_id", nullable=False),
        _number("agent_id"),
        _string("number", nullable=False),
        _instant("rang_at", nullable=False),
        _instant("rings_until", nullable=False),
        _instant("answered_at"),
        _instant("ended_at"),
        _string("reached"),
        _instant("held_since"),
        _number("hold_seconds", default="0"),
        _instant("wrap_until"),
        _instant("wrapped_at"),
        _string("disposition"),
        _text("note"),
        _points("call_leg", "call_id", "phone_call"),
        _points("call_leg", "agent_id", "agent"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_leg")),
        if_not_exists=True,
    )
    _index("ix_call_leg_call_id", "call_leg", ["call_id", "id"])
    _index("ix_call_leg_ended_at", "call_leg", ["ended_at"])
    open_wrap_up = "wrap_until is not null and wrapped_at is null"
    _index("ix_call_leg_wrapping", "call_leg", ["agent_id", "wrap_until"], open_wrap_up)
    _index("uq_call_leg_agent_id", "call_leg", ["agent_id"], "ended_at is null", unique=True)


def _call_order() -> None:
    op.create_table(
        "call_order",
        _id(),
        _number("call_id", nullable=False),
        _string("account", nullable=False),
        _string("kind", nullable=False),
        _string("state", default="'waiting'"),
        _instant("ordered_at", nullable=False),
        _number("ordered_by"),
        _instant("lease_until"),
        _instant("ended_at"),
        _text("reason"),
        _string("to"),
        _points("call_order", "call_id", "phone_call"),
        _points("call_order", "ordered_by", "agent"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_order")),
        if_not_exists=True,
    )
    _index("ix_call_order_call_id", "call_order", ["call_id", "id"])
    _index("ix_call_order_open", "call_order", ["account", "id"], "state in ('waiting', 'doing')")


def _queue_stay() -> None:
    op.create_table(
        "queue_stay",
        _id(),
        _number("call_id", nullable=False),
        _string("queue", nullable=False),
        _json("needs", default="'[]'"),
        _instant("since", nullable=False),
        _instant("entered_at", nullable=False),
        _instant("left_at"),
        _string("left_as"),
        _number("agent_id"),
        _number("offered", default="0"),
        _instant("returned_at"),
        _number("tries", default="0"),
        _instant("next_try_at"),
        _points("queue_stay", "call_id", "phone_call"),
        _points("queue_stay", "agent_id", "agent"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_queue_stay")),
        if_not_exists=True,
    )
    _index(
        "ix_queue_stay_call_back",
        "queue_stay",
        ["queue", "since", "id"],
        "left_as = 'call_back' and returned_at is null",
    )
    _index("ix_queue_stay_call_id", "queue_stay", ["call_id", "id"])
    _index("ix_queue_stay_entered_at", "queue_stay", ["entered_at"])
    _index("ix_queue_stay_waiting", "queue_stay", ["queue", "since", "id"], "left_at is null")


def _caller_flag() -> None:
    op.create_table(
        "caller_flag",
        _id(),
        _string("number", nullable=False),
        _text("reason", nullable=False),
        _number("flagged_by", nullable=False),
        _instant("flagged_at", nullable=False),
        _instant("expires_at", nullable=False),
        _instant("lifted_at"),
        _number("lifted_by"),
        _points("caller_flag", "flagged_by", "agent"),
        _points("caller_flag", "lifted_by", "agent"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_caller_flag")),
        if_not_exists=True,
    )
    _index("uq_caller_flag_number", "caller_flag", ["number"], "lifted_at is null", unique=True)


def _voice_prompt() -> None:
    op.create_table(
        "voice_prompt",
        _id(),
        _string("menu", nullable=False),
        _string("key", nullable=False),
        _string("language", nullable=False),
        _string("digest", nullable=False),
        _string("sha256", nullable=False),
        _string("media_type", nullable=False),
        _number("seconds", nullable=False),
        _number("made_by", nullable=False),
        _instant("made_at", nullable=False),
        _instant("removed_at"),
        _points("voice_prompt", "sha256", "stored_file", "sha256"),
        _points("voice_prompt", "made_by", "agent"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_voice_prompt")),
        if_not_exists=True,
    )
    _index("ix_voice_prompt_sha256", "voice_prompt", ["sha256"])
    _index("uq_voice_prompt_text", "voice_prompt", ["menu", "key", "language"], "removed_at is null", unique=True)


def _voice_recording() -> None:
    op.create_table(
        "voice_recording",
        _id(),
        _number("call_id", nullable=False),
        _string("kind", nullable=False),
        _string("url", nullable=False),
        _number("seconds"),
        _instant("made_at", nullable=False),
        _number("message_id"),
        _instant("forget_at", nullable=False),
        _instant("forgotten_at"),
        _points("voice_recording", "call_id", "phone_call"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_voice_recording")),
        if_not_exists=True,
    )
    _index("ix_voice_recording_forget_at", "voice_recording", ["forget_at"], "forgotten_at is null")
    _index("ix_voice_recording_message_id", "voice_recording", ["message_id"], "message_id is not null")
    _index("uq_voice_recording_url", "voice_recording", ["call_id", "url"], unique=True)


def _index(name: str, table: str, columns: list[str], where: str = "", *, unique: bool = False) -> None:
    condition = sa.text(where) if where else None
    op.create_index(name, table, columns, unique=unique, postgresql_where=condition, if_not_exists=True)


def _id() -> sa.Column[Any]:
    return sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False)


def _points(table: str, column: str, to: str, key: str = "id") -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.{key}"], name=op.f(f"fk_{table}_{column}"))


def _column(name: str, kind: Any, default: str, *, nullable: bool) -> sa.Column[Any]:
    given = sa.text(default) if default else None
    return sa.Column(name, kind, server_default=given, nullable=nullable and not default)


def _number(name: str, *, nullable: bool = True, default: str = "") -> sa.Column[Any]:
    return _column(name, sa.BigInteger(), default, nullable=nullable)


def _string(name: str, *, nullable: bool = True, default: str = "") -> sa.Column[Any]:
    return _column(name, sa.String(), default, nullable=nullable)


def _text(name: str, *, nullable: bool = True, default: str = "") -> sa.Column[Any]:
    return _column(name, sa.Text(), default, nullable=nullable)


def _flag(name: str, *, nullable: bool = True, default: str = "") -> sa.Column[Any]:
    return _column(name, sa.Boolean(), default, nullable=nullable)


def _instant(name: str, *, nullable: bool = True, default: str = "") -> sa.Column[Any]:
    return _column(name, sa.DateTime(timezone=True), default, nullable=nullable)


def _json(name: str, *, nullable: bool = True, default: str = "") -> sa.Column[Any]:
    return _column(name, JSONB(), default, nullable=nullable)


def _money(name: str, *, nullable: bool = True, default: str = "") -> sa.Column[Any]:
    return _column(name, sa.Numeric(12, 4), default, nullable=nullable)
