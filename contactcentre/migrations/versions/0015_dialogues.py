"""Dialogues, and ratings of settled cases"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_INSTANT = sa.DateTime(timezone=True)
_BIG = sa.BigInteger()
_FALSE = sa.text("false")


def upgrade() -> None:
    """Add two tables that the release before this one does not know."""
    op.create_table(
        "dialogue_session",
        sa.Column("id", _BIG, sa.Identity(), nullable=False),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("account", "session", "address")),
        sa.Column("state", JSONB(), nullable=False),
        sa.Column("screen", sa.Text(), nullable=False),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("ends", sa.Boolean(), nullable=False),
        sa.Column("whole", sa.Text(), nullable=True),
        sa.Column("turn", sa.String(), nullable=True),
        sa.Column("turns", _BIG, server_default=sa.text("0"), nullable=False),
        sa.Column("reference", sa.String(), nullable=True),
        sa.Column("proved", sa.Boolean(), server_default=_FALSE, nullable=False),
        sa.Column("case_id", _BIG, nullable=True),
        sa.Column("resumed", sa.Boolean(), server_default=_FALSE, nullable=False),
        sa.Column("started_at", _INSTANT, nullable=False),
        sa.Column("updated_at", _INSTANT, nullable=False),
        sa.Column("ended_as", sa.String(), nullable=True),
        sa.Column("ended_at", _INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dialogue_session")),
    )
    op.create_index("uq_dialogue_session_session", "dialogue_session", ["account", "session"], unique=True)
    op.create_index(
        "ix_dialogue_session_address",
        "dialogue_session",
        ["account", "address", "updated_at"],
        postgresql_where=sa.text("not ends"),
    )
    op.create_table(
        "rating",
        sa.Column("id", _BIG, sa.Identity(), nullable=False),
        sa.Column("case_id", _BIG, nullable=False),
        sa.Column("settled_at", _INSTANT, nullable=False),
        sa.Column("score", _BIG, nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("rated_at", _INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case_file.id"], name=op.f("fk_rating_case_id_case_file")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rating")),
    )
    op.create_index("uq_rating_case_id_settled_at", "rating", ["case_id", "settled_at"], unique=True)
    op.create_index("ix_rating_rated_at", "rating", ["rated_at"])


def downgrade() -> None:
    """Remove them."""
    op.drop_table("rating")
    op.drop_table("dialogue_session")
