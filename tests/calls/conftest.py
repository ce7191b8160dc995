"""A call centre for the tests of calls."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from config.settings import Settings
from contactcentre.db import Database
from tests.calls.centre import Centre, centre


@pytest.fixture
def desk(settings: Settings, db: Database) -> Iterator[Centre]:
    """A call centre that is always open."""
    with centre(settings, db) as opened:
        yield opened
