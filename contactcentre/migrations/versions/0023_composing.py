"""Drafts kept here, cases put aside until an instant, articles and their versions"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

_INSTANT = sa.DateTime(timezone=True)
_BIG = sa.BigInteger()


def upgrade() -> None:
    """Add four tables and a column that the release before this one does not know."""
    op.add_column("case_file", sa.Column("snoozed_until", _INSTANT, nullable=True))
    _draft()
    _snooze()
    _articles()


def _draft() -> None:
    op.create_table(
        "draft",
        sa.Column("agent_id", _BIG, nullable=False),
        sa.Column("case_id", _BIG, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("seq", _BIG, nullable=False),
        sa.Column("seen_message_id", _BIG, nullable=True),
        sa.Column("saved_at", _INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name=op.f("fk_draft_agent_id_agent")),
        sa.ForeignKeyConstraint(["case_id"], ["case_file.id"], name=op.f("fk_draft_case_id_case_file")),
        sa.PrimaryKeyConstraint("agent_id", "case_id", "kind", name=op.f("pk_draft")),
    )
    op.create_index("ix_draft_saved_at", "draft", ["saved_at"])


def _snooze() -> None:
    op.create_table(
        "snooze",
        sa.Column("id", _BIG, sa.Identity(), nullable=False),
        sa.Column("case_id", _BIG, nullable=False),
        sa.Column("agent_id", _BIG, nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("until", _INSTANT, nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("ended_at", _INSTANT, nullable=True),
        sa.Column("ended_why", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["case_file.id"], name=op.f("fk_snooze_case_id_case_file")),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name=op.f("fk_snooze_agent_id_agent")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_snooze")),
    )
    live = sa.text("ended_at is null")
    op.create_index("uq_snooze_case_id", "snooze", ["case_id"], unique=True, postgresql_where=live)
    op.create_index("ix_snooze_until", "snooze", ["until"], postgresql_where=live)


def _articles() -> None:
    op.create_table(
        "article",
        sa.Column("id", _BIG, sa.Identity(), nullable=False),
        sa.Column("department", sa.String(), nullable=True),
        sa.Column("service", sa.String(), nullable=True),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("owner_id", _BIG, nullable=False),
        sa.Column("review_on", sa.Date(), nullable=False),
        sa.Column("version", _BIG, server_default=sa.text("1"), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("retired_at", _INSTANT, nullable=True),
        sa.Column("updated_at", _INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["agent.id"], name=op.f("fk_article_owner_id_agent")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_article")),
    )
    live = sa.text("retired_at is null")
    op.create_index("ix_article_department_title", "article", ["department", "title"], postgresql_where=live)
    op.create_index("ix_article_owner_id_review_on", "article", ["owner_id", "review_on"], postgresql_where=live)
    op.create_table(
        "article_version",
        sa.Column("article_id", _BIG, nullable=False),
        sa.Column("version", _BIG, nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("author_id", _BIG, nullable=True),
        sa.Column("written_at", _INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["article_id"], ["article.id"], name=op.f("fk_article_version_article_id_article")),
        sa.ForeignKeyConstraint(["author_id"], ["agent.id"], name=op.f("fk_article_version_author_id_agent")),
        sa.PrimaryKeyConstraint("article_id", "version", name=op.f("pk_article_version")),
    )


def downgrade() -> None:
    """Remove them."""
    op.drop_table("article_version")
    op.drop_table("article")
    op.drop_table("snooze")
    op.drop_table("draft")
    op.drop_column("case_file", "snoozed_until")
