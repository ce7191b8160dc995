"""Production names every fault, each with its remedy, and never a secret."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from channels.settings import AccountSettings, Secret
from config.checks import faults, warnings
from config.settings import load

GOOD = {
    "CONTACTCENTRE_ENV": "production",
    "CONTACTCENTRE_BASE_URL": "https://contact.northport.example",
    "DATABASE_URL": "postgresql+psycopg://db/contact",
    "REDIS_URL": "redis://:a-long-password@queue.internal/0",
}
STRONG = "0123456789abcdef0123456789abcdef"


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewaySettings(AccountSettings):
    api_key: Secret


def account(**changes: str) -> AccountSettings:
    return GatewaySettings(
        id="sms-front",
        channel="sms",
        gateway="any",
        address="1422",
        hook_secret=Secret("file:front-hook"),
        api_key=Secret(changes.get("api_key", "file:front-key")),
        read_secret=lambda secret: secret.reference,
    )


def found(tmp_path: Path, *, environ: dict[str, str] | None = None, **changes: str) -> list[str]:
    given = {**GOOD, **changes}
    return faults(load(tmp_path, given), [account()], environ or {})


@pytest.fixture(autouse=True)
def folder(tmp_path: Path) -> Path:
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    (secrets / "secret-key").write_text(STRONG)
    (secrets / "front-hook").write_text(STRONG[:16])
    (secrets / "front-key").write_text(STRONG)
    return secrets


def test_a_sound_installation_has_no_faults(tmp_path: Path) -> None:
    assert found(tmp_path) == []


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("CONTACTCENTRE_BASE_URL", "http://contact.northport.example", "is not https"),
        ("CONTACTCENTRE_SIMULATOR_URL", "http://127.0.0.1:9", "the simulator is on"),
        ("CONTACTCENTRE_TEST_CLOCK", "2026-11-24T08:00:00Z,0,1", "a test clock is set"),
        ("CONTACTCENTRE_METRICS_NETWORKS", "10.0.0.0/8,everywhere", "'everywhere' is not a network"),
        ("REDIS_URL", "redis://queue.internal/0", "queue.internal is on a network and has no password"),
        ("REDIS_URL", "rediss://10.1.2.3/0", "10.1.2.3 is on a network and has no password"),
        ("CONTACTCENTRE_SECRET_KEY", "file:absent", "put at least 32 random characters into the file"),
        ("CONTACTCENTRE_SECRET_KEY", "env:ABSENT", "put at least 32 random characters into the variable ABSENT"),
        ("CONTACTCENTRE_SECRET_KEY", "s3cret-itself", "must be env:NAME or file:PATH"),
    ],
)
def test_each_weak_setting_is_one_fault_that_names_it(tmp_path: Path, name: str, value: str, words: str) -> None:
    (fault,) = found(tmp_path, **{name: value})
    assert fault.startswith(f"{name}: ")
    assert words in fault


@pytest.mark.parametrize(
    "url",
    [
        "redis://127.0.0.1:6379/0",
        "redis://localhost/0",
        "redis://[::1]:6379/0",
        "unix:///run/valkey.sock",
        "unix:///run/valkey.sock?db=0",
        "redis://user:word@10.1.2.3/0",
        "redis://10.1.2.3/0?password=word",
    ],
)
def test_a_queue_server_that_nobody_else_reaches_or_that_has_a_password_is_sound(tmp_path: Path, url: str) -> None:
    assert found(tmp_path, REDIS_URL=url) == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        "short",
        "x" * 64,
        "0123456789abcdef0123456789abcde",
        "change-me-0123456789abcdef0123456789",
        "CHANGEME" * 8,
        "your_secret_0123456789abcdef0123456789",
        "an-example-0123456789abcdef0123456789",
        "placeholder-0123456789abcdef0123456789",
    ],
)
def test_a_weak_installation_key_is_refused(tmp_path: Path, folder: Path, text: str) -> None:
    (folder / "secret-key").write_text(text)
    (fault,) = found(tmp_path)
    assert fault.startswith("CONTACTCENTRE_SECRET_KEY: ")
    assert str(folder / "secret-key") in fault
    assert not text or text not in fault


def test_every_secret_of_every_account_is_looked_at(tmp_path: Path, folder: Path) -> None:
    (folder / "front-hook").write_text("fifteen-letters")
    (folder / "front-key").unlink()
    hook, key = found(tmp_path)
    assert hook.startswith("account sms-front: hook_secret: ")
    assert "fewer than 16 characters" in hook
    assert "fifteen-letters" not in hook
    assert key.startswith("account sms-front: api_key: ")
    assert str(folder / "front-key") in key


def test_a_secret_may_come_from_the_environment(tmp_path: Path) -> None:
    settings = load(tmp_path, {**GOOD, "CONTACTCENTRE_SECRET_KEY": "env:KEY"})
    accounts = [account(api_key="env:API_KEY")]
    assert faults(settings, accounts, {"KEY": STRONG, "API_KEY": STRONG}) == []
    assert len(faults(settings, accounts, {"KEY": STRONG})) == 1


def test_all_faults_come_at_once(tmp_path: Path, folder: Path) -> None:
    (folder / "secret-key").unlink()
    weak = {
        "CONTACTCENTRE_BASE_URL": "http://x.example",
        "CONTACTCENTRE_SIMULATOR_URL": "http://127.0.0.1:9",
        "REDIS_URL": "redis://queue.internal",
    }
    assert len(found(tmp_path, **weak)) == 4


@pytest.mark.parametrize(
    ("anchor", "warned"),
    [
        ("", True),
        ("{data}/sub/anchor.jsonl", True),
        ("{data}-beside/anchor.jsonl", False),
        ("/srv/anchor.jsonl", False),
    ],
)
def test_an_anchor_in_the_data_folder_is_a_warning_and_no_fault(tmp_path: Path, anchor: str, warned: bool) -> None:
    settings = load(tmp_path, {**GOOD, "AUDIT_ANCHOR": anchor.format(data=tmp_path)})
    assert [one.startswith("AUDIT_ANCHOR: ") for one in warnings(settings)] == [True] * warned
    assert faults(settings, [account()], {}) == []
