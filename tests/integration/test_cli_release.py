"""The release step, the configuration's commands and the demo's, each on a data folder of its own."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select

from cases.models import Agent, Case, ConfigurationActive, ConfigurationVersion
from config.settings import Settings
from contactcentre.auth import passwords
from contactcentre.db import Database
from tests.integration.commands import Commands, commands, environment, failed

SHIPPED = Path(__file__).parents[2] / "config"


@pytest.fixture
def data(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A new data folder without any secret, beside the engines of the run."""
    folder = tmp_path / "data"
    for name, value in {**environment(settings), "CONTACTCENTRE_DATA": str(folder)}.items():
        monkeypatch.setenv(name, value)
    return folder


@pytest.fixture
def run(data: Path, db: Database, capsys: pytest.CaptureFixture[str]) -> Iterator[Commands]:
    """Runs commands on the new data folder and an empty database."""
    with commands(capsys) as made:
        yield made


def active(db: Database) -> int | None:
    with db.reader() as session:
        return session.scalar(select(ConfigurationActive.number))


def count(db: Database, table: type) -> int:
    with db.reader() as session:
        return session.execute(select(func.count()).select_from(table)).scalar_one()


def test_release_makes_everything_ready_and_changes_nothing_the_second_time(
    run: Commands, data: Path, db: Database
) -> None:
    code, out, err = run("release", "--json")
    assert code == 0, err
    told = json.loads(out)
    assert told["version"] == active(db)
    assert "secret-key" in told["secrets"]
    assert len(told["secrets"]) >= 3
    for name in told["secrets"]:
        path = data / "secrets" / name
        assert path.stat().st_mode & 0o777 == 0o600
        assert len(path.read_text().strip()) >= 32
    before = {path: path.read_bytes() for path in (data / "secrets").iterdir()}
    assert json.loads(run("release", "--json")[1]) == {"version": told["version"], "secrets": [], "logins": []}
    assert before == {path: path.read_bytes() for path in (data / "secrets").iterdir()}
    assert count(db, ConfigurationVersion) == 1


def test_release_tells_the_simulator_of_the_accounts(
    run: Commands, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = data / "simulator" / "accounts.json"
    assert run("release")[0] == 0
    assert not path.exists()
    monkeypatch.setenv("CONTACTCENTRE_SIMULATOR_URL", "http://127.0.0.1:9")
    assert run("release")[0] == 0
    assert path.stat().st_mode & 0o777 == 0o600
    rows = json.loads(path.read_text())
    listed = json.loads(run("accounts", "list", "--json")[1])
    assert [{key: row[key] for key in listed[0]} for row in rows] == listed
    for row in rows:
        assert set(row) == {"id", "channel", "gateway", "address", "api_key", "username", "hooks"}
        assert len(row["api_key"]) >= 32
        assert row["username"]


def test_production_is_refused_with_every_fault_and_nothing_changes(
    run: Commands, data: Path, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONTACTCENTRE_ENV", "production")
    monkeypatch.setenv("CONTACTCENTRE_SIMULATOR_URL", "http://127.0.0.1:9")
    outcome = run("release")
    assert "not fit for production" in failed(outcome)
    for fault in ("CONTACTCENTRE_BASE_URL", "CONTACTCENTRE_SIMULATOR_URL", "CONTACTCENTRE_SECRET_KEY", "hook_secret"):
        assert f"{fault}:" in outcome[2]
    assert active(db) is None
    assert not (data / "secrets").exists()


def test_a_sound_production_is_released_without_any_secret_being_made(
    run: Commands, data: Path, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run("release")[0] == 0
    secrets = {path.name for path in (data / "secrets").iterdir()}
    monkeypatch.setenv("CONTACTCENTRE_ENV", "production")
    monkeypatch.setenv("CONTACTCENTRE_BASE_URL", "https://contact.northport.example")
    code, _, err = run("release")
    assert code == 0, err
    assert {path.name for path in (data / "secrets").iterdir()} == secrets
    assert "not for production" in failed(run("release", "--demo"))
    assert "not for production" in failed(run("demo", "load"))


def test_a_faulty_folder_is_named_and_not_applied(
    run: Commands, db: Database, settings: Settings, tmp_path: Path
) -> None:
    assert run("release")[0] == 0
    folder = tmp_path / "folder"
    shutil.copytree(settings.config_dir, folder)
    (folder / "organisation.toml").write_text('name = "Northport"\nbogus = 1\n')
    outcome = run("config", "check", str(folder))
    assert "faults" in failed(outcome)
    assert "organisation.toml" in outcome[1]
    before = active(db)
    assert "nothing was changed" in failed(run("config", "apply", str(folder)))
    assert active(db) == before
    assert run("config", "check", str(settings.config_dir))[0] == 0


def test_a_changed_folder_is_shown_applied_and_exported(
    run: Commands, db: Database, settings: Settings, tmp_path: Path
) -> None:
    assert run("release")[0] == 0
    folder, out = tmp_path / "folder", tmp_path / "out"
    shutil.copytree(settings.config_dir, folder)
    organisation = folder / "organisation.toml"
    organisation.write_text(organisation.read_text() + "# a remark that stays\n")
    assert json.loads(run("config", "diff", "--json")[1]) == {"differs": False, "diff": ""}
    assert "+# a remark that stays" in run("config", "diff", str(folder))[1]
    code, told, err = run("config", "apply", str(folder), "--reason", "a remark", "--json")
    assert code == 0, err
    assert json.loads(told)["version"] == active(db) == 2
    assert run("config", "export", str(out))[0] == 0
    assert (out / "organisation.toml").read_bytes() == organisation.read_bytes()
    assert "not empty" in failed(run("config", "export", str(out)))
    with db.reader() as session:
        assert session.scalars(select(ConfigurationVersion.reason).order_by(ConfigurationVersion.number)).all()[1] == (
            "a remark"
        )


def test_the_demo_is_loaded_once_with_log_ins_that_open_and_cleared(
    run: Commands, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONTACTCENTRE_CONFIG", str(SHIPPED))
    code, out, err = run("release", "--demo", "--json")
    assert code == 0, err
    logins = json.loads(out)["logins"]
    made = count(db, Case)
    assert made > 0
    with db.reader() as session:
        hashes = {agent.username: agent.password_hash for agent in session.scalars(select(Agent))}
    assert hashes.keys() == {one["username"] for one in logins}
    assert passwords.matches(hashes[logins[0]["username"]], logins[0]["password"])
    assert json.loads(run("demo", "load", "--json")[1]) == {"cases": 0, "logins": logins}
    assert count(db, Case) == made
    code, out, _ = run("verify", "--json")
    assert (code, json.loads(out)["cases"]) == (0, made)
    assert run("demo", "clear", "--yes")[0] == 0
    assert count(db, Case) == 0
