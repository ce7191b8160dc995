"""What the forms of filing offer: a message and the cases it could go to, the messages that could be split off."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, select, union
from sqlalchemy.orm import Session

from cases import access, clock, survivors
from cases.errors import NotFound
from cases.lifecycle import ENDED
from cases.models import Case, Filing, Message
from cases.permissions import Action, Viewer, may
from cases.queries import newest
from cases.queries.queue import CaseRow, case_row, rows
from cases.queries.scope import visible
from cases.queries.timeline import LONGEST_TIMELINE

#: the other cases of the citizen that a form lists, of so many newest; any other is named by its reference
MOST, LOOKED_AT = 20, 100


@dataclass(frozen=True, slots=True)
class Movable:
    """A case, its messages of the citizen, and the other live cases of that citizen."""

    case: CaseRow
    messages: tuple[Message, ...]
    others: tuple[CaseRow, ...]
    can_change: bool

    def message(self, message_id: int) -> Message:
        """Return one message; ``NotFound`` where it does not stand in the case."""
        found = next((one for one in self.messages if one.id == message_id), None)
        if found is None:
            raise NotFound("This message does not stand in the case. Load the case again.", field="message")
        return found


def movable(session: Session, viewer: Viewer, reference: str, *, message_id: int | None = None) -> Movable:
    """Return what can be moved out of a case, oldest first, and where to: one message, or of the newest the citizen's.

    What is older than a case's page shows is moved by its number.
    """
    case = access.for_reading(session, viewer, reference=reference)
    now = clock.now(session)
    own = session.execute(rows().where(Case.id == case.id)).one()
    return Movable(
        case_row(own, now=now),
        tuple(session.scalars(_messages(case, message_id))),
        tuple(case_row(row, now=now) for row in session.execute(_others(viewer, case))),
        may(viewer, Action.TRANSITION, case),
    )


def _messages(case: Case, message_id: int | None) -> Select[Message]:
    tree, said = survivors.tree(case.id), select(Message).where(Message.direction == "in")
    if message_id is not None:
        here = Filing.removed_at.is_(None), Filing.case_id.in_(select(tree.c.id))
        said = said.join(Filing, Filing.message_id == Message.id)
        return said.where(Message.id == message_id, *here).limit(1)
    filed = newest.filed(tree, LONGEST_TIMELINE)
    return said.join(filed, filed.c.message_id == Message.id).order_by(newest.by(Message.id))


def _others(viewer: Viewer, case: Case) -> Select[*tuple[Any, ...]]:
    theirs, here = (
        newest.cases_of(newest.listed([case.citizen_id]), LOOKED_AT),
        newest.cases_in(case.thread_id, LOOKED_AT),
    )
    own = Case.id.in_(union(theirs, select(here.subquery("here"))))
    query = rows().where(visible(viewer), own, Case.id != case.id, Case.status.not_in(ENDED))
    return query.order_by(newest.by(Case.id).desc()).limit(MOST)
