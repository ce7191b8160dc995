"""``clinic``: whether all promises follow from the histories of their cases."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from cases.models import Case, Timer
from cases.references import written
from cases.sla.clinic import Drift, look
from cases.sla.timers import LIVE
from contactcentre import board, examinations
from contactcentre.cli.call import Call, Failed, with_call
from contactcentre.db import UnitOfWork

CASES = 500


@click.command()
@click.option("--ended", is_flag=True, help="Of cases whose promises have all ended too.")
@with_call
def clinic(call: Call, *, ended: bool) -> None:
    """Reckon promises, yesterday's figures and the board again; exit code 1 where one drifts.

    Nothing is changed.
    """
    db, calendars = call.container.db, call.container.city.calendars
    last, cases, timers, waiting = 0, 0, 0, 0
    drifts: list[dict[str, Any]] = []

    def work(uow: UnitOfWork) -> tuple[Sequence[int], int, int, list[dict[str, Any]]]:
        chosen = _after(uow.session, last, ended=ended)
        looked = look(uow.session, chosen, calendars=calendars)
        return chosen, looked.timers, looked.waiting, _rows(uow.session, looked.drifts)

    while True:
        chosen, compared, outdated, found = db.run(work)
        if not chosen:
            break
        last, cases, timers, waiting = chosen[-1], cases + len(chosen), timers + compared, waiting + outdated
        drifts += found
    drifts += db.run(lambda uow: _of_sums(uow.session, call))
    drifts += [_row(one, None) for one in board.drifts(call.container)]
    if call.as_json:
        call.show_json({"cases": cases, "timers": timers, "waiting": waiting, "drifts": drifts})
    else:
        call.show(drifts)
        click.echo(f"{cases} cases, {timers} promises, {waiting} before a recalculation; {len(drifts)} drifts")
    if drifts:
        raise Failed(f"{len(drifts)} values do not follow from the history")


def _after(session: Session, last: int, *, ended: bool) -> Sequence[int]:
    query = select(Timer.case_id).where(Timer.case_id > last).distinct().order_by(Timer.case_id).limit(CASES)
    return session.scalars(query if ended else query.where(Timer.state.in_(LIVE))).all()


def _rows(session: Session, drifts: Sequence[Drift]) -> list[dict[str, Any]]:
    query = select(Case.id, Case.reference).where(Case.id.in_({one.case_id for one in drifts}))
    references = {row.id: written(row.reference) for row in session.execute(query)}
    return [_row(one, references.get(one.case_id or 0)) for one in drifts]


def _of_sums(session: Session, call: Call) -> list[dict[str, Any]]:
    day = examinations.yesterday(session, call.container)
    return [_row(one, None) for one in examinations.of_sums(session, call.container.city, day)]


def _row(one: Drift, reference: str | None) -> dict[str, Any]:
    values = {"of": one.of, "what": one.what, "stored": one.stored, "derived": one.derived}
    return {"reference": reference, **values}
