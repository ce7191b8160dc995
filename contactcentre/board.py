"""The board at work: the ticker counts what happened and what has fallen due; a recount compares, and mends."""

from __future__ import annotations

import time
from collections.abc import Sequence
from zoneinfo import ZoneInfo

from cases import clock
from cases.board import projecting, recounting
from cases.board.recounting import Difference, Looked
from cases.sla.clinic import Drift
from contactcentre.container import Container
from contactcentre.db import UnitOfWork

#: seconds in one turn, so that a long backlog does not keep the ticker from its other duties
LONGEST = 1.0
#: differences that are told one by one
MOST_TOLD = 200


def count_board(container: Container) -> int:
    """Count what waits, for a second at most; returns how much there was."""
    zone, until = _zone(container), time.monotonic() + LONGEST

    def batch(uow: UnitOfWork) -> int:
        return projecting.project(uow.session, zone, at=clock.now(uow.session))

    passed = found = container.db.run(batch)
    while found >= projecting.MOST_DUE and time.monotonic() < until:
        found = container.db.run(batch)
        passed += found
    return passed


def recount(container: Container, *, mend: bool = False) -> tuple[int, int, Sequence[Difference]]:
    """Compare all cases and all sums; returns how many cases, how many differences, and the first of these.

    A chunk is one transaction, so that the board stands still for moments only. Where nothing was ever counted,
    mending counts all cases, and the ticker goes on from what happens now.
    """
    if mend:
        container.db.run(lambda uow: projecting.begin(uow.session, at=clock.now(uow.session)))
    zone, after, cases = _zone(container), 0, 0
    found: list[Difference] = []

    def chunk(uow: UnitOfWork) -> Looked:
        at = clock.now(uow.session)
        looked = recounting.cases(uow.session, zone, at=at, after=after)
        if mend:
            recounting.mend(uow.session, zone, looked.wrong, at=at)
        return looked

    def whole(uow: UnitOfWork) -> Sequence[Difference]:
        odd = recounting.sums(uow.session)
        if odd and mend:
            recounting.mend_sums(uow.session)
        return odd

    last: int | None = 0
    while last is not None:
        after = last
        looked = container.db.run(chunk)
        last, cases = looked.last, cases + looked.cases
        found += looked.differences
    found += container.db.run(whole)
    return cases, len(found), found[:MOST_TOLD]


def drifts(container: Container) -> Sequence[Drift]:
    """Return where the board differs from its cases, as the clinic tells of it."""
    _, _, found = recount(container)
    return [Drift(case_id=None, of="board", what=one.of, stored=one.stored, derived=one.counted) for one in found]


def _zone(container: Container) -> ZoneInfo:
    return ZoneInfo(container.city.organisation.timezone)
