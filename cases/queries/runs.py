"""Sums of a period, read from as few rows as make it up: eight weeks, weeks, and the days at both ends."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Table, select, union_all
from sqlalchemy.orm import aliased

from cases.base import table
from cases.figures.runs import DAY, EVERY, RUNS, covering
from cases.models import FigureArea, FigureAreaLength, FigureAreaRun, FigureLength, FigureRun, FigureSum

ALL = (*RUNS, DAY)
_LONGER = {FigureSum: FigureRun, FigureArea: FigureAreaRun}


def of_sums(
    model: type[FigureSum | FigureArea],
    since: date,
    until: date,
    *,
    lengths: Sequence[int] = ALL,
    together: bool = False,
) -> Any:
    """Return sums that make up a period as a table like ``model``, whose ``day`` is the first of each run.

    ``together``: of all services and channels together, from fewer rows still.
    """
    own, longer, runs = table(model), table(_LONGER[model]), covering(since, until, lengths)
    columns = [longer.c[one.name] for one in own.c]
    parts = [
        select(*columns).where(longer.c.days == days, longer.c.day.in_(firsts), *_which(longer, together=together))
        for days, firsts in runs.items()
        if firsts and (together or days != DAY)
    ]
    if runs[DAY] and not together:
        parts.append(select(*own.c).where(own.c.day.in_(runs[DAY])))
    return aliased(model, union_all(*parts).subquery(), adapt_on_names=True)


def of_lengths(
    model: type[FigureLength | FigureAreaLength], since: date, until: date, *, together: bool = False
) -> Any:
    """Return what is known by classes of length of a period, as a table like ``model``."""
    own = table(model)
    parts = [
        select(*own.c).where(own.c.days == days, own.c.day.in_(firsts), *_which(own, together=together))
        for days, firsts in covering(since, until).items()
        if firsts
    ]
    return aliased(model, union_all(*parts).subquery(), adapt_on_names=True)


def _which(of: Table, *, together: bool) -> Sequence[ColumnElement[bool]]:
    if "service" not in of.c:
        return ()
    return [of.c.service == EVERY if together else of.c.service != EVERY]
