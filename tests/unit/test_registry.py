"""Channels are found, not listed: a folder that is dropped in works, and looking for them loads no gateway's SDK."""

from __future__ import annotations

import importlib
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import channels
from cases.messages import Address, AddressKind, InboundMessage, OutboundMessage, Receipt
from channels import registry
from channels.base import Listens, Receives, Sends
from channels.settings import Secret, parse_account
from tests.contracts.channel import IncomingCase, run_incoming

PIGEON = '''
"""Carrier pigeons, by the loft."""

from dataclasses import dataclass
from typing import ClassVar

from cases.messages import Address, AddressKind, InboundMessage, Receipt
from channels.settings import AccountSettings
from channels.webhook import Route, WebhookReply


@dataclass(frozen=True, slots=True, kw_only=True)
class LoftSettings(AccountSettings):
    loft: str


class Pigeon:
    kind: ClassVar[str] = "pigeon"
    gateway: ClassVar[str] = "loft"
    settings_class: ClassVar[type[AccountSettings]] = LoftSettings
    max_characters: ClassVar[int | None] = 40

    def __init__(self, settings):
        self.settings = settings

    def routes(self):
        return (Route("landed", lambda request: request.form.get("ring"), self._landed),)

    def send(self, message):
        return Receipt(f"{self.settings.loft}:{message.client_reference}")

    def _landed(self, request):
        sender = Address(AddressKind.SENDER_NAME, request.form["ring"])
        account = self.settings.id
        return WebhookReply(204), [InboundMessage(account, self.kind, sender, "loft", request.form["note"], None)]
'''
Drop = Callable[[str, str, str], None]


@pytest.fixture
def drop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Drop]:
    """Put a file into a channel's folder beside the shipped ones."""
    monkeypatch.setattr(channels, "__path__", [*channels.__path__, str(tmp_path)])
    before = set(sys.modules)

    def write(folder: str, name: str, source: str) -> None:
        (tmp_path / folder).mkdir(exist_ok=True)
        (tmp_path / folder / "__init__.py").touch()
        (tmp_path / folder / name).write_text(source, encoding="utf-8")
        importlib.invalidate_caches()
        registry.discover.cache_clear()

    yield write
    for name in set(sys.modules) - before:
        if name.startswith("channels."):
            del sys.modules[name]
            parent, _, child = name.rpartition(".")
            if parent == "channels" and hasattr(channels, child):
                delattr(channels, child)
    registry.discover.cache_clear()


BLOCK = {"id": "p1", "channel": "pigeon", "gateway": "loft", "address": "roof", "hook_secret": "env:X", "loft": "North"}


def test_a_folder_that_is_dropped_in_is_found_built_and_used(drop: Drop) -> None:
    assert registry.find("pigeon", "loft") is None
    drop("pigeon", "channel.py", PIGEON)
    kind = registry.find("pigeon", "loft")
    assert kind is not None
    settings, faults = parse_account(kind.settings_class, BLOCK, _unread)
    assert not faults and settings is not None
    channel = registry.build(settings)
    assert isinstance(channel, Receives) and isinstance(channel, Sends) and not isinstance(channel, Listens)
    someone = Address(AddressKind.SENDER_NAME, "ring-7")
    came = (InboundMessage("p1", "pigeon", someone, "loft", "coo", None),)
    run_incoming(channel, IncomingCase("lands", "landed", {"ring": "ring-7", "note": "coo"}, came, status=204))
    assert channel.send(OutboundMessage("p1", someone, "coo", "r9")) == Receipt("North:r9")
    assert ("sms", "africastalking") in registry.discover(), "the shipped ones stay"


def test_two_that_claim_the_same_are_an_error_that_names_both(drop: Drop) -> None:
    drop("pigeon", "channel.py", PIGEON)
    drop("dove", "other.py", PIGEON)
    with pytest.raises(
        registry.DuplicateChannel, match=r"pigeon/loft: channels\.dove\.other and channels\.pigeon\.channel"
    ):
        registry.discover()


def test_a_double_is_no_channel(drop: Drop) -> None:
    drop("pigeon", "loft_double.py", PIGEON)
    assert registry.find("pigeon", "loft") is None


def test_an_account_of_no_channel_names_itself() -> None:
    known = registry.find("sms", "africastalking")
    assert known is not None
    block = {"id": "x1", "channel": "smoke", "gateway": "hill", "address": "1", "hook_secret": "env:X"}
    settings, faults = parse_account(known.settings_class, {**block, "username": "u", "api_key": "env:K"}, _unread)
    assert settings is not None, faults
    with pytest.raises(LookupError, match="account x1: no channel 'smoke' with gateway 'hill'"):
        registry.build(settings)


def _unread(secret: Secret) -> str:
    raise AssertionError("a secret was read before it was needed")


def test_every_channel_declares_what_the_product_reads() -> None:
    for (kind, gateway), found in registry.discover().items():
        assert (found.kind, found.gateway) == (kind, gateway)
        assert found.max_characters is None or found.max_characters > 0
        assert found.__doc__


HEAVY = ("africastalking", "twilio", "imapclient", "flask", "sqlalchemy", "rq", "redis")
LOOK = (
    "import sys; from channels import registry; assert registry.discover(); print(*[m for m in {} if m in sys.modules])"
)


def test_looking_loads_no_sdk() -> None:
    assert _loaded(LOOK.format(HEAVY)) == []


def test_an_sdk_that_is_loaded_would_be_noticed() -> None:
    assert _loaded("import africastalking; " + LOOK.format(HEAVY)) == ["africastalking"]


def _loaded(program: str) -> list[str]:
    root = Path(channels.__file__).parents[1]
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True, timeout=60)
    return done.stdout.split()
