"""A report that waits for its message says to whom that was sent: proof, where a gateway has no list to ask"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Expand only: the release before this one writes rows without it."""
    op.add_column("parked_report", sa.Column("address", sa.String(), nullable=True))
    op.create_index(
        "ix_parked_report_address",
        "parked_report",
        ["account", "address"],
        postgresql_where=sa.text("matched_at is null and address is not null"),
    )


def downgrade() -> None:
    """Remove it."""
    op.drop_index("ix_parked_report_address", table_name="parked_report")
    op.drop_column("parked_report", "address")
