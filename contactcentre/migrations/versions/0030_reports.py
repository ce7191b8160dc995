"""Reports: entries of the figures with their area, sums of weeks, lengths by classes, open stretches, subscriptions"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

_INSTANT = sa.DateTime(timezone=True)
_BIG = sa.BigInteger()
_OF_AREA = ("department", "area")
_NIGHTS = "('backlog', 'standing', 'night')"
#: made by this migration, the last first
_TABLES = (
    *("report_subscription", "figure_area_length", "figure_length", "figure_area_run", "figure_run"),
    *("figure_open", "figure_entry", "figure_area"),
)


def upgrade() -> None:
    """Add tables, and let the ticker count anew from the first event; the counts of nights stay as they are.

    Emptying takes as long for a million cases as for ten. The ticker of the release before cannot count what is
    counted anew: its rows lack the area, so that its transaction rolls back.
    """
    op.execute("lock table projection_cursor in exclusive mode")
    for table in ("figure_case", "figure_fact"):
        op.execute(f"truncate {table}")
        op.execute(f"alter table {table} add column if not exists area varchar not null")
    op.execute(
        f"create temporary table kept_nights on commit drop as select * from figure_sum where measure in {_NIGHTS}"
    )
    op.execute("truncate figure_sum")
    op.execute("insert into figure_sum select * from kept_nights")
    op.execute("delete from projection_cursor where name = 'figures'")
    op.create_index(
        "ix_figure_sum_measure_day",
        "figure_sum",
        ["measure", "day"],
        postgresql_where=sa.text("measure in ('night', 'judged')"),
        if_not_exists=True,
    )
    _area()
    _entry()
    _open()
    _runs()
    _lengths()
    _subscription()


def downgrade() -> None:
    """Remove them; the release before counts anew."""
    for table in _TABLES:
        op.drop_table(table)
    op.drop_index("ix_figure_sum_measure_day", "figure_sum")
    for table in ("figure_case", "figure_fact"):
        op.execute(f"truncate {table}")
        op.drop_column(table, "area")
    op.execute(f"delete from figure_sum where measure not in {_NIGHTS}")
    op.execute("delete from projection_cursor where name = 'figures'")


def _words(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.String(), nullable=False) for name in names]


def _flag() -> sa.Column[bool]:
    return sa.Column("confidential", sa.Boolean(), nullable=False)


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, _BIG, nullable=False)


def _area() -> None:
    key = ["day", "measure", "part", "department", "area", "confidential"]
    op.create_table(
        "figure_area",
        sa.Column("day", sa.Date(), nullable=False),
        *_words("measure", "part", "department", "area"),
        _flag(),
        _number("count"),
        sa.PrimaryKeyConstraint(*key, name=op.f("pk_figure_area")),
        if_not_exists=True,
    )


def _entry() -> None:
    op.create_table(
        "figure_entry",
        _number("case_id"),
        *_words("measure", "part"),
        _number("number"),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("at", _INSTANT, nullable=False),
        *_words("department", "service", "channel", "area"),
        _flag(),
        sa.PrimaryKeyConstraint("case_id", "measure", "part", "number", name=op.f("pk_figure_entry")),
        if_not_exists=True,
    )
    columns = ["measure", "department", "day", "case_id", "part", "number"]
    op.create_index("ix_figure_entry_measure_department_day", "figure_entry", columns, if_not_exists=True)


def _open() -> None:
    op.create_table(
        "figure_open",
        _number("case_id"),
        _number("number"),
        sa.Column("since", _INSTANT, nullable=False),
        sa.Column("until", _INSTANT, nullable=True),
        *_words("department", "service", "channel", "area"),
        _flag(),
        sa.PrimaryKeyConstraint("case_id", "number", name=op.f("pk_figure_open")),
        if_not_exists=True,
    )
    columns = ["department", "case_id", "since", "until"]
    op.create_index("ix_figure_open_department_case_id", "figure_open", columns, if_not_exists=True)


def _runs() -> None:
    for table, place in (("figure_run", ("department", "service", "channel")), ("figure_area_run", _OF_AREA)):
        _keyed(table, ("measure", "part", *place), [_number("count")])


def _lengths() -> None:
    for table, place in (("figure_length", ("department", "service", "channel")), ("figure_area_length", _OF_AREA)):
        classes = [sa.Column(name, sa.Numeric(), nullable=False) for name in ("walls", "businesses")]
        _keyed(table, ("measure", *place), [*map(_number, ("count", "wall", "business")), *classes])


def _keyed(table: str, words: tuple[str, ...], values: list[sa.Column[Any]]) -> None:
    op.create_table(
        table,
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        *_words(*words),
        _flag(),
        *values,
        sa.PrimaryKeyConstraint("days", "day", *words, "confidential", name=op.f(f"pk_{table}")),
        if_not_exists=True,
    )


def _subscription() -> None:
    op.create_table(
        "report_subscription",
        sa.Column("id", _BIG, sa.Identity(always=False), nullable=False),
        *_words("report", "department", "rhythm", "address"),
        _number("agent_id"),
        sa.Column("next_day", sa.Date(), nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("sent_at", _INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name=op.f("fk_report_subscription_agent_id_agent")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_subscription")),
        if_not_exists=True,
    )
    op.create_index(
        "uq_report_subscription_agent_id_report",
        "report_subscription",
        ["agent_id", "report", "rhythm", "department"],
        unique=True,
        if_not_exists=True,
    )
    op.create_index("ix_report_subscription_next_day", "report_subscription", ["next_day"], if_not_exists=True)
