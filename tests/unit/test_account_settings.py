"""Account blocks: every fault is named at once with what is allowed, and a secret never stands in one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from channels.settings import AccountSettings, Secret, parse_account, secrets_of
from channels.sms.africastalking import AfricasTalkingSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Many(AccountSettings):
    """One key of each type."""

    port: int
    secure: bool = True
    pause: float = 1.5
    password: Secret | None = None
    note: str | None = None


BLOCK = {"id": "a1", "channel": "sms", "gateway": "g", "address": "1422", "hook_secret": "file:hook", "port": 993}


def read(secret: Secret) -> str:
    return f"<{secret.reference}>"


def faults(**changes: Any) -> list[str]:
    block = {name: value for name, value in {**BLOCK, **changes}.items() if value is not ...}
    settings, found = parse_account(Many, block, read)
    assert (settings is None) == bool(found)
    return found


def test_a_good_block_becomes_settings() -> None:
    settings, found = parse_account(Many, {**BLOCK, "password": "env:PW", "pause": 0.5, "secure": False}, read)
    assert found == []
    assert isinstance(settings, Many)
    assert (settings.id, settings.port, settings.secure, settings.pause) == ("a1", 993, False, 0.5)
    assert (settings.department, settings.note, settings.base_url) == (None, None, None)
    assert settings.read_secret(settings.hook_secret) == "<file:hook>"


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"address": ...}, "address: is missing"),
        ({"port": ...}, "port: is missing"),
        ({"hook_secret": ...}, "hook_secret: is missing"),
        ({"port": "993"}, "port: must be a whole number, not '993'"),
        ({"port": 9.5}, "port: must be a whole number, not 9.5"),
        ({"port": True}, "port: must be a whole number, not True"),
        ({"secure": 1}, "secure: must be true or false, not 1"),
        ({"secure": "yes"}, "secure: must be true or false, not 'yes'"),
        ({"pause": "long"}, "pause: must be a number, not 'long'"),
        ({"address": 1422}, "address: must be text, not 1422"),
        ({"address": "  "}, "address: must not be empty"),
        ({"note": ""}, "note: must not be empty"),
        ({"note": 3}, "note: must be text, not 3"),
        ({"hook_secret": 5}, "hook_secret: must be text such as file:NAME"),
    ],
)
def test_a_fault_is_named_with_what_is_allowed(changes: dict[str, Any], fault: str) -> None:
    assert faults(**changes) == [fault]


def test_an_unknown_key_lists_the_known() -> None:
    (fault,) = faults(adress="x")
    assert fault.startswith("adress: is not a key of this gateway; allowed: ")
    assert "address" in fault and "read_secret" not in fault


def test_read_secret_is_no_key_of_a_block() -> None:
    (fault,) = faults(read_secret="x")
    assert fault.startswith("read_secret: is not a key")


def test_all_faults_come_at_once() -> None:
    found = faults(port="x", address=..., colour="red", secure=3)
    assert sorted(fault.partition(":")[0] for fault in found) == ["address", "colour", "port", "secure"]


def test_a_whole_number_may_stand_where_a_number_is_wanted() -> None:
    assert faults(pause=2) == []


SECRET_ITSELF = "0123456789abcdef0123456789abcdef"


@pytest.mark.parametrize("reference", ["", "env:", "file:", "env", "http://x", SECRET_ITSELF, f"plain:{SECRET_ITSELF}"])
def test_a_secret_itself_is_refused_and_not_repeated(reference: str) -> None:
    (fault,) = faults(hook_secret=reference)
    assert "must be env:NAME or file:PATH" in fault
    assert SECRET_ITSELF not in fault


@pytest.mark.parametrize("reference", ["env:NAME", "file:name", "file:/run/secrets/name", "file:a:b"])
def test_references_are_accepted(reference: str) -> None:
    assert Secret(reference).reference == reference


def test_the_secrets_of_an_account_are_listed_by_key() -> None:
    settings, _ = parse_account(Many, {**BLOCK, "password": "env:PW"}, read)
    assert settings is not None
    assert secrets_of(settings) == {"hook_secret": Secret("file:hook"), "password": Secret("env:PW")}


def test_a_gateways_own_keys_are_required() -> None:
    block = {name: value for name, value in BLOCK.items() if name != "port"}
    _, found = parse_account(AfricasTalkingSettings, block, read)
    assert found == ["username: is missing", "api_key: is missing"]
