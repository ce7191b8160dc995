"""The desk: saved views, preferences, who looks at what, acts on several cases; and what search looks along"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

_INSTANT = sa.DateTime(timezone=True)
_BIG = sa.BigInteger()
_FROM = (
    "áàâãäåāăąçćčɖđéèêëēėęəɛƒɣğíìîïīįɩƙñńŋóòôõöøōőɔśšúùûüūůűʋýÿƴžźżɓ"
    "\u0300\u0301\u0302\u0303\u0304\u0305\u0306\u0307\u0308\u0309\u030a\u030b\u030c"
)
_TO = "aaaaaaaaacccddeeeeeeeeefggiiiiiiiknnnooooooooossuuuuuuuuyyyzzzb"
_NAMED = "(subject || ' ') || coalesce(routing ->> 'place', '')"
_NOTE = "personal ->> 'text'"
_LIVE = "status not in ('resolved', 'closed')"


def _folded(expression: str) -> str:
    return f"to_tsvector('simple', translate(lower({expression}), '{_FROM}', '{_TO}'))"


#: name → table, method and columns, condition; all on tables that are large
INDEXES = {
    "ix_case_file_due": ("case_file", "(coalesce(due_at, 'infinity'), id)", f"where {_LIVE}"),
    "ix_case_file_words": (
        "case_file",
        f"using gin ({_folded(_NAMED)})",
        "",
    ),
    "ix_message_words": ("message", f"using gin ({_folded('text')})", "where not automatic"),
    "ix_event_detail_words": ("event_detail", f"using gin ({_folded(_NOTE)})", "where personal ? 'text'"),
    "ix_citizen_words": ("citizen", f"using gin ({_folded('name')})", "where name is not null"),
    "ix_address_reversed": ("address", "(reverse(value))", ""),
}


def upgrade() -> None:
    """Add tables and indexes that the release before this one does not know."""
    _views()
    _preferences()
    _viewing()
    _bulk()
    with op.get_context().autocommit_block():
        op.execute("set lock_timeout = 0")  # it waits for whoever reads, and keeps nobody from writing
        for name, (table, columns, where) in INDEXES.items():
            op.execute(f"drop index concurrently if exists {name}")  # one that was begun and broke off
            op.execute(f"create index concurrently {name} on {table} {columns} {where}")
        op.execute("set lock_timeout = 2000")


def downgrade() -> None:
    """Remove them; nothing that matters to a case is in them."""
    for name in INDEXES:
        op.execute(f"drop index {name}")
    for table in ("bulk_item", "bulk_run", "viewing", "desk_preference", "saved_view"):
        op.drop_table(table)


def _views() -> None:
    op.create_table(
        "saved_view",
        sa.Column("id", _BIG, sa.Identity(), nullable=False),
        sa.Column("agent_id", _BIG, nullable=True),
        sa.Column("department", sa.String(), nullable=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("narrowed", JSONB(), nullable=False),
        sa.Column("position", _BIG, nullable=False),
        sa.Column("made_by", _BIG, nullable=False),
        sa.Column("made_at", _INSTANT, nullable=False),
        sa.CheckConstraint("(agent_id is null) <> (department is null)", name=op.f("ck_saved_view_one_owner")),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name=op.f("fk_saved_view_agent_id")),
        sa.ForeignKeyConstraint(["made_by"], ["agent.id"], name=op.f("fk_saved_view_made_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_view")),
    )
    op.create_index("ix_saved_view_agent_id", "saved_view", ["agent_id"])
    op.create_index("ix_saved_view_department", "saved_view", ["department"])


def _preferences() -> None:
    op.create_table(
        "desk_preference",
        sa.Column("agent_id", _BIG, nullable=False),
        sa.Column("keys_off", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("begins_with", sa.String(), nullable=True),
        sa.Column("toured_at", _INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name=op.f("fk_desk_preference_agent_id")),
        sa.PrimaryKeyConstraint("agent_id", name=op.f("pk_desk_preference")),
    )


def _viewing() -> None:
    op.create_table(
        "viewing",
        sa.Column("case_id", _BIG, autoincrement=False, nullable=False),
        sa.Column("agent_id", _BIG, autoincrement=False, nullable=False),
        sa.Column("seen_at", _INSTANT, nullable=False),
        sa.Column("writing", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("case_id", "agent_id", name=op.f("pk_viewing")),
        prefixes=["UNLOGGED"],
    )
    op.create_index("ix_viewing_seen_at", "viewing", ["seen_at"])


def _bulk() -> None:
    op.create_table(
        "bulk_run",
        sa.Column("id", _BIG, sa.Identity(), nullable=False),
        sa.Column("agent_id", _BIG, nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("chosen", JSONB(), nullable=False),
        sa.Column("undoes", _BIG, nullable=True),
        sa.Column("begun_at", _INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name=op.f("fk_bulk_run_agent_id")),
        sa.ForeignKeyConstraint(["undoes"], ["bulk_run.id"], name=op.f("fk_bulk_run_undoes")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bulk_run")),
    )
    op.create_index("ix_bulk_run_agent_id", "bulk_run", ["agent_id"])
    op.create_table(
        "bulk_item",
        sa.Column("run_id", _BIG, nullable=False),
        sa.Column("case_id", _BIG, autoincrement=False, nullable=False),
        sa.Column("position", _BIG, nullable=False),
        sa.Column("version", _BIG, nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("before", JSONB(), nullable=True),
        sa.ForeignKeyConstraint(["run_id"], ["bulk_run.id"], name=op.f("fk_bulk_item_run_id")),
        sa.PrimaryKeyConstraint("run_id", "case_id", name=op.f("pk_bulk_item")),
    )
