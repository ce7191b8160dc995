"""``release``: what has to be done once before any process of a new release starts. Safe to repeat."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click

from channels.settings import AccountSettings, Secret, secrets_of
from config import checks, loader
from config import settings as settings_module
from config.settings import Settings
from contactcentre import configurations, migrations
from contactcentre.cli.accounts import described
from contactcentre.cli.call import Call, Failed, with_call
from contactcentre.cli.configuration import refuse_faults
from contactcentre.cli.demo import login_rows, refuse_in_production
from contactcentre.container import Container
from contactcentre.engines.instance import make_secret_key

AUTHOR = "release"
SIMULATED = Path("simulator") / "accounts.json"
#: what gateways call the key that we send with, and who we are there
KEYS, NAMES = ("api_key", "auth_token"), ("username", "account_sid")


@click.command()
@click.option("--demo", "with_demo", is_flag=True, help="Also load the demo city's invented week.")
@with_call
def release(call: Call, with_demo: bool) -> None:
    """Make missing secrets, check, migrate the database, apply the configuration folder, load the demo."""
    settings = call.settings
    refuse_faults(settings.config_dir)
    accounts = read_accounts(settings)
    made = [] if settings.production else make_secrets(settings, accounts)
    if settings.production:
        refuse_weak(settings, accounts)
    container = call.container
    if with_demo:
        refuse_in_production(container)
    migrations.upgrade(settings.migration_url, serving_url=settings.database_url)
    container.db.run(
        lambda uow: configurations.apply(
            uow.session, folder=settings.config_dir, author=AUTHOR, reason="applied by the release step"
        )
    )
    if settings.simulator_url and not settings.production:
        write_simulated(settings.data / SIMULATED, container)
    logins = _load_demo(container) if with_demo else []
    report = {"version": container.city.version, "secrets": made, "logins": logins}
    call.show_json(report) if call.as_json else _tell(call, report)


def read_accounts(settings: Settings) -> tuple[AccountSettings, ...]:
    """Return the account blocks of the configuration folder, as the database may not know them yet."""

    def read_secret(secret: Secret) -> str:
        return settings_module.read_secret(settings, secret.reference)

    loaded = loader.build(loader.read(settings.config_dir), read_secret=read_secret, references=None, version=0)
    return tuple(loaded.accounts)


def make_secrets(settings: Settings, accounts: Iterable[AccountSettings]) -> list[str]:
    """Make the installation's key and every missing ``file:`` secret of the accounts; returns the files' names.

    Never in production: a gateway's key that we invented would look right to every check and open nothing.
    """
    made = [settings.secret_key.partition(":")[2]] if make_secret_key(settings) else []
    references = dict.fromkeys(secret.reference for account in accounts for secret in secrets_of(account).values())
    for reference in references:
        scheme, _, name = reference.partition(":")
        if scheme == "file" and _make(settings.secrets_dir, name):
            made.append(name)
    return made


def refuse_weak(settings: Settings, accounts: Iterable[AccountSettings]) -> None:
    """Name everything that keeps this installation from production; raises :class:`Failed` where there is anything."""
    for warning in checks.warnings(settings):
        click.echo(f"warning: {warning}", err=True)
    found = checks.faults(settings, accounts)
    for fault in found:
        click.echo(f"refused: {fault}", err=True)
    if found:
        raise Failed(f"not fit for production: {len(found)} faults, named above; nothing was changed")


def write_simulated(path: Path, container: Container) -> None:
    """Tell the simulator which accounts there are, and where their callbacks go; for its eyes only."""
    rows: list[dict[str, Any]] = []
    for row in described(container):
        block = container.account_settings[row["id"]]
        found = [getattr(block, name, None) for name in KEYS]  # not every gateway has one
        keys = [container.read_secret(key) for key in found if isinstance(key, Secret)]
        names = [getattr(block, name) for name in NAMES if hasattr(block, name)]
        # What is printed is signed with it; the simulated scanner makes cover sheets too.
        sheet_key = getattr(container.accounts[row["id"]], "key", b"").decode()
        rows.append({**row, "api_key": "".join(keys[:1]) or sheet_key, "username": "".join(names[:1])})
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.new")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        json.dump(rows, file, indent=1)
    draft.replace(path)


def _make(folder: Path, name: str) -> bool:
    target = (folder / name).resolve()
    if target.exists() or not target.is_relative_to(folder.resolve()):
        return False  # a path elsewhere belongs to whoever mounts it there
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = target.with_name(f"{target.name}.new")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(secrets.token_urlsafe(32) + "\n")
    draft.replace(target)
    return True


def _load_demo(container: Container) -> list[dict[str, str]]:
    from contactcentre import demo

    demo.load(container)
    return login_rows(container)


def _tell(call: Call, report: dict[str, Any]) -> None:
    click.echo(f"configuration version {report['version']} is active")
    if report["secrets"]:
        click.echo(f"made in {call.settings.secrets_dir}: {', '.join(report['secrets'])}")
    if report["logins"]:
        click.echo("demo log-ins:")
        call.show(report["logins"])
