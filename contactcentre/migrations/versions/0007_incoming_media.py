"""Media that came with messages: references to fetch, with their tries"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Expand only."""
    op.create_table(
        "incoming_media",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("media_type", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("state", sa.String(), server_default=sa.text("'waiting'"), nullable=False),
        sa.Column("attempts", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incoming_media")),
    )
    op.create_index("uq_incoming_media_message_id_position", "incoming_media", ["message_id", "position"], unique=True)
    op.create_index(
        "ix_incoming_media_next_try_at",
        "incoming_media",
        ["next_try_at"],
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_index(
        "ix_attachment_message_id", "attachment", ["message_id"], postgresql_where=sa.text("message_id is not null")
    )


def downgrade() -> None:
    """Remove it."""
    op.drop_index("ix_attachment_message_id", table_name="attachment")
    op.drop_table("incoming_media")
