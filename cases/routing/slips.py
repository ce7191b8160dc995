"""Two spellings of one word: how far apart they may be, and what near words have in common."""

from __future__ import annotations

#: from so many letters on a word may be one slip away, and two
ONE_SLIP, TWO_SLIPS = 5, 9


def slips(one: str, other: str) -> int | None:
    """Return how many letters were missed, added, changed or swapped; None for another word.

    The first letter must be right: "night" is no slip for "light".
    """
    shorter = min(len(one), len(other))
    allowed = 0 if shorter < ONE_SLIP else 1 if shorter < TWO_SLIPS else 2
    if one == other:
        return 0
    if not allowed or one[0] != other[0] or abs(len(one) - len(other)) > allowed:
        return None
    found = _distance(one, other)
    return found if found <= allowed else None


def shortened(word: str) -> frozenset[str]:
    """Return the word, and it without any letter that may be a slip: near words have one of these in common."""
    found = {word}
    if len(word) >= ONE_SLIP - 1:
        found |= {word[:at] + word[at + 1 :] for at in range(len(word))}
    if len(word) >= TWO_SLIPS - 1:
        found |= {one[:at] + one[at + 1 :] for one in tuple(found) for at in range(len(one))}
    return frozenset(found)


def _distance(one: str, other: str) -> int:
    """Letters to change, with a swap of neighbours as one (optimal string alignment)."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        before, last, row = row, before, [i]
        for j, b in enumerate(other, 1):
            best = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and one[i - 2] == b:
                best = min(best, last[j - 2] + 1)
            row.append(best)
    return row[-1]
