"""Jobs of an officer in the demo city, and what the page of them looks like without a line and after a colleague."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

from cases import clock, people, tasks
from cases.models import Case
from cases.permissions import SYSTEM, Viewer
from tests import factories
from tests.e2e.talk import PATIENCE

if TYPE_CHECKING:
    from contactcentre.container import Container

OFFICER, ACCOUNT, PASSWORD = "kwesi", "sms-at", "boat lagoon pepper"
#: a colleague who finishes a job meanwhile
COLLEAGUE = "supervisor"
READY = "body[data-ready=yes] #line[data-state=online]"
#: hours until a job is due (None: nobody has it, and no hour is set), its title, and what the citizen wrote
JOBS = (
    (1, "Close the pipe and measure the road", "Water runs out of a burst pipe at Mpintsin since Monday"),
    (3, "Change the bulb at the mosque", "The street light at Effiakuma is dark and people are afraid"),
    (30, "Lift the slab and desilt", "The gutter at Anaji behind the school is choked"),
    (54, "Fence the culvert", "The culvert at Ntankoful has fallen in and children climb through it"),
    (None, "Measure the pothole", "A big pothole at Beach Road breaks the cars"),
)


def walk(session: Any, container: Container, who: Viewer, hashed: str) -> dict[str, Any]:
    """Give an officer these jobs; the last one is nobody's."""
    made = people.add(
        session, SYSTEM, username=OFFICER, name="Kwesi Demo", grants=[("field_officer", "*")], password_hash=hashed
    )
    now, city = clock.now(session), container.city
    for number, (hours, title, words) in enumerate(JOBS):
        said = factories.say(session, city, words, sender=factories.phone(7_100 + number), account=ACCOUNT)
        session.flush()
        tasks.open(
            session, who, city=city, reference=session.get_one(Case, said.case_id).reference, title=title,
            kind=tasks.TaskKind.FIELD_JOB, assignee_id=None if hours is None else made.id,
            due=None if hours is None else now + timedelta(hours=hours),
        )  # fmt: skip
    return {}


def listed(page: Any) -> None:
    """Wait until the jobs are there."""
    page.wait_for_selector(READY)


def off_line(page: Any) -> None:
    """Do two things without a line. The line stays away from this browser."""
    listed(page)
    for asked in page.locator("#problems [data-doing=drop]").all():
        asked.click()
    page.context.set_offline(True)
    page.wait_for_selector("#line[data-state=offline]")
    job = page.locator("#own .job").first
    job.locator("form[data-kind=on_my_way] button").click()
    job.locator("details[data-of=done] > summary").click()
    job.locator("form[data-kind=done] textarea").fill("The pipe is closed; 14 metres of road")
    job.locator("form[data-kind=done] button").click()
    page.locator("[data-waits]", has_text="2 acts wait").wait_for()


def too_late(page: Any) -> None:
    """Tell that a job is done which a colleague has finished since the page was loaded."""
    listed(page)
    job = page.locator("#own .job").last
    number = job.get_attribute("data-task")
    _colleague(page, f"/desk/field/{number}")
    job.locator("details[data-of=done] > summary").click()
    job.locator("form[data-kind=done] textarea").fill("Done this morning, with two of ours")
    job.locator("form[data-kind=done] button").click()
    page.locator("#problems .problem").wait_for()
    page.locator("[data-waits] a", has_text="1 act needs you").click()


def _colleague(page: Any, address: str) -> None:
    other = page.context.browser.new_context()
    try:
        desk = other.new_page()
        desk.set_default_timeout(PATIENCE)
        desk.goto(urljoin(page.url, "/login"))
        desk.get_by_label("User name").fill(COLLEAGUE)
        desk.get_by_label("Password").fill(PASSWORD)
        desk.get_by_role("button", name="Log in").click()
        desk.wait_for_url(re.compile("/desk$"))
        desk.goto(urljoin(page.url, address))
        desk.locator("details[data-of=done] > summary").click()
        desk.locator("form[data-kind=done] textarea").fill("Done by the crew of the contractor")
        desk.get_by_role("button", name="It is done").click()
        desk.locator("[data-done]").wait_for()
    finally:
        other.close()
