"""Examinations: what the clinic has looked at, and what it found to drift"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_INSTANT = sa.DateTime(timezone=True)
_BIG = sa.BigInteger()
_ZERO = sa.text("0")


def upgrade() -> None:
    """Add two tables that the release before this one does not know."""
    op.create_table(
        "examination",
        sa.Column("id", _BIG, sa.Identity(), nullable=False),
        sa.Column("asked_by", sa.String(), nullable=False),
        *(sa.Column(name, _BIG, server_default=_ZERO, nullable=False) for name in _COUNTS),
        sa.Column("started_at", _INSTANT, nullable=False),
        sa.Column("walked_at", _INSTANT, nullable=True),
        sa.Column("finished_at", _INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_examination")),
    )
    op.create_index(
        "uq_examination_open",
        "examination",
        [sa.text("(finished_at is null)")],
        unique=True,
        postgresql_where=sa.text("finished_at is null"),
    )
    op.create_table(
        "drift",
        sa.Column("id", _BIG, sa.Identity(), nullable=False),
        sa.Column("examination_id", _BIG, nullable=False),
        sa.Column("case_id", _BIG, nullable=True),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("of", "what", "stored", "derived")),
        sa.Column("at", _INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["examination_id"], ["examination.id"], name=op.f("fk_drift_examination_id_examination")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_drift")),
    )
    op.create_index(op.f("ix_drift_examination_id"), "drift", ["examination_id"])


def downgrade() -> None:
    """Remove them; what they say can be looked at again at any time."""
    op.drop_table("drift")
    op.drop_table("examination")


_COUNTS = ("cursor", "cases", "timers", "waiting", "drifts")
