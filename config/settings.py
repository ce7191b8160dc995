"""The installation's settings: the only reader of the environment. Standard library only, so that the supervisor
stays small.

A value comes from the environment; where that is silent, from ``instance.json`` in the data folder, which a running
``bin/serve`` writes (engines' and pages' addresses), so that a command needs only ``--data``; else from the default
here.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

INSTANCE_FILE = "instance.json"


class SettingsError(Exception):
    """A setting is missing or wrong; the message names it and the remedy."""


@dataclass(frozen=True, slots=True)
class Variable:
    """One environment variable: its name, default and meaning; docs/settings.md lists them all."""

    name: str
    default: str
    meaning: str


VARIABLES: tuple[Variable, ...] = (
    Variable("CONTACTCENTRE_DATA", "var", "data folder: engines, files, secrets, logs"),
    Variable("CONTACTCENTRE_ENV", "development", "development or production; production refuses weak settings"),
    Variable("DATABASE_URL", "", "PostgreSQL 15 or newer; empty: the embedded engine"),
    Variable("DATABASE_MIGRATION_URL", "", "the same database as the role that owns its tables; empty: DATABASE_URL"),
    Variable("REDIS_URL", "", "Redis 6.2, Valkey 7.2 or newer; empty: the embedded engine"),
    Variable("FILES_DIR", "", "folder of stored files; empty: files/ in the data folder"),
    Variable("AUDIT_ANCHOR", "", "file that gets a line for each seal; empty: audit-anchor.jsonl in the data folder"),
    Variable("CONTACTCENTRE_CLAMD", "", "socket of ClamAV's daemon, unix:/path or host:port; empty: no virus scanner"),
    Variable("CONTACTCENTRE_CONFIG", "", "folder of the city's configuration; empty: the one that is shipped"),
    Variable("CONTACTCENTRE_BASE_URL", "http://127.0.0.1:8000", "public address, as gateways and citizens see it"),
    Variable("CONTACTCENTRE_LIVE_URL", "", "public address of the live process; empty: /live beside the pages"),
    Variable("CONTACTCENTRE_SIMULATOR_URL", "", "address of the simulator process; empty: no simulator"),
    Variable("CONTACTCENTRE_SIMULATOR_MAIL", "", "HOST:PORT of the simulator's mail server; empty: it has none"),
    Variable("CONTACTCENTRE_SECRETS_DIR", "", "folder of secret files; empty: secrets/ in the data folder"),
    Variable(
        "CONTACTCENTRE_SECRET_KEY", "file:secret-key", "reference to the installation's key (env:NAME or file:PATH)"
    ),
    Variable(
        "CONTACTCENTRE_TRUSTED_PROXIES", "0", "number of reverse proxies in front whose X-Forwarded headers count"
    ),
    Variable("CONTACTCENTRE_METRICS_NETWORKS", "127.0.0.0/8,::1/128", "networks that may read /metrics, by comma"),
    Variable("CONTACTCENTRE_LOG_LEVEL", "INFO", "least level that is logged"),
    Variable("CONTACTCENTRE_POOL_SIZE", "5", "database connections of one process, at most"),
    Variable("CONTACTCENTRE_WEB_THREADS", "40", "threads of the web process, each with a connection of its own"),
    Variable("CONTACTCENTRE_API_LIMIT", "600", "calls of the API per minute and token; 0: as many as it likes"),
    Variable("CONTACTCENTRE_SESSION_IDLE_HOURS", "12", "hours without use after which a log-in ends"),
    Variable("CONTACTCENTRE_SESSION_HOURS", "24", "hours after which a log-in ends in any case"),
    Variable("CONTACTCENTRE_INVITATION_DAYS", "7", "days that an invitation is good"),
    Variable("CONTACTCENTRE_RESET_HOURS", "1", "hours that a link for a new password is good"),
    Variable("CONTACTCENTRE_TEST_CLOCK", "", "ANCHOR,OFFSET_SECONDS,SPEED; refused in production"),
)
_BY_NAME = {variable.name: variable for variable in VARIABLES}


@dataclass(frozen=True, slots=True)
class Settings:
    """One installation. Paths are absolute; addresses have no slash at their end."""

    data: Path
    production: bool
    database_url: str
    migration_url: str
    redis_url: str
    files_dir: Path
    audit_anchor: Path
    clamd: str
    config_dir: Path
    base_url: str
    live_url: str
    simulator_url: str
    simulator_mail: str
    secrets_dir: Path
    secret_key: str
    trusted_proxies: int
    metrics_networks: tuple[str, ...]
    log_level: str
    pool_size: int
    web_threads: int
    api_limit: int
    session_idle: timedelta
    session_lasts: timedelta
    invitation_lasts: timedelta
    reset_lasts: timedelta
    test_clock: tuple[datetime, timedelta, float] | None

    def __repr__(self) -> str:
        """Show names only: a database address holds a password."""
        return f"Settings({', '.join(f.name for f in fields(self))})"


def load(data: str | Path | None = None, environ: Mapping[str, str] | None = None) -> Settings:
    """Read the settings; raises :class:`SettingsError` naming the variable that is wrong."""
    env = os.environ if environ is None else environ
    folder = Path(data or env.get("CONTACTCENTRE_DATA") or _BY_NAME["CONTACTCENTRE_DATA"].default).absolute()
    instance = read_instance(folder)

    def value(name: str) -> str:
        return env.get(name) or str(instance.get(name, "")) or _BY_NAME[name].default

    kind = value("CONTACTCENTRE_ENV")
    if kind not in ("development", "production"):
        raise SettingsError(f"CONTACTCENTRE_ENV: {kind!r} is neither development nor production")
    return Settings(
        data=folder,
        production=kind == "production",
        database_url=value("DATABASE_URL"),
        migration_url=_migration_url(env, instance) or value("DATABASE_URL"),
        redis_url=value("REDIS_URL"),
        files_dir=Path(value("FILES_DIR") or folder / "files").absolute(),
        audit_anchor=Path(value("AUDIT_ANCHOR") or folder / "audit-anchor.jsonl").absolute(),
        clamd=_socket("CONTACTCENTRE_CLAMD", value("CONTACTCENTRE_CLAMD")),
        config_dir=Path(value("CONTACTCENTRE_CONFIG") or Path(__file__).parent).absolute(),
        base_url=value("CONTACTCENTRE_BASE_URL").rstrip("/"),
        live_url=value("CONTACTCENTRE_LIVE_URL").rstrip("/"),
        simulator_url=value("CONTACTCENTRE_SIMULATOR_URL").rstrip("/"),
        simulator_mail=_host_and_port("CONTACTCENTRE_SIMULATOR_MAIL", value("CONTACTCENTRE_SIMULATOR_MAIL")),
        secrets_dir=Path(value("CONTACTCENTRE_SECRETS_DIR") or folder / "secrets").absolute(),
        secret_key=value("CONTACTCENTRE_SECRET_KEY"),
        trusted_proxies=_whole("CONTACTCENTRE_TRUSTED_PROXIES", value("CONTACTCENTRE_TRUSTED_PROXIES")),
        metrics_networks=tuple(n.strip() for n in value("CONTACTCENTRE_METRICS_NETWORKS").split(",") if n.strip()),
        log_level=value("CONTACTCENTRE_LOG_LEVEL").upper(),
        pool_size=_whole("CONTACTCENTRE_POOL_SIZE", value("CONTACTCENTRE_POOL_SIZE")),
        web_threads=_whole("CONTACTCENTRE_WEB_THREADS", value("CONTACTCENTRE_WEB_THREADS"), least=1),
        api_limit=_whole("CONTACTCENTRE_API_LIMIT", value("CONTACTCENTRE_API_LIMIT")),
        session_idle=timedelta(hours=_least_one("CONTACTCENTRE_SESSION_IDLE_HOURS", value)),
        session_lasts=timedelta(hours=_least_one("CONTACTCENTRE_SESSION_HOURS", value)),
        invitation_lasts=timedelta(days=_least_one("CONTACTCENTRE_INVITATION_DAYS", value)),
        reset_lasts=timedelta(hours=_least_one("CONTACTCENTRE_RESET_HOURS", value)),
        test_clock=_test_clock(value("CONTACTCENTRE_TEST_CLOCK")),
    )


def read_instance(data: Path) -> dict[str, Any]:
    """Return what a running ``bin/serve`` wrote into its data folder, or nothing."""
    try:
        found = json.loads((data / INSTANCE_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def read_secret(settings: Settings, reference: str, environ: Mapping[str, str] | None = None) -> str:
    """Resolve ``env:NAME`` or ``file:PATH``; raises ``LookupError`` naming the reference, never its content."""
    env = os.environ if environ is None else environ
    scheme, _, rest = reference.partition(":")
    if scheme == "env":
        text = env.get(rest, "")
    elif scheme == "file":
        try:
            text = (settings.secrets_dir / rest).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise LookupError(f"secret {reference}: {error.strerror}") from None
    else:
        raise LookupError(f"secret {reference}: must be env:NAME or file:PATH")
    if not text:
        raise LookupError(f"secret {reference}: is empty or not set")
    return text


def child_environment(**changes: str) -> dict[str, str]:
    """Return this process's environment with ``changes``, for a child of the supervisor."""
    return {**os.environ, **changes}


