"""Reports over some months of an office: each number is as many rows as stand behind it, whoever asks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import text

from cases.clock import set_test_clock
from cases.errors import Invalid, NotFound
from cases.permissions import SYSTEM, Viewer, ViewerKind
from cases.queries import lengths
from cases.queries.reports import rows as drilling
from cases.queries.reports.asked import Asked, ask
from cases.queries.reports.catalogue import REPORTS, make
from cases.queries.reports.rows import rows
from cases.queries.spreads import Timed
from cases.reports.arithmetic import above, percent, share, unfair, weeks
from cases.reports.values import By, Cell, Drill, Report, Unit
from contactcentre.db import Database
from tests.factories import make_agent
from tests.integration.a_year import START, Year

DAYS = 80


@pytest.fixture
def year(db: Database) -> Iterator[Year]:
    made = Year(db, cases=50, days=DAYS)
    try:
        made.run()
        yield made
    finally:
        set_test_clock(None)


@pytest.fixture
def month(db: Database) -> Iterator[Year]:
    made = Year(db, cases=15, days=30)
    try:
        made.run()
        yield made
    finally:
        set_test_clock(None)


def cells(report: Report) -> list[Cell]:
    return [tile.cell for tile in report.tiles] + [
        cell for table in report.tables for row in table.rows for cell in row.cells
    ]


def behind(asked: Asked, drill: Drill, *, limit: int = 7) -> list[drilling.Found]:
    """Return all rows, page by page."""
    found: list[drilling.Found] = []
    after = None
    while True:
        page = rows(asked, drill, after=after, limit=limit)
        found += page.rows
        after = page.next
        if after is None:
            return found


def asked_by(year: Year, viewer: Viewer, session: object, by: By) -> Asked:
    since = START.date()
    return ask(session, viewer, city=year.city, since=since, until=since.replace(month=5), by=by)  # type: ignore[arg-type]


def test_every_number_is_as_many_rows_as_stand_behind_it(year: Year, db: Database) -> None:
    waste = db.run(lambda uow: make_agent(uow.session, "Kofi", ("supervisor", "waste")))
    boss = db.run(lambda uow: make_agent(uow.session, "Efua", ("executive", "*")))
    tried = 0
    for viewer in (SYSTEM, waste, boss):
        for by in By:
            with db.reader() as session:
                asked = asked_by(year, viewer, session, by)
                for name in REPORTS:
                    report = make(name, asked)
                    assert report.tables, name
                    for cell in cells(report):
                        if cell.drill is None or cell.unit is not Unit.COUNT:
                            continue
                        # small pages where the way from one to the next is tried, else large ones
                        found = behind(asked, cell.drill, limit=7 if (viewer, by) == (waste, By.AREA) else 500)
                        assert len(found) == cell.value, (viewer.name, by, name, cell)
                        assert len({one.place for one in found}) == len(found)
                        tried += 1
                if viewer is waste:
                    seen = behind(asked, Drill("opened"))
                    assert {one.department for one in seen} <= {"waste", ""}
                    assert {one.reference is None for one in seen} == {True, False}, "some went elsewhere since"
    assert tried > 500
    with db.reader() as session:
        secret = {
            case for (case,) in session.execute(text("select distinct case_id from figure_entry where confidential"))
        }
        assert secret
        shown = {one.place.case_id for one in behind(asked_by(year, boss, session, By.AREA), Drill("opened"))}
        assert shown and not shown & secret, "everywhere is nobody's own department"


def test_who_may_not_see_figures_is_shown_no_rows(month: Year, db: Database) -> None:
    elected = db.run(lambda uow: make_agent(uow.session, "Adwoa", ("assembly_member", "*")))
    with db.reader() as session:
        assert behind(asked_by(month, elected, session, By.AREA), Drill("opened")) == []
        nobody = Viewer(ViewerKind.AGENT, 99, "Nobody", frozenset({("agent", "*")}))
        assert behind(asked_by(month, nobody, session, By.AREA), Drill("opened")) == []


def test_a_case_that_complains_of_the_viewer_is_in_no_row_of_theirs(month: Year, db: Database) -> None:
    kofi = db.run(lambda uow: make_agent(uow.session, "Kofi", ("supervisor", "desk")))
    with db.reader() as session:
        before = behind(asked_by(month, kofi, session, By.AREA), Drill("opened"))
        about = next(one.place.case_id for one in before if one.reference)
    plant = text("update case_file set about = :about where id = :id")
    db.run(lambda uow: uow.session.execute(plant, {"about": [f"agent:{kofi.id}"], "id": about}))
    with db.reader() as session:
        after = behind(asked_by(month, kofi, session, By.AREA), Drill("opened"))
        assert {one.place.case_id for one in before} - {one.place.case_id for one in after} == {about}
        other = behind(asked_by(month, replace(kofi, id=kofi.id + 1), session, By.AREA), Drill("opened"))  # type: ignore[operator]
        assert len(other) == len(before)


def test_however_rows_are_added_up_it_comes_to_the_same(
    month: Year, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    measures = ("first_response", "next_response", "resolved", "leg")
    with db.reader() as session:
        for by in By:
            asked = asked_by(month, SYSTEM, session, by)
            exact = asked.timed(*measures)
            monkeypatch.setattr(lengths, "EXACTLY", -1)
            classes = asked.timed(*measures)
            monkeypatch.undo()
            assert exact.keys() == classes.keys() and len(exact) > 2
            for measure in exact:
                assert exact[measure].parts.keys() == classes[measure].parts.keys()
                found = zip(_all_of(exact[measure]), _all_of(classes[measure]), strict=True)
                assert all(one == other for one, other in found), (by, measure)
            together = asked.sums("measure", measures=("opened", "met", "contacts"))
            split: dict[tuple[str], int] = {}
            for key, number in asked.sums(
                "measure", "service", "channel", measures=("opened", "met", "contacts")
            ).items():
                split[key[:1]] = split.get(key[:1], 0) + number
            assert together == split != {}
            weeks_of = asked.weekly("measure", measures=("opened", "met", "contacts"))
            assert {key: sum(one.values()) for key, one in weeks_of.items()} == together


def _all_of(timed: Timed) -> list[tuple[int, int, int]]:
    spreads = [one for _, one in sorted(timed.parts.items())] + ([timed.whole] if timed.whole else [])
    return [(one.count, one.total_business, one.total_wall) for one in spreads]


def test_what_cannot_be_asked_is_refused(month: Year, db: Database) -> None:
    with db.reader() as session:
        asked = asked_by(month, SYSTEM, session, By.AREA)
        with pytest.raises(Invalid, match="no rows of this figure"):
            rows(asked, Drill("case_file; drop"))
        with pytest.raises(NotFound):
            make("nonsense", asked)
        with pytest.raises(NotFound):
            ask(session, SYSTEM, city=month.city, department="nowhere")
        with pytest.raises(Invalid, match="By area"):
            ask(session, SYSTEM, city=month.city, by=By.AREA, service="lift")
        with pytest.raises(Invalid, match="first day"):
            ask(session, SYSTEM, city=month.city, since=START.date(), until=START.date().replace(year=2020))


def test_shares_weeks_and_what_stands_out() -> None:
    assert share(1, 0) is None
    assert above(12, 10) == pytest.approx(0.2)
    assert (above(None, 1), above(1, 0), above(1, None)) == (None, None, None)
    assert unfair(0.2, 50) == "", "a fifth is not more than a fifth"
    assert unfair(0.21, 50) == "more than 20 % above all"
    assert unfair(0.9, 4) == "", "too few"
    assert [str(one) for one in weeks(START.date(), START.date().replace(day=12))] == ["2026-01-05", "2026-01-12"]
    assert (percent(None), percent(1), percent(0.9999), percent(0.00001)) == ("–", "100.0 %", "> 99.9 %", "< 0.1 %")
