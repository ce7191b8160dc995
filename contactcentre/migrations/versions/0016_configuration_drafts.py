"""Drafts of the configuration"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_INSTANT = sa.DateTime(timezone=True)
_BIG = sa.BigInteger()


def upgrade() -> None:
    """Add a table that the release before this one does not know."""
    op.create_table(
        "configuration_draft",
        sa.Column("id", _BIG, sa.Identity(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("parent", _BIG, nullable=False),
        sa.Column("content", JSONB(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("expires_at", _INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["parent"],
            ["configuration_version.number"],
            name=op.f("fk_configuration_draft_parent"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_configuration_draft")),
    )
    op.create_index("ix_configuration_draft_owner", "configuration_draft", ["owner", "id"])
    op.create_index("ix_configuration_draft_expires_at", "configuration_draft", ["expires_at"])


def downgrade() -> None:
    """Remove it."""
    op.drop_table("configuration_draft")
