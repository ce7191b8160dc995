"""The board: which open cases are counted where, layouts of boards"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

_TABLES = ("board_layout", "board_sum", "board_case")


def upgrade() -> None:
    """Expand only, in steps that may break off and begin again."""
    _cases()
    _sums()
    _layouts()


def downgrade() -> None:
    """Remove them."""
    for name in _TABLES:
        op.drop_table(name)


def _cases() -> None:
    op.create_table(
        "board_case",
        sa.Column("case_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("department", sa.String(), nullable=False),
        sa.Column("confidential", sa.Boolean(), nullable=False),
        *(sa.Column(name, ARRAY(sa.Text()), nullable=False) for name in ("parts", "days")),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        *(sa.Column(name, sa.Boolean(), nullable=False) for name in ("live", "unassigned", "overdue")),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_board_case")),
        if_not_exists=True,
    )
    place = ["department", "confidential"]
    _index("ix_board_case_next_at", "board_case", ["next_at"], "next_at is not null")
    _index("ix_board_case_days", "board_case", ["days"], "days <> '{}'", postgresql_using="gin")
    _index("ix_board_case_oldest", "board_case", [*place, "opened_at"], "live")
    _index("ix_board_case_unassigned", "board_case", [*place, "opened_at"], "unassigned")
    _index("ix_board_case_overdue", "board_case", [*place, "due_at"], "overdue")


def _sums() -> None:
    op.create_table(
        "board_sum",
        *(sa.Column(name, sa.String(), nullable=False) for name in ("what", "part", "department")),
        sa.Column("confidential", sa.Boolean(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("what", "part", "department", "confidential", name=op.f("pk_board_sum")),
        if_not_exists=True,
    )


def _layouts() -> None:
    op.create_table(
        "board_layout",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("agent_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("shared_with", sa.String(), nullable=True),
        *(sa.Column(name, ARRAY(sa.Text()), nullable=False) for name in ("parts", "departments")),
        sa.Column("seconds", sa.BigInteger(), nullable=False),
        *(sa.Column(name, sa.DateTime(timezone=True), nullable=False) for name in ("made_at", "changed_at")),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name=op.f("fk_board_layout_agent_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_board_layout")),
        if_not_exists=True,
    )
    _index("ix_board_layout_agent_id", "board_layout", ["agent_id"])
    _index("ix_board_layout_shared_with", "board_layout", ["shared_with"], "shared_with is not null")


def _index(name: str, table: str, columns: list[str], where: str = "", **more: Any) -> None:
    condition = sa.text(where) if where else None
    op.create_index(name, table, columns, postgresql_where=condition, if_not_exists=True, **more)
