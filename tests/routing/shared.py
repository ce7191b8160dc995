"""Where test data stands that the repository does not carry, and the city as values."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

from cases.departments import City
from config import loader

ROOT = Path(__file__).parents[2]
SHIPPED = ROOT / "config"
ELMHAVEN = ROOT / "docs" / "examples" / "elmhaven"


class NoSharedData(LookupError):
    """There is no such data on this machine; the message says how to name its folder."""


def shared(name: str) -> Path:
    """Return a file of the shared test data; raises :class:`NoSharedData`."""
    given = os.environ.get("CONTACTCENTRE_SHARED_DATA")
    folder = Path(given) if given else Path(__file__).parents[3] / "shared" / "data"
    if not (folder / name).is_file():
        # a worktree stands one folder deeper
        folder = folder if given else Path(__file__).parents[4] / "shared" / "data"
    if not (folder / name).is_file():
        raise NoSharedData(f"no {name} at {folder}: set CONTACTCENTRE_SHARED_DATA to its folder")
    return folder / name


@cache
def city(folder: Path = SHIPPED) -> City:
    """Return a folder's city."""
    return loader.build(loader.read(folder), read_secret=str, references=None, version=1).city  # type: ignore[arg-type]
