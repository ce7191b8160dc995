"""``raw``: callbacks that could not be applied, and applying them again."""

from __future__ import annotations

from collections.abc import Sequence

import click
from sqlalchemy import select

from cases.errors import NotFound
from cases.models import RawRequest
from cases.models.raw import RawState
from contactcentre import parcels, raw
from contactcentre.cli.call import Call, Failed, command
from contactcentre.container import Container
from contactcentre.jobs import READ

TROUBLE = (RawState.FAILED, RawState.QUARANTINED)
COLUMNS = ("id", "account", "event", "state", "attempts", "reason", "received_at", "applied_at", "next_try_at")


@click.group("raw")
def group() -> None:
    """What gateways sent."""


@command(group, "list")
@click.option(
    "--state", type=click.Choice([state.value for state in RawState]), help="Default: failed and quarantined."
)
@click.option("--limit", type=click.IntRange(1, 10_000), default=100, show_default=True)
def listed(call: Call, state: str | None, limit: int) -> None:
    """List callbacks, newest first, without what they say."""
    states = [RawState(state)] if state else TROUBLE
    columns = [getattr(RawRequest, name) for name in COLUMNS]
    query = select(*columns).where(RawRequest.state.in_(states)).order_by(RawRequest.id.desc()).limit(limit)
    with call.container.db.reader() as session:
        call.show([dict(row) for row in session.execute(query).mappings()])


@command(group)
@click.argument("raw_id", metavar="[ID]", type=int, required=False)
@click.option("--all", "everything", is_flag=True, help="All that failed or are quarantined.")
def replay(call: Call, raw_id: int | None, everything: bool) -> None:
    """Apply a stored callback again, or all that could not be applied."""
    if (raw_id is None) == (not everything):
        raise Failed("name one callback by its id, or give --all (see: raw list)")
    container = call.container
    results = [_again(container, one) for one in _wanted(container, raw_id)]
    call.show(results)
    left = [result for result in results if result["state"] in TROUBLE]
    if left:
        raise Failed(f"{len(left)} of {len(results)} could not be applied; their reasons stand in: raw list")


def _wanted(container: Container, raw_id: int | None) -> Sequence[int]:
    with container.db.reader() as session:
        if raw_id is None:
            query = select(RawRequest.id).where(RawRequest.state.in_(TROUBLE)).order_by(RawRequest.id)
            return session.scalars(query).all()
        if session.get(RawRequest, raw_id) is None:
            raise NotFound(f"There is no callback {raw_id}; see: raw list")
    return [raw_id]


def _again(container: Container, raw_id: int) -> dict[str, object]:
    with container.db.reader() as session:
        row = session.get_one(RawRequest, raw_id)
    if row.sha256 is not None:  # a worker reads it, in a bounded process
        container.db.run(lambda uow: parcels.again(uow.session, raw_id))
        container.jobs.nudge(READ, row.account)
        return {"id": raw_id, "state": RawState.RECEIVED, "reason": None}
    done = raw.replay(container.db, raw_id, find_route=container.find_route, city=container.city)
    if done is None:  # applied before, or another process has it in hand
        with container.db.reader() as session:
            return {"id": raw_id, "state": session.get_one(RawRequest, raw_id).state, "reason": None}
    for account in done.to_send:
        container.jobs.nudge("workers.deliver.drain", account)
    with container.db.reader() as session:
        return {"id": raw_id, "state": done.state, "reason": session.get_one(RawRequest, raw_id).reason}
