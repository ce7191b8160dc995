"""The forecast replayed over a generated year: of what it says breaks today, how much did, and how much it missed."""

from __future__ import annotations

import time
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from statistics import median
from zoneinfo import ZoneInfo

from cases.figures.folding import fold
from cases.figures.setting import Setting
from cases.figures.states import State
from cases.forecast.handling import ANSWER, ENDING, MEASURES, Handling, Lately, Middle, handling, sort_of
from cases.forecast.moving import moves
from cases.forecast.planning import plan
from cases.forecast.terms import Forecasts
from cases.forecast.values import Hand, Work
from cases.sla.calendar import Span
from tests.bench.figures import Figure, Report
from tests.bench.forecast_year import FIRST, OFFICE, PEOPLE, Case, Person, Year
from tests.factories import make_city

SEED, TERMS = 20261129, Forecasts()
#: hours at which somebody looks; the first weeks are for the figures to become known
AT, AFTER = (9, 11, 14), timedelta(days=35)
_SORTS = {measure: sort for sort, measures in MEASURES.items() for measure in measures}


class Known:
    """What the figures say of each department by day, folded from the histories by the product."""

    def __init__(self, cases: Sequence[Case]) -> None:
        setting = Setting(ZoneInfo(OFFICE.zone), {OFFICE.key: OFFICE}, OFFICE, make_city())
        found: dict[tuple[str, str], list[tuple[int, int]]] = defaultdict(list)
        self.counted = Counter[str]()
        for case in cases:
            for entry in fold(State(), case.lines(), setting).entries:
                self.counted[f"{entry.filed.measure} {entry.filed.part}".strip()] += entry.sign
                if entry.lasted is not None and entry.filed.measure in _SORTS:
                    place = (entry.filed.department, _SORTS[entry.filed.measure])
                    found[place].append((entry.filed.day, entry.lasted.business))
        self.facts = {key: sorted(some) for key, some in found.items()}

    def lately(self, department: str, day: date) -> Lately:
        """Return what a department had done in the days before a day."""
        until, since = day.toordinal(), day.toordinal() - TERMS.days
        middles = {}
        for sort in (ANSWER, ENDING):
            facts = self.facts[department, sort]
            some = [took for _, took in facts[bisect_left(facts, (since,)) : bisect_left(facts, (until,))]]
            middles[sort] = Middle(len(some), median(some)) if some else Middle(0, 0.0)
        opened = sum(1 for back in range(1, TERMS.days + 1) if (day - timedelta(days=back)).weekday() < 5)
        return Lately(middles[ANSWER], middles[ENDING], opened * 8 * 3600 * PEOPLE[department])


def run(report: Report) -> None:
    """Make the year and replay the forecast of each of its days."""
    begun = time.monotonic()
    year = Year(SEED)
    year.run()
    known = Known(year.cases)
    report.say(f"forecast the year: {len(year.cases)} cases of {len(year.people)} people in {len(year.days)} days, "
               f"made and folded in {time.monotonic() - begun:.0f} s; {_told(known.counted)}")  # fmt: skip
    replayed = Replayed()
    for day in year.days:
        if day < FIRST + AFTER:
            continue
        for hour in AT:
            at = datetime(day.year, day.month, day.day, hour, tzinfo=UTC)
            for key in PEOPLE:
                replayed.add(year, known, key, at)
    for name, one in sorted(replayed.scores.items()):
        report.say(f"forecast {name:14} {_scored(one)}", **one)
    seconds = sorted(replayed.seconds)
    report.show("forecast", Figure("a department's forecast with its moves", len(seconds) / sum(seconds), seconds))


class Replayed:
    """How often forecasts were right, by what was asked and when, and how long each took."""

    def __init__(self) -> None:
        self.scores: dict[str, Counter[str]] = defaultdict(Counter)
        self.seconds: list[float] = []

    def add(self, year: Year, known: Known, department: str, at: datetime) -> None:
        """Make a department's forecast at an instant, and compare it with what became of the day."""
        midnight = at.replace(hour=0) + timedelta(days=1)
        due = _due_today(year.cases, department, at, midnight)
        lately = known.lately(department, at.date())
        takes = {sort: handling(sort, lately, TERMS) for sort in (ANSWER, ENDING)}
        works = [_work(*one, at, takes) for one in due]
        hands = [
            Hand(one.id, str(one.id), _free(one, at, midnight), frozenset({department}))
            for one in year.people
            if one.department == department
        ]
        begun = time.perf_counter()
        laid, made = plan(hands, works), moves(hands, works)
        self.seconds.append(time.perf_counter() - begun)
        for case, kind, when in due:
            kept = case.answered_at if kind == "first_response" else case.resolved_at
            broke, said = kept is None or kept > when, laid[case.id].late
            for name in ("all", f"at {at.hour:02d}:00", kind):
                self.scores[name][("true " if said == broke else "false ") + ("late" if said else "kept")] += 1
        self.scores["all"]["moves"] += len(made)


def _due_today(
    cases: Sequence[Case], department: str, at: datetime, midnight: datetime
) -> list[tuple[Case, str, datetime]]:
    found = []
    for case in _recent(cases, at):
        nearest = case.nearest(at) if case.department == department else None
        if nearest is not None and at <= nearest[1] < midnight:
            found.append((case, *nearest))
    return found


def _free(person: Person, at: datetime, midnight: datetime) -> list[Span]:
    return list(OFFICE.spans(at, midnight)) if person.is_here(at.date()) else []


def _recent(cases: Sequence[Case], at: datetime) -> Sequence[Case]:
    since = at - timedelta(days=45)
    first = bisect_left(cases, since, key=lambda one: one.opened_at)
    return cases[first : bisect_left(cases, at, key=lambda one: one.opened_at)]


def _work(case: Case, kind: str, when: datetime, at: datetime, takes: Mapping[str, Handling]) -> Work:
    return Work(case.id, case.department, kind, when, case.owner(at), takes[sort_of(kind)].seconds)


def _scored(one: Counter[str]) -> str:
    hit, alarm, missed, rest = (one[name] for name in ("true late", "false late", "false kept", "true kept"))
    precision, recall = (hit / (hit + other) if hit + other else 0.0 for other in (alarm, missed))
    every = hit + alarm + missed + rest
    share = (hit + missed) / every if every else 0.0
    said = f"precision {precision:.3f}  recall {recall:.3f}  of {every} with a deadline in the rest of the day"
    return f"{said}, {share:.1%} of which broke" + (f"; {one['moves']} moves offered" if one["moves"] else "")


def _told(counted: Counter[str]) -> str:
    wanted = ("opened", "first_response", "resolved", "met first_response", "breached first_response",
              "met resolution", "breached resolution")  # fmt: skip
    return ", ".join(f"{name} {counted[name]}" for name in wanted)
