"""A message knows its files: one that stands in no case keeps them all the same"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Expand only: the release before this one writes rows without it."""
    op.add_column("incoming_media", sa.Column("sha256", sa.String(), nullable=True))
    name = op.f("fk_incoming_media_sha256")
    op.create_foreign_key(name, "incoming_media", "stored_file", ["sha256"], ["sha256"])


def downgrade() -> None:
    """Remove it."""
    op.drop_constraint(op.f("fk_incoming_media_sha256"), "incoming_media", type_="foreignkey")
    op.drop_column("incoming_media", "sha256")
