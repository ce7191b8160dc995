"""What can be done to several cases at once: one table. Each act does one case, and says what an undo puts back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from cases import access, assignment, lifecycle, priorities, replies
from cases.departments import City
from cases.errors import Invalid
from cases.lifecycle import Outcome, Status
from cases.models import Case
from cases.permissions import Action, Viewer

Chosen = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Doing:
    """One act on one case: whose, in which city, on the case as it was seen, with what was chosen in the form."""

    viewer: Viewer
    city: City
    reference: str
    version: int
    chosen: Chosen


@dataclass(frozen=True, slots=True)
class Act:
    """An act. ``fields`` are those of its form. ``puts_back`` takes it back, where it can be."""

    words: str
    action: Action
    fields: tuple[str, ...]
    do: Callable[[Session, Doing], Mapping[str, Any]]
    puts_back: Callable[[Session, Doing, Mapping[str, Any]], None] | None = None


def _assign(session: Session, doing: Doing) -> Mapping[str, Any]:
    chosen = doing.chosen.get("agent", "")
    if not chosen.isascii() or not chosen.isdigit() or len(chosen) > 18:
        raise Invalid("Choose a colleague.", field="agent")
    return _give(session, doing, int(chosen))


def _take(session: Session, doing: Doing) -> Mapping[str, Any]:
    return _give(session, doing, doing.viewer.id)


def _give(session: Session, doing: Doing, agent_id: int | None) -> Mapping[str, Any]:
    case = _seen(session, doing, Action.ASSIGN)
    if case.status in lifecycle.ENDED:
        raise Invalid("This case has ended; open it again first.", field="status")
    before = {"agent": case.assignee_id, "set": agent_id}
    assignment.assign(session, doing.viewer, city=doing.city, reference=case.reference, agent_id=agent_id)
    return before


def _give_back(session: Session, doing: Doing, before: Mapping[str, Any]) -> None:
    case = access.for_change(session, doing.viewer, Action.ASSIGN, reference=doing.reference)
    _unchanged(case.assignee_id, before["set"])
    agent_id = before["agent"]
    assignment.assign(session, doing.viewer, city=doing.city, reference=case.reference, agent_id=agent_id)


def _transfer(session: Session, doing: Doing) -> Mapping[str, Any]:
    case, chosen = _seen(session, doing, Action.TRANSFER), doing.chosen
    values = {"department": chosen.get("department", ""), "reason": chosen.get("reason", "")}
    assignment.transfer(session, doing.viewer, city=doing.city, reference=case.reference, **values)
    return {}


def _prioritise(session: Session, doing: Doing) -> Mapping[str, Any]:
    case, priority = _seen(session, doing, Action.TRANSITION), doing.chosen.get("priority", "")
    if case.priority == priority:
        raise Invalid("The case has this priority already.", field="priority")
    before = {"priority": case.priority, "set": priority}
    priorities.set_priority(session, doing.viewer, city=doing.city, reference=case.reference, priority=priority)
    return before


def _priority_back(session: Session, doing: Doing, before: Mapping[str, Any]) -> None:
    case = access.for_change(session, doing.viewer, Action.TRANSITION, reference=doing.reference)
    _unchanged(case.priority, before["set"])
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
    case = _seen(session, doing, Action.NOTE)
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
}


def _seen(session: Session, doing: Doing, action: Action) -> Case:
    return access.for_change(session, doing.viewer, action, reference=doing.reference, version=doing.version)


def _unchanged(now: object, then: object) -> None:
    if now != then:
        raise Invalid("Somebody has changed this since; it was left as it is.", field="version")
