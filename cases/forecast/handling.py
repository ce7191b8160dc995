"""How long one case takes a person, reckoned from what was done lately; pure.

Nobody writes down how long they worked on a case. Two things are known, and each is an upper bound: how long the
answer took in working time, which has waiting in it, and how long all people of the department worked for all that
they settled, which has their other work in it. The smaller one is taken.
"""

from __future__ import annotations

from dataclasses import dataclass

from cases.forecast.terms import Forecasts

#: nobody settles anything sooner, and a zero would promise the whole city
LEAST_SECONDS = 60
ANSWER, ENDING = "answer", "ending"
#: facts that say how long something took, by what has to be done
MEASURES = {ANSWER: ("first_response", "next_response"), ENDING: ("resolved",)}
_ENDINGS = frozenset({"resolution", "department_leg", "decision", "internal_review", "task"})


@dataclass(frozen=True, slots=True)
class Middle:
    """Facts of one sort: how many, and the middle one of them, in seconds of working time."""

    count: int
    seconds: float


NOTHING = Middle(0, 0.0)


@dataclass(frozen=True, slots=True)
class Lately:
    """What a department did in a period: answers and endings, and how many seconds its people worked in it."""

    answers: Middle = NOTHING
    endings: Middle = NOTHING
    worked: int = 0

    @property
    def settled(self) -> int:
        """Everything that took a person's time."""
        return self.answers.count + self.endings.count


@dataclass(frozen=True, slots=True)
class Handling:
    """How long one takes, in seconds. ``middle``, ``share``: the two bounds; None for a figure that was not used.

    ``count``: how many facts there were.
    """

    seconds: int
    count: int
    middle: int | None = None
    share: int | None = None


def sort_of(kind: str) -> str:
    """Return what has to be done to keep a promise of this kind."""
    return ENDING if kind in _ENDINGS else ANSWER


def handling(sort: str, lately: Lately, terms: Forecasts) -> Handling:
    """Return how long one answer or one ending takes; the configured time where too few facts are known."""
    facts = lately.endings if sort == ENDING else lately.answers
    if facts.count < terms.least:
        return Handling(terms.handling_minutes * 60, facts.count)
    middle = max(int(facts.seconds), LEAST_SECONDS)
    share = max(lately.worked // lately.settled, LEAST_SECONDS) if lately.worked else None
    return Handling(middle if share is None else min(middle, share), facts.count, middle, share)
