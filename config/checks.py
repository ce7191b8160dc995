"""What production refuses to start with. Every fault is named at once, each with its remedy."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Mapping
from urllib.parse import SplitResult, parse_qs, urlsplit

from channels.settings import AccountSettings, secrets_of
from config.settings import Settings, read_secret

KEY_LENGTH = 32
SECRET_LENGTH = 16
#: fewer different characters than this are somebody's placeholder ("xxxxxxxx…", "12121212…")
VARIETY = 5
#: words of examples that were never filled in
PLACEHOLDERS = re.compile(r"change[-_ ]?(me|it|this)|placeholder|example|your[-_ ](key|secret|token)", re.IGNORECASE)


def faults(
    settings: Settings, accounts: Iterable[AccountSettings], environ: Mapping[str, str] | None = None
) -> list[str]:
    """Return in words what keeps this installation from production; empty: nothing does. No secret is ever quoted."""
    return [
        *_addresses(settings),
        *_secret(settings, settings.secret_key, "CONTACTCENTRE_SECRET_KEY", least=KEY_LENGTH, environ=environ),
        *_account_secrets(settings, accounts, environ),
        *_redis(settings.redis_url),
    ]


def warnings(settings: Settings) -> list[str]:
    """Return what production starts with and had better not, in the words of :func:`faults`."""
    if settings.audit_anchor.is_relative_to(settings.data):
        where = "stands in the data folder, beside what it shall vouch for"
        return [f"AUDIT_ANCHOR: {where}; name a file on another disk, where nobody can rewrite it"]
    return []


def _addresses(settings: Settings) -> list[str]:
    found = []
    if urlsplit(settings.base_url).scheme != "https":
        found.append(f"CONTACTCENTRE_BASE_URL: {settings.base_url} is not https; give the public https:// address")
    if settings.simulator_url:
        found.append("CONTACTCENTRE_SIMULATOR_URL: the simulator is on; unset it (bin/serve --no-demo)")
    if settings.test_clock is not None:
        found.append("CONTACTCENTRE_TEST_CLOCK: a test clock is set; unset it")
    for network in settings.metrics_networks:
        try:
            ipaddress.ip_network(network, strict=False)
        except ValueError:
            found.append(f"CONTACTCENTRE_METRICS_NETWORKS: {network!r} is not a network; write 10.0.0.0/8 or ::1/128")
    return found


def _account_secrets(
    settings: Settings, accounts: Iterable[AccountSettings], environ: Mapping[str, str] | None
) -> list[str]:
    found = []
    for account in accounts:
        for key, secret in secrets_of(account).items():
            name = f"account {account.id}: {key}"
            found += _secret(settings, secret.reference, name, least=SECRET_LENGTH, environ=environ)
    return found


def _secret(
    settings: Settings, reference: str, name: str, *, least: int, environ: Mapping[str, str] | None
) -> list[str]:
    try:
        text = read_secret(settings, reference, environ)
    except LookupError as error:
        return [f"{name}: {error.args[0]}; {_remedy(settings, reference, least)}"]
    if len(text) < least:
        return [f"{name}: secret {reference} has fewer than {least} characters; {_remedy(settings, reference, least)}"]
    if len(set(text)) < VARIETY or PLACEHOLDERS.search(text):
        return [f"{name}: secret {reference} is a placeholder; {_remedy(settings, reference, least)}"]
    return []


def _remedy(settings: Settings, reference: str, least: int) -> str:
    scheme, _, rest = reference.partition(":")
    where = f"the file {settings.secrets_dir / rest}" if scheme == "file" else f"the variable {rest}"
    return f"put at least {least} random characters into {where}"


def _redis(url: str) -> list[str]:
    """A queue server that others can reach needs a password: whoever writes there runs our jobs."""
    parts = urlsplit(url)
    if not url or parts.scheme == "unix" or _is_loopback(parts.hostname or ""):
        return []
    if parts.password or _query_password(parts):
        return []
    return [f"REDIS_URL: {parts.hostname} is on a network and has no password; set one: redis://:PASSWORD@HOST/0"]


def _query_password(parts: SplitResult) -> bool:
    return bool(parse_qs(parts.query).get("password"))


def _is_loopback(host: str) -> bool:
    if host in ("", "localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False  # a name may be anywhere
