"""What is answered to an act: done, done already, a conflict that asks the officer, or refused with the reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from cases.errors import DomainError
from cases.queries.timeline import EventEntry


class State(StrEnum):
    """What became of an act."""

    DONE = "done"
    ALREADY = "already"
    CONFLICT = "conflict"
    REFUSED = "refused"
    #: nothing was done and nothing is wrong with it: the phone sends it again
    LATER = "later"


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of one act. ``seen`` is the last line of the case's history now; ``meanwhile`` what others did since
    the phone had seen it, of which both edits are kept where the act was done.
    """

    key: str
    state: State
    said: str = ""
    field: str = ""
    seen: int | None = None
    open: bool = False
    meanwhile: Sequence[EventEntry] = ()


class Conflict(DomainError):
    """Somebody else settled or moved the job meanwhile. Nothing was written; the officer decides what stands.

    ``still_open`` tells whether the job can still be settled, by the one who has now seen what changed.
    """

    def __init__(self, message: str, *, seen: int, still_open: bool, meanwhile: Sequence[EventEntry]) -> None:
        super().__init__(message, field="task")
        self.seen, self.still_open, self.meanwhile = seen, still_open, tuple(meanwhile)


def of_error(key: str, error: DomainError) -> Answer:
    """Return the answer to an act that was not done."""
    if isinstance(error, Conflict):
        more = {"seen": error.seen, "open": error.still_open, "meanwhile": error.meanwhile}
        return Answer(key, State.CONFLICT, str(error), "task", **more)  # type: ignore[arg-type]
    return Answer(key, State.REFUSED, str(error), error.field or "")
