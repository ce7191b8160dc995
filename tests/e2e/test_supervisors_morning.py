"""A supervisor's morning: from the board to what is late, to who can help, and to what is told to everybody."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from cases import clock
from cases.models import Agent, Case, ReviewSample
from cases.references import parse
from tests.e2e import a_morning, chromium
from tests.e2e.a_morning import ABSENT, BUSY, DEPARTMENT, NAME, WHO, WORDS, Morning
from tests.e2e.citizens import Citizen
from tests.e2e.furnished import PASSWORD
from tests.e2e.product import Product
from tests.e2e.talk import PATIENCE
from tests.e2e.visitors import installed

pytestmark = [
    pytest.mark.processes,
    pytest.mark.browser,
    pytest.mark.skipif(chromium.CHROMIUM is None, reason=chromium.MISSING),
]
NOTE = "The seedlings come on Thursday. Say so to whoever asks."


class Supervisor:
    """One browser with the board in a tab of its own, which is never loaded again."""

    def __init__(self, browser: Any, product: Product) -> None:
        self._context = browser.new_context(viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
        self.site, self.faults = product.address, list[str]()
        self.page, self.wall = self._tab(), self._tab()
        self.page.goto(f"{self.site}/login")
        self.page.get_by_label("User name").fill(WHO)
        self.page.get_by_label("Password").fill(PASSWORD)
        self.page.get_by_role("button", name="Log in").click()
        self.page.wait_for_url(re.compile(r"/desk$"))
        self.wall.goto(f"{self.site}/board")
        self.wall.locator(".numbers:not(.frozen) [data-age]", has_text="Live").wait_for()
        self.wall.evaluate("window.loadedOnce = true")

    def _tab(self) -> Any:
        page = self._context.new_page()
        page.set_default_timeout(PATIENCE)
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        return page

    def shows(self, column: str, number: int) -> None:
        """Wait until the board says so many of the department, by itself."""
        line = self.wall.locator(".departments tr").filter(has=self.wall.locator("th", has_text=re.compile(f"^{NAME}")))
        line.locator(f"td[data-label='{column}'] b", has_text=re.compile(rf"^{number}$")).wait_for()
        assert self.wall.evaluate("window.loadedOnce"), "the board was loaded again"

    def follows(self, column: str) -> None:
        """Go to the list that a number of the board opens."""
        cell = self.wall.locator(f".departments td[data-label='{column}'] a[href*='department={DEPARTMENT}']")
        self.page.goto(self.site + (cell.get_attribute("href") or ""))
        self.page.locator(".qrow").first.wait_for()

    def goes(self, room: str) -> None:
        """Go to a room by its link on the page of the forecast."""
        self.page.goto(f"{self.site}/board/forecast?department={DEPARTMENT}")
        self.page.get_by_role("navigation").get_by_role("link", name=room, exact=True).click()
        self.page.get_by_role("heading", level=1).wait_for()

    def row(self, reference: str) -> Any:
        return self.page.locator(f'.qrow[data-reference="{reference.replace("-", "")}"]')

    def does(self, act: str, *references: str) -> None:
        """Select cases of the queue, and look at an act on them."""
        for one in references:
            self.page.locator(f'.pick input[value^="{one.replace("-", "")}."]').check(force=True)
        self.page.locator("#bulk-action").select_option(label=act)
        self.page.get_by_role("button", name="Go on").click()
        self.page.get_by_role("heading", name=re.compile(f"^{act}: {len(references)}")).wait_for()

    def presses(self, name: str) -> None:
        self.page.get_by_role("button", name=re.compile(name)).click()

    def sees(self, words: str) -> None:
        self.page.get_by_text(words).locator("visible=true").first.wait_for()

    def closes(self) -> None:
        self._context.close()


@pytest.fixture(scope="module")
def morning(product: Product) -> Morning:
    with installed(product) as container:
        with container.db.reader() as session:
            now = clock.now(session)
        if (now + timedelta(hours=1)).date() != now.date():
            pytest.skip("the day ends within the hour, and a forecast is one of the rest of today")
        return a_morning.begin(container)


@pytest.fixture(scope="module")
def mawuli(morning: Morning, product: Product, browser: Any) -> Iterator[Supervisor]:
    made = Supervisor(browser, product)
    yield made
    made.closes()
    assert made.faults == []


def agent_of(product: Product, reference: str) -> str | None:
    with installed(product) as container, container.db.reader() as session:
        query = select(Agent.name).join(Case, Case.assignee_id == Agent.id).where(Case.reference == parse(reference))
        return session.scalars(query).one_or_none()


def test_the_board_says_what_is_late_and_what_will_be(mawuli: Supervisor, morning: Morning, product: Product) -> None:
    mawuli.shows("Late", len(morning.overdue))
    mawuli.shows("< 1 h", len(morning.soon))
    mawuli.shows("No agent", 1)
    Citizen(product, "+233200009199").texts(f"{WORDS}, it is bad")
    mawuli.shows("No agent", 2)


def test_an_absent_agents_case_is_taken_back_and_given_back(
    mawuli: Supervisor, morning: Morning, product: Product
) -> None:
    mawuli.follows("Late")
    assert mawuli.page.locator(".qrow").count() == len(morning.overdue)
    mawuli.does("Take from its agent", *morning.overdue)
    mawuli.sees(f"{len(morning.overdue)} of {len(morning.overdue)} would be done")
    assert agent_of(product, morning.overdue[0]) == ABSENT
    mawuli.presses("^Take from its agent")
    mawuli.sees("2 done, 0 refused")
    assert agent_of(product, morning.overdue[0]) is None
    mawuli.shows("No agent", 4)
    mawuli.presses("^Undo")
    mawuli.page.get_by_role("heading", name="Undone: Take from its agent").wait_for()
    mawuli.shows("No agent", 2)
    assert agent_of(product, morning.overdue[0]) == ABSENT


def test_the_forecast_leads_to_a_move(mawuli: Supervisor, morning: Morning, product: Product) -> None:
    mawuli.page.goto(f"{mawuli.site}/board/forecast?department={DEPARTMENT}")
    mawuli.sees("cases with a deadline today will break")
    mawuli.page.get_by_role("link", name=re.compile("^Look at it")).first.click()
    mawuli.sees("would be done")
    mawuli.presses("^Assign: ")
    mawuli.sees("done, 0 refused")
    held = [agent_of(product, one) for one in morning.soon]
    assert held.count(BUSY) < len(held) and None not in held


def test_a_deadline_is_set_with_a_reason(mawuli: Supervisor, morning: Morning) -> None:
    mawuli.follows("< 1 h")
    mawuli.row(morning.soon[-1]).click()
    opened = mawuli.page.locator(f'#open[data-reference="{morning.soon[-1].replace("-", "")}"]')
    opened.locator("#promises summary", has_text="Deadline").click()
    mawuli.page.get_by_label("Due", exact=True).fill("2090-03-03T10:00")
    mawuli.page.locator("#deadline-reason").fill("The sprayer is being repaired")
    mawuli.presses("^Set the deadline")
    mawuli.page.locator("#timeline", has_text="The sprayer is being repaired").wait_for()
    mawuli.shows("< 1 h", len(morning.soon) - 1)


def test_a_note_reaches_everybody_until_it_is_taken_down(mawuli: Supervisor) -> None:
    mawuli.goes("Notes")
    page = mawuli.page
    page.get_by_label("For", exact=True).select_option(label="Everybody")
    page.get_by_label("Words").fill(NOTE)
    mawuli.presses("^Look at it")
    mawuli.sees("colleagues read")
    mawuli.presses("^Put it up")
    page.goto(f"{mawuli.site}/desk")
    page.locator(".bulletin", has_text=NOTE).wait_for()
    mawuli.goes("Notes")
    page.locator("li", has_text=NOTE).get_by_role("button", name="Take it down").click()
    page.locator("li", has_text=NOTE).wait_for(state="detached")


def test_parked_cases_and_a_sample_are_looked_at(mawuli: Supervisor, morning: Morning, product: Product) -> None:
    mawuli.goes("Parked")
    mawuli.page.locator("tr", has_text=morning.parked).filter(has_text="at a workshop").wait_for()
    page = mawuli.page
    page.goto(f"{mawuli.site}/board/reviews?department={DEPARTMENT}")
    drawn = page.locator("#samples ~ table th a")  # by the ticker, if it was first
    if drawn.count():
        drawn.first.click()
    else:
        mawuli.presses("^Draw its sample")
    page.get_by_role("heading", name=re.compile("week from"), level=1).wait_for()
    page.locator("table th a").first.click()
    page.get_by_role("heading", name=re.compile("^Review of"), level=1).wait_for()
    for one in page.locator("fieldset").all():
        one.get_by_label("Yes").check()
    mawuli.presses("^Save")
    page.locator("tr", has_text="Mawuli Demo").wait_for()
    with installed(product) as container, container.db.reader() as session:
        assert session.scalars(select(ReviewSample).where(ReviewSample.department == DEPARTMENT)).one().found == 4


def test_a_number_of_a_report_opens_to_its_rows(mawuli: Supervisor) -> None:
    page = mawuli.page
    page.goto(f"{mawuli.site}/board/reports")
    page.get_by_role("link", name="What waits").click()
    page.get_by_label("Department", exact=True).select_option(DEPARTMENT)
    page.get_by_role("button", name="Show").click()
    page.wait_for_url(re.compile(f"department={DEPARTMENT}"))
    number = page.locator("dl.numbers dd a").first
    many = int(number.inner_text())
    number.click()
    page.locator("table.rows").wait_for()
    assert page.locator("table.rows tbody tr").count() == many > 0
