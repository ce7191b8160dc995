"""Reads the pages of scans, and puts letters together for whoever keys them."""

from __future__ import annotations

import time

from contactcentre import page_reading
from contactcentre.container import Container
from contactcentre.jobs import PAGES
from workers.deliver import container_in_use

#: the one key of the job: any worker takes whatever waits
KEY = "pages"
#: after so many seconds what still waits makes room in the queue
LONGEST = 20.0


def pages(key: str) -> int:
    """Read what waits; returns how many pages were taken. Safe with any number of copies."""
    container = container_in_use()
    container.jobs.started(PAGES, key)
    taken, until = 0, time.monotonic() + LONGEST
    with page_reading.readers() as readers:
        page_reading.put_together(container, readers.joins)
        while page_reading.read_next(container, readers.words):
            taken += 1
            page_reading.put_together(container, readers.joins)
            if time.monotonic() > until:
                container.jobs.nudge(PAGES, key)
                break
    return taken


def nudge(container: Container) -> bool:
    """Have pages read where some wait; tells whether."""
    waits = page_reading.waits(container)
    if waits:
        container.jobs.nudge(PAGES, KEY)
    return waits
