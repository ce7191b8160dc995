"""Mail: what it says beside its words, and raw bytes that stand in the file store"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

_RAW = "raw_request"


def upgrade() -> None:
    """Expand only: the release before this one reads no mail."""
    with op.get_context().autocommit_block():
        op.add_column(_RAW, sa.Column("sha256", sa.String(), nullable=True), if_not_exists=True)
        op.add_column(_RAW, sa.Column("size", sa.BigInteger(), nullable=True), if_not_exists=True)
        _index("ix_raw_request_unread", ["account", "next_try_at"], "state = 'received'")
        _index("ix_raw_request_same", ["account", "sha256"], "sha256 is not null")
    op.create_table(
        "mail",
        sa.Column("message_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("identifier", sa.String(), nullable=True),
        sa.Column("identity", sa.String(), nullable=True),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("sender_name", sa.String(), nullable=True),
        sa.Column("recipients", JSONB(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("answers", JSONB(), server_default=sa.text("'[]'"), nullable=False),
        sa.Column("automatic", sa.String(), nullable=True),
        sa.Column("whole", sa.String(), nullable=True),
        sa.Column("html_sha256", sa.String(), nullable=True),
        sa.Column("signature", sa.String(), nullable=True),
        sa.Column("genuine", sa.Boolean(), nullable=True),
        sa.Column("forged", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("cut", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("raw_id", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_mail")),
    )
    for name, column in (("ix_mail_identifier", "identifier"), ("ix_mail_raw_id", "raw_id")):
        op.create_index(name, "mail", [column], postgresql_where=sa.text(f"{column} is not null"))
    op.add_column("hook_seen", sa.Column("trouble", sa.String(), nullable=True))
    op.add_column("incoming_media", sa.Column("content_id", sa.String(), nullable=True))
    once = sa.text("identity is not null")
    op.create_index("uq_mail_identity", "mail", ["identity"], unique=True, postgresql_where=once)


def downgrade() -> None:
    """Remove it."""
    op.drop_column("incoming_media", "content_id")
    op.drop_column("hook_seen", "trouble")
    op.drop_table("mail")
    op.drop_index("ix_raw_request_same", table_name=_RAW)
    op.drop_index("ix_raw_request_unread", table_name=_RAW)
    op.drop_column(_RAW, "size")
    op.drop_column(_RAW, "sha256")


def _index(name: str, columns: list[str], where: str) -> None:
    op.create_index(
        name, _RAW, columns, postgresql_where=sa.text(where), postgresql_concurrently=True, if_not_exists=True
    )
