"""What a macro is made of: a closed set of steps, as values."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Act(StrEnum):
    """What a step does, in the order in which steps are done."""

    SERVICE = "service"
    PRIORITY = "priority"
    ASSIGNEE = "assignee"
    NOTE = "note"
    STATUS = "status"
    WAIT = "wait"
    RESOLVE = "resolve"
    REPLY = "reply"


@dataclass(frozen=True, slots=True)
class Step:
    """One step: of a reply ``value`` is the key of its text; ``days`` say when a wait is looked at again."""

    act: Act
    value: str
    days: int | None = None


@dataclass(frozen=True, slots=True)
class Macro:
    """A named set of steps, each kind once. ``departments`` are those that it is offered to; none: all."""

    key: str
    title: str
    departments: tuple[str, ...]
    steps: tuple[Step, ...]

    @property
    def in_order(self) -> tuple[Step, ...]:
        """The steps as they are done, the reply last."""
        order = list(Act)
        return tuple(sorted(self.steps, key=lambda one: order.index(one.act)))

    def step(self, act: Act) -> Step | None:
        """Return the step of a kind."""
        return next((one for one in self.steps if one.act is act), None)
