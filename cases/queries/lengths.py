"""How long things took in a period: in order one by one where they are few, else by classes of length."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Text, cast, func, select
from sqlalchemy.orm import Session

from cases.figures.classes import EXACTLY, unpacked
from cases.models import FigureAreaLength, FigureFact, FigureLength
from cases.queries import one_by_one
from cases.queries.runs import of_lengths
from cases.queries.spreads import Classes, Timed, added

Within = Callable[[Any], Sequence[ColumnElement[bool]]]


@dataclass(frozen=True, slots=True)
class Period:
    """What is looked at: local days, both included, and the conditions on a table of what may be seen of them.

    ``narrowed`` are more conditions, of one service or channel.
    """

    session: Session
    since: date
    until: date
    within: Within
    narrowed: Within = lambda _: ()

    def timed(self, by: str, *measures: str) -> Mapping[str, Timed]:
        """Return how long things took, all together and by a column."""
        known = self.counted(*measures)
        few = [one for one in measures if known.get(one, 0) <= EXACTLY]
        days = FigureFact.day.between(self.since, self.until)
        exact = one_by_one.timed(self.session, by, few, [*self._all(FigureFact), days])
        return {**exact, **self._by_classes(by, [one for one in measures if one not in few])}

    def counted(self, *measures: str) -> Mapping[str, int]:
        """Return how many things there are to be put in order, whatever service or channel is chosen."""
        x = of_lengths(FigureLength, self.since, self.until, together=True)
        query = select(x.measure, func.sum(x.count)).where(*self.within(x), x.measure.in_(measures))
        return {measure: int(count) for measure, count in self.session.execute(query.group_by(x.measure))}

    def worked(self, *by: str, measures: Sequence[str]) -> Mapping[tuple[Any, ...], int]:
        """Add up the seconds of work of things that took time, by some columns."""
        x = of_lengths(FigureLength, self.since, self.until)
        columns = [getattr(x, one) for one in by]
        query = select(*columns, func.sum(x.business)).where(*self._all(x), x.measure.in_(measures)).group_by(*columns)
        return {tuple(row[:-1]): int(row[-1]) for row in self.session.execute(query) if row[-1]}

    def _all(self, model: Any) -> Sequence[ColumnElement[bool]]:
        return [*self.within(model), *self.narrowed(model)]

    def _by_classes(self, by: str, measures: Sequence[str]) -> Mapping[str, Timed]:
        if not measures:
            return {}
        together = by == "department" and not self.narrowed(FigureFact)
        model = FigureAreaLength if by == "area" else FigureLength
        x = of_lengths(model, self.since, self.until, together=together)
        part, numbers = getattr(x, by), [cast(func.sum(one), Text) for one in (x.businesses, x.walls)]
        columns = (func.sum(x.count), func.sum(x.business), func.sum(x.wall), *numbers)
        query = select(x.measure, part, *columns).where(*self._all(x), x.measure.in_(measures))
        found: dict[str, dict[str, Classes]] = {}
        for measure, key, count, business, wall, *classes in self.session.execute(query.group_by(x.measure, part)):
            if count:
                one = Classes(int(count), int(business), int(wall), *map(unpacked, classes))
                found.setdefault(measure, {})[key] = one
        return {measure: Timed({k: one.spread for k, one in parts.items()}, added(parts.values()).spread)
                for measure, parts in found.items()}  # fmt: skip
