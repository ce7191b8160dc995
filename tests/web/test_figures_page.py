"""The page of figures: for whom it is, what it says beside each figure, and a table that no spreadsheet reckons."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from cases import replies
from cases.clock import TestClock, set_test_clock
from cases.figures.definitions import DEFINITIONS
from contactcentre import figures_table
from contactcentre.figures import count_figures
from contactcentre.web.desk.figures import hours, share
from tests.web.conftest import Browser, Opened

if TYPE_CHECKING:
    from contactcentre.container import Container

Agents = Callable[..., Browser]
Say = Callable[..., Opened]
PAGE = "/desk/figures"
#: these stand beside the reports alone
OF_REPORTS = {"contacts", "digital", "first_contact", "satisfaction", "rating_share", "equity"}


def at(hour: int) -> None:
    set_test_clock(TestClock(datetime(2026, 10, 20, hour, tzinfo=UTC), speed=0.0))


@pytest.fixture(autouse=True)
def _tuesday() -> Iterator[None]:
    """It is Tuesday 20 October 2026, 09:00 UTC."""
    at(9)
    yield
    set_test_clock(None)


@pytest.fixture
def supervisor(agent: Agents) -> Browser:
    return agent(("supervisor", "*"), name="Esi")


@pytest.fixture
def answered(supervisor: Browser, say: Say, container: Container) -> Opened:
    """A case whose first answer took two hours, counted."""
    opened = say("The crane is stuck")
    at(11)
    who = supervisor.viewer
    assert who is not None
    container.db.run(
        lambda uow: replies.reply(uow.session, who, city=container.city, reference=opened.reference, text="Coming")
    )
    count_figures(container)
    return opened


def test_only_who_may_see_figures_sees_them(agent: Agents, anybody: Browser, supervisor: Browser) -> None:
    assert anybody.get(PAGE).status_code == 303
    for role in ("agent", "counter_clerk", "administrator"):
        assert agent((role, "*")).get(PAGE).status_code == 403
        assert agent((role, "*")).get(f"{PAGE}.csv").status_code == 403
    for role in ("auditor", "executive"):
        assert agent((role, "*")).get(PAGE).status_code == 200
    assert f'href="{PAGE}"' in supervisor.get("/desk").get_data(as_text=True)
    assert f'href="{PAGE}"' not in agent().get("/desk").get_data(as_text=True)


@pytest.mark.usefixtures("answered")
def test_every_figure_stands_beside_its_definition(supervisor: Browser) -> None:
    page = supervisor.get(PAGE).get_data(as_text=True)
    assert "2 h 00" in page and "Nothing has been counted yet" not in page
    for key, one in DEFINITIONS.items():
        if key in OF_REPORTS:
            continue
        text = one.text.replace("'", "&#39;")
        assert text in page, key


def test_before_anything_was_counted_the_page_says_so(supervisor: Browser) -> None:
    page = supervisor.get(PAGE).get_data(as_text=True)
    assert "Nothing has been counted yet." in page and "No night of this period has been counted." in page


@pytest.mark.parametrize(
    ("asked", "status", "told"),
    [
        ("from=2026-10-21&to=2026-10-20", 422, "The first day must not lie after the last"),
        ("from=soon", 422, "Write the day as 2026-03-06."),
        ("to=9999-01-01", 422, "The year must lie between 1970 and 2200."),
        ("department=nowhere", 404, "There is no such department"),
    ],
)
def test_a_form_that_cannot_be_used_comes_back_as_it_was(
    supervisor: Browser, asked: str, status: int, told: str
) -> None:
    for address in (PAGE, f"{PAGE}.csv"):
        answer = supervisor.get(f"{address}?{asked}")
        page = answer.get_data(as_text=True)
        assert answer.status_code == status and told in page
        field, _, value = asked.partition("&")[0].partition("=")
        assert f'wrong" type="date" id="{field}"' in page or f'wrong" id="{field}"' in page
        assert f'value="{value}"' in page or field == "department"


@pytest.mark.usefixtures("answered")
def test_the_table_to_keep_says_what_the_page_says(supervisor: Browser) -> None:
    answer = supervisor.get(f"{PAGE}.csv?from=2026-10-01&to=2026-10-31")
    assert answer.mimetype == "text/csv"
    assert answer.headers["Content-Disposition"] == "attachment; filename=figures-2026-10-01-2026-10-31.csv"
    table = list(csv.DictReader(io.StringIO(answer.get_data(as_text=True))))
    (median,) = [row for row in table if row["figure"] == "First response" and row["measure"] == "median, clock time"]
    assert (median["value"], median["unit"], median["from"], median["to"]) == (
        "7200",
        "seconds",
        "2026-10-01",
        "2026-10-31",
    )


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@sum", "\tx", "\r=1"])
def test_no_cell_is_a_formula(container: Container, name: str) -> None:
    found = figures_table.safe(name)
    assert found == f"'{name}"
    assert figures_table.safe("Waste = life") == "Waste = life"


@pytest.mark.usefixtures("answered")
def test_a_department_with_the_name_of_a_formula_stays_a_name(container: Container) -> None:
    from cases.permissions import SYSTEM
    from cases.queries import figures

    city = container.city
    evil = {key: replace(one, name="=HYPERLINK(1)") for key, one in city.departments.items()}
    with container.db.reader() as session:
        found = figures.of_period(session, SYSTEM, city=city)
    table = figures_table.text(found, replace(city, departments=evil))
    assert ",'=HYPERLINK(1)," in table and ",=HYPERLINK" not in table


def test_lengths_and_shares_are_told_as_they_are() -> None:
    assert [hours(one) for one in (0, 59 * 60, 3600, 26.5 * 3600)] == ["0 min", "59 min", "1 h 00", "26 h 30"]
    told = [share(one) for one in (None, 0.0, 0.00001, 0.5, 0.99999, 1.0)]
    assert told == ["–", "0.0 %", "< 0.1 %", "50.0 %", "> 99.9 %", "100.0 %"]
