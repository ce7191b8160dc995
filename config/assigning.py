"""Reads a department's ``[assignment]``: whether cases are given out, up to how many, and when they are taken back."""

from __future__ import annotations

from collections.abc import Mapping

from cases.departments import Assigning
from cases.sla.calendar import Calendar
from cases.sla.policy import Target, Unit
from config.schema import Block

MODES = ("pull", "push")
WORKING_TIME = (Unit.MINUTES.value, Unit.WORKING_DAYS.value)
PULL_BACK = "pull_back_after"
#: nobody waits longer for a case to be looked at; far below what a calendar can reckon
MOST = 20_000


def read(block: Block, calendars: Mapping[str, Calendar]) -> Assigning:
    """Read the table; what it does not say is as :class:`Assigning` has it."""
    usual = Assigning()
    made = Assigning(
        push=block.text("mode", "pull", allowed=MODES) == "push",
        cap=block.whole("cap", usual.cap),
        tags=block.flag("tags", default=usual.tags),
        pull_back_after=_pull_back(block) if PULL_BACK in block else None,
        calendar=block.text("calendar", "", allowed=calendars) or None,
    )
    block.end()
    return made


def _pull_back(block: Block) -> Target:
    table = block.table(PULL_BACK)
    unit, amount = table.text("unit", allowed=WORKING_TIME), table.whole("amount")
    if amount > MOST:
        table.fault("amount", f"{amount} is too much; at most {MOST}")
    table.end()
    return Target(min(amount, MOST), Unit(unit) if unit in WORKING_TIME else Unit.MINUTES)
