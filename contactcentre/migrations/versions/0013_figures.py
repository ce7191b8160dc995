"""Figures: sums by day, what took how long, and how far each case has been counted"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_INSTANT = sa.DateTime(timezone=True)
_BIG = sa.BigInteger()


def upgrade() -> None:
    """Add tables that the release before this one does not know; the ticker fills them from the history."""
    _sums()
    _facts()
    _cases()


def downgrade() -> None:
    """Remove them, and how far was read: a later release counts again from the beginning."""
    for table in ("figure_case", "figure_fact", "figure_sum"):
        op.drop_table(table)
    op.execute("delete from projection_cursor where name = 'figures'")


def _words(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.String(), nullable=False) for name in names]


def _sums() -> None:
    key = ["day", "measure", "part", "department", "service", "channel", "confidential"]
    op.create_table(
        "figure_sum",
        sa.Column("day", sa.Date(), nullable=False),
        *_words("measure", "part", "department", "service", "channel"),
        sa.Column("confidential", sa.Boolean(), nullable=False),
        sa.Column("count", _BIG, nullable=False),
        sa.PrimaryKeyConstraint(*key, name=op.f("pk_figure_sum")),
    )


def _facts() -> None:
    op.create_table(
        "figure_fact",
        sa.Column("case_id", _BIG, nullable=False),
        *_words("measure"),
        sa.Column("instance", _BIG, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        *_words("department", "service", "channel"),
        sa.Column("confidential", sa.Boolean(), nullable=False),
        sa.Column("wall", _BIG, nullable=False),
        sa.Column("business", _BIG, nullable=False),
        *_words("calendar_mark"),
        sa.PrimaryKeyConstraint("case_id", "measure", "instance", name=op.f("pk_figure_fact")),
    )
    op.create_index("ix_figure_fact_measure_day", "figure_fact", ["measure", "day"])


def _cases() -> None:
    op.create_table(
        "figure_case",
        sa.Column("case_id", _BIG, nullable=False),
        sa.Column("seq", _BIG, nullable=False),
        sa.Column("last_at", _INSTANT, nullable=False),
        sa.Column("open", sa.Boolean(), nullable=False),
        sa.Column("started_at", _INSTANT, nullable=False),
        *_words("department", "service", "channel"),
        sa.Column("confidential", sa.Boolean(), nullable=False),
        sa.Column("standing", ARRAY(sa.TEXT()), nullable=False),
        sa.Column("state", JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_figure_case")),
    )
    op.create_index("ix_figure_case_open", "figure_case", ["case_id"], postgresql_where=sa.text("open"))
