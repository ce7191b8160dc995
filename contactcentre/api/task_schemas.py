"""What the API takes about tasks, contacts and promises."""

from __future__ import annotations

from typing import Literal

from pydantic import AwareDatetime, Field

from cases.contacts import ContactKind, Direction
from cases.sla.policy import Unit
from cases.tasks import TaskKind
from contactcentre.api.schemas import Id, In, ReferencePath


class TaskPath(ReferencePath):
    task: Id = Field(description="a task's id")


class PromiseIn(In):
    amount: int = Field(description="so many of the unit, from now on")
    unit: Unit
    calendar: str | None = Field(None, description="when time counts; without it the department's own calendar")


class TaskIn(In):
    title: str = Field(description="what is to be done, in at most 120 characters")
    kind: TaskKind = TaskKind.OTHER
    department: str | None = Field(None, description="whose it is; without it the case's own department")
    assignee: Id | None = Field(None, description="an agent's id")
    due: AwareDatetime | None = Field(None, description="an agreed instant, which nobody is reminded of")
    promise: PromiseIn | None = Field(None, description="a timer of its own instead, with the ladder of the case")


class DoneIn(In):
    result: str = Field(description="what came of it")


class CancelIn(In):
    reason: str = Field(description="why it is not done")


class ContactIn(In):
    kind: ContactKind
    direction: Direction = Field(description="in: the citizen came or called; out: they were called or visited")
    reached: bool = Field(description="whether somebody spoke with the citizen; then it counts as an answer")
    text: str = Field("", description="what was said; needed where the citizen was reached")


class PriorityIn(In):
    priority: Literal["low", "normal", "high", "urgent"]


class DeadlineIn(In):
    timer: Id = Field(description="the id of a running timer of the case")
    due: AwareDatetime
    reason: str = Field(description="stays with the case")
