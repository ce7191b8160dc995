"""How a case hangs together with others: links both ways, its incident, the cases of an incident."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from cases import access, clock, survivors
from cases.filing.links import WORDS, LinkKind
from cases.models import Case, CaseLink
from cases.permissions import Action, Viewer, may
from cases.queries.queue import CaseRow, case_row, rows
from cases.queries.scope import visible


@dataclass(frozen=True, slots=True)
class LinkRow:
    """A link as it reads from the case that is looked at; ``other`` is the case at its other end, as it is now."""

    id: int
    kind: LinkKind
    words: str
    other: CaseRow
    at: datetime


@dataclass(frozen=True, slots=True)
class Related:
    """Everything that a case hangs together with and that the viewer may read.

    ``incident`` is what it is part of, ``parts`` are the cases of which it is the incident, ``hidden`` how many more
    there are; ``merged`` are the references that lead to it.
    """

    case: Case
    links: tuple[LinkRow, ...] = ()
    incident: CaseRow | None = None
    parts: tuple[CaseRow, ...] = ()
    hidden: int = 0
    merged: tuple[str, ...] = ()
    can_change: bool = False
    counts: Mapping[str, int] = field(default_factory=dict)


def load(session: Session, viewer: Viewer, reference: str) -> Related:
    """Return it; ``NotFound`` where there is no such case for this viewer."""
    case = access.for_reading(session, viewer, reference=reference)
    own = set(session.scalars(select(survivors.tree(case.id).c.id)))
    query = select(CaseLink).where(
        or_(CaseLink.from_id.in_(own), CaseLink.to_id.in_(own)),
        CaseLink.removed_at.is_(None),
        CaseLink.kind != LinkKind.NOT_DUPLICATE,
    )
    found = session.scalars(query.order_by(CaseLink.id)).all()
    ends = {row.id: _end(session, row, own) for row in found}
    shown = _rows(session, viewer, set(ends.values()))
    links, parts, hidden, incident = [], {}, set(), None
    for row in found:
        other, forward = shown.get(ends[row.id]), row.from_id in own
        if ends[row.id] == case.id:
            continue
        if row.kind == LinkKind.PART_OF and not forward:
            if other is None:
                hidden.add(ends[row.id])
            else:
                parts[other.id] = other
        elif other is not None and row.kind == LinkKind.PART_OF:
            incident = other
        elif other is not None:
            kind = LinkKind(row.kind)
            links.append(LinkRow(row.id, kind, WORDS[kind][0 if forward else 1], other, row.at))
    merged = select(Case.reference).where(Case.id.in_(own - {case.id})).order_by(Case.id)
    return Related(
        case,
        tuple(links),
        incident,
        tuple(parts.values()),
        len(hidden),
        tuple(session.scalars(merged)),
        can_change=may(viewer, Action.TRANSITION, case),
        counts=Counter(one.status for one in parts.values()),
    )


def _end(session: Session, row: CaseLink, own: set[int]) -> int:
    return survivors.of(session, row.to_id if row.from_id in own else row.from_id).id


def _rows(session: Session, viewer: Viewer, ids: set[int]) -> dict[int, CaseRow]:
    now = clock.now(session)
    query = rows().where(Case.id.in_(ids), visible(viewer)).order_by(Case.id)
    return {row.id: case_row(row, now=now) for row in session.execute(query)}
