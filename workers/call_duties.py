"""What time demands of calls: rings that are over, silence, wrap-ups, call backs, recordings past their time."""

from __future__ import annotations

import structlog

from cases import clock
from cases.calls import call_backs, forgetting, orders, sweeping, wrap_ups
from contactcentre import forgetting_files
from contactcentre.calling import notifying
from contactcentre.container import Container
from contactcentre.db import UnitOfWork
from contactcentre.jobs import CALLS, DRAIN

log = structlog.get_logger(__name__)


def watch(container: Container) -> None:
    """Do what is due: rings that are over, silent calls, wrap-ups, call backs, orders whose worker died."""
    to_send = container.db.run(lambda uow: _due(uow, container))
    for account in to_send:
        container.jobs.nudge(DRAIN, account)
    ordered = container.db.run(lambda uow: _call_backs(uow, container))
    with container.db.reader() as session:
        waiting = orders.waiting_accounts(session)
    for account in {*waiting, *ordered}:
        container.jobs.nudge(CALLS, account)


def forget_recordings(container: Container) -> int:
    """Remove recordings past their time, rows and files; returns how many."""
    total = 0
    while True:
        count, contents = container.db.run(lambda uow: forgetting.forget_due(uow.session, at=clock.now(uow.session)))
        forgetting_files.forget(container, contents)
        total += count
        if not count:
            return total


def _due(uow: UnitOfWork, container: Container) -> tuple[str, ...]:
    session, at, city = uow.session, clock.now(uow.session), container.city
    sweeping.suppose_answered(session, at=at)
    silent, to_send = sweeping.end_silent(session, city=city, at=at)
    wrap_ups.end_due(session, at=at)
    for one in orders.lapsed(session, at=at):
        orders.settle(one, orders.UNKNOWN, at=at, reason=orders.LAPSED)
        log.warning("call.order_lapsed", order_id=one.id, kind=one.kind)
    if silent:
        log.warning("call.silent", count=silent)
    return to_send


def _call_backs(uow: UnitOfWork, container: Container) -> list[str]:
    session, at = uow.session, clock.now(uow.session)
    ordered = call_backs.order_due(session, city=container.city, at=at)
    notifying.ring(session, [one.agent_id for one in ordered])
    return [one.account for one in ordered]
