"""What agents do with the tasks of a case, and the calls and visits that they log."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import TypeVar

from flask import request
from werkzeug.wrappers import Response as AnyResponse

from cases import contacts, tasks
from cases.contacts import ContactKind, Direction
from cases.errors import Invalid
from cases.permissions import Action
from cases.sla.policy import Unit
from cases.task_promises import Promised
from cases.tasks import TaskKind
from contactcentre.db import UnitOfWork
from contactcentre.web.context import container, viewer
from contactcentre.web.desk import blueprint
from contactcentre.web.desk.drafts import sent
from contactcentre.web.desk.keeping import sent_now
from contactcentre.web.desk.local_time import instant
from contactcentre.web.desk.returning import back, number, or_again
from contactcentre.web.permissions import requires

Word = TypeVar("Word", bound=StrEnum)


@blueprint.post("/cases/<reference>/tasks")
@requires(Action.ASSIGN)
def open_task(reference: str) -> AnyResponse:
    """Open a task, with a promise of its own or an agreed instant."""
    form = request.form

    def work(uow: UnitOfWork) -> str:
        tasks.open(
            uow.session,
            viewer(),
            city=container().city,
            reference=reference,
            title=form.get("title", ""),
            kind=_word(TaskKind, "kind", "Choose what sort of work it is."),
            department=form.get("department") or None,
            assignee_id=number("agent"),
            due=instant("due"),
            promised=_promised(),
        )
        return back(reference, to="facts")

    return or_again(reference, sent("task"), work)


@blueprint.post("/cases/<reference>/tasks/<int:task_id>/take")
@requires(Action.NOTE)
def take_task(reference: str, task_id: int) -> AnyResponse:
    """Give a task to oneself."""
    return _done(
        reference,
        f"take-{task_id}",
        lambda uow: tasks.take(uow.session, viewer(), reference=reference, task_id=task_id),
    )


@blueprint.post("/cases/<reference>/tasks/<int:task_id>/assignment")
@requires(Action.ASSIGN)
def assign_task(reference: str, task_id: int) -> AnyResponse:
    """Give a task to a colleague, or back to its department."""

    def act(uow: UnitOfWork) -> object:
        agent = number("agent")
        return tasks.assign(uow.session, viewer(), reference=reference, task_id=task_id, agent_id=agent)

    return _done(reference, f"give-{task_id}", act)


@blueprint.post("/cases/<reference>/tasks/<int:task_id>/done")
@requires(Action.NOTE)
def finish_task(reference: str, task_id: int) -> AnyResponse:
    """Say that a task is done, and what came of it."""
    result = request.form.get("result", "")

    def act(uow: UnitOfWork) -> object:
        return tasks.finish(uow.session, viewer(), reference=reference, task_id=task_id, result=result)

    return _done(reference, f"done-{task_id}", act)


@blueprint.post("/cases/<reference>/tasks/<int:task_id>/cancel")
@requires(Action.ASSIGN)
def cancel_task(reference: str, task_id: int) -> AnyResponse:
    """Say that a task will not be done, and why."""
    reason = request.form.get("reason", "")

    def act(uow: UnitOfWork) -> object:
        return tasks.cancel(uow.session, viewer(), reference=reference, task_id=task_id, reason=reason)

    return _done(reference, f"cancel-{task_id}", act)


@blueprint.post("/cases/<reference>/contacts")
@requires(Action.NOTE)
def log_contact(reference: str) -> AnyResponse:
    """Log a call or a visit."""
    form = request.form

    def work(uow: UnitOfWork) -> str:
        reached = form.get("reached", "")
        if reached not in ("yes", "no"):
            raise Invalid("Say whether somebody spoke with the citizen.", field="reached")
        contacts.log(
            uow.session,
            viewer(),
            city=container().city,
            reference=reference,
            kind=_word(ContactKind, "kind", "Choose a call or a visit."),
            direction=_word(Direction, "direction", "Choose who sought whom."),
            reached=reached == "yes",
            text=form.get("text", ""),
        )
        sent_now(uow.session, viewer(), reference=reference, kind="contact")
        return back(reference, done="contact")

    return or_again(reference, sent("contact"), work)


def _promised() -> Promised | None:
    """Return the promise that was chosen; None where no amount was given."""
    amount = number("amount")
    if amount is None:
        return None
    unit = _word(Unit, "unit", "Choose what the time is counted in.")
    return Promised(amount, unit, request.form.get("calendar") or None)


def _word(words: type[Word], field: str, otherwise: str) -> Word:
    try:
        return words(request.form.get(field, ""))
    except ValueError:
        raise Invalid(otherwise, field=field) from None


def _done(reference: str, form: str, act: Callable[[UnitOfWork], object]) -> AnyResponse:
    def work(uow: UnitOfWork) -> str:
        act(uow)
        return back(reference, to="facts")

    return or_again(reference, sent(form), work)
