"""Who the citizen is, who may look, and who looked"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

_INSTANT = sa.DateTime(timezone=True)
_BIG = sa.BigInteger()
_FALSE = sa.text("false")
# The serving role only adds to the log; what is old is forgotten by this alone, as the owner, and never what is
# younger than a month by the server's own clock, whatever it is asked.
FORGET = """
create function forget_reads(p_before timestamptz) returns bigint
language plpgsql security definer set search_path from current as $$
declare forgotten bigint;
begin
    delete from read_log where at < least(p_before, statement_timestamp() - interval '30 days');
    get diagnostics forgotten = row_count;
    return forgotten;
end $$
"""


def upgrade() -> None:
    """Add tables and columns that the release before this one does not know."""
    _columns()
    _reads()
    _identity()


def downgrade() -> None:
    """Remove them."""
    op.execute("drop function forget_reads(timestamptz)")
    for name in ("said_by", "citizen_change", "identity_verdict", "glass", "read_log"):
        op.drop_table(name)
    op.drop_index("ix_citizen_name_folded", "citizen")
    for table, names in (
        ("citizen", ("anonymous", "contact_by", "name_folded")),
        ("citizen_address", ("verified_at", "verified_how", "verified_by")),
        ("address", ("shared_at", "shared_by")),
        ("case_file", ("about",)),
    ):
        for name in names:
            op.drop_column(table, name)


def _columns() -> None:
    op.add_column("case_file", sa.Column("about", ARRAY(sa.String()), server_default=sa.text("'{}'"), nullable=False))
    op.add_column("address", sa.Column("shared_at", _INSTANT, nullable=True))
    op.add_column("address", sa.Column("shared_by", sa.String(), nullable=True))
    op.add_column("citizen_address", sa.Column("verified_at", _INSTANT, nullable=True))
    op.add_column("citizen_address", sa.Column("verified_how", sa.String(), nullable=True))
    op.add_column("citizen_address", sa.Column("verified_by", sa.String(), nullable=True))
    op.add_column("citizen", sa.Column("anonymous", sa.Boolean(), server_default=_FALSE, nullable=False))
    op.add_column("citizen", sa.Column("contact_by", sa.String(), nullable=True))
    op.add_column("citizen", sa.Column("name_folded", sa.String(), nullable=True))
    op.execute(
        "update citizen set name_folded = lower(regexp_replace(btrim(name), '[\\s.,''-]+', ' ', 'g')) "
        "where name is not null"
    )
    op.create_index("ix_citizen_name_folded", "citizen", ["name_folded"])


def _reads() -> None:
    op.create_table(
        "read_log",
        sa.Column("id", _BIG, sa.Identity(), nullable=False),
        sa.Column("at", _INSTANT, nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        *(sa.Column(name, _BIG, nullable=True) for name in ("case_id", "citizen_id", "item_id")),
        *(sa.Column(name, sa.String(), nullable=True) for name in ("why", "words")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_read_log")),
    )
    op.create_index("ix_read_log_at", "read_log", ["at", "id"])
    op.create_index("ix_read_log_actor_at", "read_log", ["actor", "at"])
    for name in ("case_id", "citizen_id"):
        there = sa.text(f"{name} is not null")
        op.create_index(f"ix_read_log_{name}_at", "read_log", [name, "at"], postgresql_where=there)
    op.execute(FORGET)
    op.create_table(
        "glass",
        sa.Column("id", _BIG, sa.Identity(), nullable=False),
        *(sa.Column(name, _BIG, nullable=False) for name in ("case_id", "agent_id")),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("why", "words")),
        *(sa.Column(name, _INSTANT, nullable=False) for name in ("at", "until")),
        sa.ForeignKeyConstraint(["case_id"], ["case_file.id"], name=op.f("fk_glass_case_id_case_file")),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name=op.f("fk_glass_agent_id_agent")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_glass")),
    )
    op.create_index("ix_glass_agent_id_case_id", "glass", ["agent_id", "case_id", "until"])


def _identity() -> None:
    op.create_table(
        "identity_verdict",
        sa.Column("id", _BIG, sa.Identity(), nullable=False),
        *(sa.Column(name, _BIG, nullable=False) for name in ("low_id", "high_id")),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.Column("automatic", sa.Boolean(), server_default=_FALSE, nullable=False),
        sa.Column("evidence", JSONB(), nullable=False),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("reason", "decided_by")),
        sa.Column("decided_at", _INSTANT, nullable=False),
        sa.Column("ended_by", sa.String(), nullable=True),
        sa.Column("ended_at", _INSTANT, nullable=True),
        sa.Column("end_reason", sa.String(), nullable=True),
        sa.CheckConstraint("low_id < high_id", name=op.f("ck_identity_verdict_in_order")),
        sa.ForeignKeyConstraint(["low_id"], ["citizen.id"], name=op.f("fk_identity_verdict_low_id_citizen")),
        sa.ForeignKeyConstraint(["high_id"], ["citizen.id"], name=op.f("fk_identity_verdict_high_id_citizen")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity_verdict")),
    )
    live = sa.text("ended_at is null")
    pair = ["low_id", "high_id"]
    op.create_index("uq_identity_verdict_pair", "identity_verdict", pair, unique=True, postgresql_where=live)
    op.create_index("ix_identity_verdict_high_id", "identity_verdict", ["high_id"], postgresql_where=live)
    op.create_table(
        "citizen_change",
        sa.Column("id", _BIG, sa.Identity(), nullable=False),
        sa.Column("citizen_id", _BIG, nullable=False),
        sa.Column("field", sa.String(), nullable=False),
        *(sa.Column(name, sa.String(), nullable=True) for name in ("before", "after")),
        sa.Column("changed_by", sa.String(), nullable=False),
        sa.Column("changed_at", _INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["citizen_id"], ["citizen.id"], name=op.f("fk_citizen_change_citizen_id_citizen")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_citizen_change")),
    )
    op.create_index("ix_citizen_change_citizen_id_id", "citizen_change", ["citizen_id", "id"])
    op.create_table(
        "said_by",
        sa.Column("message_id", _BIG, autoincrement=False, nullable=False),
        sa.Column("citizen_id", _BIG, nullable=True),
        sa.Column("named_by", sa.String(), nullable=False),
        sa.Column("named_at", _INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["citizen_id"], ["citizen.id"], name=op.f("fk_said_by_citizen_id_citizen")),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_said_by")),
    )
