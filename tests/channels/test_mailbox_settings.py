"""A mailbox's account block: what cannot be is named with what is allowed."""

from __future__ import annotations

from typing import Any

import pytest

from channels.email.settings import MailboxSettings
from channels.settings import Secret, parse_account

BLOCK: dict[str, Any] = {
    "id": "mail", "channel": "email", "gateway": "mailbox", "address": "desk@assembly.example", "user": "desk",
    "password": "file:password", "imap_host": "mail.assembly.example", "smtp_host": "mail.assembly.example",
    "hook_secret": "file:hook",
}  # fmt: skip
OAUTH: dict[str, Any] = {
    "password": ..., "token_url": "https://login.example/token", "client_id": "x", "client_secret": "file:c",
}  # fmt: skip


def faults(**changes: Any) -> list[str]:
    block = {name: value for name, value in {**BLOCK, **changes}.items() if value is not ...}

    def read(secret: Secret) -> str:
        raise AssertionError(f"{secret.reference} is not asked for")

    made, found = parse_account(MailboxSettings, block, read)
    assert (made is None) == bool(found)
    return found


@pytest.mark.parametrize(
    "changes",
    [
        {},
        OAUTH,
        {**OAUTH, "client_secret": ..., "refresh_token": "file:r", "scope": "s"},
        {"imap_host": ...},
        {"imap_host": ..., "imap_security": "none"},
        {"imap_host": "127.0.0.1", "imap_security": "none", "smtp_host": "localhost", "smtp_security": "none"},
        {"imap_security": "starttls", "imap_port": 143, "smtp_security": "tls", "smtp_port": 465},
    ],
)
def test_what_can_be(changes: dict[str, Any]) -> None:
    assert faults(**changes) == []


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"imap_security": "ssl"}, "imap_security: must be one of tls, starttls, none, not 'ssl'"),
        ({"smtp_security": "TLS"}, "smtp_security: must be one of starttls, tls, none, not 'TLS'"),
        ({"imap_security": "none"}, "imap_security: none sends the password in the open"),
        ({"smtp_security": "none"}, "smtp_security: none sends the password in the open"),
        ({"smtp_host": "127.evil.example", "smtp_security": "none"}, "smtp_security: none sends"),
        ({"imap_port": 0}, "imap_port: must be a whole number from 1 to 65535, not 0"),
        ({"smtp_port": 65536}, "smtp_port: must be a whole number from 1 to 65535, not 65536"),
        ({"largest_megabytes": 0}, "largest_megabytes: must be a whole number from 1 to 60, not 0"),
        ({"per_minute": 0}, "per_minute: must be a whole number from 1 to 6000, not 0"),
        ({"client_id": "x"}, "client_id: means nothing without token_url"),
        ({"refresh_token": "file:r"}, "refresh_token: means nothing without token_url"),
        ({**OAUTH, "client_id": ...}, "client_id: is missing"),
        ({**OAUTH, "client_secret": ...}, "client_secret: is missing"),
        ({**OAUTH, "token_url": "http://login.example"}, "token_url: must be an https address"),
        ({**OAUTH, "password": "file:p"}, "password: is not used with token_url"),
        ({"address": "desk"}, "address: must be a mail address"),
        ({"address": "desk+x@assembly.example"}, "address: must be a mail address"),
        ({"done_folder": "INBOX"}, "done_folder: folder, done_folder and large_folder must be three"),
    ],
)
def test_what_cannot_be_is_named(changes: dict[str, Any], fault: str) -> None:
    found = faults(**changes)
    assert len(found) == 1
    assert found[0].startswith(fault)


def test_all_faults_are_named_at_once() -> None:
    assert len(faults(imap_security="ssl", smtp_port=0, address="desk")) == 3
