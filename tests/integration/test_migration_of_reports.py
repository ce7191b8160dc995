"""The migration of reports: counting begins anew, nights stay, and the release before cannot count in between."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import psycopg
import pytest

from contactcentre.migrations import upgrade
from tests.integration.test_migrations import connect, database

SUM = "insert into figure_sum values ('2026-03-03', %s, '', 'desk', '', 'sms', false, 3)"
#: as the release before wrote it
OLD = """
    insert into figure_case (case_id, seq, last_at, open, started_at, department, service, channel, confidential,
                             standing, state) values (1, 1, now(), true, now(), 'desk', '', 'sms', false, '{}', '{}')
"""


@pytest.fixture
def url(postgres_url: str) -> Iterator[str]:
    with database(postgres_url) as made:
        yield made


def test_counting_begins_anew_and_nights_stay(url: str) -> None:
    upgrade(url)
    with connect(url) as connection:
        for measure in ("opened", "backlog", "standing", "night"):
            connection.execute(SUM, (measure,))
        connection.execute("insert into projection_cursor values ('figures', 7, 7, now()), ('live', 7, 7, now())")
        connection.execute("update alembic_version set version_num = '0029'")
        upgrade(url)
        kept = connection.execute("select measure, day, count from figure_sum order by 1").fetchall()
        assert kept == [(one, date(2026, 3, 3), 3) for one in ("backlog", "night", "standing")]
        assert connection.execute("select name from projection_cursor").fetchall() == [("live",)]
        with pytest.raises(psycopg.errors.NotNullViolation, match="area"):
            connection.execute(OLD)
