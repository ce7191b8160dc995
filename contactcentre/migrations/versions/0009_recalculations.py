"""Recalculations: what a changed calendar leaves to do with the live timers"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_INSTANT = sa.DateTime(timezone=True)
_BIG = sa.BigInteger()
_ZERO = sa.text("0")


def upgrade() -> None:
    """Add a table that the release before this one does not know."""
    op.create_table(
        "recalculation",
        sa.Column("id", _BIG, sa.Identity(), nullable=False),
        sa.Column("calendar", sa.String(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("version", _BIG, nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("cursor", _BIG, server_default=_ZERO, nullable=False),
        sa.Column("looked_at", _BIG, server_default=_ZERO, nullable=False),
        sa.Column("moved", _BIG, server_default=_ZERO, nullable=False),
        sa.Column("pass_at", _INSTANT, nullable=False),
        sa.Column("started_at", _INSTANT, nullable=False),
        sa.Column("finished_at", _INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recalculation")),
    )
    op.create_index("uq_recalculation_change", "recalculation", ["calendar", "version", "fingerprint"], unique=True)
    op.create_index("ix_recalculation_open", "recalculation", ["id"], postgresql_where=sa.text("finished_at is null"))


def downgrade() -> None:
    """Remove it; a change that is half reckoned is reckoned again by the next release that knows how."""
    op.drop_table("recalculation")
