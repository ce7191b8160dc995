"""What a call came to, from what is known at its end. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from cases.calls import queueing
from cases.calls.terms import Calls


class Stayed(Protocol):
    """A wait, as far as it counts here."""

    @property
    def entered_at(self) -> datetime: ...
    @property
    def left_at(self) -> datetime | None: ...
    @property
    def left_as(self) -> str | None: ...


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a call that came: ``spoke`` with an agent, left words (``recorded``), ``heard`` the menu.

    ``silent``: nothing was heard of it for long.
    """

    spoke: bool = False
    recorded: bool = False
    heard: bool = False
    silent: bool = False
    seconds: int = 0


def of_incoming(known: Known, stays: Sequence[Stayed], *, terms: Calls) -> str:
    """Return one of ``ENDS`` for a call that came to us; its waits have ended already."""
    last = stays[-1] if stays else None
    if known.spoke and (last is None or last.left_as != queueing.ABANDONED):
        return "answered"
    if last is not None and last.left_as == queueing.CALL_BACK:
        return "call_back"
    if last is not None and last.left_as == queueing.ABANDONED:
        return "short" if is_short(last, terms=terms) else "abandoned"
    if known.recorded:
        return "served"
    if last is not None:
        return "missed"
    if not known.heard and known.seconds < terms.short_seconds:
        return "flash"
    return "lost" if known.silent else "served"


def of_outgoing(cause: str, *, spoke: bool, agent_came: bool, silent: bool) -> str:
    """Return one of ``ENDS`` for a call of ours; ``cause`` is how its end was told, in our words."""
    if spoke:
        return "answered"
    if cause in ("failed", "refused"):
        return cause
    return "lost" if silent and not agent_came else "not_reached"


def is_short(stay: Stayed, *, terms: Calls) -> bool:
    """Tell whether somebody hung up so soon that they had not waited."""
    return stay.left_at is not None and (stay.left_at - stay.entered_at).total_seconds() < terms.short_seconds
