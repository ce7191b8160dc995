"""Every figure of the shipped demo city, recomputed from its events by the independent walk in SQL."""

from __future__ import annotations

import shutil
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from cases.clock import TestClock, set_test_clock
from cases.figures import first_contact
from cases.figures.setting import setting_of
from cases.sla import waking
from config.settings import Settings
from contactcentre import configurations, demo
from contactcentre.container import Container
from contactcentre.db import Database
from contactcentre.figures import count_figures
from tests.integration.test_figures_walked import found

SHIPPED = Path(__file__).parents[2] / "config"
#: a Tuesday, in whose week before a holiday lies
NOW = datetime(2026, 3, 10, 10, tzinfo=UTC)
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@pytest.fixture
def city(settings: Settings, db: Database, tmp_path: Path) -> Iterator[Container]:
    """The demo city, its week played and nothing of it counted yet."""
    place = Path(shutil.copytree(settings.secrets_dir, tmp_path / "secrets"))
    made = Container(replace(settings, secrets_dir=place, config_dir=SHIPPED))
    made.__dict__["db"] = db
    db.run(lambda uow: configurations.apply(uow.session, folder=SHIPPED, author="test", reason="test"))
    set_test_clock(TestClock(NOW, speed=0.0))
    try:
        assert demo.load(made) > 10
        yield made
    finally:
        set_test_clock(None)


def opening() -> str:
    """Return when the offices are open, read from the shipped files without the product."""
    week = tomllib.loads((SHIPPED / "calendars/office.toml").read_text())["week"]
    closed = tomllib.loads((SHIPPED / "holidays/national.toml").read_text())["days"]
    holidays = {one.get("observed", one["date"]) for one in closed}
    days = [NOW.date() + timedelta(days=number) for number in range(-20, 20)]
    return "{" + ",".join(one for day in days if day not in holidays for one in _pieces(day, week)) + "}"


def _pieces(day: date, week: dict[str, list[str]]) -> Iterator[str]:
    for hours in week.get(_DAYS[day.weekday()], ()):
        since, until = hours.split("-")
        yield f'["{day} {since}+00","{day} {until}+00")'


def _count(city: Container, at: datetime) -> None:
    """Count until nothing is left: the product counts for a second at a time, however much that is."""
    while count_figures(city):
        pass
    setting = setting_of(city.city)
    while city.db.run(lambda uow: first_contact.take_day(uow.session, setting, at=at)):
        pass


def test_every_figure_of_the_demo_city_follows_from_its_events(city: Container, db: Database) -> None:
    for days in (0, 1, 12):
        at = NOW + timedelta(days=days)
        set_test_clock(TestClock(at, speed=0.0))
        db.run(lambda uow, at=at: waking.wake(uow.session, calendars=city.city.calendars, at=at, limit=1000))  # type: ignore[misc]
        _count(city, at)
    office = opening()
    openings = {"": office, "office": office, "always-open": "{(,)}"}
    how = {"zone": "Africa/Accra", "openings": openings}
    with db.engine.connect() as connection:
        kinds = dict(connection.execute(text("select measure, count(*) from figure_entry group by 1")).all())
        assert kinds["opened"] > 10 and min(kinds[one] for one in ("resolved", "met", "breached", "leg")) > 1, kinds
        assert kinds["first_contact"] == kinds["resolved"] + kinds.get("reopened", 0)
        assert found(connection, **how) == []  # type: ignore[arg-type]
        connection.rollback()
        connection.execute(text("update event set at = at + interval '1 hour' where kind = 'replied' and id % 2 = 0"))
        assert found(connection, **how) != []  # type: ignore[arg-type]
