"""``doctor``: what is wrong with this installation, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import click
from redis import Redis
from sqlalchemy import text

from cases.brakes import ALL
from channels.settings import secrets_of
from config import checks
from config import settings as settings_module
from contactcentre import health, migrations, setup, setup_facts
from contactcentre.alarms import Reason
from contactcentre.cli.call import Call, Failed, with_call
from contactcentre.container import Container
from contactcentre.db import Unavailable
from contactcentre.health import Health, Stored
from contactcentre.migrations import roles
from contactcentre.scanning.errors import ScannerAway
from contactcentre.setup import State

OLDEST_POSTGRES = 150000
OLDEST_REDIS = (6, 2)
#: a message that has waited longer than this is somebody's problem
PATIENCE = 300.0
_ALARMS = {
    Reason.BEAT: (
        "its test message has not come through for 10 minutes",
        "does the base address answer from here? The logs of ticker and worker have events that begin with heartbeat",
    ),
    Reason.WEIGHT: (
        "it fails, and others of its group send its messages",
        "look for key, balance and limits at the gateway: contactcentre outbox list --state queued",
    ),
}


#: checks of the setup page that are findings of their own here, or nothing that this command can find out
_OWN = {"secrets", "production", "queue-server", "anchor", "history", "backups", "sources"}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at. ``wrong`` and ``remedy`` are None where it is well; a warning is no fault."""

    what: str
    wrong: str | None = None
    remedy: str | None = None
    warning: str | None = None


@click.command()
@with_call
def doctor(call: Call) -> None:
    """Look at engines, configuration, secrets and processes; exit code 1 where something is wrong."""
    findings = []
    for finding in examine(call.container):
        findings.append(finding)
        if not call.as_json:
            click.echo(_line(finding))
    if call.as_json:
        call.show_json([{"ok": one.wrong is None, **asdict(one)} for one in findings])
    ill = sum(one.wrong is not None for one in findings)
    if ill:
        raise Failed(f"{ill} of {len(findings)} findings need attention")


def _line(finding: Finding) -> str:
    if finding.wrong is not None:
        return f"WRONG {finding.what}: {finding.wrong} -> {finding.remedy}"
    if finding.warning is not None:
        return f"warn  {finding.what}: {finding.warning} -> {finding.remedy}"
    return f"ok    {finding.what}"


def examine(container: Container) -> Iterator[Finding]:
    """Look at one thing after the other; an engine that is away is a finding, and ends what depends on it."""
    yield _data(container)
    yield _queue_server(container)
    database = _database(container)
    yield database
    if database.wrong is not None:
        yield from _key(container)
        return
    schema = _schema(container)
    yield schema
    if schema.wrong is None:
        yield _history(container)
    found = health.look(container)
    if found.stored is None or found.stored.version is None:
        yield Finding("configuration", "none is active", "run: contactcentre release")
        yield from _key(container)
        return
    yield Finding(f"configuration version {found.stored.version}")
    yield from _key(container)
    yield from _account_secrets(container)
    if container.settings.production:
        yield from _production(container)
    yield from _processes(found)
    yield from _work(found.stored)
    yield from _alarms(found.stored)
    yield from _stops(found.stored)
    yield _scanner(container, found.stored)
    yield from _setup(container)


def _data(container: Container) -> Finding:
    folder = container.settings.data
    if not folder.is_dir():
        return Finding("data folder", f"{folder} is not there", "name the right one with --data, or start bin/serve")
    if container.settings.secrets_dir.is_dir() and container.settings.secrets_dir.stat().st_mode & 0o007:
        where = container.settings.secrets_dir
        return Finding("secrets folder", f"{where} is open to everybody", f"chmod o-rwx {where}")
    return Finding(f"data folder {folder}")


def _database(container: Container) -> Finding:
    try:
        with container.db.reader() as session:
            number = int(session.execute(text("show server_version_num")).scalar_one())
    except Unavailable:
        return Finding("database", "does not answer", "start bin/serve, or set DATABASE_URL to a server that runs")
    name = f"database PostgreSQL {number // 10000}"
    if number < OLDEST_POSTGRES:
        return Finding(name, "is too old", f"use PostgreSQL {OLDEST_POSTGRES // 10000} or newer")
    return Finding(name)


def _schema(container: Container) -> Finding:
    from alembic.script import ScriptDirectory

    head = ScriptDirectory.from_config(migrations.configuration(container.settings.database_url)).get_current_head()
    with container.db.reader() as session:
        known = session.execute(text("select to_regclass('alembic_version')")).scalar_one()
        at = session.execute(text("select version_num from alembic_version")).scalar_one_or_none() if known else None
    if at != head:
        return Finding("database schema", f"is at {at or 'nothing'}, not {head}", "run: contactcentre release")
    return Finding(f"database schema {head}")


def _history(container: Container) -> Finding:
    with container.db.reader() as session:
        role = session.execute(text("select current_user")).scalar_one()
        if not roles.can_rewrite(session.connection()):
            return Finding(f"history: the role {role} cannot rewrite it")
    remedy = "serve as a second role, and set DATABASE_MIGRATION_URL (docs/settings.md)"
    return Finding("history", remedy=remedy, warning=f"the role {role}, which serves, could rewrite it")


