"""The moves that prevent breaches: each helps its case and makes no other one late."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from cases.forecast.planning import Plan, late, plan
from cases.forecast.values import Hand, Move, Work

#: people who are tried for one case, those with the most time left first
TRIED = 6
#: late cases for which help is looked for; more than that no list of moves would mend
MOST = 100
#: how often one case is held against one person while moves are looked for, which takes a second or two
MOST_LAID = 1_500_000


class Looked(NamedTuple):
    """Moves, and whether help was looked for for every late case."""

    moves: tuple[Move, ...]
    whole: bool


def moves(hands: Sequence[Hand], works: Sequence[Work]) -> tuple[Move, ...]:
    """Return moves that together prevent breaches, nearest deadline first; each is right after those before it.

    A case that is none of the viewer's is never moved.
    """
    return look(hands, works).moves


def look(hands: Sequence[Hand], works: Sequence[Work]) -> Looked:
    """Look for moves, for so long as a page may wait: many people with many cases are laid out a few times only."""
    made: list[Move] = []
    standing, laid = {one.case_id: one for one in works}, plan(hands, works)
    every = sorted((one for one in laid.values() if one.late), key=lambda one: (one.work.due, one.work.case_id))
    left = MOST_LAID // max(len(works) * len(hands), 1)
    for landing in every[:MOST]:
        if left <= 0:
            return Looked(tuple(made), whole=False)
        if not landing.work.seen or not laid[landing.work.case_id].late:
            continue
        left -= TRIED
        found = _helped(hands, standing, laid, landing.work)
        if found is not None:
            move, standing, laid = found
            made.append(move)
    return Looked(tuple(made), whole=len(every) <= MOST)


def _helped(
    hands: Sequence[Hand], standing: Mapping[int, Work], laid: Plan, work: Work
) -> tuple[Move, dict[int, Work], Plan] | None:
    before = late(laid)
    for hand in _likeliest(hands, standing, work):
        changed = {**standing, work.case_id: replace(standing[work.case_id], agent_id=hand.id)}
        after = plan(hands, list(changed.values()))
        if late(after) <= before - {work.case_id}:
            return Move(laid[work.case_id], after[work.case_id], hand.id), changed, after
    return None


def _likeliest(hands: Sequence[Hand], standing: Mapping[int, Work], work: Work) -> list[Hand]:
    """Return who could be given a case, those first who have the most time beside what is theirs."""
    own: dict[int, int] = defaultdict(int)
    for one in standing.values():
        own[one.agent_id or 0] += one.seconds
    able = [one for one in hands if work.place in one.places and one.id != work.agent_id and one.free]
    return sorted(able, key=lambda one: (own[one.id] - one.seconds, one.id))[:TRIED]
