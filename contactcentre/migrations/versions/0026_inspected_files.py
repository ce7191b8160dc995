"""Stored files: what a virus scanner said, what was found in them, and their previews"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

_TABLE = "stored_file"
_TEXT = ("scan_note", "trouble")
_INSTANTS = ("scanned_at", "looked_at", "due_at")
_SIDES = ("preview_width", "preview_height")
_INDEXES = {"ix_stored_file_unscanned": "scan = 'pending'", "ix_stored_file_not_looked_at": "looked_at is null"}


def upgrade() -> None:
    """Expand only, in steps that may break off and begin again. Files that are there already wait for the scanner like
    new ones: none is exempt.
    """
    pending = sa.Column("scan", sa.String(), server_default=sa.text("'pending'"), nullable=False)
    op.add_column(_TABLE, pending, if_not_exists=True)
    for name in _TEXT:
        op.add_column(_TABLE, sa.Column(name, sa.String(), nullable=True), if_not_exists=True)
    for name in _INSTANTS:
        op.add_column(_TABLE, sa.Column(name, sa.DateTime(timezone=True), nullable=True), if_not_exists=True)
    for name in _SIDES:
        op.add_column(_TABLE, sa.Column(name, sa.BigInteger(), nullable=True), if_not_exists=True)
    op.execute(
        "alter table stored_file add column if not exists preview_sha256 varchar "
        "constraint fk_stored_file_preview_sha256 references stored_file (sha256)"
    )
    with op.get_context().autocommit_block():
        for name, where in _INDEXES.items():
            op.create_index(
                name,
                _TABLE,
                ["created_at"],
                postgresql_where=sa.text(where),
                postgresql_concurrently=True,
                if_not_exists=True,
            )


def downgrade() -> None:
    """Remove it."""
    for name in _INDEXES:
        op.drop_index(name, table_name=_TABLE)
    op.drop_constraint(op.f("fk_stored_file_preview_sha256"), _TABLE, type_="foreignkey")
    for name in ("scan", *_TEXT, "preview_sha256", *_INSTANTS, *_SIDES):
        op.drop_column(_TABLE, name)
