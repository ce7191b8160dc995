"""The outbox in full: brakes, tallies, the health of accounts, and attempts whose end nobody knows"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Expand only: the release before this one writes rows without the new columns."""
    op.add_column("outbox", sa.Column("via", sa.String(), nullable=True))
    op.add_column("outbox", sa.Column("unknowns", sa.BigInteger(), server_default=sa.text("0"), nullable=False))
    op.add_column("outbox", sa.Column("attempted_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("outbox", sa.Column("cost", sa.String(), nullable=True))
    op.create_index("ix_outbox_unknown", "outbox", ["account", "id"], postgresql_where=sa.text("state = 'unknown'"))
    op.create_index(
        "ix_outbox_recipient", "outbox", ["recipient", "sent_at"], postgresql_where=sa.text("sent_at is not null")
    )
    op.create_table(
        "brake",
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("set_by", sa.String(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("scope", name=op.f("pk_brake")),
    )
    op.create_table(
        "outbox_tally",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("messages", sa.BigInteger(), nullable=False),
        sa.Column("cost", sa.Numeric(14, 4), nullable=False),
        sa.PrimaryKeyConstraint("day", "scope", name=op.f("pk_outbox_tally")),
    )
    op.create_table(
        "account_health",
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("weight", sa.Float(), nullable=False),
        *(
            sa.Column(name, sa.DateTime(timezone=True), nullable=True)
            for name in ("lowered_at", "raised_at", "rests_until", "failed_at", "slow_at", "sent_at")
        ),
        sa.PrimaryKeyConstraint("account", name=op.f("pk_account_health")),
    )


def downgrade() -> None:
    """Remove what was added."""
    for table in ("account_health", "outbox_tally", "brake"):
        op.drop_table(table)
    op.drop_index("ix_outbox_recipient", table_name="outbox")
    op.drop_index("ix_outbox_unknown", table_name="outbox")
    for column in ("cost", "attempted_at", "unknowns", "via"):
        op.drop_column("outbox", column)
