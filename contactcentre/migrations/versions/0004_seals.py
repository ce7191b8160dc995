"""Seals over the events of all cases"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table; the first seal covers whatever history is there already."""
    op.create_table(
        "seal",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        *(
            sa.Column(name, sa.BigInteger(), nullable=False)
            for name in ("first_xid", "first_id", "last_xid", "last_id", "events")
        ),
        *(sa.Column(name, sa.LargeBinary(), nullable=False) for name in ("root", "previous_hash", "hash")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_seal")),
    )


def downgrade() -> None:
    """Remove it."""
    op.drop_table("seal")