def _queue_server(container: Container) -> Finding:
    if not container.jobs.ping():
        return Finding("queue server", "does not answer", "start bin/serve, or set REDIS_URL to a server that runs")
    with Redis.from_url(container.settings.redis_url, socket_timeout=5) as client:
        info: dict[str, Any] = client.info("server")
    version = str(info.get("valkey_version") or info["redis_version"])
    if tuple(int(part) for part in str(info["redis_version"]).split(".")[:2]) < OLDEST_REDIS:
        return Finding(f"queue server {version}", "is too old", "use Redis 6.2, Valkey 7.2 or newer")
    return Finding(f"queue server {version}")


def _key(container: Container) -> Iterator[Finding]:
    yield _secret(container, "installation's key", container.settings.secret_key)


def _account_secrets(container: Container) -> Iterator[Finding]:
    for account in container.account_settings.values():
        for key, secret in secrets_of(account).items():
            yield _secret(container, f"account {account.id} {key}", secret.reference)


def _secret(container: Container, what: str, reference: str) -> Finding:
    try:
        settings_module.read_secret(container.settings, reference)
    except LookupError as error:
        scheme, _, rest = reference.partition(":")
        where = f"the file {container.settings.secrets_dir / rest}" if scheme == "file" else f"the variable {rest}"
        return Finding(what, str(error.args[0]), f"put it into {where}")
    return Finding(what)


def _production(container: Container) -> Iterator[Finding]:
    for fault in checks.faults(container.settings, container.account_settings.values()):
        wrong, _, remedy = fault.rpartition("; ")
        yield Finding("production", wrong, remedy)
    for warning in checks.warnings(container.settings):
        weak, _, remedy = warning.rpartition("; ")
        yield Finding("production", remedy=remedy, warning=weak)


def _processes(found: Health) -> Iterator[Finding]:
    for name, one in found.stored.processes.items() if found.stored else ():
        if one.alive:
            yield Finding(f"process {name}")
            continue
        since = f"since {one.seen_at.isoformat(timespec='seconds')}" if one.seen_at else "ever"
        yield Finding(f"process {name}", f"no sign of life {since}", "start it (bin/serve starts all), read its log")


def _work(stored: Stored) -> Iterator[Finding]:
    for account in stored.accounts:
        age = account.oldest_waiting
        if age is not None and age > PATIENCE:
            wrong = f"{account.waiting} messages wait, the oldest for {age:.0f} s"
            yield Finding(f"account {account.id}", wrong, "see: contactcentre outbox list --state queued")
        else:
            yield Finding(f"account {account.id}")
    ill = sum(stored.raw.values())
    if ill:
        yield Finding("callbacks", f"{ill} could not be applied", "see: contactcentre raw list, then raw replay")
    else:
        yield Finding("callbacks")


def _alarms(stored: Stored) -> Iterator[Finding]:
    """Name what no finding about waiting messages names already."""
    for alarm in stored.alarms:
        if alarm.reason in _ALARMS:
            yield Finding(f"channel {alarm.account}", *_ALARMS[alarm.reason])
    if stored.ledger is not None and not stored.ledger.even:
        wrong = ", ".join(f"{number} {name}" for name, number in stored.ledger.counts.items() if number)
        yield Finding("ledger", wrong, "count again: contactcentre ledger; docs/operations.md says what each means")


def _stops(stored: Stored) -> Iterator[Finding]:
    for stop in stored.stops:
        if stop.since is not None:
            which = "" if stop.scope == ALL else f" --class {stop.scope}"
            since = stop.since.isoformat(timespec="seconds")
            wrong = f"pulled by {stop.set_by} since {since}: {stop.reason}"
            yield Finding(f"brake on {stop.scope}", wrong, f"when it may end: contactcentre outbox resume{which}")
            continue
        remedy = "wait until midnight, or raise the limit in organisation.toml, then: contactcentre config apply"
        yield Finding(f"cap on {stop.scope}", remedy=remedy, warning="is used up for today")
    if not stored.stops:
        yield Finding("outbox brakes")


def _scanner(container: Container, stored: Stored) -> Finding:
    if container.scanner is None:
        remedy = "install ClamAV's daemon and name its socket in CONTACTCENTRE_CLAMD (docs/files.md)"
        return Finding("virus scanner", remedy=remedy, warning="none: files are given out unscanned")
    try:
        container.scanner.ping()
    except ScannerAway:
        since = stored.scanner.since if stored.scanner else None
        waits = f"; files wait since {since.isoformat(timespec='seconds')}" if since else ""
        return Finding("virus scanner", f"does not answer{waits}", "start clamd; is CONTACTCENTRE_CLAMD its socket?")
    return Finding("virus scanner")


def _setup(container: Container) -> Iterator[Finding]:
    """Name what the setup page finds missing before going live: a warning, since a trial runs well without it."""
    facts = setup_facts.read(container)
    for account, trouble in facts.troubles.items():
        mail = container.city.accounts[account].channel == "email"
        what, remedy = ("mailbox", "servers and log-in") if mail else ("scan folder", "the folder")
        guide = "docs/mail.md" if mail else "docs/letters.md"
        yield Finding(f"{what} {account}", trouble, f"look at {remedy} in its account block ({guide})")
    for one in setup.look(facts):
        if one.key in _OWN:
            continue
        what = f"setup: {one.what[:1].lower()}{one.what[1:]}"
        if one.state is State.OK:
            yield Finding(what)
        else:
            yield Finding(what, remedy=one.remedy, warning="; ".join(one.found) or one.why)
