"""The accounts that the simulator plays: a file that the release step writes and that is read again when it changes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_TEXTS = ("id", "channel", "gateway", "address", "api_key", "username")


class AccountsFault(Exception):
    """The file cannot be used; the message names the key and the remedy."""


@dataclass(frozen=True, slots=True)
class Account:
    """One account at one gateway. ``hooks``: event → where the gateway calls us."""

    id: str
    channel: str
    gateway: str
    address: str
    api_key: str
    username: str
    hooks: Mapping[str, str]

    def __repr__(self) -> str:
        """Show no key and no hook: both are secrets."""
        return f"Account({self.id!r})"


class Accounts:
    """The accounts by id."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stamp: tuple[int, int] | None = None
        self._known: Mapping[str, Account] = {}

    def all(self) -> Mapping[str, Account]:
        """Return the accounts, none before the file is there; raises :class:`AccountsFault`."""
        try:
            stat = self._path.stat()
        except FileNotFoundError:
            return self._known
        stamp = (stat.st_mtime_ns, stat.st_size)
        if stamp != self._stamp:
            self._known, self._stamp = _parse(self._path), stamp
        return self._known


def _parse(path: Path) -> dict[str, Account]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise AccountsFault(f"{path.name}: is not JSON ({error}); apply the configuration again") from None
    if not isinstance(found, list):
        raise AccountsFault(f"{path.name}: is not a list of accounts; apply the configuration again")
    parsed = [_account(block, f"{path.name}[{n}]") for n, block in enumerate(found)]
    return {account.id: account for account in parsed}


def _account(block: Any, where: str) -> Account:
    if not isinstance(block, dict):
        raise AccountsFault(f"{where}: is not an object; apply the configuration again")
    for name in _TEXTS:
        if not isinstance(block.get(name), str):
            raise AccountsFault(f"{where}.{name}: is missing or no text; apply the configuration again")
    hooks = block.get("hooks", {})
    if not isinstance(hooks, dict) or not all(isinstance(url, str) for url in hooks.values()):
        raise AccountsFault(f"{where}.hooks: must map events to addresses; apply the configuration again")
    return Account(**{name: block[name] for name in _TEXTS}, hooks=hooks)
