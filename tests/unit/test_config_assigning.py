"""A department's ``[assignment]``: what it may say, and each fault with its remedy."""

from __future__ import annotations

import pytest

from cases.departments import Assigning
from cases.sla.policy import Target, Unit
from config import loader
from tests.factories import TEST_CITY

FILE = "departments/harbour-works.toml"


@pytest.fixture
def raw() -> dict[str, str]:
    return loader.read(TEST_CITY)


def written(raw: dict[str, str], said: str) -> dict[str, str]:
    return {**raw, FILE: f"{raw[FILE]}\n[assignment]\n{said}\n"}


def read(raw: dict[str, str], said: str) -> Assigning:
    def never(_: object) -> str:
        raise AssertionError("a secret was read while loading")

    made = loader.build(written(raw, said), read_secret=never, references=None, version=1)
    return made.city.departments["harbour-works"].assigning


def test_without_a_word_agents_take_their_cases(raw: dict[str, str]) -> None:
    assert read(raw, "") == Assigning(push=False, cap=20, tags=False, pull_back_after=None, calendar=None)


def test_everything_that_may_be_said(raw: dict[str, str]) -> None:
    said = """
    mode = "push"
    cap = 12
    tags = true
    calendar = "always-open"
    pull_back_after = { amount = 2, unit = "working_days" }
    """
    assert read(raw, said) == Assigning(True, 12, True, Target(2, Unit.WORKING_DAYS), "always-open")


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        ('mode = "pushy"', "assignment.mode: 'pushy' is unknown; allowed: pull, push"),
        ("cap = 0", "assignment.cap: 0 is too small; at least 1"),
        ('tags = "yes"', "assignment.tags: must be true or false, not 'yes'"),
        ("pull_back = 4", "assignment.pull_back: is not a key of this table; allowed: calendar, cap, mode,"),
        (
            'pull_back_after = { amount = 4, unit = "elapsed" }',
            "assignment.pull_back_after.unit: 'elapsed' is unknown; allowed: minutes, working_days",
        ),
        (
            'pull_back_after = { amount = 0, unit = "minutes" }',
            "assignment.pull_back_after.amount: 0 is too small; at least 1",
        ),
        (
            'pull_back_after = { amount = 90000, unit = "minutes" }',
            "assignment.pull_back_after.amount: 90000 is too much; at most 20000",
        ),
        (
            'pull_back_after = { amount = 4, unit = "minutes", after = 1 }',
            "assignment.pull_back_after.after: is not a key of this table; allowed: amount, unit",
        ),
        ('calendar = "moon"', "assignment.calendar: 'moon' is unknown; allowed: always-open"),
    ],
)
def test_a_fault_names_file_key_and_remedy(raw: dict[str, str], said: str, fault: str) -> None:
    (found,) = loader.faults(written(raw, said))
    assert found.startswith(f"{FILE}: {fault}")
