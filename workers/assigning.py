"""The ticker's duty "assigning": cases find agents, go back, are handed over for a leave and come back after it."""

from __future__ import annotations

from collections.abc import Callable

from cases import clock, handing_over, pulling, pushing
from contactcentre.container import Container
from contactcentre.db import UnitOfWork

#: transactions of one piece of work in one turn; what is left then waits for the next
ROUNDS = 5


def give_out(container: Container) -> int:
    """Give cases that nobody owns to agents, where their department wants that; returns how many."""

    def work(uow: UnitOfWork) -> int:
        return pushing.push(uow.session, city=container.city, at=clock.now(uow.session))

    return _until_done(container, work)


def change_hands(container: Container) -> int:
    """Do what leave, its end, ended log-ins and working time ask for; returns how many leaves and cases."""
    city = container.city

    def begin(uow: UnitOfWork) -> int:
        return handing_over.begin_leaves(uow.session, city=city, at=clock.now(uow.session))

    def end(uow: UnitOfWork) -> int:
        return handing_over.end_leaves(uow.session, at=clock.now(uow.session))

    def release(uow: UnitOfWork) -> int:
        return handing_over.release_inactive(uow.session, at=clock.now(uow.session))

    def pull(uow: UnitOfWork) -> int:
        return pulling.pull_back(uow.session, city=city, at=clock.now(uow.session))

    # Who comes back gets their cases before others go on leave: a stand-in may be one of those.
    return sum(_until_done(container, work) for work in (end, begin, release, pull))


def _until_done(container: Container, work: Callable[[UnitOfWork], int]) -> int:
    """Repeat a piece of work until nothing is left, or until the ticker's other duties have waited long enough."""
    total = 0
    for _ in range(ROUNDS):
        count = container.db.run(work)
        total += count
        if not count:
            break
    return total
