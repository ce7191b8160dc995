"""The base of every account's settings. A secret is an unresolved reference, never the secret itself."""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass, fields, replace
from typing import Any, Protocol, Union, get_args, get_origin, get_type_hints


@dataclass(frozen=True, slots=True)
class Secret:
    """``env:NAME`` or ``file:PATH`` (a relative path is under the installation's secrets folder)."""

    reference: str

    def __post_init__(self) -> None:
        scheme, _, rest = self.reference.partition(":")
        if scheme not in ("env", "file") or not rest:
            raise ValueError("must be env:NAME or file:PATH; the secret itself never stands in a configuration file")


class SecretReader(Protocol):
    """Resolves a reference to its text, or raises ``LookupError`` naming the reference."""

    def __call__(self, secret: Secret) -> str: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountSettings:
    """What every account block says; a gateway's own class adds its keys.

    ``base_url`` overrides the gateway's address; ``price_per_part`` is what one part of a message costs, to be shown.
    """

    id: str
    channel: str
    gateway: str
    address: str
    hook_secret: Secret
    read_secret: SecretReader
    department: str | None = None
    group: str | None = None
    base_url: str | None = None
    price_per_part: float | None = None

    def faults(self) -> list[str]:
        """Return what is wrong with the values together, each as ``key: what is wrong, what is allowed``."""
        return []

    def simulated(self, url: str, *, mail: str, scans: str) -> AccountSettings:
        """Return the settings with which the gateway's double is spoken to: its address, ``host:port`` of the
        simulator's mail server, and the folder below which its scanners put files.
        """
        return replace(self, base_url=url)


def parse_account(
    settings_class: type[AccountSettings], block: Mapping[str, Any], read_secret: SecretReader
) -> tuple[AccountSettings | None, list[str]]:
    """Turn an account block into settings, or return every fault as ``key: what is wrong, what is allowed``."""
    allowed = {field.name: field for field in fields(settings_class) if field.name != "read_secret"}
    hints = get_type_hints(settings_class)
    faults = [
        f"{key}: is not a key of this gateway; allowed: {', '.join(allowed)}" for key in block if key not in allowed
    ]
    values: dict[str, Any] = {}
    for name, field in allowed.items():
        if name not in block:
            faults += [f"{name}: is missing"] if _required(field) else []
            continue
        try:
            values[name] = _value(hints[name], block[name])
        except ValueError as error:
            faults.append(f"{name}: {error}")
    if faults:
        return None, faults
    made = settings_class(read_secret=read_secret, **values)
    faults = made.faults()
    return (None if faults else made), faults


def secrets_of(settings: AccountSettings) -> dict[str, Secret]:
    """Return the references of an account by the name of their key."""
    found = {field.name: getattr(settings, field.name) for field in fields(settings)}
    return {name: value for name, value in found.items() if isinstance(value, Secret)}


def _required(field: Field[Any]) -> bool:
    return field.default is MISSING and field.default_factory is MISSING


def _value(hint: Any, given: Any) -> Any:
    optional = get_origin(hint) in (Union, types.UnionType)
    kind = next(one for one in get_args(hint) if one is not type(None)) if optional else hint
    if kind is Secret:
        if not isinstance(given, str):
            raise ValueError("must be text such as file:NAME")
        return Secret(given)
    # bool is an int to Python; a configuration that says true where a number belongs is a mistake
    kinds: Any = (int, float) if kind is float else kind
    if not isinstance(given, kinds) or isinstance(given, bool) != (kind is bool):
        raise ValueError(f"must be {_WORDS.get(kind, kind.__name__)}, not {given!r}")
    if kind is str and not given.strip():
        raise ValueError("must not be empty")
    return given


_WORDS = {str: "text", int: "a whole number", bool: "true or false", float: "a number"}
