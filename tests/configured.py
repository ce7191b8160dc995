"""The test city's configuration made active: checked once a process, put back for each test as it was stored."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cases import clock
from cases.models import ConfigurationActive, ConfigurationVersion
from contactcentre import configurations

if TYPE_CHECKING:
    from pathlib import Path

    from contactcentre.db import UnitOfWork

_COLUMNS = ("number", "content", "hash", "parent", "author", "reason")
_STORED: dict[Path, dict[str, Any]] = {}


def configure(uow: UnitOfWork, folder: Path) -> None:
    """Make the content of a folder, which no test changes, version 1 of an empty database."""
    session = uow.session
    if folder not in _STORED:
        configurations.apply(session, folder=folder, author="test", reason="test")
        stored = configurations.row(session)
        _STORED[folder] = {name: getattr(stored, name) for name in _COLUMNS}
        return
    session.add(ConfigurationVersion(**_STORED[folder], created_at=clock.now(session)))
    session.flush()
    session.add(ConfigurationActive(id=1, number=_STORED[folder]["number"]))
