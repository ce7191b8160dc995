"""Who was invited and has not chosen a password yet is nobody to whom work is given."""

from __future__ import annotations

from sqlalchemy import update

from cases import clock, rota
from cases.models import Agent
from contactcentre.db import Database
from tests.factories import make_agent, make_city


def test_who_has_no_password_yet_is_not_there(db: Database) -> None:
    ama, esi = (db.run(lambda uow, name=name: make_agent(uow.session, name)) for name in ("Ama", "Esi"))  # type: ignore[misc]
    db.run(lambda uow: uow.session.execute(update(Agent).where(Agent.id == esi.id).values(password_hash="")))
    with db.reader() as session:
        assert set(rota.read(session, make_city(), at=clock.now(session)).people) == {ama.id}
