"""Who had which case when, from the histories, beside what agents were told when they took one. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from tests.faults.colleague import Told

#: the lines of history after which a case has another assignee, or none
KINDS = ("assigned", "unassigned", "transferred", "pulled_back", "handed_over", "handed_back")


@dataclass(frozen=True, slots=True)
class Change:
    """One such line. ``agent`` is who has the case from then on; ``why`` is empty where somebody did it by hand."""

    case: str
    seq: int
    at: datetime
    actor: str
    agent: int | None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Taken:
    """A take that went well, and the line that it wrote; ``before`` is the line that it took the case from."""

    told: Told
    change: Change
    before: Change | None


def unlike(changes: Iterable[Change], rows: Mapping[str, int | None]) -> list[str]:
    """Return the cases whose row names another assignee than the last line of their history."""
    last: dict[str, int | None] = dict.fromkeys(rows)
    last.update((one.case, one.agent) for one in sorted(changes, key=lambda one: one.seq))
    return [
        f"{case}: the row says {agent}, the history {last[case]}" for case, agent in rows.items() if agent != last[case]
    ]


def taken(told: Iterable[Told], changes: Sequence[Change]) -> tuple[list[Taken], list[Told]]:
    """Find each take's line: by the agent, for themselves, while they waited for the answer. Also those without one."""
    own: dict[int, list[Change]] = defaultdict(list)
    before: dict[tuple[str, int], Change | None] = {}
    for one, earlier in _with_earlier(changes):
        before[one.case, one.seq] = earlier
        if one.actor == f"agent:{one.agent}" and not one.why and one.agent is not None:
            own[one.agent].append(one)
    found, without = list[Taken](), list[Told]()
    for answer in told:
        lines = [one for one in own[answer.agent] if answer.began <= one.at <= answer.ended]
        if lines:
            found.append(Taken(answer, lines[0], before[lines[0].case, lines[0].seq]))
        else:
            without.append(answer)
    return found, without


def lost(without: Iterable[Told], changes: Sequence[Change], leads: Sequence[tuple[str, str]]) -> list[Told]:
    """Return the takes without a line by agents who did not have the case meanwhile either.

    ``leads``: pairs of a merged case and the one it went into, undone or not.
    """
    stretches = [
        (one.case, one.agent, one.at, until.at if until else None) for one, until in _with_later(changes)
    ]  # fmt: skip
    found = []
    for answer in without:
        cases = _ways(answer.reference, leads)
        held = any(
            case in cases
            and agent == answer.agent
            and since <= answer.ended
            and (until is None or until >= answer.began)
            for case, agent, since, until in stretches
        )
        if not held:
            found.append(answer)
    return found


def unseen(takes: Iterable[Taken]) -> list[str]:
    """Return the takes away from a colleague who got the case when its page had been shown already."""
    return [
        f"{one.change.case}: agent {one.told.agent} took it from agent {one.before.agent}, "
        f"whom the page of {one.told.reference} at version {one.told.version} did not show"
        for one in takes
        if one.before is not None
        and one.before.agent not in (None, one.told.agent)
        and (one.before.at > one.told.shown_at or one.change.case != one.told.reference)
    ]


def twice(takes: Iterable[Taken]) -> list[str]:
    """Return where two agents won by pages of one version, and the second took it from somebody."""
    won: dict[tuple[str, int], list[Taken]] = defaultdict(list)
    for one in takes:
        if one.change.case == one.told.reference:
            won[one.told.reference, one.told.version].append(one)
    return [
        f"{case}: {sorted({one.told.agent for one in several})} took it at version {version}"
        for (case, version), several in won.items()
        if _robbed(sorted(several, key=lambda one: one.change.seq))
    ]


def _robbed(several: Sequence[Taken]) -> bool:
    return any(one.before is not None and one.before.agent not in (None, one.told.agent) for one in several[1:])


def _with_earlier(changes: Iterable[Change]) -> Iterator[tuple[Change, Change | None]]:
    last: dict[str, Change] = {}
    for one in sorted(changes, key=lambda one: (one.case, one.seq)):
        yield one, last.get(one.case)
        last[one.case] = one


def _with_later(changes: Iterable[Change]) -> Iterator[tuple[Change, Change | None]]:
    ordered = sorted(changes, key=lambda one: (one.case, one.seq))
    for number, one in enumerate(ordered):
        later = ordered[number + 1] if number + 1 < len(ordered) else None
        yield one, later if later is not None and later.case == one.case else None


def _ways(reference: str, leads: Iterable[tuple[str, str]]) -> set[str]:
    """Return all cases to which a reference may have led, itself among them."""
    pairs, found, more = set(leads), set[str](), {reference}
    while more:
        found |= more
        more = {into for one, into in pairs if one in found} - found
    return found
