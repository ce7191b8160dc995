"""All reports: their names in addresses, what they are called, and how each is made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from cases.errors import NotFound
from cases.queries.reports import outcomes, promises, times, waiting, ways
from cases.queries.reports.asked import Asked
from cases.reports.values import Made, Report


@dataclass(frozen=True, slots=True)
class Kind:
    """One report: its title, what it tells in a sentence, and the definitions that it rests on."""

    title: str
    tells: str
    figures: tuple[str, ...]
    make: Callable[[Asked], Made]


REPORTS: Mapping[str, Kind] = {
    "promises": Kind("Promises kept", "Which promises were met and broken.", promises.FIGURES, promises.promises),
    "waiting": Kind("What waits", "Backlog and its age, and how it came and went.", waiting.FIGURES, waiting.waiting),
    "answers": Kind("Time to answer", "How long the first and the next answers took.", times.ANSWERS, times.answers),
    "resolutions": Kind(
        "Time to resolve", "How long resolutions took, and which did not last.", times.RESOLUTIONS, times.resolutions
    ),
    "first-contact": Kind(
        "First contact", "What was resolved at the first contact.", outcomes.FIRST_CONTACT, outcomes.first_contact
    ),
    "satisfaction": Kind(
        "Satisfaction", "What citizens thought of how their cases were settled.", outcomes.SATISFACTION,
        outcomes.satisfaction,
    ),
    "channels": Kind("Channels", "By which ways citizens come, and when.", ways.WAYS, ways.ways),
    "legs": Kind("Who spent the time", "How long each department had cases.", times.LEGS, times.legs),
    "equity": Kind(
        "Served alike", "Whether cases take longer by area or by channel.", ways.EQUITY, ways.equity
    ),
}  # fmt: skip


def title(name: str) -> str:
    """Return what a report is called, also one that is no more."""
    return REPORTS[name].title if name in REPORTS else name


def make(name: str, asked: Asked) -> Report:
    """Return one report; raises ``NotFound`` for a name that none has."""
    kind = REPORTS.get(name)
    if kind is None:
        raise NotFound("There is no such report.", field="report")
    made = kind.make(asked)
    return Report(
        name=name,
        title=kind.title,
        since=asked.since,
        until=asked.until,
        by=asked.by,
        figures=kind.figures,
        tiles=tuple(made.tiles),
        charts=tuple(made.charts),
        tables=tuple(made.tables),
        notes=tuple(made.notes),
        counted_at=asked.counted_at(),
        complete_until=asked.behind(),
        department=asked.department,
        service=asked.service,
        channel=asked.channel,
    )
