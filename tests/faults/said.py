"""What agents were told of their replies and notes, beside what is stored of these words and what left. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tests.faults.colleague import Told

DONE, REFUSED = 303, (409, 422)
#: of an outbox entry that has left or still waits for its turn or for a person
KEPT = ("sent", "queued", "sending", "unknown", "held")


@dataclass(frozen=True, slots=True)
class Stored:
    """How often a text is there: as a message, as a line of history, in the outbox by state, at the gateways."""

    messages: int = 0
    lines: int = 0
    states: tuple[str, ...] = ()
    taken: int = 0


def replies(told: Iterable[Told], stored: Mapping[str, Stored]) -> list[str]:
    """Return what is wrong: a reply that was answered 303 and is not there just once, or a refused one that is."""
    return [wrong for one in told if (wrong := _of_reply(one, stored.get(one.text, Stored())))]


def notes(told: Iterable[Told], lines: Mapping[str, int]) -> list[str]:
    """Return the notes that are not there as often as their writers were told."""
    found = ((one, lines.get(one.text, 0)) for one in told if one.status == DONE or one.status in REFUSED)
    return [f"{one.text} {one.status}, there {number} times" for one, number in found if number != (one.status == DONE)]


def unlike_twins(pairs: Iterable[tuple[Told, Told]]) -> list[str]:
    """Return the forms that were sent twice, were done the first time, and were answered otherwise the second time."""
    return [
        f"{one.act} by agent {one.agent}: {one.status} {one.location}, then {two.status} {two.location}"
        for one, two in pairs
        if one.status == DONE and (one.status, one.location) != (two.status, two.location)
    ]


def table(told: Iterable[Told]) -> list[str]:
    """Return lines that say how often each act met each status, and how long 95 of 100 took."""
    met: dict[str, Counter[int]] = {}
    took: dict[str, list[float]] = {}
    for one in told:
        met.setdefault(one.act, Counter())[one.status] += 1
        took.setdefault(one.act, []).append(one.seconds)
    statuses = sorted({status for counts in met.values() for status in counts})
    lines = [f"{'act':22} {'all':>6} {'p95 ms':>7}" + "".join(f" {status:>6}" for status in statuses)]
    for act in sorted(met):
        times = sorted(took[act])
        p95 = times[min(int(len(times) * 0.95), len(times) - 1)] * 1000
        numbers = "".join(f" {met[act][status] or '':>6}" for status in statuses)
        lines.append(f"{act:22} {met[act].total():>6} {p95:>7.0f}{numbers}")
    return lines


def _of_reply(told: Told, stored: Stored) -> str:
    if told.status == DONE:
        well = stored.messages == stored.lines == len(stored.states) == 1 and stored.states[0] in KEPT
        well = well and stored.taken == (stored.states[0] == "sent")
        return "" if well else f"{told.text} was accepted: {stored}"
    if told.status in REFUSED:
        return f"{told.text} was refused with {told.status}: {stored}" if stored != Stored() else ""
    return ""
