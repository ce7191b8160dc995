"""Parts that are read together: values keep to their part, a kept part is put together once, now is now each time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import literal, select

from cases import together
from cases.models import Agent
from cases.together import NOW, Parts, first, kept, number
from contactcentre.db import Database
from tests.factories import make_agent

NINE = datetime(2026, 11, 24, 9, tzinfo=UTC)


def named(*names: str) -> Parts:
    """Two parts over agents whose parameters have the same names, and one that says what time it is."""
    mine, others = Agent.name.in_(names), Agent.name.not_in(["Nobody", *names])
    return {
        "mine": select(Agent.id, Agent.name).where(mine).order_by(Agent.name).limit(first(2)),
        "others": select(Agent.id, Agent.name).where(others, Agent.name.not_like("100 %")).order_by(Agent.name),
        "instant": select((NOW + timedelta(hours=1)).label("at"), literal("50 %").label("share")),
        "one": select(Agent.name).where(Agent.id == number("agent_id")),
    }


def test_values_keep_to_their_part_and_named_ones_are_given_at_each_read(db: Database) -> None:
    for name in ("Ama", "Kojo", "Esi", "100 % Kofi"):
        db.run(lambda uow, name=name: make_agent(uow.session, name))
    with db.reader() as session:
        parts = kept(named, "Ama", "Esi")
        for at, agent_id, name in ((NINE, 1, "Ama"), (NINE + timedelta(days=1), 2, "Kojo")):
            found = together.read(session, parts, {"now": at, "agent_id": agent_id})
            assert [one.name for one in found["mine"]] == ["Ama", "Esi"]
            assert [one.name for one in found["others"]] == ["Kojo"]
            assert [(one.at, one.share) for one in found["instant"]] == [(at + timedelta(hours=1), "50 %")]
            assert [one.name for one in found["one"]] == [name]
        other = together.read(session, kept(named, "Kojo", "Esi"), {"now": NINE, "agent_id": 1})
        assert [one.name for one in other["mine"]] == ["Esi", "Kojo"]


def test_a_part_is_put_together_once_for_the_same_values() -> None:
    built = list[str]()

    def build(name: str) -> Parts:
        built.append(name)
        return {"one": select(Agent.id).where(Agent.name == name)}

    assert kept(build, "Ama") is kept(build, "Ama") is not kept(build, "Esi")
    assert built == ["Ama", "Esi"]
    assert kept(build, "Ama")["one"].sql is kept(build, "Esi")["one"].sql
    assert kept(build, "Ama")["one"].values != kept(build, "Esi")["one"].values


def test_what_was_just_changed_is_seen(db: Database) -> None:
    def work(uow: object) -> list[str]:
        session = uow.session  # type: ignore[attr-defined]
        session.add(Agent(username="esi", name="Esi", password_hash="", active=True, created_at=NINE))
        read = together.read(session, {"all": select(Agent.name)})
        return [one.name for one in read["all"]]

    assert db.run(work) == ["Esi"]
