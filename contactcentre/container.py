"""The one composition root: settings in, everything that a process needs out. Knows no web framework."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

import structlog

from cases.clock import TestClock, set_test_clock
from cases.departments import City
from cases.references import References
from channels import registry
from channels.base import Receives
from channels.dialogue.menu import Menu
from channels.settings import AccountSettings, Secret
from channels.webhook import Route
from config import settings as settings_module
from config.settings import Settings
from contactcentre.configurations import Follower
from contactcentre.db import Database
from contactcentre.files import FileStore
from contactcentre.hook_seen import Sightings
from contactcentre.jobs import Jobs
from contactcentre.scanning import Scanner, scanner_at

log = structlog.get_logger(__name__)

#: seconds after which a secret is read again, so that a new one is followed without a restart
SECRETS_LAST = 10.0


class Container:
    """One process's wiring. Everything heavy is made on first use, so that a command pays only for what it needs."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._channels: tuple[int, dict[str, Any]] = (-1, {})
        self._secrets: dict[str, tuple[str, float]] = {}
        if settings.test_clock is not None:
            set_test_clock(TestClock(*settings.test_clock))

    @classmethod
    def from_environment(cls, data: str | Path | None = None) -> Container:
        """Build from the environment and, where that is silent, from a running instance's data folder."""
        return cls(settings_module.load(data))

    @classmethod
    def for_web(cls) -> Container:
        """Build as for any process, with a connection for each thread of the web process: none waits for another's."""
        settings = settings_module.load()
        return cls(replace(settings, pool_size=max(settings.pool_size, settings.web_threads)))

    @cached_property
    def db(self) -> Database:
        """The database's doorway; dropped, not closed, in a forked child, whose parent still uses the connections."""
        database = Database(self.settings.database_url, pool_size=self.settings.pool_size)
        os.register_at_fork(after_in_child=lambda: database.dispose(close=False))
        return database

    @cached_property
    def jobs(self) -> Jobs:
        """The way to the job queue."""
        return Jobs(self.settings.redis_url)

    @cached_property
    def files(self) -> FileStore:
        """The file store."""
        return FileStore(self.settings.files_dir)

    @cached_property
    def scanner(self) -> Scanner | None:
        """The virus scanner, where one is configured."""
        return scanner_at(self.settings.clamd)

    @cached_property
    def sightings(self) -> Sightings:
        """Notes of the callbacks that came."""
        return Sightings(self.db)

    @cached_property
    def references(self) -> References:
        """References and codes, keyed with a key derived for this one purpose from the installation's."""
        return References(self.derived_key("references"))

    def derived_key(self, purpose: str) -> bytes:
        """Return a key for one purpose, so that no two uses share the installation's key."""
        key = settings_module.read_secret(self.settings, self.settings.secret_key)
        return hashlib.blake2b(purpose.encode(), key=key.encode()[:64], digest_size=32).digest()

    @cached_property
    def _follower(self) -> Follower:
        return Follower(self.db, read_secret=self.read_secret, references=self.references)

    @property
    def pace(self) -> float:
        """How many times faster than real time a test clock runs: what lasts by the clock may last so much longer."""
        moved = self.settings.test_clock
        return max(1.0, moved[2] if moved else 1.0)

    @property
    def city(self) -> City:
        """The active configuration; never older than ten seconds."""
        return self._follower.city

    @property
    def account_settings(self) -> Mapping[str, AccountSettings]:
        """The account blocks of the active configuration, by id."""
        return self._follower.accounts

    @property
    def menus(self) -> Mapping[str, Menu]:
        """The menus of dialogues, by name."""
        return self._follower.menus

    @property
    def accounts(self) -> Mapping[str, Any]:
        """The channel of every account, built anew when the configuration changes."""
        version = self.city.version
        if self._channels[0] != version:
            built = {key: registry.build(self._aimed(block)) for key, block in self.account_settings.items()}
            self._channels = (version, built)
        return self._channels[1]

    def find_route(self, account: str, event: str) -> Route | None:
        """Return an account's callback of this name, or None."""
        channel = self.accounts.get(account)
        if not isinstance(channel, Receives):
            return None
        return next((route for route in channel.routes() if route.event == event), None)

    def hook_url(self, block: AccountSettings, event: str) -> str:
        """Return what a gateway shall call, as it is entered there; raises ``LookupError`` for a missing secret."""
        suffix = getattr(registry.find(block.channel, block.gateway), "hook_suffix", "")
        return f"{self.settings.base_url}/hooks/{block.id}/{self.read_secret(block.hook_secret)}/{event}{suffix}"

    def read_secret(self, secret: Secret) -> str:
        """Resolve a secret's reference, at most ``SECRETS_LAST`` seconds old; raises ``LookupError``."""
        text, read_at = self._secrets.get(secret.reference, ("", -SECRETS_LAST))
        now = time.monotonic()
        if now - read_at >= SECRETS_LAST:
            text = settings_module.read_secret(self.settings, secret.reference)
            self._secrets[secret.reference] = (text, now)
        return text

    def close(self) -> None:
        """Give back the database connections."""
        if "db" in self.__dict__:
            self.db.dispose()

    def _aimed(self, block: AccountSettings) -> AccountSettings:
        # With a simulator no message leaves the machine: every gateway is spoken to at its double.
        if not self.settings.simulator_url or self.settings.production:
            return self._called_back(block) if self.settings.base_url.startswith("https://") else block
        url = simulated(self.settings.simulator_url, block)
        scans = str(self.settings.data / "simulator" / "scanner")
        return self._called_back(block.simulated(url, mail=self.settings.simulator_mail, scans=scans))

    def _called_back(self, block: AccountSettings) -> AccountSettings:
        """Fill in where a gateway shall report to, where it wants to be told with each message and nobody else said."""
        if getattr(block, "status_callback", "") is not None:
            return block
        try:
            told: dict[str, Any] = {"status_callback": self.hook_url(block, "delivery")}
        except LookupError as error:  # better sent without reports than not at all
            log.error("account.no_status_callback", account=block.id, error=str(error))
            return block
        return replace(block, **told)


def simulated(simulator_url: str, block: AccountSettings) -> str:
    """Return where the double of an account's gateway listens."""
    return f"{simulator_url}/gateways/{block.gateway}/{block.id}"
