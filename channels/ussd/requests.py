"""Reading a USSD gateway's request: JSON or a form, the caller's number, what is missing."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from cases.messages import Address, AddressKind
from channels.errors import Refused
from channels.numbers import e164
from channels.webhook import WebhookRequest

LONGEST_SESSION = 200
#: what stands in a stored request in place of a code
DOTS = "••••"
_DIGITS = re.compile(r"\+?[1-9]\d{6,14}")
#: more than any display takes in; whoever sends more is no telephone
LONGEST_INPUT = 2000


def fields(request: WebhookRequest) -> Mapping[str, Any]:
    """Return the fields of a request, whether it came as JSON or as a form; raises ``Refused``."""
    if request.form:
        return request.form
    try:
        found = json.loads(request.body or b"{}")
    except ValueError:
        raise Refused("body", "is neither JSON nor a form") from None
    if not isinstance(found, dict):
        raise Refused("body", "is JSON, but no object")
    return {str(name): value for name, value in found.items()}


def text(found: Mapping[str, Any], name: str, *, default: str | None = None, longest: int = LONGEST_INPUT) -> str:
    """Return a field as text; numbers are taken too, since gateways send session ids and inputs as both."""
    value = found.get(name, default)
    if value is None:
        if default is None:
            raise Refused(name, "is missing")
        return default
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise Refused(name, "must be text")
    if len(str(value)) > longest:
        raise Refused(name, f"has {len(str(value))} characters; at most {longest} are taken")
    return str(value)


def session(found: Mapping[str, Any], name: str) -> str:
    """Return the gateway's id of the session."""
    given = text(found, name, longest=LONGEST_SESSION).strip().replace("\x00", "")
    if not given:
        raise Refused(name, "is empty; every session has an id")
    return given


def caller(found: Mapping[str, Any], name: str, *, region: str | None) -> Address:
    """Return who holds the phone."""
    # A plus that was not escaped arrives as a space.
    given = text(found, name, longest=40).strip()
    number = e164(given, region=region)
    if number is None and _DIGITS.fullmatch(given):
        number = f"+{given.removeprefix('+')}"  # new numbers are given out before anybody's tables know them
    if number is None:
        raise Refused(name, "is no telephone number")
    return Address(AddressKind.PHONE, number)


def hidden(request: WebhookRequest, name: str, spans: Sequence[Sequence[int]]) -> WebhookRequest:
    """Return a request as it may be kept: with dots for what stands in a field at these places, each from its first
    character to the one after its last.
    """
    kept = text(fields(request), name, default="")
    for first, after in sorted(map(tuple, spans), reverse=True):
        kept = f"{kept[:first]}{DOTS}{kept[after:]}"
    return changed(request, {name: kept})


def changed(request: WebhookRequest, values: Mapping[str, str]) -> WebhookRequest:
    """Return a request with other values in its fields, in the form that it came in."""
    if request.form:
        form = {**request.form, **values}
        return replace(request, form=form, body=urlencode(form).encode(), fields=tuple(form.items()))
    body = json.dumps({**fields(request), **values}, ensure_ascii=False)
    return replace(request, body=body.encode())


def flag(found: Mapping[str, Any], name: str) -> bool:
    """Return a field that is true or false, also where it comes as a word."""
    value = found.get(name)
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.casefold() in ("true", "false", "1", "0"):
        return value.casefold() in ("true", "1")
    raise Refused(name, "must be true or false")
