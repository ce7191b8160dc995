"""Names in notes: who may read the case is told, everybody else is refused with the same words."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from cases import mentions, replies
from cases.errors import Invalid
from cases.models import Agent, Event, Notice
from cases.permissions import Viewer
from contactcentre.db import Database
from tests.factories import make_agent
from tests.integration.office import Office, office


def people(desk: Office) -> dict[str, Viewer]:
    def make(uow: object) -> dict[str, Viewer]:
        session = uow.session  # type: ignore[attr-defined]
        roles = {"Efua Bronyah": ("agent", "desk"), "Efua": ("agent", "*"), "Kwame Elsewhere": ("agent", "waste")}
        return {name: make_agent(session, name, role) for name, role in roles.items()}

    return desk.db.run(make)


def notes(desk: Office, text: str) -> list[int]:
    """Write a note; returns who was told by it."""
    desk.db.run(lambda uow: replies.note(uow.session, desk.agent, reference=desk.case.reference, text=text))
    with desk.db.reader() as session:
        told = select(Notice.agent_id).where(Notice.kind == "mentioned", Notice.sent_at.is_not(None))
        return list(session.scalars(told.order_by(Notice.id)))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("@Efua Bronyah the foreman is free", ["Efua Bronyah"]),
        ("ask @efua, please", ["Efua"]),
        ("@Efua Bronyah and @Efua and again @Efua.", ["Efua Bronyah", "Efua"]),
        ("write to ama@example.org, see you @ ten, @1 or a@b", []),
        ("@Ama said so herself", []),
    ],
)
def test_who_is_named_is_told_once(db: Database, text: str, told: list[str]) -> None:
    with office(db) as desk:
        desk.at("2026-03-03 10:00").says()
        known = people(desk)
        assert notes(desk, text) == [known[name].id for name in told]


@pytest.mark.parametrize("name", ["Kwame Elsewhere", "Nobody", "Efuas"])
def test_who_may_not_read_it_and_who_is_not_there_are_refused_alike(db: Database, name: str) -> None:
    with office(db) as desk:
        desk.at("2026-03-03 10:00").says()
        people(desk)
        with pytest.raises(Invalid, match=f"@{name.split(maxsplit=1)[0]} is nobody who may read this case") as refused:
            notes(desk, f"@{name} look at this")
        assert refused.value.field == "text"
        with db.reader() as session:
            assert session.scalars(select(Event).where(Event.kind == "note")).all() == []


def test_two_of_one_name_are_told_apart_by_their_usernames(db: Database) -> None:
    with office(db) as desk:
        desk.at("2026-03-03 10:00").says()
        people(desk)
        other = db.run(lambda uow: make_agent(uow.session, "Efua", ("agent", "*")))
        with pytest.raises(Invalid, match=r"are several people\. Write one of @efua"):
            notes(desk, "@Efua look at this")
        with db.reader() as session:
            username = session.get_one(Agent, other.id).username
        assert notes(desk, f"@{username} look at this") == [other.id]


def test_only_readers_are_offered_by_any_word_of_their_name(db: Database) -> None:
    with office(db) as desk:
        desk.at("2026-03-03 10:00").says()
        people(desk)

        def offered(begins: str) -> list[str]:
            with db.reader() as session:
                found = mentions.offered(session, desk.agent, reference=desk.case.reference, begins=begins)
            return [one.name for one in found]

        assert offered("") == ["Efua", "Efua Bronyah"]
        assert offered("bro") == ["Efua Bronyah"]
        assert offered("Kwame") == offered("%") == []
