"""When an account is alarmed: pure judgement over what is known of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from cases.failover import LEAST
from contactcentre.alarms import Reason, Signs, judge

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


def ago(**span: float) -> datetime:
    return NOW - timedelta(**span)


def signs(**changes: object) -> Signs:
    values = {"account": "a", "beat": ago(minutes=1), "settled": ago(hours=1), "oldest": None, "weight": 1.0}
    return Signs(**{**values, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "reasons"),
    [
        ({}, []),
        ({"beat": ago(minutes=10)}, []),
        ({"beat": ago(minutes=10, seconds=1)}, [Reason.BEAT]),
        ({"oldest": ago(minutes=5)}, []),
        ({"oldest": ago(minutes=5, seconds=1)}, [Reason.WAITING]),
        ({"weight": LEAST + 0.01}, []),
        ({"weight": LEAST}, [Reason.WEIGHT]),
        ({"beat": ago(days=1), "oldest": ago(days=1), "weight": 0.0}, list(Reason)),
        ({"beat": None, "settled": None, "oldest": ago(days=1), "weight": 0.0}, []),
        ({"beat": ago(days=1), "oldest": ago(days=1), "weight": 0.0, "settled": NOW + timedelta(seconds=1)}, []),
        ({"beat": ago(days=1), "settled": NOW}, [Reason.BEAT]),
    ],
)
def test_what_is_wrong_with_an_account(changes: dict[str, object], reasons: list[Reason]) -> None:
    assert [alarm.reason for alarm in judge(signs(**changes), now=NOW)] == reasons


def test_a_test_clock_that_runs_fast_makes_nothing_late() -> None:
    late = signs(beat=ago(minutes=500), oldest=ago(minutes=250))
    assert judge(late, now=NOW, pace=60.0) == []
    assert len(judge(late, now=NOW)) == 2
