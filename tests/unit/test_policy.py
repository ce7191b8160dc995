"""Which promise holds, and when it is due."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from cases.sla.calendar import ALWAYS_OPEN, NotReckoned
from cases.sla.policy import Policy, Target, Unit, choose


def policy(key: str, **fits: str) -> Policy:
    return Policy(key, {"first_response": Target(24, Unit.ELAPSED)}, "always-open", **fits)


ALL = policy("all")
URGENT = policy("urgent", priority="urgent")
WASTE = policy("waste", department="waste")
WASTE_URGENT = policy("waste-urgent", department="waste", priority="urgent")
LIFT = policy("lift", department="waste", service="lift")
POLICIES = (URGENT, ALL, WASTE, WASTE_URGENT, LIFT)


@pytest.mark.parametrize(
    ("department", "service", "priority", "chosen"),
    [
        (None, None, "normal", "all"),
        (None, None, "urgent", "urgent"),
        ("roads", "pothole", "normal", "all"),
        ("waste", None, "normal", "waste"),
        ("waste", "dump", "urgent", "waste-urgent"),
        ("waste", "lift", "urgent", "lift"),
        ("roads", "lift", "normal", "all"),
    ],
)
@pytest.mark.parametrize("policies", [POLICIES, POLICIES[::-1]], ids=["in order", "turned"])
def test_the_most_specific_counts(
    policies: tuple[Policy, ...], department: str | None, service: str | None, priority: str, chosen: str
) -> None:
    found = choose(policies, department=department, service=service, priority=priority)
    assert found is not None
    assert found.key == chosen


def test_of_equals_the_first_counts() -> None:
    found = choose((WASTE, policy("second", department="waste")), department="waste", service=None, priority="normal")
    assert found is WASTE


def test_a_service_counts_more_than_department_and_priority_together() -> None:
    service = policy("service", service="lift")
    found = choose((WASTE_URGENT, service), department="waste", service="lift", priority="urgent")
    assert found is service


def test_without_a_fitting_policy_nothing_is_promised() -> None:
    assert choose((WASTE, URGENT), department="roads", service=None, priority="normal") is None
    assert choose((), department=None, service=None, priority="normal") is None


@pytest.mark.parametrize(
    ("target", "takes"),
    [(Target(24, Unit.ELAPSED), timedelta(hours=24)), (Target(90, Unit.MINUTES), timedelta(minutes=90))],
)
@pytest.mark.parametrize("zone", ["UTC", "Pacific/Auckland", "Europe/Amsterdam"])
def test_time_always_counts(target: Target, takes: timedelta, zone: str) -> None:
    started = datetime(2026, 3, 28, 12, 30, tzinfo=UTC).astimezone(ZoneInfo(zone))
    assert ALWAYS_OPEN.due(target, started=started).astimezone(UTC) == started.astimezone(UTC) + takes


@pytest.mark.parametrize("unit", [Unit.WORKING_DAYS, Unit.CALENDAR_DAYS])
def test_days_are_not_reckoned_by_it(unit: Unit) -> None:
    with pytest.raises(NotReckoned, match=unit.value):
        ALWAYS_OPEN.due(Target(1, unit), started=datetime(2026, 1, 1, tzinfo=UTC))
