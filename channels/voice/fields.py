"""Reading a voice gateway's request: what is missing or strange, who calls, what was pressed, what the query says."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from urllib.parse import urlencode, urlsplit

from cases.messages import Address, AddressKind
from channels.errors import Refused
from channels.numbers import e164
from channels.webhook import WebhookRequest

LONGEST_SESSION, LONGEST, LONGEST_URL = 200, 200, 2000
#: what stands in a stored request in place of keys that were pressed
DOTS = "••••"
#: what stands where a caller withholds their number: anonymous, restricted, blocked, unknown, unavailable on a keypad
_WITHHELD = frozenset({"+266696687", "+7378742833", "+2562533", "+8656696", "+86282452253"})
_DIGITS = re.compile(r"\+?[1-9]\d{6,14}")
_KEYS = re.compile(r"[0-9*#A-D]{0,40}")
_LATEST_TURN = 10_000_000


def values(request: WebhookRequest) -> Mapping[str, str]:
    """Return what the gateway sent: its form, or the query where it was told to ask by GET."""
    return request.query if request.method == "GET" else request.form


def text(found: Mapping[str, str], name: str, *, longest: int = LONGEST) -> str:
    """Return a field's text without what no table can hold, empty where there is none; raises ``Refused``."""
    value = found.get(name, "").replace("\x00", "").strip()
    if len(value) > longest:
        raise Refused(name, f"has {len(value)} characters; at most {longest} are taken")
    return value


def session(found: Mapping[str, str], name: str) -> str:
    """Return the gateway's id of the call."""
    given = text(found, name, longest=LONGEST_SESSION)
    if not given:
        raise Refused(name, "is missing or empty; every call has an id")
    return given


def number(given: str, *, region: str | None) -> str:
    """Return a telephone number in E.164, empty where it is none."""
    # A plus that was not escaped arrives as a space, which is stripped by now.
    told = e164(given, region=region)
    if told is None and _DIGITS.fullmatch(given):
        return f"+{given.removeprefix('+')}"  # new numbers are given out before anybody's tables know them
    return told or ""


def caller(given: str, *, region: str | None) -> Address | None:
    """Return who is at the other end; None where they withhold their number, or have none that can be called."""
    if f"+{given.removeprefix('+').removeprefix('00')}" in _WITHHELD:
        return None
    found = number(given, region=region)
    return Address(AddressKind.PHONE, found) if found else None


def keys(found: Mapping[str, str], name: str) -> str:
    """Return what was pressed."""
    given = text(found, name)
    if not _KEYS.fullmatch(given):
        raise Refused(name, "holds more than keys of a telephone, of which 40 are taken")
    return given


def seconds(found: Mapping[str, str], name: str) -> int | None:
    """Return a length of time, None where the gateway tells none."""
    given = text(found, name)
    if not given or given == "None":
        return None
    if not re.fullmatch(r"\d{1,9}(\.\d{1,9})?", given):
        raise Refused(name, "must be a number of seconds")
    return int(float(given))


def amount(found: Mapping[str, str], name: str) -> str:
    """Return what the call cost, as the gateway wrote it; empty where it tells nothing that is a number."""
    given = text(found, name)
    try:
        cost = Decimal(given)
    except InvalidOperation:
        return ""
    return given if cost.is_finite() and -(10**8) < cost < 10**8 else ""


def url(found: Mapping[str, str], name: str) -> str:
    """Return the address of a recording, empty where none was made."""
    given = text(found, name, longest=LONGEST_URL)
    if not given or given == "None":
        return ""
    if urlsplit(given).scheme not in ("http", "https"):
        raise Refused(name, "must be an address that begins with https")
    return given


def turn(request: WebhookRequest) -> int | None:
    """Return the page's turn, as it stands in the address that we gave."""
    given = request.query.get("turn", "")
    if not given:
        return None
    if not re.fullmatch(r"[0-9]{1,8}", given) or int(given) > _LATEST_TURN:
        raise Refused("turn", "must be a whole number, as we wrote it into the address")
    return int(given)


def flag(request: WebhookRequest, name: str) -> bool:
    """Tell whether the address that we gave says this."""
    return request.query.get(name) == "1"


def tag(request: WebhookRequest) -> str:
    """Return our own name of a call that we placed, where it stands in the address."""
    return request.query.get("tag", "").replace("\x00", "")[:LONGEST]


def hidden(request: WebhookRequest, name: str) -> WebhookRequest:
    """Return a request as it may be kept: with dots where keys were pressed. It never raises."""
    if request.form.get(name):
        form = {**request.form, name: DOTS}
        fields = tuple((key, DOTS if key == name else value) for key, value in request.fields)
        request = replace(request, form=form, body=urlencode(form).encode(), fields=fields)
    if request.query.get(name):
        query = {**request.query, name: DOTS}
        path = request.url.partition("?")[0]
        request = replace(request, query=query, url=f"{path}?{urlencode(query)}", public_url="")
    return request
