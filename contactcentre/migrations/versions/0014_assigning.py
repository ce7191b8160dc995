"""Assignment: what agents can do, whether they get work, what is handed over for a leave, who changed what"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_INSTANT = sa.DateTime(timezone=True)
_BIG = sa.BigInteger()
_NOTHING = sa.text("'[]'")


def upgrade() -> None:
    """Expand only: the release before this one knows nothing of these, and its notices all name an escalation."""
    op.alter_column("notice", "escalation_id", nullable=True)
    op.add_column("absence", sa.Column("returns", sa.Boolean(), server_default=sa.text("true"), nullable=False))
    op.add_column("absence", sa.Column("handed_at", _INSTANT, nullable=True))
    op.add_column("absence", sa.Column("returned_at", _INSTANT, nullable=True))
    _profiles()
    _handovers()
    _changes()


def downgrade() -> None:
    """Remove it, and the notices that name no escalation."""
    for table in ("staff_change", "handover", "agent_profile"):
        op.drop_table(table)
    for column in ("returned_at", "handed_at", "returns"):
        op.drop_column("absence", column)
    op.execute("delete from notice where escalation_id is null")
    op.alter_column("notice", "escalation_id", nullable=False)


def _profiles() -> None:
    op.create_table(
        "agent_profile",
        sa.Column("agent_id", _BIG, nullable=False),
        sa.Column("languages", JSONB(), server_default=_NOTHING, nullable=False),
        sa.Column("skills", JSONB(), server_default=_NOTHING, nullable=False),
        sa.Column("cap", _BIG, nullable=True),
        *(sa.Column(name, _INSTANT, nullable=True) for name in ("away_since", "away_until", "given_at")),
        sa.CheckConstraint("cap >= 0", name=op.f("ck_agent_profile_cap_is_a_number_of_cases")),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name=op.f("fk_agent_profile_agent_id")),
        sa.PrimaryKeyConstraint("agent_id", name=op.f("pk_agent_profile")),
    )


def _handovers() -> None:
    op.create_table(
        "handover",
        sa.Column("id", _BIG, sa.Identity(), nullable=False),
        sa.Column("absence_id", _BIG, nullable=False),
        sa.Column("case_id", _BIG, nullable=False),
        sa.Column("agent_id", _BIG, nullable=False),
        sa.Column("stand_in_id", _BIG, nullable=True),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("due_at", _INSTANT, nullable=True),
        sa.Column("last_message_at", _INSTANT, nullable=False),
        sa.Column("at", _INSTANT, nullable=False),
        sa.Column("returned", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["absence_id"], ["absence.id"], name=op.f("fk_handover_absence_id")),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name=op.f("fk_handover_agent_id")),
        sa.ForeignKeyConstraint(["case_id"], ["case_file.id"], name=op.f("fk_handover_case_id")),
        sa.ForeignKeyConstraint(["stand_in_id"], ["agent.id"], name=op.f("fk_handover_stand_in_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handover")),
    )
    op.create_index("uq_handover_absence_id_case_id", "handover", ["absence_id", "case_id"], unique=True)
    op.create_index("ix_handover_agent_id", "handover", ["agent_id"])


def _changes() -> None:
    op.create_table(
        "staff_change",
        sa.Column("id", _BIG, sa.Identity(), nullable=False),
        sa.Column("agent_id", _BIG, nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("plain", JSONB(), nullable=False),
        sa.Column("at", _INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name=op.f("fk_staff_change_agent_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_change")),
    )
    op.create_index("ix_staff_change_agent_id_id", "staff_change", ["agent_id", "id"])
