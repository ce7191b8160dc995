"""What tests of dialogues share: the shipped city, its application, and phones that dial its code."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from config.settings import Settings
from contactcentre.db import Database
from tests.application import application
from tests.integration.dialling import Dial, Dialled, shipped

if TYPE_CHECKING:
    from flask import Flask

    from contactcentre.container import Container


@pytest.fixture
def city(settings: Settings, db: Database) -> Iterator[Container]:
    """The shipped city."""
    with shipped(settings, db) as made:
        yield made


@pytest.fixture
def app(city: Container) -> Flask:
    return application(city)


@pytest.fixture
def phone(app: Flask, city: Container, request: pytest.FixtureRequest) -> Dial:
    """A phone for each call; without a number it is the module's ``ME``."""
    return lambda number=request.module.ME, **values: Dialled(app, city, number, **values)
