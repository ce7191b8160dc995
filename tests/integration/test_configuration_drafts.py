"""Drafts of the configuration under several hands at once: one wins, and the other is told."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from cases.errors import Stale
from cases.models import ConfigurationDraft, ConfigurationVersion
from cases.permissions import Viewer, ViewerKind
from contactcentre import configuration_drafts, configurations
from contactcentre.db import Database, UnitOfWork

if TYPE_CHECKING:
    from contactcentre.container import Container

WHO = [Viewer(ViewerKind.AGENT, number, f"Agent {number}") for number in (1, 2)]
WORKS = "departments/harbour-works.toml"


def kept(uow: UnitOfWork, viewer: Viewer, name: str) -> tuple[int, str]:
    """A draft in which the department has another name; returns its number and hash."""
    base = configurations.active(uow.session)
    assert base is not None
    raw = {**base.raw, WORKS: base.raw[WORKS].replace("Harbour works", name)}
    number = configuration_drafts.keep(uow.session, viewer, raw, base=base)
    return number, configuration_drafts.find(uow.session, viewer, number).hash


def test_of_two_drafts_that_are_activated_at_once_one_wins_and_the_other_is_told(
    container: Container, db: Database
) -> None:
    assert container.city.version == 1
    names = ("Harbour and water", "Harbour and land")
    drafts = [
        db.run(lambda uow, one=one, name=name: kept(uow, one, name)) for one, name in zip(WHO, names, strict=True)
    ]
    ready, outcomes = threading.Barrier(2), []

    def activate(viewer: Viewer, number: int, shown: str) -> None:
        def work(uow: UnitOfWork) -> int:
            return configuration_drafts.activate(uow.session, viewer, number, shown=shown, reason="At once")

        ready.wait(timeout=30)
        try:
            outcomes.append(db.run(work))
        except Stale as error:
            outcomes.append(str(error))

    threads = [threading.Thread(target=activate, args=(one, *draft)) for one, draft in zip(WHO, drafts, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    told = [one for one in outcomes if isinstance(one, str)]
    assert [one for one in outcomes if isinstance(one, int)] == [2]
    assert told == ["Somebody else has changed the configuration meanwhile; look at it again before you change it."]
    with db.reader() as session:
        assert session.scalar(select(func.count()).select_from(ConfigurationVersion)) == 2
        left = session.scalars(select(ConfigurationDraft)).one()
        winner = configurations.active(session)
        assert winner is not None
        assert left.content["files"] != winner.raw, "the loser's draft is still there"


def test_one_draft_activated_twice_at_once_makes_one_version(container: Container, db: Database) -> None:
    assert container.city.version == 1
    number, shown = db.run(lambda uow: kept(uow, WHO[0], "Harbour and water"))

    def work(uow: UnitOfWork) -> int:
        return configuration_drafts.activate(uow.session, WHO[0], number, shown=shown, reason="Twice")

    ready, refused = threading.Barrier(2), []

    def activate() -> None:
        ready.wait(timeout=30)
        try:
            db.run(work)
        except Exception as error:  # noqa: BLE001  whichever way the loser is told
            refused.append(type(error).__name__)

    threads = [threading.Thread(target=activate) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert len(refused) == 1
    with db.reader() as session:
        assert session.scalar(select(func.count()).select_from(ConfigurationVersion)) == 2
