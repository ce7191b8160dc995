"""The administrators' pages of people: added, given roles, taken out; every change with who made it."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update

from cases.models import Agent, AgentRole, Case, LoginAttempt, StaffChange
from cases.people import LISTED
from contactcentre.db import Database
from tests.web.conftest import PASSWORD, Browser, Opened
from tests.web.people import Agents, username_of


@pytest.fixture
def admin(agent: Agents) -> Browser:
    return agent(("administrator", "*"), name="Admin")


def id_of(browser: Browser) -> int:
    assert browser.viewer is not None and browser.viewer.id is not None
    return browser.viewer.id


def trace(db: Database, agent_id: int) -> list[tuple[str, str, dict[str, object]]]:
    with db.reader() as session:
        rows = session.scalars(select(StaffChange).where(StaffChange.agent_id == agent_id).order_by(StaffChange.id))
        return [(row.actor, row.kind, row.values) for row in rows]


def test_somebody_is_added_with_roles_and_a_trace(admin: Browser, db: Database, container: object) -> None:
    admin.get("/admin/people/new")
    sent = {"name": " Esi  Test ", "username": "Esi.Test", "phone": "020 000 0001", "role1": "agent", "where1": "*"}
    answer = admin.send("/people/new", **sent)
    assert answer.status_code == 303
    with db.reader() as session:
        row = session.scalars(select(Agent).where(Agent.username == "esi.test")).one()
        grants = session.execute(select(AgentRole.role, AgentRole.department).where(AgentRole.agent_id == row.id)).all()
    assert (row.name, row.password_hash, row.active) == ("Esi Test", "", True)
    assert [tuple(one) for one in grants] == [("agent", "*")]
    values = {"username": "esi.test", "roles": ["agent@*"]}
    assert trace(db, row.id) == [(admin.viewer.actor if admin.viewer else "", "added", values)]
    admin.get(answer.location)
    assert "No password yet" in admin.page and "added with agent@*" in admin.page


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"name": " "}, "person&#39;s name"),
        ({"username": "Not Good"}, "small letters"),
        ({"username": "taken"}, "already"),
        ({"phone": "12"}, "no telephone number"),
        ({"role0": ""}, "at least one role"),
        ({"role0": "integration"}, "no role"),
        ({"where0": "moon"}, "no department"),
        ({"where0": ""}, "no department"),
    ],
)
def test_a_faulty_form_comes_back_as_it_was(admin: Browser, db: Database, values: dict[str, str], told: str) -> None:
    db.run(lambda uow: uow.session.execute(update(Agent).values(username="taken")))
    admin.get("/admin/people/new")
    sent = {"name": "Esi", "username": "esi", "phone": "", "role0": "agent", "where0": "*", **values}
    assert admin.send("/people/new", **sent).status_code == 422
    assert told in admin.page
    assert f'value="{sent["username"].strip()}"' in admin.page
    with db.reader() as session:
        assert len(session.scalars(select(Agent)).all()) == 1


def test_changed_roles_log_out_and_are_traced(admin: Browser, agent: Agents, db: Database) -> None:
    ama = agent(("agent", "*"), name="Ama")
    admin.get(f"/admin/people/{id_of(ama)}")
    assert admin.send("/roles", grant="agent@*", role0="supervisor", where0="*").status_code == 303
    assert ama.get("/desk").status_code == 303
    assert trace(db, id_of(ama))[-1][1:] == ("roles", {"added": ["supervisor@*"], "removed": []})
    ama.log_in(username_of(db, ama))
    admin.get(f"/admin/people/{id_of(ama)}")
    assert admin.send("/roles", grant=["agent@*", "supervisor@*"]).status_code == 303
    assert ama.get("/desk").status_code == 200  # nothing was changed, so nobody is logged out
    admin.get(f"/admin/people/{id_of(ama)}")
    admin.send("/roles", grant="supervisor@*")
    assert trace(db, id_of(ama))[-1][1:] == ("roles", {"added": [], "removed": ["agent@*"]})


def test_an_administrator_gives_themselves_nothing(admin: Browser, db: Database) -> None:
    admin.get(f"/admin/people/{id_of(admin)}")
    assert "Another administrator changes them" in admin.page and 'name="role0"' not in admin.page
    sent = {**admin.fields("/roles"), "grant": "administrator@*", "role0": "agent", "where0": "*"}
    answer = admin.client.post(f"/admin/people/{id_of(admin)}/roles", data=sent)
    assert answer.status_code == 422 and "Ask another administrator" in answer.get_data(as_text=True)
    for act in ("disable", "second-factor"):
        assert admin.client.post(f"/admin/people/{id_of(admin)}/{act}", data={**sent, "key": act}).status_code == 422
    assert trace(db, id_of(admin)) == []


def test_the_last_administrator_stays(admin: Browser, agent: Agents, db: Database) -> None:
    other = agent(("administrator", "*"), name="Other")
    invited = agent(("administrator", "*"), name="Invited")
    nobody = update(Agent).where(Agent.id == id_of(invited)).values(password_hash="")
    db.run(lambda uow: uow.session.execute(nobody))
    admin.get(f"/admin/people/{id_of(other)}")
    roles = admin.fields("/roles")
    assert admin.send("/disable").status_code == 303
    # The last two take each other out at the same moment: whoever comes second is not an administrator any more.
    db.run(lambda uow: uow.session.execute(update(Agent).where(Agent.id == id_of(other)).values(active=True)))
    db.run(lambda uow: uow.session.execute(update(Agent).where(Agent.id == id_of(admin)).values(password_hash="")))
    assert admin.client.post(f"/admin/people/{id_of(other)}/roles", data={**roles, "key": "a"}).status_code == 422
    answer = admin.client.post(f"/admin/people/{id_of(other)}/disable", data={**roles, "key": "b"})
    assert answer.status_code == 422 and "last administrator" in answer.get_data(as_text=True)


def test_who_is_taken_out_gives_their_cases_back(admin: Browser, agent: Agents, db: Database, say: object) -> None:
    ama = agent(name="Ama")
    opened: Opened = say("The gutter is choked")  # type: ignore[operator]
    db.run(lambda uow: uow.session.execute(update(Case).values(assignee_id=id_of(ama))))
    admin.get(f"/admin/people/{id_of(ama)}")
    assert admin.send("/disable").status_code == 303
    assert ama.get("/desk").status_code == 303
    assert ama.log_in(username_of(db, ama)).status_code == 422
    with db.reader() as session:
        assert session.get_one(Case, opened.id).assignee_id is None
    assert trace(db, id_of(ama))[-1][1:] == ("disabled", {"cases": 1})
    admin.get(f"/admin/people/{id_of(ama)}")
    assert admin.send("/enable").status_code == 303
    assert ama.log_in(username_of(db, ama), PASSWORD).status_code == 422  # invited anew, not let in by the old one


def test_a_locked_name_is_seen_and_unlocked(admin: Browser, agent: Agents, anybody: Browser, db: Database) -> None:
    ama = agent(name="Ama")
    name = username_of(db, ama)
    for _ in range(5):
        anybody.log_in(name, "wrong")
    assert anybody.log_in(name).status_code == 422
    admin.get("/admin/people")
    assert admin.page.count("Locked") == 1
    admin.get(f"/admin/people/{id_of(ama)}")
    assert "Locked until" in admin.page
    assert admin.send("/unlock").status_code == 303
    assert anybody.log_in(name).status_code == 303
    assert trace(db, id_of(ama))[-1][1] == "unlocked"


@pytest.mark.parametrize("typed", ["{}\x00", "\x00{}", " {}", "{}\x00\x00", "{}\x00 "])
def test_no_way_of_typing_a_name_gets_further_attempts(
    agent: Agents, anybody: Browser, db: Database, typed: str
) -> None:
    name = username_of(db, agent(name="Ama"))
    for _ in range(5):
        anybody.log_in(name, "wrong")
    assert anybody.log_in(typed.format(name)).status_code == 422
    with db.reader() as session:
        assert len(session.scalars(select(LoginAttempt.key).where(LoginAttempt.key.like("user:%"))).all()) == 1


def test_a_changed_number_is_traced_without_itself(admin: Browser, agent: Agents, db: Database) -> None:
    ama = agent(name="Ama")
    admin.get(f"/admin/people/{id_of(ama)}")
    assert admin.send("/name", name="Ama", phone="020 000 0009").status_code == 303
    assert trace(db, id_of(ama))[-1][1:] == ("named", {"what": ["phone"]})
    admin.get(f"/admin/people/{id_of(ama)}")
    assert admin.send("/name", name="", phone="").status_code == 422


def test_people_are_found_and_listed_by_the_hundred(admin: Browser, db: Database, agent: Agents) -> None:
    many = [
        Agent(username=f"u{n}", name=f"Person {n:03}", password_hash="-", created_at=admin_at(db))
        for n in range(LISTED + 5)
    ]
    db.run(lambda uow: uow.session.add_all(many))
    page = admin.get("/admin/people").get_data(as_text=True)
    assert page.count("<tr>") == LISTED + 1 and "page=2" in page
    assert len(page) < 150_000
    assert admin.get("/admin/people?page=2").get_data(as_text=True).count("<tr>") == 7
    assert admin.get("/admin/people?q=son+042").get_data(as_text=True).count("<tr>") == 2
    assert "Nobody is called like that" in admin.get("/admin/people?q=%25_").get_data(as_text=True)


def admin_at(db: Database) -> object:
    with db.reader() as session:
        return session.scalars(select(Agent.created_at)).first()


@pytest.mark.parametrize("role", ["agent", "supervisor", "auditor", "executive"])
def test_nobody_else_sees_any_of_it(agent: Agents, admin: Browser, role: str) -> None:
    browser, other = agent((role, "*"), name="Else"), id_of(admin)
    browser.get("/account")
    token = browser.fields("/logout")["csrf"]
    for address in ("", "/new", f"/{other}", "/import", "/import/1", "/import/sample.csv"):
        assert browser.get(f"/admin/people{address}").status_code == 403
    for act in (
        "new",
        "import",
        "import/look",
        "import/1/links",
        *(f"{other}/{one}" for one in ("name", "roles", "link", "unlock", "second-factor", "disable", "enable")),
    ):
        assert browser.client.post(f"/admin/people/{act}", data={"csrf": token, "key": act}).status_code == 403, act
        assert browser.client.post(f"/admin/people/{act}", data={"key": act}).status_code == 403
