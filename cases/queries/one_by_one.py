"""How long things took where they are few: all of them in order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import ColumnElement, func, select, tuple_
from sqlalchemy.orm import Session

from cases.models import FigureFact
from cases.queries.spreads import SHARES, Timed, spread_of


def timed(
    session: Session, by: str, measures: Sequence[str], within: Sequence[ColumnElement[bool]]
) -> Mapping[str, Timed]:
    """Return how long things took, all together and by a column, of the facts that ``within`` names."""
    if not measures:
        return {}
    f, part = FigureFact, getattr(FigureFact, by)
    sets = func.grouping_sets(tuple_(f.measure, part), tuple_(f.measure))
    columns = [func.percentile_cont(list(SHARES)).within_group(one) for one in (f.business, f.wall)]
    totals = (func.count(), *columns, func.sum(f.business), func.sum(f.wall))
    query = select(f.measure, part, func.grouping(part), *totals).where(*within, f.measure.in_(measures))
    found: dict[str, Timed] = {}
    for measure, key, is_whole, *spread in session.execute(query.group_by(sets)):
        one = found.setdefault(measure, Timed({}))
        if is_whole:
            one.whole = spread_of(*spread)
        else:
            one.parts[key] = spread_of(*spread)
    return found
