"""Invitations, second factors, recovery codes, people taken over from a file"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

_INSTANT = sa.DateTime(timezone=True)
_BIG = sa.BigInteger()


def upgrade() -> None:
    """Expand only: the release before this one logs people in by their password alone, as before."""
    op.add_column("agent", sa.Column("first_login_at", _INSTANT, nullable=True))
    op.add_column("agent_session", sa.Column("network", sa.String(), server_default=sa.text("''"), nullable=False))
    op.create_table(
        "agent_link",
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("agent_id", _BIG, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("expires_at", _INSTANT, nullable=False),
        sa.Column("used_at", _INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name=op.f("fk_agent_link_agent_id")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_agent_link")),
    )
    op.create_index("ix_agent_link_agent_id", "agent_link", ["agent_id"])
    _factors()
    op.create_table(
        "staff_import",
        sa.Column("id", _BIG, sa.Identity(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("at", _INSTANT, nullable=False),
        sa.Column("agent_ids", JSONB(), server_default=sa.text("'[]'"), nullable=False),
        sa.Column("changed", _BIG, nullable=False),
        sa.Column("told", _BIG, nullable=False),
        sa.Column("taken_at", _INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_import")),
    )


def downgrade() -> None:
    """Remove it; who has no password yet cannot be told from who has one any more, and cannot log in."""
    for table in ("staff_import", "recovery_code", "second_factor", "agent_link"):
        op.drop_table(table)
    op.drop_column("agent_session", "network")
    op.drop_column("agent", "first_login_at")


def _factors() -> None:
    op.create_table(
        "second_factor",
        sa.Column("agent_id", _BIG, nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=True),
        sa.Column("pending", sa.LargeBinary(), nullable=True),
        sa.Column("confirmed_at", _INSTANT, nullable=True),
        sa.Column("last_step", _BIG, nullable=True),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name=op.f("fk_second_factor_agent_id")),
        sa.PrimaryKeyConstraint("agent_id", name=op.f("pk_second_factor")),
    )
    op.create_table(
        "recovery_code",
        sa.Column("agent_id", _BIG, nullable=False),
        sa.Column("code_hash", sa.String(), nullable=False),
        sa.Column("used_at", _INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name=op.f("fk_recovery_code_agent_id")),
        sa.PrimaryKeyConstraint("agent_id", "code_hash", name=op.f("pk_recovery_code")),
    )
