"""Keeps the live timers in step with the calendars: notices which version changed one, and works through the timers."""

from __future__ import annotations

import structlog
from sqlalchemy.orm import Session

from cases import clock
from cases.models import ConfigurationVersion
from cases.sla import recalculating
from cases.sla.recalculating import Change
from contactcentre import configurations
from contactcentre.container import Container
from contactcentre.db import UnitOfWork

log = structlog.get_logger(__name__)
#: in one turn, a quarter of a second each: the ticker has other duties that nobody may wait for
CHUNKS = 4
#: what a calendar is read from
_FOLDERS = ("calendars/", "holidays/")


def follow_calendars(container: Container, *, most: int = CHUNKS) -> int:
    """Note the calendars that have changed and reckon at most so many chunks; returns how many timers were come to."""
    container.db.run(lambda uow: _notice(uow, container))
    left, total = dict(container.city.calendars), 0
    for _ in range(most):
        step = container.db.run(
            lambda uow: recalculating.advance(uow.session, left, at=clock.now(uow.session))
        )  # fmt: skip
        if step is None:
            break
        total += step.timers
        if not step.timers:
            del left[step.calendar]  # what was left behind, such as a case in somebody's hands, waits for the next turn
    return total


def last_change(session: Session, number: int) -> Change:
    """Return the version up to ``number`` that last changed a file which calendars are read from."""
    row = session.get_one(ConfigurationVersion, number)
    while row.parent is not None:
        parent = session.get_one(ConfigurationVersion, row.parent)
        if _said(parent) != _said(row):
            break
        row = parent
    return Change(row.number, configurations.named(session, row.number), row.author)


def _notice(uow: UnitOfWork, container: Container) -> None:
    session, city = uow.session, container.city
    keys = recalculating.unseen(session, city.calendars, version=city.version)
    if not keys:
        return
    change, at = last_change(session, city.version), clock.now(session)
    for key in sorted(keys):
        if recalculating.open_for(session, city.calendars[key], change, at=at):
            uow.after_commit(lambda key=key: log.info("calendar.changed", calendar=key, version=change.version))  # type: ignore[misc]


def _said(row: ConfigurationVersion) -> dict[str, str]:
    return {name: text for name, text in row.content["files"].items() if name.startswith(_FOLDERS)}
