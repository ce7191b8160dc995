"""Asks gateways what was ordered of them about calls (place, move, hang up), and does what time demands of calls."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import structlog

from cases import clock
from cases.calls import call_backs, ending, finding, legs, moving, orders, placing, recordings, sweeping
from cases.calls.ending import Told
from cases.models import CallOrder, PhoneCall
from channels.base import MovesCalls, PlacesCalls
from channels.errors import OutcomeUnknown, SendError
from contactcentre import forgetting_files
from contactcentre.calling import notifying, requests
from contactcentre.container import Container
from contactcentre.db import UnitOfWork
from contactcentre.jobs import CALLS, DRAIN
from workers.deliver import container_in_use

log = structlog.get_logger(__name__)
#: after so many seconds what still waits makes room in the queue
LONGEST = 20.0
NO_ABILITY = {
    orders.PLACE: "This line's gateway places no calls.",
    orders.MOVE: "This line's gateway hands no such call on; give the citizen the other number.",
    orders.HANG_UP: "This line's gateway ends no call; hang up your telephone.",
}
UNTOLD = "The gateway's adapter failed; an administrator has been told."


@dataclass(frozen=True, slots=True)
class Asked:
    """One order that this worker carries out. ``to`` is the telephone that is to ring; empty: we are asked anew."""

    order_id: int
    call_id: int
    kind: str
    tag: str
    session: str
    to: str
    turns: int


def carry_out(account: str) -> int:
    """Carry out what waits for an account, each at most once; returns how many. Safe with any number of copies."""
    container = container_in_use()
    container.jobs.started(CALLS, account)
    done, until = 0, time.monotonic() + LONGEST
    while time.monotonic() < until:
        claimed, one = container.db.run(lambda uow: _take(uow, container, account))
        if not claimed:
            return done
        if one is not None:
            _carry(container, account, one)
            done += 1
    container.jobs.nudge(CALLS, account)
    return done


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
        count, contents = container.db.run(lambda uow: recordings.forget_due(uow.session, at=clock.now(uow.session)))
        forgetting_files.forget(container, contents)
        total += count
        if not count:
            return total


def _due(uow: UnitOfWork, container: Container) -> tuple[str, ...]:
    session, at, city = uow.session, clock.now(uow.session), container.city
    sweeping.suppose_answered(session, at=at)
    silent, to_send = sweeping.end_silent(session, city=city, at=at)
    sweeping.end_wrap_ups(session, at=at)
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


def _take(uow: UnitOfWork, container: Container, account: str) -> tuple[bool, Asked | None]:
    """Claim one order and decide what to ask; what the gateway cannot do is settled here."""
    session, at = uow.session, clock.now(uow.session)
    claimed = orders.claim(session, account=account, at=at)
    if not claimed:
        return False, None
    order = claimed[0]
    call = finding.locked(session, order.call_id)
    channel = container.accounts.get(account)
    if order.kind == orders.PLACE:
        return True, _to_place(uow, container, order, call)
    anew = isinstance(channel, MovesCalls) and channel.asks_anew and call.direction == finding.IN
    if order.kind == orders.MOVE and isinstance(channel, MovesCalls) and not channel.asks_anew:
        return True, _to_hand_on(uow, container, order, call)
    if anew and call.state != "ended":
        return True, _asked(order, call, "")
    _not_able(uow, container, order, call)
    return True, None


def _to_place(uow: UnitOfWork, container: Container, order: CallOrder, call: PhoneCall) -> Asked | None:
    session, at = uow.session, clock.now(uow.session)
    leg = legs.current(session, call)
    if leg is None or not placing.placing(call, at=at):
        orders.settle(order, orders.FAILED, at=at, reason="The call is over.")
        return None
    if isinstance(container.accounts.get(order.account), PlacesCalls):
        return _asked(order, call, leg.number)
    _not_able(uow, container, order, call)
    return None


def _to_hand_on(uow: UnitOfWork, container: Container, order: CallOrder, call: PhoneCall) -> Asked | None:
    """Choose whose telephone rings, and let it be theirs; where nobody is there a task is opened instead."""
    session, at, city = uow.session, clock.now(uow.session), container.city
    taker = moving.chosen(session, call, order, city=city, at=at)
    if taker is not None and moving.reserved(session, call, taker, city=city, at=at):
        notifying.ring(session, [taker.id])
        return _asked(order, call, taker.number)
    for account in moving.task_instead(session, call, city=city, at=at):
        uow.after_commit(partial(container.jobs.nudge_soon, DRAIN, account))
    orders.settle(order, orders.FAILED, at=at, reason=moving.NOBODY)
    return None


def _not_able(uow: UnitOfWork, container: Container, order: CallOrder, call: PhoneCall) -> None:
    """Settle an order that the gateway has no ability for: a hold only counts, all else cannot be done."""
    session, at = uow.session, clock.now(uow.session)
    counted = order.kind == orders.HOLD
    orders.settle(order, orders.COUNTED if counted else orders.FAILED, at=at, reason=NO_ABILITY.get(order.kind))
    if order.kind == orders.MOVE:
        moving.undone(session, call, city=container.city, at=at)
    if order.kind == orders.PLACE:
        ending.end(session, call, Told(as_="failed"), city=container.city, at=at)


def _carry(container: Container, account: str, one: Asked) -> None:
    """Ask the gateway with no transaction open, and record how it went."""
    name, error = "", None
    try:
        name = _ask(container, account, one)
    except SendError as raised:
        error = raised
    except Exception as raised:  # noqa: BLE001  whatever an adapter raises, its order must not stay open
        log.error("call.adapter_failed", order_id=one.order_id, error=type(raised).__name__)
        error = OutcomeUnknown(type(raised).__name__, agent_text=UNTOLD)
    if error is not None:
        told = {"order_id": one.order_id, "error": type(error).__name__, "gateway_code": error.code}
        log.warning("call.not_done", account=account, kind=one.kind, **told)
    to_send = container.db.run(lambda uow: _record(uow, container, one, name, error))
    for waiting in to_send:
        container.jobs.nudge(DRAIN, waiting)


def _ask(container: Container, account: str, one: Asked) -> str:
    channel, told = container.accounts[account], _callbacks(container, account, one)
    if one.kind == orders.PLACE:
        return str(channel.place(one.to, tag=one.tag, callbacks=told))
    channel.move(one.session, to=one.to, callbacks=told)
    return ""


def _callbacks(container: Container, account: str, one: Asked) -> Mapping[str, str]:
    block = container.account_settings[account]
    found = {event: container.hook_url(block, event) for event in requests.EVENTS}
    if one.kind != orders.PLACE:  # the page that is asked for next is known by its number, as any other
        address, mark, rest = found[requests.CALL].partition("#")
        found[requests.CALL] = f"{address}?turn={one.turns}{mark}{rest}"
    return found


def _record(uow: UnitOfWork, container: Container, one: Asked, name: str, error: SendError | None) -> tuple[str, ...]:
    session, at, city = uow.session, clock.now(uow.session), container.city
    call = finding.locked(session, one.call_id)
    order = session.get_one(CallOrder, one.order_id, with_for_update=True)
    if error is None:
        orders.settle(order, orders.DONE, at=at)
        if one.kind == orders.PLACE:
            placing.placed(session, call, name, at=at)
        elif one.kind == orders.MOVE and one.to:
            moving.handed(session, call, city=city, at=at)
        return ()
    orders.settle(order, orders.UNKNOWN if error.unknown else orders.FAILED, at=at, reason=error.agent_text)
    if error.unknown:
        return ()
    if one.kind == orders.PLACE:
        return ending.end(session, call, Told(as_="failed", cause=error.code or ""), city=city, at=at)
    if one.kind == orders.MOVE:
        moving.undone(session, call, city=city, at=at)
    if one.kind == orders.HOLD:
        moving.held_on(session, call, at=at)
    return ()


def _asked(order: CallOrder, call: PhoneCall, to: str) -> Asked:
    return Asked(order.id, call.id, order.kind, call.tag, call.session or "", to, call.turns)
