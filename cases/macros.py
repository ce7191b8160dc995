"""Several things done to a case at once, as the configuration names them: all of them, or none and the reason why.

Each step is a command that an agent could give by hand, with its permissions; the reply is the last of them, so that
it can be taken back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.orm import Session

from cases import access, assignment, clock, lifecycle, mornings, priorities, replies, rota
from cases.departments import City
from cases.errors import DomainError, Invalid
from cases.lifecycle import Outcome, Status
from cases.looked import Looked, NewerMessage
from cases.macro_steps import Act, Macro, Step
from cases.models import Message
from cases.permissions import Action, Viewer


@dataclass(frozen=True, slots=True)
class Asked:
    """Who does a macro to which case. ``text`` is the reply as its author left it, empty where there is none."""

    viewer: Viewer
    city: City
    reference: str
    text: str = ""
    seen_message_id: int | None = None
    looked: Looked | None = None
    undo: timedelta = timedelta(0)


def find(city: City, key: str, department: str | None) -> Macro:
    """Return a macro of a department; raises ``Invalid``."""
    for one in offered(city.macros, department):
        if one.key == key:
            return one
    raise Invalid(f"There is no macro {key!r} for this department.", field="macro")


def offered(every: Sequence[Macro], department: str | None) -> list[Macro]:
    """Return the macros of a department, in the order of the files."""
    return [one for one in every if not one.departments or department in one.departments]


def perform(session: Session, asked: Asked, macro: Macro) -> Message | None:
    """Do every step; returns the reply if there is one.

    A step that is refused raises its own error, which names it: the caller's transaction then undoes the others.
    """
    access.for_change(session, asked.viewer, Action.READ, reference=asked.reference)
    message = None
    for number, step in enumerate(macro.in_order, 1):
        try:
            message = _DO[step.act](session, asked, step, macro) or message
        except NewerMessage:
            raise
        except DomainError as error:
            said = f"Step {number}, “{words(step, asked.city)}”, was refused: {error} Nothing of the macro was done."
            raise type(error)(said, field=error.field) from error
    return message


def words(step: Step, city: City) -> str:
    """Say what a step does, after "This will"."""
    names = {service.key: service.name for one in city.departments.values() for service in one.services}
    match step.act:
        case Act.REPLY:
            return "send the reply below"
        case Act.SERVICE:
            return f"set the service to {names.get(step.value, step.value)}"
        case Act.PRIORITY:
            return f"set the priority to {step.value}"
        case Act.ASSIGNEE:
            return "give the case to you" if step.value == "me" else "give the case back to the department"
        case Act.NOTE:
            return f"add the note “{step.value}”"
        case Act.STATUS:
            return f"change the status to {lifecycle.words(Status(step.value))}"
        case Act.WAIT:
            return f"wait for the citizen: {step.value}" + (
                f", and look again in {step.days} days" if step.days else ""
            )
        case Act.RESOLVE:
            return f"resolve the case as {lifecycle.words(Outcome(step.value))}"


def _reply(session: Session, asked: Asked, step: Step, macro: Macro) -> Message | None:
    wait, resolve = macro.step(Act.WAIT), macro.step(Act.RESOLVE)
    follow_up = None
    if wait is not None and wait.days:
        case = access.for_reading(session, asked.viewer, reference=asked.reference)
        calendar = rota.calendar_of(asked.city, case.department)
        follow_up = mornings.tomorrow(calendar, clock.now(session), days=wait.days)
    return replies.reply(
        session,
        asked.viewer,
        city=asked.city,
        reference=asked.reference,
        text=asked.text,
        seen_message_id=asked.seen_message_id,
        looked=asked.looked,
        wait=wait is not None,
        resolve=Outcome(resolve.value) if resolve else None,
        reason=wait.value if wait else "",
        follow_up=follow_up,
        undo=asked.undo,
    )


def _service(session: Session, asked: Asked, step: Step, _: Macro) -> None:
    how = {"city": asked.city, "reference": asked.reference}
    priorities.set_service(session, asked.viewer, **how, service=step.value)  # type: ignore[arg-type]


def _priority(session: Session, asked: Asked, step: Step, _: Macro) -> None:
    how = {"city": asked.city, "reference": asked.reference}
    priorities.set_priority(session, asked.viewer, **how, priority=step.value)  # type: ignore[arg-type]


def _assignee(session: Session, asked: Asked, step: Step, _: Macro) -> None:
    to = asked.viewer.id if step.value == "me" else None
    assignment.assign(session, asked.viewer, city=asked.city, reference=asked.reference, agent_id=to)


def _note(session: Session, asked: Asked, step: Step, _: Macro) -> None:
    replies.note(session, asked.viewer, reference=asked.reference, text=step.value)


def _status(session: Session, asked: Asked, step: Step, macro: Macro) -> None:
    """Change the status without a word; what a reply does with it is the reply's own."""
    if step.act is not Act.STATUS and macro.step(Act.REPLY) is not None:
        return
    to = {Act.WAIT: Status.WAITING_ON_CITIZEN, Act.RESOLVE: Status.RESOLVED}.get(step.act) or Status(step.value)
    lifecycle.transition(
        session,
        asked.viewer,
        reference=asked.reference,
        to=to,
        calendars=asked.city.calendars,
        outcome=Outcome(step.value) if step.act is Act.RESOLVE else None,
        reason=step.value if step.act is Act.WAIT else "",
    )


_DO: Mapping[Act, Callable[[Session, Asked, Step, Macro], Message | None]] = {
    Act.SERVICE: _service,
    Act.PRIORITY: _priority,
    Act.ASSIGNEE: _assignee,
    Act.NOTE: _note,
    Act.STATUS: _status,
    Act.WAIT: _status,
    Act.RESOLVE: _status,
    Act.REPLY: _reply,
}
