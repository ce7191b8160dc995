"""Escalations reach people: notices, leave, hours of one's own, and how an agent wants to be told"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_INSTANT = sa.DateTime(timezone=True)
_BIG = sa.BigInteger()


def upgrade() -> None:
    """Expand only: the release before this one knows nothing of these."""
    op.add_column("agent", sa.Column("phone", sa.String(), nullable=True))
    op.add_column("agent", sa.Column("notify_by", sa.String(), server_default=sa.text("'bell'"), nullable=False))
    _notices()
    _absences()
    _shifts()


def downgrade() -> None:
    """Remove it."""
    for table in ("shift", "absence", "notice"):
        op.drop_table(table)
    for column in ("notify_by", "phone"):
        op.drop_column("agent", column)


def _notices() -> None:
    op.create_table(
        "notice",
        sa.Column("id", _BIG, sa.Identity(), nullable=False),
        sa.Column("agent_id", _BIG, nullable=False),
        sa.Column("case_id", _BIG, nullable=False),
        sa.Column("escalation_id", _BIG, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("timer_kind", sa.String(), nullable=False),
        sa.Column("due_at", _INSTANT, nullable=False),
        sa.Column("not_before", _INSTANT, nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("read_at", _INSTANT, nullable=True),
        sa.Column("sent_at", _INSTANT, nullable=True),
        sa.Column("message_id", _BIG, nullable=True),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name=op.f("fk_notice_agent_id")),
        sa.ForeignKeyConstraint(["case_id"], ["case_file.id"], name=op.f("fk_notice_case_id")),
        sa.ForeignKeyConstraint(["escalation_id"], ["escalation.id"], name=op.f("fk_notice_escalation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
    )
    op.create_index("uq_notice_escalation_id_agent_id", "notice", ["escalation_id", "agent_id"], unique=True)
    op.create_index("ix_notice_agent_id_id", "notice", ["agent_id", "id"])
    unread = sa.text("read_at is null and sent_at is not null")
    op.create_index("ix_notice_unread", "notice", ["agent_id", "id"], postgresql_where=unread)
    op.create_index("ix_notice_untold", "notice", ["not_before"], postgresql_where=sa.text("sent_at is null"))


def _absences() -> None:
    op.create_table(
        "absence",
        sa.Column("id", _BIG, sa.Identity(), nullable=False),
        sa.Column("agent_id", _BIG, nullable=False),
        sa.Column("since", _INSTANT, nullable=False),
        sa.Column("until", _INSTANT, nullable=False),
        sa.Column("stand_in_id", _BIG, nullable=True),
        sa.Column("reason", sa.String(), server_default=sa.text("''"), nullable=False),
        sa.CheckConstraint("until > since", name=op.f("ck_absence_ends_after_it_begins")),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name=op.f("fk_absence_agent_id")),
        sa.ForeignKeyConstraint(["stand_in_id"], ["agent.id"], name=op.f("fk_absence_stand_in_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_absence")),
    )
    op.create_index("ix_absence_agent_id_until", "absence", ["agent_id", "until"])
    op.create_index("ix_absence_until", "absence", ["until"])


def _shifts() -> None:
    op.create_table(
        "shift",
        sa.Column("agent_id", _BIG, nullable=False),
        sa.Column("weekday", _BIG, nullable=False),
        sa.Column("opens", _BIG, nullable=False),
        sa.Column("closes", _BIG, nullable=False),
        sa.CheckConstraint("weekday between 0 and 6", name=op.f("ck_shift_day_of_the_week")),
        sa.CheckConstraint(
            "opens between 0 and 1439 and closes > opens and closes <= opens + 1440",
            name=op.f("ck_shift_closes_within_a_day"),
        ),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name=op.f("fk_shift_agent_id")),
        sa.PrimaryKeyConstraint("agent_id", "weekday", "opens", name=op.f("pk_shift")),
    )
