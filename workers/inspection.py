"""Inspects stored files: what is in them, their previews, and what the virus scanner says."""

from __future__ import annotations

import time

from contactcentre.container import Container
from contactcentre.inspection import inspecting
from contactcentre.jobs import INSPECT
from workers.deliver import container_in_use

#: the one key of the job: any worker takes whatever waits
KEY = "files"
#: after so many seconds what still waits makes room in the queue
LONGEST = 20.0


def files(key: str) -> int:
    """Inspect what waits; returns how many contents were taken. Safe with any number of copies."""
    container = container_in_use()
    container.jobs.started(INSPECT, key)
    taken, until = 0, time.monotonic() + LONGEST
    with inspecting.reader() as looker:
        while one := inspecting.claim(container):
            inspecting.inspect(container, one, looker)
            taken += 1
            if time.monotonic() > until:
                container.jobs.nudge(INSPECT, key)
                break
    return taken


def nudge(container: Container) -> bool:
    """Have files inspected where some wait; tells whether."""
    waits = inspecting.waits(container)
    if waits:
        container.jobs.nudge(INSPECT, KEY)
    return waits
