"""Which promise holds, and when it is due."""

from __future__ import annotations

from dataclasses import replace

import pytest

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


def test_a_rank_counts_before_everything_else_and_only_where_the_policy_fits() -> None:
    first = replace(URGENT, rank=1)
    for priority, key in (("urgent", "urgent"), ("normal", "lift")):
        found = choose((first, ALL, LIFT, WASTE_URGENT), department="waste", service="lift", priority=priority)
        assert found is not None
        assert found.key == key
    own = replace(WASTE_URGENT, rank=1)
    assert choose((first, own, LIFT), department="waste", service="lift", priority="urgent") is own


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
