"""When callbacks last came: one small row each, written now and then, and never in a callback's way."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from cases.models import HookSeen
from contactcentre import hook_seen
from contactcentre.db import Database
from contactcentre.hook_seen import Sightings

if TYPE_CHECKING:
    from contactcentre.container import Container

AGO = text("update hook_seen set seen_at = seen_at - interval '1 hour'")


def seen(db: Database, *accounts: str) -> dict[tuple[str, str], HookSeen]:
    with db.reader() as session:
        return dict(hook_seen.read(session, accounts))


def test_a_busy_hook_is_written_once_in_a_while(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    sightings = Sightings(db)
    sightings.note("a", "incoming")
    db.run(lambda uow: uow.session.execute(AGO))
    before = seen(db, "a")["a", "incoming"].seen_at
    for _ in range(3):
        sightings.note("a", "incoming")
    assert seen(db, "a")["a", "incoming"].seen_at == before
    sightings.note("a", "delivery")
    assert set(seen(db, "a", "b")) == {("a", "incoming"), ("a", "delivery")}
    monkeypatch.setattr(hook_seen, "EVERY", 0.0)
    sightings.note("a", "incoming")
    after = seen(db, "a")["a", "incoming"].seen_at
    assert before is not None
    assert after is not None
    assert after > before


def test_what_was_refused_is_kept_apart(db: Database) -> None:
    sightings = Sightings(db)
    sightings.note("a", "incoming", refused=True)
    assert seen(db, "a")["a", "incoming"].seen_at is None
    sightings.note("a", "incoming")
    row = seen(db, "a")["a", "incoming"]
    assert row.seen_at is not None
    assert row.refused_at is not None


def test_a_database_that_is_away_stops_no_callback(container: Container) -> None:
    away = Database("postgresql+psycopg://nobody@127.0.0.1:1/none", pool_size=1)
    Sightings(away).note("a", "incoming")
    assert seen(container.db, "a") == {}
