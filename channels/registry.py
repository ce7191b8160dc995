"""Finds the channels: every package in this folder that declares one. Adding a channel changes nothing here."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterator, Mapping
from functools import cache
from types import ModuleType
from typing import Any

import channels
from channels.settings import AccountSettings


class DuplicateChannel(Exception):
    """Two classes claim the same channel and gateway."""


@cache
def discover() -> Mapping[tuple[str, str], type[Any]]:
    """Return channel classes by (kind, gateway), importing no gateway's SDK; raises :class:`DuplicateChannel`."""
    found: dict[tuple[str, str], type[Any]] = {}
    for module in _modules():
        candidates: list[tuple[str, type[Any]]] = inspect.getmembers(module, inspect.isclass)
        for _, candidate in candidates:
            if candidate.__module__ != module.__name__ or not _declares(candidate):
                continue
            key = (candidate.kind, candidate.gateway)
            if key in found:
                raise DuplicateChannel(f"{key[0]}/{key[1]}: {found[key].__module__} and {candidate.__module__}")
            found[key] = candidate
    return found


def find(kind: str, gateway: str) -> type[Any] | None:
    """Return the class for a channel and gateway, or None."""
    return discover().get((kind, gateway))


def build(settings: AccountSettings) -> Any:
    """Build the channel of an account; raises ``LookupError`` where no folder declares it."""
    channel = find(settings.channel, settings.gateway)
    if channel is None:
        raise LookupError(f"account {settings.id}: no channel {settings.channel!r} with gateway {settings.gateway!r}")
    return channel(settings)


def _modules() -> Iterator[ModuleType]:
    for package in pkgutil.iter_modules(channels.__path__, "channels."):
        if not package.ispkg:
            continue
        room = importlib.import_module(package.name)
        for module in pkgutil.iter_modules(room.__path__, f"{package.name}."):
            if not module.name.endswith("_double"):
                yield importlib.import_module(module.name)


def _declares(candidate: type[Any]) -> bool:
    return all(isinstance(getattr(candidate, name, None), str) for name in ("kind", "gateway")) and (
        inspect.isclass(getattr(candidate, "settings_class", None))
    )
