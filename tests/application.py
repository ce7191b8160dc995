"""The application for tests: made once, then given each test's own container, since making it takes half a second."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from contactcentre.container import Container

_MADE: dict[tuple[object, ...], Flask] = {}


def application(container: Container) -> Flask:
    """Return the application around this container; whoever changes its views puts them back."""
    from contactcentre.api.limits import EXTENSION, Limits
    from contactcentre.app import create_app

    settings = container.settings
    kind = (settings.trusted_proxies, settings.production, settings.simulator_url)
    if kind not in _MADE:
        _MADE[kind] = create_app(container)
    made = _MADE[kind]
    made.extensions["contactcentre"] = container
    made.extensions[EXTENSION] = Limits(settings.redis_url, settings.api_limit)
    made.config["SECRET_KEY"] = container.derived_key("web")
    made.testing = False
    return made
