"""What every address of the phone page's API reads from a request, and how it says what is wrong."""

from __future__ import annotations

import re
from typing import Any, cast

from flask import Flask, current_app, request
from flask.typing import ResponseReturnValue

from contactcentre.simulator.host import Host

_PHONE = re.compile(r"\+[1-9]\d{6,14}")


class Wrong(Exception):
    """A request that cannot be done: which field, what is wrong, what is allowed."""

    def __init__(self, field: str, message: str, *, status: int = 400) -> None:
        super().__init__(message)
        self.field, self.status = field, status


def tell(error: Wrong) -> ResponseReturnValue:
    """Answer with what is wrong."""
    return {"error": f"{error.field}: {error}", "field": error.field}, error.status


def host_of(app: Flask) -> Host:
    """Return an application's host."""
    return cast(Host, app.extensions["simulator"])


def host() -> Host:
    """Return the host of the running request."""
    return host_of(current_app)


def body() -> dict[str, Any]:
    """Return the JSON object that was sent."""
    data = request.get_json(silent=True)  # None for another content type too: a form of another site cannot write here
    if not isinstance(data, dict):
        raise Wrong("body", "must be a JSON object, sent as application/json")
    return data


def text(data: dict[str, Any], name: str) -> str:
    """Return a text that is there and not empty."""
    value = data.get(name)
    if not isinstance(value, str) or not value.strip():
        raise Wrong(name, "is missing or no text")
    return value.strip()


def phone(data: dict[str, Any], name: str) -> str:
    """Return a phone number."""
    number = compact(text(data, name))
    if not is_phone(number):
        raise Wrong(name, "must be a phone number with + and country code, such as +233200000101")
    return number


def compact(given: str) -> str:
    """Return a number without what people write between its digits."""
    return re.sub(r"[\s().\-]+", "", given)


def is_phone(given: Any) -> bool:
    """Tell whether something is a phone number."""
    return isinstance(given, str) and _PHONE.fullmatch(given) is not None


def fault(gateway: str) -> dict[str, Any]:
    """Return how a gateway misbehaves, and for how many seconds more."""
    found, left = host().fault(gateway)
    return {"mode": found.value, "seconds": round(left, 1)}
