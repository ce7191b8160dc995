"""When callbacks of an account last came, and test messages"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_INSTANT = sa.DateTime(timezone=True)
_BIG = sa.BigInteger()


def upgrade() -> None:
    """Add two small tables; what came before is looked for once, so that no hook looks unused after the upgrade."""
    op.create_table(
        "hook_seen",
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("event", sa.String(), nullable=False),
        sa.Column("seen_at", _INSTANT, nullable=True),
        sa.Column("refused_at", _INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("account", "event", name=op.f("pk_hook_seen")),
    )
    op.execute(
        "insert into hook_seen (account, event, seen_at) "
        "select account, event, max(received_at) from raw_request group by account, event"
    )
    op.create_table(
        "trial",
        sa.Column("id", _BIG, sa.Identity(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("message_id", _BIG, nullable=False),
        sa.Column("asked_by", sa.String(), nullable=False),
        sa.Column("asked_at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trial")),
    )
    op.create_index("ix_trial_account_asked_at", "trial", ["account", "asked_at"])


def downgrade() -> None:
    """Remove them."""
    op.drop_table("trial")
    op.drop_table("hook_seen")
