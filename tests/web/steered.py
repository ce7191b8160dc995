"""The test city with areas, a department for the conduct of staff and a service that is public, its clock stopped."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from cases.clock import TestClock, set_test_clock
from cases.models import Case
from contactcentre import configurations
from contactcentre.db import Database
from tests.factories import TEST_CITY
from tests.web.conftest import Browser

if TYPE_CHECKING:
    from contactcentre.container import Container

START = datetime(2026, 3, 1, 20, tzinfo=UTC)  # a Monday, nine o'clock where the city is
WORKS, FRONT, CONDUCT = "harbour-works", "front-desk", "conduct"
PLACES = """name,kind,parent,aliases,constituency,lat,lon
Northport,city,,,,,
East,district,Northport,,East,,
Quayside,area,East,,,,
Lower Quay,community,Quayside,,,,
Hillside,area,East,,,,
"""
COMPLAINTS = """name = "Complaints about staff"
short_name = "Conduct"
confidential = true
conduct = true
[[services]]
key = "conduct-report"
name = "Complaint about staff"
family = "complaint"
published = true
"""


def furnish(container: Container, db: Database, folder: Path) -> None:
    """Apply the city with what these tests need."""
    place = folder / "city"
    shutil.copytree(TEST_CITY, place)
    (place / "places").mkdir()
    (place / "places" / "port.csv").write_text(PLACES)
    (place / "departments" / "conduct.toml").write_text(COMPLAINTS)
    works = place / "departments" / f"{WORKS}.toml"
    works.write_text(works.read_text().replace('key = "burst-main"', 'key = "burst-main"\npublished = true', 1))
    db.run(lambda uow: configurations.apply(uow.session, folder=place, author="test", reason="test"))
    container._follower.refresh()


def at(hours: float = 0) -> datetime:
    """Stop the clock so many hours after the start."""
    moment = START + timedelta(hours=hours)
    set_test_clock(TestClock(moment, speed=0.0))
    return moment


def case(db: Database, reference: str) -> Case:
    with db.reader() as session:
        return session.scalars(select(Case).where(Case.reference == reference.replace("-", ""))).one()


def change(db: Database, case_id: int, **values: Any) -> None:
    """Change a case's row by hand."""
    with_values = dict(values)

    def work(uow: Any) -> None:
        row = uow.session.get(Case, case_id)
        for name, value in with_values.items():
            setattr(row, name, value)

    db.run(work)


def text(page: str) -> str:
    """Return what a page says, without its marks."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page.partition("<main")[2])).split())


def form(browser: Browser, address: str, **values: str) -> Any:
    """Send a form by its address with all its hidden fields, those of one name too; goes where it leads."""
    found = re.search(
        rf'<form[^>]*method="post"[^>]*action="({re.escape(address)}[^"]*)"[^>]*>(.*?)</form>', browser.page, re.DOTALL
    )
    assert found, f"the page has no form {address}"
    data: dict[str, list[str]] = {name: [value] for name, value in values.items()}
    for one in re.findall(r"<input[^>]*>", found.group(2)):
        name, kind = re.search(r'name="([^"]+)"', one), re.search(r'type="hidden"', one)
        value = re.search(r'value="([^"]*)"', one)
        if name and kind:
            data.setdefault(name.group(1), []).append(unescape(value.group(1)) if value else "")
    answer = browser.client.post(unescape(found.group(1)), data=data)
    browser.page = answer.get_data(as_text=True)
    if answer.status_code == 303:
        browser.get(answer.location)
    return answer


def stopped() -> Iterator[None]:
    """Set the clock right after a test."""
    yield
    set_test_clock(None)
