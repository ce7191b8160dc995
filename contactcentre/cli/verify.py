"""``verify``: that no history was rewritten."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import click
from sqlalchemy.orm import Session

from cases import clock, seals
from cases.histories import BEYOND, batch_end, verify_cases
from cases.references import written
from cases.seals import Place
from contactcentre import anchor, anchor_check
from contactcentre.cli.call import Call, Failed, with_call
from contactcentre.container import Container
from contactcentre.sealing import read_after

CASES = 500
SEALS = 20
#: faults that are kept for the answer in JSON; all are counted
MOST_FAULTS = 1_000
#: how long a seal may be missing from the anchor file; the ticker appends it within a minute
GRACE = timedelta(minutes=10)


@dataclass
class Report:
    """What was found; faults are printed as they are found where people read."""

    as_json: bool
    counts: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys(("cases", "events", "erased", "seals", "unsealed"), 0)
    )
    faults: list[dict[str, Any]] = field(default_factory=list)
    total: int = 0

    def count(self, **more: int) -> None:
        """Add to the counts."""
        for name, value in more.items():
            self.counts[name] += value

    def fault(self, words: str, *, reference: str | None = None) -> None:
        """Note one fault, of a case or of the seals."""
        self.total += 1
        if len(self.faults) < MOST_FAULTS:
            self.faults.append({"reference": reference, "fault": words})
        if not self.as_json:
            click.echo(f"{reference}: {words}" if reference else words)


@click.command()
@with_call
def verify(call: Call) -> None:
    """Recompute every case's history and every seal, and compare the anchor file; exit code 1 where one does not hold.

    An erased detail is counted and is no fault.
    """
    report = Report(call.as_json)
    _cases(call.container, report)
    _seals(call.container, report)
    _anchor(call.container, report)
    counts, where = report.counts, call.settings.audit_anchor
    if call.as_json:
        call.show_json({**counts, "anchor": str(where), "fault_count": report.total, "faults": report.faults})
    else:
        click.echo(
            f"{counts['cases']} cases, {counts['events']} events, {counts['erased']} erased details; "
            f"{counts['seals']} seals, {counts['unsealed']} events not sealed yet; {report.total} faults"
        )
    if report.total:
        raise Failed(f"the history does not hold: {report.total} faults")


def _cases(container: Container, report: Report) -> None:
    last = 0
    while last < BEYOND:
        # A reader for each batch: one snapshot over a million cases would hold back the database's own cleaning.
        with container.db.reader() as session:
            first, last = last + 1, batch_end(session, last, size=CASES)
            for case in verify_cases(session, first=first, last=last):
                reference = written(case.reference) if case.reference else None
                report.count(cases=reference is not None, events=case.verified.events, erased=case.verified.erased)
                for fault in case.verified.faults:
                    report.fault(fault, reference=reference)


def _seals(container: Container, report: Report) -> None:
    place = Place()
    while True:
        with container.db.reader() as session:
            batch = seals.seals_after(session, place.number, limit=SEALS)
            for seal in batch:
                for fault in seals.check(session, place, seal):
                    report.fault(f"seal {seal.number} of {seal.at:%Y-%m-%d %H:%M} UTC: {fault}")
                place = seals.place_after(seal)
                report.count(seals=1)
            if len(batch) < SEALS:
                report.count(unsealed=seals.count_unsealed(session, place))
                _renumbered(session, place, report)
                return


def _renumbered(session: Session, place: Place, report: Report) -> None:
    try:
        seals.refuse_renumbered(session, place)
    except seals.Renumbered as error:
        report.fault(str(error))


def _anchor(container: Container, report: Report) -> None:
    with container.db.reader() as session:
        due: datetime = clock.now(session) - GRACE
    found = anchor_check.differences(_lines(container), lambda number: read_after(container, number), due=due)
    for words in _joined(found):
        report.fault(words)


def _lines(container: Container) -> Iterator[anchor.Line]:
    try:
        yield from anchor.read_lines(container.settings.audit_anchor)
    except FileNotFoundError:
        return  # then every seal is missing from it


def _joined(found: Iterable[tuple[str, int]]) -> Iterator[str]:
    """Put what is wrong of many seals in a row into one sentence."""
    words, first, last = "", 0, 0
    for wrong, number in found:
        if wrong == words and number == last + 1:
            last = number
            continue
        if words:
            yield f"{seals.named(first, last)} {words}"
        words, first, last = wrong, number, number
    if words:
        yield f"{seals.named(first, last)} {words}"
