"""``outbox``: what is leaving, or did not; stopping it, and trying again."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict

import click
from sqlalchemy import select

from cases import brakes, clock, outbox, outcomes
from cases.brakes import ALL
from cases.errors import Invalid
from cases.models import Brake, OutboxEntry
from cases.outbox import MessageClass, OutboxState
from cases.permissions import SYSTEM
from cases.queries import outbox as queries
from contactcentre.cli.call import Call, Failed, command
from contactcentre.container import Container
from contactcentre.db import UnitOfWork
from contactcentre.jobs import DRAIN

STATES = ("queued", "sending", "sent", "failed", "unknown", "expired", "held", "undone")
SHOWN = ("id", "account", "recipient", "message_class", "state", "attempts", "created_at", "error")
#: what either command takes: sent never, or maybe sent and up to a person
RETRIED = (OutboxState.FAILED, OutboxState.EXPIRED)
RELEASED = (OutboxState.HELD, OutboxState.UNKNOWN)

_CLASSES = click.Choice([one.value for one in MessageClass])
_one_class = click.option("--class", "message_class", type=_CLASSES, help="One message class (default: everything).")


@click.group("outbox")
def group() -> None:
    """Messages on their way out."""


@command(group, "list")
@click.option("--state", type=click.Choice(STATES))
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True)
def listed(call: Call, state: str | None, limit: int) -> None:
    """List messages, newest first, without their words."""
    rows: list[queries.OutboxRow] = []
    cursor: str | None = None
    with call.container.db.reader() as session:
        while len(rows) < limit:
            size = min(limit - len(rows), 200)
            page = queries.page(session, SYSTEM, state=state, cursor=cursor, limit=size)
            rows += page.items
            cursor = page.next
            if cursor is None:
                break
    call.show([asdict(row) for row in rows], None if call.as_json else SHOWN)


@command(group)
@_one_class
@click.option("--reason", required=True, help="Why; it is shown to whoever wonders.")
def pause(call: Call, message_class: str | None, reason: str) -> None:
    """Stop sending, of everything or of one class; shows every brake that is on. What is under way still leaves."""

    def work(uow: UnitOfWork) -> None:
        brakes.pull(uow.session, SYSTEM, scope=message_class or ALL, reason=reason, at=clock.now(uow.session))

    call.container.db.run(work)
    _show_brakes(call)


@command(group)
@_one_class
def resume(call: Call, message_class: str | None) -> None:
    """Send again, everything or one class; shows the brakes that are left."""
    container = call.container

    def work(uow: UnitOfWork) -> None:
        brakes.let_go(uow.session, SYSTEM, scope=message_class or ALL)
        waiting = outbox.waiting_accounts(uow.session, now=clock.now(uow.session))
        uow.after_commit(lambda: _nudge(container, waiting))

    container.db.run(work)
    _show_brakes(call)


@command(group)
@click.argument("ids", metavar="[ID]...", type=int, nargs=-1)
@click.option("--failed", "everything", is_flag=True, help="All that failed or expired.")
def retry(call: Call, ids: Sequence[int], everything: bool) -> None:
    """Try messages again that failed or expired."""
    _again(call, ids, RETRIED, everything=everything, flag="--failed")


@command(group)
@click.argument("ids", metavar="[ID]...", type=int, nargs=-1)
@click.option("--held", "everything", is_flag=True, help="All that are held or unknown.")
def release(call: Call, ids: Sequence[int], everything: bool) -> None:
    """Send messages that are held, or of which nobody knows whether they left: a citizen may then get two."""
    _again(call, ids, RELEASED, everything=everything, flag="--held")


def _again(call: Call, ids: Sequence[int], states: Collection[str], *, everything: bool, flag: str) -> None:
    if bool(ids) == everything:
        raise Failed(f"name messages by their ids, or give {flag} (see: outbox list)")
    container = call.container
    wanted = _in_states(container, states) if everything else tuple(dict.fromkeys(ids))
    rows = [_queued(container, one, states) for one in wanted]
    _nudge(container, {str(row["account"]) for row in rows if row["account"]})
    call.show(rows)
    left = [row for row in rows if row["error"]]
    if left:
        raise Failed(f"{len(left)} of {len(rows)} cannot be sent again; message {left[0]['id']}: {left[0]['error']}")


def _in_states(container: Container, states: Collection[str]) -> Sequence[int]:
    query = select(OutboxEntry.id).where(OutboxEntry.state.in_(states)).order_by(OutboxEntry.id)
    with container.db.reader() as session:
        return session.scalars(query).all()


def _queued(container: Container, entry_id: int, states: Collection[str]) -> dict[str, object]:
    """Queue one message, each in a transaction of its own: one that cannot be sent keeps none of the others back."""

    def work(uow: UnitOfWork) -> str:
        entry = uow.session.get(OutboxEntry, entry_id)
        if entry is not None and entry.state not in states:
            raise Invalid(f"It is {entry.state}; this command is for what is {' or '.join(states)}.")
        return outcomes.retry(uow.session, SYSTEM, entry_id=entry_id, at=clock.now(uow.session)).account

    try:
        account = container.db.run(work)
    except Invalid as error:
        return {"id": entry_id, "account": None, "state": None, "error": str(error)}
    return {"id": entry_id, "account": account, "state": OutboxState.QUEUED.value, "error": None}


def _show_brakes(call: Call) -> None:
    with call.container.db.reader() as session:
        found = session.scalars(select(Brake).order_by(Brake.scope)).all()
    call.show([{name: getattr(one, name) for name in ("scope", "reason", "set_by", "since")} for one in found])


def _nudge(container: Container, accounts: Collection[str]) -> None:
    for account in accounts:
        container.jobs.nudge(DRAIN, account)
