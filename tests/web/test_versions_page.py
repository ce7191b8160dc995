"""Versions on a page: what each changed, what going back would touch, and that the loser of two is told."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import update

from cases.models import ConfigurationVersion
from contactcentre import configurations
from contactcentre.db import Database, UnitOfWork
from tests.web.conftest import Browser, Opened

if TYPE_CHECKING:
    from contactcentre.container import Container

Agents = Callable[..., Browser]
PAGE = "/admin/versions"


@pytest.fixture
def admin(agent: Agents) -> Browser:
    return agent(("administrator", "*"), name="Esi")


@pytest.fixture
def second(container: Container, db: Database) -> int:
    """A second version, in which first answers are promised in half the time."""
    assert container.city.version == 1

    def work(uow: object) -> int:
        session = uow.session  # type: ignore[attr-defined]
        current = configurations.active(session)
        assert current is not None
        text = current.raw["organisation.toml"].replace(
            "first_response = { amount = 24", "first_response = { amount = 12"
        )
        raw = {**current.raw, "organisation.toml": text}
        return configurations.add(session, raw, parent=1, author="agent:7", reason="Faster first answers")

    return db.run(work)


def active(db: Database) -> int:
    with db.reader() as session:
        found = configurations.active(session)
        assert found is not None
        return found.number


def test_versions_are_listed_with_their_reasons(admin: Browser, second: int) -> None:
    admin.get(PAGE)
    assert "Faster first answers" in admin.page
    assert f"Version {second}</a> <span" in admin.page
    admin.get(f"{PAGE}/{second}")
    assert "+first_response = { amount = 12" in admin.page
    assert "Go back to it" not in admin.page, "it is active"


def test_going_back_is_looked_at_and_makes_a_new_version(
    admin: Browser, second: int, say: Callable[..., Opened], db: Database
) -> None:
    say("The gutter is choked")
    admin.get(f"{PAGE}/1")
    assert "-first_response = { amount = 12" in admin.page
    assert admin.send(f"{PAGE}/1/activate", reason=" ").status_code == 422
    assert "Say why" in admin.page
    assert active(db) == second
    assert admin.send(f"{PAGE}/1/activate", reason="It was too fast").status_code == 303
    assert active(db) == second + 1
    with db.reader() as session:
        found = configurations.active(session)
        assert found is not None
        assert "amount = 24" in found.raw["organisation.toml"]


def test_whoever_comes_second_is_told(admin: Browser, second: int, db: Database) -> None:
    admin.get(f"{PAGE}/1")
    with db.reader() as session:
        current = configurations.active(session)
        assert current is not None
    db.run(
        lambda uow: configurations.add(
            uow.session, {**current.raw}, parent=second, author="agent:8", reason="Meanwhile"
        )
    )
    assert admin.send(f"{PAGE}/1/activate", reason="Back").status_code == 409
    assert "Somebody else has changed the configuration meanwhile" in admin.page
    assert active(db) == second + 1


def test_the_files_are_one_archive_always_the_same(admin: Browser, container: Container) -> None:
    first, again = (admin.client.get(f"{PAGE}/1.zip").data for _ in range(2))
    assert first == again
    with zipfile.ZipFile(io.BytesIO(first)) as archive:
        assert "organisation.toml" in archive.namelist()
        assert b"City of Northport" in archive.read("organisation.toml")


def test_what_is_not_there_and_who_may_not(admin: Browser, agent: Agents, second: int) -> None:
    assert admin.get(f"{PAGE}/99").status_code == 404
    assert admin.get(f"{PAGE}/99999999999").status_code == 404
    for role in ("supervisor", "agent", "auditor"):
        other = agent((role, "*"), name=role)
        assert other.get(PAGE).status_code == 403
        assert other.get(f"{PAGE}/1.zip").status_code == 403


def test_any_two_versions_are_compared(admin: Browser, second: int, db: Database) -> None:
    admin.get(f"{PAGE}/compare")
    assert "-first_response = { amount = 24" in admin.page
    assert "+first_response = { amount = 12" in admin.page
    assert admin.page.count("Its files are those that were signed") == 2
    admin.get(f"{PAGE}/compare?from={second}&to=1")
    assert "+first_response = { amount = 24" in admin.page
    admin.get(f"{PAGE}/compare?from=1&to=1")
    assert "No files differ" in admin.page
    whole = admin.client.get(f"{PAGE}/compare.diff?from=1&to={second}")
    assert whole.mimetype == "text/plain"
    assert whole.get_data(as_text=True).startswith("--- a/organisation.toml\n+++ b/organisation.toml\n")
    for path in ("compare?from=99", "compare?to=99", "compare.diff?from=1&to=99", "compare.diff"):
        assert admin.get(f"{PAGE}/{path}").status_code == 404


def test_files_that_are_not_those_that_were_signed_are_noticed(admin: Browser, second: int, db: Database) -> None:
    changed = update(ConfigurationVersion).where(ConfigurationVersion.number == 1).values(hash="0" * 64)
    db.run(lambda uow: uow.session.execute(changed))
    for path in ("1", f"compare?from=1&to={second}"):
        admin.get(f"{PAGE}/{path}")
        assert "Its files are not those that were signed" in admin.page
    admin.get(f"{PAGE}/{second}")
    assert "Its files are those that were signed" in admin.page


def test_authors_are_told_by_name_and_number(admin: Browser, second: int, db: Database) -> None:
    viewer = admin.viewer
    assert viewer is not None
    db.run(lambda uow: uow.session.execute(update(ConfigurationVersion).values(author=viewer.actor)))
    for path in ("", f"/{second}", "/compare"):
        admin.get(f"{PAGE}{path}")
        assert f"Esi ({viewer.actor})" in admin.page


def test_a_page_with_a_long_difference_stays_small_and_leads_to_the_whole(
    admin: Browser, container: Container, db: Database
) -> None:
    lines = "".join(f'# "{number}"\n' for number in range(20_000))

    def work(uow: UnitOfWork) -> int:
        current = configurations.active(uow.session)
        assert current is not None
        raw = {**current.raw, "organisation.toml": current.raw["organisation.toml"] + lines}
        return configurations.add(uow.session, raw, parent=current.number, author="a", reason="Remarks")

    assert container.city.version == 1
    db.run(work)
    for path in ("1", "2", "compare"):
        admin.get(f"{PAGE}/{path}")
        assert len(admin.page.encode()) < 150_000
        assert "This is its beginning" in admin.page
    whole = admin.client.get(f"{PAGE}/compare.diff?from=1&to=2").get_data(as_text=True)
    assert '+# "19999"\n' in whole
