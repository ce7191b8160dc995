"""Sets letters of ours for the printer."""

from __future__ import annotations

from contactcentre.container import Container
from contactcentre.jobs import SET_LETTERS
from contactcentre.letters import setting
from workers.deliver import container_in_use


def letters(key: str) -> int:
    """Set every letter that waits for it; returns how many. Safe with any number of copies."""
    container = container_in_use()
    container.jobs.started(SET_LETTERS, key)
    return setting.set_waiting(container)


def nudge(container: Container) -> bool:
    """Have letters set where some wait; tells whether."""
    waits = setting.waits(container)
    if waits:
        container.jobs.nudge(SET_LETTERS, setting.KEY)
    return waits
