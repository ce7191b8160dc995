"""Acts on several cases: tried first, then done one by one, each in a transaction of its own, and taken back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from cases import clock
from cases.bulk_acts import ACTS, Doing
from cases.departments import City
from cases.errors import DomainError, Invalid, NotFound
from cases.models import BulkItem, BulkRun, Case
from cases.permissions import Viewer
from cases.queries.scope import visible

MOST = 200
WAITING, DONE, REFUSED = "waiting", "done", "refused"


@dataclass(frozen=True, slots=True)
class Picked:
    """A case as it was selected: reference and the version that the row showed."""

    reference: str
    version: int


@dataclass(frozen=True, slots=True)
class Line:
    """What would become, or became, of one case. ``reason``: why it was refused."""

    reference: str
    subject: str
    state: str
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """A run as its page shows it."""

    id: int
    action: str
    undoes: int | None
    lines: tuple[Line, ...]
    can_undo: bool

    def number(self, state: str) -> int:
        """Return how many cases are in a state."""
        return sum(1 for one in self.lines if one.state == state)


def preview(
    session: Session, viewer: Viewer, picked: Sequence[Picked], *, city: City, action: str, chosen: Mapping[str, str]
) -> tuple[Line, ...]:
    """Try an act on each case and throw it away; the session must be one that never commits."""
    act, known = _act(action), _known(session, viewer, picked)
    lines = []
    for one in picked:
        doing = Doing(viewer, city, one.reference, one.version, chosen)
        state, reason = DONE, None
        try:
            with session.begin_nested():
                act.do(session, doing)
        except DomainError as error:
            state, reason = REFUSED, str(error)
        subject = known[one.reference][1] if one.reference in known else ""
        lines.append(Line(one.reference, subject, state, reason))
    return tuple(lines)


def begin(session: Session, viewer: Viewer, picked: Sequence[Picked], *, action: str, chosen: Mapping[str, str]) -> int:
    """Write down what shall be done to which cases; returns the run. Raises ``Invalid`` for none or too many."""
    act, known = _act(action), _known(session, viewer, picked)
    if not known or len(picked) > MOST:
        raise Invalid(f"Select between 1 and {MOST} cases that you may see.", field="case")
    values = {name: chosen.get(name, "") for name in act.fields}
    items = [(known[one.reference][0], one.version, None) for one in picked if one.reference in known]
    return _begin(session, viewer, items, action=action, chosen=values, undoes=None)


def undo(session: Session, viewer: Viewer, run_id: int) -> int:
    """Begin the run that takes another back; raises ``Invalid`` where it has no undo, or was undone already."""
    run = _own(session, viewer, run_id)
    again = session.scalars(select(BulkRun.id).where(BulkRun.undoes == run.id)).first()
    if run.undoes is not None or again is not None or ACTS[run.action].puts_back is None:
        raise Invalid("This cannot be undone, or was already.", field="run")
    done = select(BulkItem).where(BulkItem.run_id == run.id, BulkItem.state == DONE).order_by(BulkItem.position)
    items = [(one.case_id, one.version, one.before) for one in session.scalars(done)]
    if not items:
        raise Invalid("Nothing was done, so there is nothing to undo.", field="run")
    return _begin(session, viewer, items, action=run.action, chosen=run.chosen, undoes=run.id)


def step(session: Session, viewer: Viewer, run_id: int, *, city: City) -> bool:
    """Do the next case of a run; tells whether there was one. A refusal is raised: :func:`refuse` writes it down."""
    run, item = _own(session, viewer, run_id), _next(session, run_id)
    if item is None:
        run.chosen = {}  # a note's words stand in the histories, where they can be forgotten
        return False
    reference = session.scalars(select(Case.reference).where(Case.id == item.case_id)).one()
    doing = Doing(viewer, city, reference, item.version, run.chosen)
    act = ACTS[run.action]
    if run.undoes is None:
        item.before = dict(act.do(session, doing)) or None
    elif act.puts_back is not None:
        act.puts_back(session, doing, item.before or {})
    item.state = DONE
    return True


def refuse(session: Session, viewer: Viewer, run_id: int, *, reason: str) -> None:
    """Write down why the next case of a run was refused, in a transaction after the one that was."""
    _own(session, viewer, run_id)
    item = _next(session, run_id)
    if item is not None:
        item.state, item.reason = REFUSED, reason


def load(session: Session, viewer: Viewer, run_id: int) -> Run:
    """Return the viewer's own run; what they may no longer see of it has no name. Raises ``NotFound``."""
    run = _own(session, viewer, run_id)
    query = (
        select(BulkItem.state, BulkItem.reason, Case.reference, Case.subject)
        .outerjoin(Case, (Case.id == BulkItem.case_id) & visible(viewer))
        .where(BulkItem.run_id == run.id)
        .order_by(BulkItem.position)
    )
    found = session.execute(query).all()
    lines = tuple(Line(one.reference or "", one.subject or "", one.state, one.reason) for one in found)
    undone = session.scalar(select(func.count()).where(BulkRun.undoes == run.id)) or 0
    can = run.undoes is None and not undone and ACTS[run.action].puts_back is not None
    return Run(run.id, run.action, run.undoes, lines, can_undo=can and any(one.state == DONE for one in lines))


def _begin(
    session: Session,
    viewer: Viewer,
    items: Iterable[tuple[int, int, dict[str, Any] | None]],
    *,
    action: str,
    chosen: Mapping[str, str],
    undoes: int | None,
) -> int:
    at = clock.now(session)
    run = BulkRun(agent_id=viewer.id, action=action, chosen=dict(chosen), undoes=undoes, begun_at=at)
    session.add(run)
    session.flush()
    for position, (case_id, version, before) in enumerate(items):
        state = {"state": WAITING, "before": before}
        session.add(BulkItem(run_id=run.id, case_id=case_id, position=position, version=version, **state))
    return run.id


def _act(action: str) -> Any:
    if action not in ACTS:
        raise Invalid(f"Choose what to do: one of {', '.join(ACTS)}.", field="action")
    return ACTS[action]


def _known(session: Session, viewer: Viewer, picked: Iterable[Picked]) -> Mapping[str, tuple[int, str]]:
    wanted = [one.reference for one in picked]
    query = select(Case.reference, Case.id, Case.subject).where(visible(viewer), Case.reference.in_(wanted))
    return {one.reference: (one.id, one.subject) for one in session.execute(query)}


def _own(session: Session, viewer: Viewer, run_id: int) -> BulkRun:
    run = session.scalars(select(BulkRun).where(BulkRun.id == run_id, BulkRun.agent_id == viewer.id)).one_or_none()
    if run is None:
        raise NotFound("There is no such run of yours.", field="run")
    return run


def _next(session: Session, run_id: int) -> BulkItem | None:
    waiting = select(BulkItem).where(BulkItem.run_id == run_id, BulkItem.state == WAITING).order_by(BulkItem.position)
    return session.scalars(waiting.limit(1).with_for_update()).one_or_none()
