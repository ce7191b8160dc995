"""Tasks: dated pieces of work inside a case"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_INSTANT = sa.DateTime(timezone=True)
_BIG = sa.BigInteger()


def upgrade() -> None:
    """Add a table that the release before this one does not know."""
    op.create_table(
        "task",
        sa.Column("id", _BIG, sa.Identity(), nullable=False),
        sa.Column("case_id", _BIG, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("department", sa.String(), nullable=True),
        sa.Column("assignee_id", _BIG, nullable=True),
        sa.Column("state", sa.String(), server_default=sa.text("'open'"), nullable=False),
        sa.Column("due_at", _INSTANT, nullable=True),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("ended_at", _INSTANT, nullable=True),
        sa.Column("ended_by", sa.String(), nullable=True),
        sa.Column("result", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["case_file.id"], name=op.f("fk_task_case_id")),
        sa.ForeignKeyConstraint(["assignee_id"], ["agent.id"], name=op.f("fk_task_assignee_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task")),
    )
    op.create_index("ix_task_case_id_id", "task", ["case_id", "id"])


def downgrade() -> None:
    """Remove it; the promises of its tasks stay as rows without a task."""
    op.drop_table("task")
