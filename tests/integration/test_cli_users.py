"""``users`` and ``token`` on the command line: invitations, people from a file, unlocking, revoking."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from cases.models import Agent, AgentLink, AgentRole, ApiToken
from config.settings import Settings
from contactcentre.auth import links, lockout, tokens
from contactcentre.container import Container
from tests.integration.commands import Commands, commands, environment, failed


@pytest.fixture
def run(settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Commands]:
    """Runs commands on the test installation."""
    for name, value in environment(settings).items():
        monkeypatch.setenv(name, value)
    with commands(capsys) as made:
        yield made


def usernames(container: Container) -> set[str]:
    with container.db.reader() as session:
        return set(session.scalars(select(Agent.username)))


def owner_of(container: Container, link: str) -> str | None:
    with container.db.reader() as session:
        found = links.find(session, link.strip().rpartition("/")[2], "invitation", "reset")
        return found[1].username if found else None


def test_somebody_is_invited_instead_of_given_a_password(container: Container, run: Commands) -> None:
    code, out, _ = run("users", "add", "esi", "--role", "agent", "--invite")
    assert code == 0
    assert owner_of(container, out) == "esi"
    with container.db.reader() as session:
        assert session.scalars(select(Agent.password_hash)).one() == ""
        assert session.scalars(select(AgentLink.created_by)).one() == "system"


def test_a_link_for_a_new_password_ends_the_one_before(container: Container, run: Commands) -> None:
    run("users", "add", "esi", "--role", "agent")
    first, second = (run("users", "reset", "ESI")[1] for _ in range(2))
    assert (owner_of(container, first), owner_of(container, second)) == (None, "esi")
    assert "no user 'kofi'" in failed(run("users", "reset", "kofi"))


def test_a_file_is_looked_at_and_made_only_when_asked(container: Container, run: Commands, tmp_path: Path) -> None:
    place, file = next(iter(container.city.departments)), tmp_path / "people.csv"
    run("users", "add", "yaw", "--role", "agent")
    file.write_text(f"name,username,roles\nEsi,esi,agent@{place}\nYaw,yaw,supervisor@{place}\n", encoding="utf-8")
    rows = json.loads(run("users", "import", str(file), "--json")[1])
    assert [(row["line"], row["becomes"]) for row in rows] == [("2", "new"), ("3", "changed")]
    assert usernames(container) == {"yaw"}
    code, out, _ = run("users", "import", str(file), "--make", "--update", "yaw")
    assert code == 0
    rows = list(csv.DictReader(io.StringIO(out, newline="")))
    assert [row["username"] for row in rows] == ["esi"]
    assert owner_of(container, rows[0]["link"]) == "esi"
    with container.db.reader() as session:
        assert set(session.scalars(select(AgentRole.role))) == {"agent", "supervisor"}


def test_every_fault_of_a_file_is_a_line(container: Container, run: Commands, tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    file.write_text("name,username,roles\n,esi,agent@*\nYaw,yaw,king@*\n", encoding="utf-8")
    code, _, told = run("users", "import", str(file), "--make")
    assert code == 1
    assert "people.csv:2: name: " in told and "people.csv:3: roles: There is no role 'king'" in told
    assert usernames(container) == set()


def test_the_last_administrator_cannot_be_disabled(container: Container, run: Commands) -> None:
    run("users", "add", "boss", "--role", "administrator")
    assert "last administrator" in failed(run("users", "disable", "boss"))
    run("users", "add", "other", "--role", "administrator")
    assert run("users", "disable", "boss")[0] == 0


def test_a_locked_name_is_let_in_again(container: Container, run: Commands) -> None:
    run("users", "add", "esi", "--role", "agent")

    def count() -> bool:
        return container.db.run(lambda uow: lockout.count(uow.session, username="esi", network="198.51.100.1"))

    assert [count() for _ in range(6)] == [True] * 5 + [False]
    assert run("users", "unlock", "esi")[0] == 0
    assert count()


def test_a_token_is_listed_without_itself_and_revoked(container: Container, run: Commands) -> None:
    token = run("token", "create", "--name", "probe", "--role", "agent")[1].strip()
    (row,) = json.loads(run("token", "list", "--json")[1])
    assert (row["name"], row["role"], row["revoked_at"]) == ("probe", "agent", None)
    assert "hash" not in json.dumps(row) and token not in json.dumps(row)
    assert run("token", "revoke", str(row["id"]))[0] == 0
    with container.db.reader() as session:
        assert tokens.find(session, token) is None
        first = session.scalars(select(ApiToken.revoked_at)).one()
    run("token", "revoke", str(row["id"]))
    with container.db.reader() as session:
        assert session.scalars(select(ApiToken.revoked_at)).one() == first
    assert "no token 99" in failed(run("token", "revoke", "99"))
