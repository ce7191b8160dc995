"""Supervisors: samples of closed cases, notes to everybody, concerns of assembly members"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

_INSTANT = sa.DateTime(timezone=True)
_BIG = sa.BigInteger()
_PARKED = (
    "status in ('waiting_on_citizen', 'waiting_on_third_party') or (snoozed_until is not null "
    "and status in ('new', 'open'))"
)
_PUBLISHED = "not confidential and service is not null and merged_into_id is null"
#: name → table, columns, condition; all on tables that are large
INDEXES = {
    "ix_figure_fact_lately": ("figure_fact", "(department, measure, day)", ""),
    "ix_case_file_closed_at": ("case_file", "(department, closed_at)", "where status = 'closed'"),
    "ix_case_file_parked": ("case_file", "(department, last_message_at, id)", f"where {_PARKED}"),
    "ix_case_file_published": ("case_file", "((routing ->> 'place'), opened_at)", f"where {_PUBLISHED}"),
}
_TABLES = ("concern", "agent_area", "bulletin", "review", "review_sample")


def upgrade() -> None:
    """Expand only, in steps that may break off and begin again."""
    _reviews()
    _bulletin()
    _areas()
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
    for table in _TABLES:
        op.drop_table(table)


def _reviews() -> None:
    op.create_table(
        "review_sample",
        sa.Column("id", _BIG, sa.Identity(), nullable=False),
        sa.Column("department", sa.String(), nullable=False),
        sa.Column("week", sa.Date(), nullable=False),
        sa.Column("seed", sa.String(), nullable=False),
        sa.Column("found", _BIG, nullable=False),
        sa.Column("drawn_by", sa.String(), nullable=False),
        sa.Column("drawn_at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_sample")),
        if_not_exists=True,
    )
    keys = ["department", "week"]
    op.create_index("uq_review_sample_department_week", "review_sample", keys, unique=True, if_not_exists=True)
    op.create_table(
        "review",
        sa.Column("id", _BIG, sa.Identity(), nullable=False),
        sa.Column("sample_id", _BIG, nullable=False),
        sa.Column("case_id", _BIG, nullable=False),
        sa.Column("position", _BIG, nullable=False),
        sa.Column("reviewer_id", _BIG, nullable=True),
        sa.Column("asked", JSONB(), nullable=True),
        sa.Column("answers", JSONB(), nullable=True),
        sa.Column("finding", sa.Text(), nullable=False, server_default=sa.text("''")),
        sa.Column("reviewed_at", _INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["sample_id"], ["review_sample.id"], name=op.f("fk_review_sample_id_review_sample")),
        sa.ForeignKeyConstraint(["case_id"], ["case_file.id"], name=op.f("fk_review_case_id_case_file")),
        sa.ForeignKeyConstraint(["reviewer_id"], ["agent.id"], name=op.f("fk_review_reviewer_id_agent")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review")),
        if_not_exists=True,
    )
    op.create_index("uq_review_sample_id_case_id", "review", ["sample_id", "case_id"], unique=True, if_not_exists=True)


def _bulletin() -> None:
    op.create_table(
        "bulletin",
        sa.Column("id", _BIG, sa.Identity(), nullable=False),
        sa.Column("department", sa.String(), nullable=True),
        sa.Column("author_id", _BIG, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("written_at", _INSTANT, nullable=False),
        sa.Column("until", _INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["author_id"], ["agent.id"], name=op.f("fk_bulletin_author_id_agent")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bulletin")),
        if_not_exists=True,
    )
    op.create_index("ix_bulletin_until", "bulletin", ["until"], if_not_exists=True)


def _areas() -> None:
    op.create_table(
        "agent_area",
        sa.Column("agent_id", _BIG, nullable=False),
        sa.Column("area", sa.String(), nullable=False),
        sa.Column("set_by", sa.String(), nullable=False),
        sa.Column("set_at", _INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name=op.f("fk_agent_area_agent_id_agent")),
        sa.PrimaryKeyConstraint("agent_id", name=op.f("pk_agent_area")),
        if_not_exists=True,
    )
    op.create_table(
        "concern",
        sa.Column("id", _BIG, sa.Identity(), nullable=False),
        sa.Column("agent_id", _BIG, nullable=False),
        sa.Column("case_id", _BIG, nullable=False),
        sa.Column("area", sa.String(), nullable=False),
        sa.Column("opened", sa.Boolean(), nullable=False),
        sa.Column("raised_at", _INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name=op.f("fk_concern_agent_id_agent")),
        sa.ForeignKeyConstraint(["case_id"], ["case_file.id"], name=op.f("fk_concern_case_id_case_file")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_concern")),
        if_not_exists=True,
    )
    op.create_index("ix_concern_agent_id_id", "concern", ["agent_id", "id"], if_not_exists=True)
