"""Which waiting caller gets which agent. Pure: the first who came gets the one who fits best, then the next."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from cases.calls.taking import Taker


@dataclass(frozen=True, slots=True)
class Waiter:
    """A caller who waits. ``refused`` are agents who just did not pick up for this one."""

    stay_id: int
    queue: str
    language: str
    needs: frozenset[str] = frozenset()
    refused: frozenset[int] = frozenset()


def allot(waiters: Iterable[Waiter], takers: Sequence[Taker]) -> Mapping[int, Taker]:
    """Return the agents by the stays that get them. ``waiters`` come in the order of their places.

    Department and skills must fit; who speaks the caller's language goes before who does not, and among equals who was
    idle longest.
    """
    left, found = list(takers), {}
    for one in waiters:
        fitting = [taker for taker in left if _fits(taker, one)]
        if fitting:
            best = min(fitting, key=lambda taker: _rank(taker, one))
            found[one.stay_id] = best
            left.remove(best)
    return found


def _fits(taker: Taker, one: Waiter) -> bool:
    return one.queue in taker.queues and one.needs <= taker.skills and taker.id not in one.refused


def _rank(taker: Taker, one: Waiter) -> tuple[bool, bool, float, int]:
    idle = taker.idle_since
    return (one.language not in taker.languages, idle is not None, idle.timestamp() if idle else 0.0, taker.id)