def _migration_url(env: Mapping[str, str], instance: Mapping[str, Any]) -> str:
    given = env.get("DATABASE_MIGRATION_URL", "")
    # The running instance's owner belongs to its own database, which another DATABASE_URL does not mean.
    return given if given or env.get("DATABASE_URL") else str(instance.get("DATABASE_MIGRATION_URL", ""))


def _whole(name: str, text: str, *, least: int = 0) -> int:
    try:
        number = int(text)
    except ValueError:
        raise SettingsError(f"{name}: {text!r} is not a whole number") from None
    if number < least:
        raise SettingsError(f"{name}: {number} is too small; at least {least}")
    return number


def _host_and_port(name: str, text: str) -> str:
    host, _, port = text.rpartition(":")
    if text and not (host and port.isdigit() and 1 <= int(port) <= 65535):
        raise SettingsError(f"{name}: {text!r} is not HOST:PORT such as 127.0.0.1:2525")
    return text


def _least_one(name: str, value: Callable[[str], str]) -> int:
    number = _whole(name, value(name))
    if not 1 <= number <= 10_000:
        raise SettingsError(f"{name}: {number} is not allowed; write a whole number from 1 to 10000")
    return number


def _socket(name: str, text: str) -> str:
    host, _, port = text.rpartition(":")
    fits = text.startswith("unix:/") or host and host != "unix" and port.isdecimal() and 0 < int(port) < 65536
    if text and not fits:
        raise SettingsError(f"{name}: {text!r} is neither unix:/path nor host:port")
    return text


def _test_clock(text: str) -> tuple[datetime, timedelta, float] | None:
    if not text:
        return None
    try:
        anchor, offset, speed = text.split(",")
        return datetime.fromisoformat(anchor).astimezone(UTC), timedelta(seconds=float(offset)), float(speed)
    except ValueError:
        raise SettingsError(
            f"CONTACTCENTRE_TEST_CLOCK: {text!r} is not ANCHOR,OFFSET_SECONDS,SPEED such as 2026-11-24T08:00:00Z,3600,9"
        ) from None
