"""Followers of a case, where codes stand in what was keyed in, and dialogues that are forgotten"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

#: in ``arrive_merged``: whose reference in a message makes a case a candidate for it
_ANY_PARTY = "y.address_id = arrive_merged.address_id)"
_NO_FOLLOWER = "y.address_id = arrive_merged.address_id and y.role <> 'follower')"


def upgrade() -> None:
    """Expand only. The indexes are small, but a large table of cases is read once to make them: a second or two."""
    op.add_column("party", sa.Column("account", sa.String(), nullable=True))
    op.add_column("party", sa.Column("told_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("dialogue_session", sa.Column("hidden", JSONB(), nullable=True))
    untold = sa.text("role = 'follower' and told_at is null")
    op.create_index("ix_party_untold", "party", ["case_id"], postgresql_where=untold)
    op.create_index("ix_dialogue_session_updated_at", "dialogue_session", ["updated_at"])
    live = sa.text("status not in ('resolved', 'closed') and not confidential and service is not null")
    place = sa.text("(routing ->> 'place')")
    op.create_index("ix_case_file_near", "case_file", ["service", place, "opened_at"], postgresql_where=live)
    # A follower is no stranger to the case, but their words are not those of the one who is answered in it.
    _change_arrive(_ANY_PARTY, _NO_FOLLOWER)


def downgrade() -> None:
    """Remove it, and the followers: the release before would take them for people of the case."""
    _change_arrive(_NO_FOLLOWER, _ANY_PARTY)
    op.execute("delete from party where role = 'follower'")
    op.drop_index("ix_case_file_near", table_name="case_file")
    op.drop_index("ix_dialogue_session_updated_at", table_name="dialogue_session")
    op.drop_index("ix_party_untold", table_name="party")
    op.drop_column("dialogue_session", "hidden")
    op.drop_column("party", "told_at")
    op.drop_column("party", "account")


def _change_arrive(before: str, after: str) -> None:
    """Change one condition of the function as it stands, whatever else it does by now."""
    connection = op.get_bind()
    found = connection.exec_driver_sql("select pg_get_functiondef('arrive_merged'::regproc)").scalar_one()
    if found.count(before) != 1:
        raise RuntimeError(
            f"the function arrive_merged has {found.count(before)} times {before!r}; this migration wants one"
        )
    connection.exec_driver_sql(found.replace(before, after).replace("%", "%%"))
