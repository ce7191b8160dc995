"""Field work: acts of officers that come late, each once; the jobs of a person and of a department along an index"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

_INSTANT = sa.DateTime(timezone=True)
_BIG = sa.BigInteger()
_INDEXES = {
    "ix_task_assigned": (["assignee_id", "id"], "state = 'open'"),
    "ix_task_to_take": (["department", "id"], "state = 'open' and assignee_id is null and kind <> 'call_back'"),
}


def upgrade() -> None:
    """Add a table that the release before this one does not know, and two indexes."""
    _acts()
    with op.get_context().autocommit_block():
        for name, (columns, where) in _INDEXES.items():
            op.create_index(
                name,
                "task",
                columns,
                postgresql_where=sa.text(where),
                postgresql_concurrently=True,
                if_not_exists=True,
            )


def downgrade() -> None:
    """Remove them; what the acts did to cases stays in their histories."""
    for name in _INDEXES:
        op.drop_index(name, "task")
    op.drop_table("field_act")


def _acts() -> None:
    op.create_table(
        "field_act",
        sa.Column("id", _BIG, sa.Identity(), nullable=False),
        sa.Column("agent_id", _BIG, nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("case_id", _BIG, nullable=True),
        sa.Column("task_id", _BIG, nullable=True),
        sa.Column("seen", _BIG, nullable=False),
        sa.Column("phone_at", _INSTANT, nullable=True),
        sa.Column("acted_at", _INSTANT, nullable=True),
        sa.Column("clock", sa.String(), nullable=True),
        sa.Column("at", _INSTANT, nullable=False),
        sa.Column("answer", JSONB(), nullable=True),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name=op.f("fk_field_act_agent_id")),
        sa.ForeignKeyConstraint(["case_id"], ["case_file.id"], name=op.f("fk_field_act_case_id")),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name=op.f("fk_field_act_task_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_field_act")),
        if_not_exists=True,
    )
    op.create_index("uq_field_act_agent_id_key", "field_act", ["agent_id", "key"], unique=True, if_not_exists=True)
    op.create_index("ix_field_act_task_id_id", "field_act", ["task_id", "id"], if_not_exists=True)
