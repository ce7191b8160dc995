"""The command line against real engines: what it prints, what it changes, and how it fails."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, text, update

from cases import clock
from cases.models import Agent, AgentRole, AgentSession, ApiToken, Case, Event, RawRequest
from cases.references import written
from config.settings import Settings
from contactcentre.auth import passwords, tokens
from contactcentre.cli.__main__ import COMMANDS
from contactcentre.container import Container
from contactcentre.db import UnitOfWork
from contactcentre.presence import sign
from tests.factories import say
from tests.integration.commands import Commands, commands, environment, failed

Run = Commands


@pytest.fixture
def run(settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Run]:
    """Runs commands on the test installation."""
    for name, value in environment(settings).items():
        monkeypatch.setenv(name, value)
    with commands(capsys) as made:
        yield made


def open_case(container: Container, words: str = "The gutter is choked") -> Case:
    account = next(iter(container.city.accounts))
    received = container.db.run(lambda uow: say(uow.session, container.city, words, account=account))
    with container.db.reader() as session:
        return session.get_one(Case, received.case_id)


def test_accounts_are_listed_as_scripts_rely_on(container: Container, run: Run) -> None:
    code, out, _ = run("accounts", "list", "--json")
    assert code == 0
    rows = {row["id"]: row for row in json.loads(out)}
    assert set(rows) == set(container.city.accounts)
    for key, row in rows.items():
        assert list(row) == ["id", "channel", "gateway", "address", "hooks"]
        secret = container.read_secret(container.account_settings[key].hook_secret)
        assert row["address"] == container.city.accounts[key].address
        assert {"incoming", "delivery"} <= set(row["hooks"])
        for event, url in row["hooks"].items():
            assert url == f"http://127.0.0.1:8123/hooks/{key}/{secret}/{event}"


def test_the_data_folder_may_stand_before_or_after_the_command(
    container: Container, settings: Settings, tmp_path: Path
) -> None:
    """A folder with a running product's note is enough; the environment says nothing here."""
    (tmp_path / "instance.json").write_text(json.dumps(environment(settings)))
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("CONTACT", "DATABASE", "REDIS"))}
    clean["CONTACTCENTRE_SECRETS_DIR"] = str(settings.secrets_dir)
    for words in (["--data", str(tmp_path), "accounts", "list"], ["accounts", "list", "--data", str(tmp_path)]):
        done = subprocess.run(
            [sys.executable, "-m", "contactcentre.cli", *words, "--json"],
            env=clean,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert {row["id"] for row in json.loads(done.stdout)} == set(container.city.accounts)


def test_a_folder_without_a_product_is_one_clear_line(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("DATABASE_URL")
    line = failed(run("accounts", "list", "--data", str(tmp_path)))
    assert str(tmp_path) in line
    assert "--data" in line


def test_a_database_that_is_away_is_one_clear_line(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql+psycopg://nobody:hunter2@127.0.0.1:1/none")
    line = failed(run("outbox", "list"))
    assert "database cannot be reached" in line
    assert "hunter2" not in line


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["nonsense"], "No such command 'nonsense'"),
        (["token", "create", "--name", "x"], "Missing option '--role'"),
        (["token", "create", "--name", "x", "--role", "king"], "'king' is not one of"),
        (["token", "create", "--name", " ", "--role", "agent"], "--name"),
        (["token", "create", "--name", "x", "--role", "agent", "--department", "moon"], "no department 'moon'"),
        (["users", "add", "Not Good", "--role", "agent"], "small letters"),
        (["users", "disable", "nobody"], "no user 'nobody'"),
        (["route", "explain", "--channel", "pigeon", "hi"], "no account has the channel 'pigeon'"),
        (["route", "explain", "--channel", "sms", "--account", "x", "hi"], "no sms account 'x'"),
        (["sla", "explain", "1234"], "not a reference"),
        (["sla", "explain", "4821-7736"], "4821-7736"),
        (["raw", "replay"], "--all"),
        (["raw", "replay", "999"], "no callback 999"),
        (["outbox", "list", "--state", "lost"], "'lost' is not one of"),
    ],
)
@pytest.mark.usefixtures("container")
def test_bad_input_is_one_clear_line(run: Run, words: list[str], told: str) -> None:
    assert told.lower() in failed(run(*words)).lower()


def test_every_command_explains_itself(run: Run) -> None:
    code, out, _ = run("--help")
    assert code == 0
    for name in COMMANDS:
        assert f"  {name} " in out
        code, told, _ = run(name, "--help")
        assert code == 0
        assert "Usage: contactcentre" in told


