"""What can be done to several cases at once: one table. Each act does one case, and says what an undo puts back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from cases import access, assignment, bulk_steering, lifecycle, priorities, replies
from cases.bulk_doing import Act, Doing, seen, unchanged
from cases.errors import Invalid
from cases.lifecycle import Outcome, Status
from cases.permissions import Action

__all__ = ["ACTS", "Act", "Doing"]


def _assign(session: Session, doing: Doing) -> Mapping[str, Any]:
    chosen = doing.chosen.get("agent", "")
    if not chosen.isascii() or not chosen.isdigit() or len(chosen) > 18:
        raise Invalid("Choose a colleague.", field="agent")
    return _give(session, doing, int(chosen))


def _take(session: Session, doing: Doing) -> Mapping[str, Any]:
    return _give(session, doing, doing.viewer.id)


def _take_off(session: Session, doing: Doing) -> Mapping[str, Any]:
    if seen(session, doing, Action.ASSIGN).assignee_id is None:
        raise Invalid("Nobody has this case.", field="agent")
    return _give(session, doing, None)


def _give(session: Session, doing: Doing, agent_id: int | None) -> Mapping[str, Any]:
    case = seen(session, doing, Action.ASSIGN)
    if case.status in lifecycle.ENDED:
        raise Invalid("This case has ended; open it again first.", field="status")
    before = {"agent": case.assignee_id, "set": agent_id}
    assignment.assign(session, doing.viewer, city=doing.city, reference=case.reference, agent_id=agent_id)
    return before


def _give_back(session: Session, doing: Doing, before: Mapping[str, Any]) -> None:
    case = access.for_change(session, doing.viewer, Action.ASSIGN, reference=doing.reference)
    unchanged(case.assignee_id, before["set"])
    agent_id = before["agent"]
    assignment.assign(session, doing.viewer, city=doing.city, reference=case.reference, agent_id=agent_id)


def _transfer(session: Session, doing: Doing) -> Mapping[str, Any]:
    case, chosen = seen(session, doing, Action.TRANSFER), doing.chosen
    values = {"department": chosen.get("department", ""), "reason": chosen.get("reason", "")}
    assignment.transfer(session, doing.viewer, city=doing.city, reference=case.reference, **values)
    return {}


def _prioritise(session: Session, doing: Doing) -> Mapping[str, Any]:
    case, priority = seen(session, doing, Action.TRANSITION), doing.chosen.get("priority", "")
    if case.priority == priority:
        raise Invalid("The case has this priority already.", field="priority")
    before = {"priority": case.priority, "set": priority}
    priorities.set_priority(session, doing.viewer, city=doing.city, reference=case.reference, priority=priority)
    return before


def _priority_back(session: Session, doing: Doing, before: Mapping[str, Any]) -> None:
    case = access.for_change(session, doing.viewer, Action.TRANSITION, reference=doing.reference)
    unchanged(case.priority, before["set"])
    how = {"city": doing.city, "reference": case.reference}
    priorities.set_priority(session, doing.viewer, priority=before["priority"], **how)  # type: ignore[arg-type]


def _resolve(session: Session, doing: Doing) -> Mapping[str, Any]:
    try:
        outcome = Outcome(doing.chosen.get("outcome", ""))
    except ValueError:
        raise Invalid("Choose how the cases ended.", field="outcome") from None
    lifecycle.transition(
        session,
        doing.viewer,
        reference=doing.reference,
        to=Status.RESOLVED,
        calendars=doing.city.calendars,
        outcome=outcome,
        reason=doing.chosen.get("reason", "").strip()[:500],
        version=doing.version,
    )
    return {}


def _note(session: Session, doing: Doing) -> Mapping[str, Any]:
    case = seen(session, doing, Action.NOTE)
    replies.note(session, doing.viewer, reference=case.reference, text=doing.chosen.get("text", ""))
    return {}


#: by the name that the form sends
ACTS: Mapping[str, Act] = {
    "take": Act("Take", Action.ASSIGN, (), _take, _give_back),
    "assign": Act("Assign", Action.ASSIGN, ("agent",), _assign, _give_back),
    "transfer": Act("Transfer", Action.TRANSFER, ("department", "reason"), _transfer),
    "priority": Act("Change the priority", Action.TRANSITION, ("priority",), _prioritise, _priority_back),
    "resolve": Act("Resolve", Action.TRANSITION, ("outcome", "reason"), _resolve),
    "note": Act("Write a note", Action.NOTE, ("text",), _note),
    "pull_back": Act("Take from its agent", Action.ASSIGN, (), _take_off, _give_back),
    **bulk_steering.ACTS,
}
