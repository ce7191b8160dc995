"""What requests ask of tables that grow is found along an index, however much one sender or one case has there"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

_QUEUED, _LIVE = "state = 'queued'", "status not in ('resolved', 'closed')"
#: table, columns, condition
_INDEXES: dict[str, tuple[str, list[str], str | None]] = {
    "ix_case_file_citizen": ("case_file", ["citizen_id", "id desc"], None),
    "ix_case_file_changed": ("case_file", ["department", "updated_at", "id"], None),
    "ix_case_file_unserved": ("case_file", ["department", "opened_at"], f"{_LIVE} and service is null"),
    "ix_timer_task_id": ("timer", ["task_id"], "task_id is not null"),
    "ix_party_citizen_id": ("party", ["citizen_id", "case_id"], None),
    "ix_attachment_case": ("attachment", ["case_id", "id desc"], None),
    "ix_message_last_in": ("message", ["account", "created_at"], "direction = 'in'"),
    "ix_message_last_out": ("message", ["account", "created_at"], "direction = 'out' and sent_at is not null"),
    "ix_outbox_oldest": ("outbox", ["account", "message_class", "created_at"], _QUEUED),
}
#: what the first two of a kind do as well
_REPLACED = {"ix_case_file_citizen_id": ("case_file", "citizen_id"), "ix_attachment_case_id": ("attachment", "case_id")}


def upgrade() -> None:
    """Make the indexes beside the running release, which loses nothing with the two that they replace."""
    with op.get_context().autocommit_block():
        for name, (table, columns, where) in _INDEXES.items():
            _make(name, table, [sa.text(one) for one in columns], where)
        for name, (table, _) in _REPLACED.items():
            op.drop_index(name, table, postgresql_concurrently=True, if_exists=True)


def downgrade() -> None:
    """Remove them, and make the two that they replaced."""
    with op.get_context().autocommit_block():
        for name, (table, column) in _REPLACED.items():
            _make(name, table, [sa.text(column)], None)
        for name, (table, *_) in _INDEXES.items():
            op.drop_index(name, table, postgresql_concurrently=True, if_exists=True)


def _make(name: str, table: str, columns: list[sa.TextClause], where: str | None) -> None:
    condition = sa.text(where) if where else None
    concurrently = {"postgresql_concurrently": True, "if_not_exists": True}
    op.create_index(name, table, columns, postgresql_where=condition, **concurrently)  # type: ignore[arg-type]