def test_a_token_is_printed_alone_and_works(container: Container, run: Run) -> None:
    department = next(iter(container.city.departments))
    code, out, _ = run("token", "create", "--name", "probe", "--role", "agent", "--department", department)
    assert code == 0
    with container.db.reader() as session:
        found = tokens.find(session, out.strip())
        assert found is not None
        assert found[0].grants == frozenset({("agent", department)})
        assert session.scalars(select(ApiToken.token_hash)).one() != out.strip()
    assert json.loads(run("token", "create", "--name", "probe", "--role", "agent", "--json")[1])["token"]


def test_users_are_added_listed_and_disabled(container: Container, run: Run) -> None:
    code, out, _ = run("users", "add", "a.mensah", "--name", "A. Mensah", "--role", "agent", "--role", "supervisor")
    assert code == 0
    with container.db.reader() as session:
        agent = session.scalars(select(Agent)).one()
        assert passwords.matches(agent.password_hash, out.strip())
        assert not passwords.matches(agent.password_hash, f"{out.strip()}x")
        roles = session.execute(select(AgentRole.role, AgentRole.department).order_by(AgentRole.role)).all()
        assert [tuple(row) for row in roles] == [("agent", "*"), ("supervisor", "*")]
    assert "already" in failed(run("users", "add", "a.mensah", "--role", "agent"))
    log_in(container, agent.id)
    assert run("users", "disable", "A.Mensah")[0] == 0
    (row,) = json.loads(run("users", "list", "--json")[1])
    assert (row["username"], row["active"], row["roles"][0]["role"]) == ("a.mensah", False, "agent")
    assert "password" not in json.dumps(row)
    with container.db.reader() as session:
        assert session.scalars(select(AgentSession.revoked_at)).one() is not None


def log_in(container: Container, agent_id: int) -> None:
    def work(uow: UnitOfWork) -> None:
        at = clock.now(uow.session)
        row = AgentSession(
            token_hash="hash",
            agent_id=agent_id,
            csrf_token="csrf",
            created_at=at,
            seen_at=at,
            expires_at=at + timedelta(days=1),
            browser="a browser",
        )
        uow.session.add(row)

    container.db.run(work)


def test_routing_is_explained_and_commands_are_seen(container: Container, run: Run) -> None:
    account = next(one for one in container.city.accounts.values() if one.channel == "sms")
    words = ["route", "explain", "--channel", "sms", "--account", account.id]
    (row,) = json.loads(run(*words, "The gutter is choked", "--json")[1])
    assert (row["account"], row["command"]) == (account.id, None)
    assert row["department"] == account.department
    assert row["rule"]
    (row,) = json.loads(run(*words, "stop", "--json")[1])
    assert row["command"] == "Stop"
    every = json.loads(run("route", "explain", "--channel", "sms", "The gutter", "--json")[1])
    assert [one["account"] for one in every] == [a.id for a in container.city.accounts.values() if a.channel == "sms"]
    assert row["department_name"] in run(*words, "The gutter is choked")[1]


def test_a_cases_promise_is_explained(container: Container, run: Run) -> None:
    case = open_case(container)
    told = json.loads(run("sla", "explain", written(case.reference), "--json")[1])
    assert told["reference"] == case.reference
    first = next(row for row in told["timers"] if row["kind"] == "first_response")
    assert case.due_at is not None
    assert (first["state"], first["due_at"]) == ("running", case.due_at.isoformat())
    out = run("sla", "explain", case.reference)[1]
    assert "first_response: running" in out
    assert f"policy that fits it now: {told['policy']}" in out


def test_the_outbox_is_listed_by_state(container: Container, run: Run) -> None:
    open_case(container)
    (row,) = json.loads(run("outbox", "list", "--json", "--state", "queued")[1])
    assert (row["state"], row["attempts"]) == ("queued", 0)
    assert "text" not in row
    assert json.loads(run("outbox", "list", "--state", "failed", "--json")[1]) == []
    assert "queued" in run("outbox", "list")[1]


def broken_callback(container: Container) -> int:
    account = next(iter(container.city.accounts))
    headers = {
        "headers": {},
        "query": {},
        "form": {"id": "m-1", "from": "+233200000001", "to": "1422", "text": "Gutter"},
    }
    row = RawRequest(
        account=account,
        event="incoming",
        dedupe_key="id:m-1",
        method="POST",
        url=f"/hooks/{account}/•/incoming",
        headers={**headers, "form": {**headers["form"], "date": "2026-11-24 10:00:00"}},
        body=b"",
        state="quarantined",
        attempts=5,
        reason="TextMissing",
    )

    def work(uow: UnitOfWork) -> None:
        row.received_at = clock.now(uow.session)
        uow.session.add(row)

    container.db.run(work)
    return row.id


