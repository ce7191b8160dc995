"""What time demands of dialogues: followers hear of a case's end, and what was keyed in is forgotten."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from cases import clock, dialogue_ends, following
from contactcentre.container import Container
from contactcentre.db import UnitOfWork

#: cases in one turn of the ticker, so that many of them do not keep it from its other duties
MOST_CASES = 50


def tell_followers(container: Container) -> int:
    """Tell the followers of cases that have ended; returns how many were dealt with."""

    def work(uow: UnitOfWork) -> int:
        told = following.tell(uow.session, city=container.city)
        uow.after_commit(lambda: _nudge(container, told.to_send))
        return told.count

    total = 0
    for _ in range(MOST_CASES):
        count = container.db.run(work)
        total += count
        if not count:
            break
    return total


def forget_dialogues(container: Container) -> int:
    """Forget the dialogues that are past their time, some thousands a call; returns how many."""
    kept = timedelta(days=container.city.limits.dialogue_days)
    return container.db.run(lambda uow: dialogue_ends.forget(uow.session, before=clock.now(uow.session) - kept))


def _nudge(container: Container, accounts: Iterable[str]) -> None:
    for account in accounts:
        container.jobs.nudge("workers.deliver.drain", account)