def test_a_quarantined_callback_is_listed_and_applied_again(container: Container, run: Run) -> None:
    raw_id = broken_callback(container)
    (row,) = json.loads(run("raw", "list", "--json")[1])
    assert (row["id"], row["state"], row["reason"]) == (raw_id, "quarantined", "TextMissing")
    assert "Gutter" not in json.dumps(row)
    code, out, _ = run("raw", "replay", "--all", "--json")
    assert code == 0
    assert [(one["id"], one["state"]) for one in json.loads(out)] == [(raw_id, "applied")]
    with container.db.reader() as session:
        assert session.scalars(select(Case.subject)).one() == "Gutter"
    assert json.loads(run("raw", "list", "--json")[1]) == []
    assert run("raw", "replay", str(raw_id))[0] == 0


def test_a_callback_that_still_fails_says_so(container: Container, run: Run) -> None:
    raw_id = broken_callback(container)
    container.db.run(lambda uow: uow.session.execute(update(RawRequest).values(event="moonbeam")))
    outcome = run("raw", "replay", str(raw_id), "--json")
    assert "could not be applied" in failed(outcome)
    (row,) = json.loads(outcome[1])
    assert row["state"] == "quarantined"


def test_verify_finds_a_rewritten_line(container: Container, run: Run) -> None:
    case = open_case(container)
    code, out, _ = run("verify", "--json")
    assert code == 0
    told = json.loads(out)
    assert (told["cases"], told["faults"]) == (1, [])
    assert told["events"] > 0
    container.db.run(lambda uow: uow.session.execute(update(Event).where(Event.seq == 1).values(actor="agent:99")))
    outcome = run("verify", "--json")
    assert "does not hold" in failed(outcome)
    assert json.loads(outcome[1])["faults"][0]["reference"] == written(case.reference)


def test_verify_finds_a_history_that_was_cut_off(container: Container, run: Run) -> None:
    open_case(container)
    with container.db.reader() as session:
        last = session.scalars(select(Event.id).order_by(Event.seq.desc())).first()
    container.db.run(lambda uow: uow.session.execute(text("delete from event where id = :id"), {"id": last}))
    assert "does not hold" in failed(run("verify"))


def test_doctor_names_what_is_wrong_and_the_remedy(container: Container, run: Run) -> None:
    for name in ("web", "live", "worker", "ticker", "listener"):
        container.db.run(lambda uow, name=name: sign(uow, name, "host:1"))
    code, out, err = run("doctor", "--json")
    findings = json.loads(out)
    assert code == 0, (findings, err)
    assert all(one["ok"] for one in findings)
    assert any(one["what"].startswith("database PostgreSQL") for one in findings)
    assert any(one["what"].startswith("queue server") for one in findings)
    container.db.run(lambda uow: uow.session.execute(text("delete from lease where name = 'process:worker'")))
    broken_callback(container)
    outcome = run("doctor")
    assert "2 of" in failed(outcome)
    assert "WRONG process worker: no sign of life ever -> start it" in outcome[1]
    assert "WRONG callbacks: 1 could not be applied -> see: contactcentre raw list" in outcome[1]


def test_doctor_goes_on_without_engines(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql+psycopg://nobody@127.0.0.1:1/none")
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:1")
    code, out, _ = run("doctor", "--json")
    assert code == 1
    wrong = {one["what"]: one["remedy"] for one in json.loads(out) if not one["ok"]}
    assert set(wrong) == {"database", "queue server"}
    assert all(wrong.values())


def test_version_needs_no_installation(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATABASE_URL")
    code, out, _ = run("version")
    assert code == 0
    assert out.strip()[0].isdigit()
    assert json.loads(run("version", "--json")[1]) == {"version": out.strip()}


def test_other_policies_are_tried_on_running_promises(container: Container, run: Run, tmp_path: Path) -> None:
    open_case(container)
    folder = tmp_path / "tried"
    shutil.copytree(container.settings.config_dir, folder)
    code, out, _ = run("sla", "preview", str(folder), "--json")
    assert code == 0
    same = json.loads(out)
    assert same["calendars"] == {"live": 0, "moved": 0, "more": False}
    assert {one["earlier"] + one["later"] + one["dropped"] for one in same["effects"]} == {0}
    organisation = folder / "organisation.toml"
    text = organisation.read_text()
    assert "first_response = { amount = 24" in text
    organisation.write_text(text.replace("first_response = { amount = 24", "first_response = { amount = 12"))
    code, out, _ = run("sla", "preview", str(folder), "--json")
    (first,) = [one for one in json.loads(out)["effects"] if one["kind"] == "first_response"]
    assert (first["running"], first["earlier"], first["later"]) == (1, 1, 0)
    organisation.write_text(text.replace("amount = 24", "amount = -1"))
    assert "faults; nothing was changed" in run("sla", "preview", str(folder))[2]
