"""The addresses of the phone page that call: a line of ours, keys, what rings on a telephone, hanging up."""

from __future__ import annotations

import re
from typing import Any

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from contactcentre.simulator import asking
from contactcentre.simulator.accounts import Account
from contactcentre.simulator.asking import Wrong, host
from contactcentre.simulator.exchange import DOUBLES, NoSuchCall

blueprint = Blueprint("calling", __name__, url_prefix="/simulator")
blueprint.register_error_handler(Wrong, asking.tell)
#: what a telephone can do by itself, each with true
ACTS = ("wait", "hangup", "answer", "reject")
LONGEST_RECORDING = 3600
_KEYS = re.compile(r"[0-9*#]{1,40}")


def accounts() -> list[Account]:
    """Return the lines that can be called."""
    every = host().accounts.all().values()
    return [one for one in every if one.channel == "voice" and one.gateway in DOUBLES and "call" in one.hooks]


@blueprint.post("/api/call")
def call() -> ResponseReturnValue:
    """Call a line, or do something in a call: ``{from, to}``, then ``{session}`` with one of ``digits``, ``record``,
    ``wait``, ``hangup``, ``answer``, ``reject``.
    """
    data = asking.body()
    if "session" not in data:
        phone, account = asking.phone(data, "from"), _line(asking.compact(asking.text(data, "to")))
        try:
            return host().exchange.call(account, phone)
        except ValueError as error:
            raise Wrong("from", str(error), status=409) from None
    session = data["session"]
    if not isinstance(session, str):
        raise Wrong("session", "must be the text that calling gave")
    what, value = _wanted(data)
    return _done(session, what, value)


@blueprint.get("/api/call")
def state() -> ResponseReturnValue:
    """Tell how a call stands for the telephone in it."""
    try:
        return host().exchange.state(request.args.get("session", ""))
    except NoSuchCall as error:
        raise Wrong("session", str(error), status=409) from None


@blueprint.get("/api/ringing")
def ringing() -> ResponseReturnValue:
    """List what rings on a telephone."""
    # A plus that was not escaped arrives as a space.
    number = "+" + asking.compact(request.args.get("number", "")).lstrip("+")
    if not asking.is_phone(number):
        raise Wrong("number", "must be a phone number with + (in an address: %2B) and country code")
    return host().exchange.ringing(number)


def _done(session: str, what: str, value: Any) -> dict[str, Any]:
    try:
        return host().exchange.act(session, what, value)
    except NoSuchCall as error:
        raise Wrong("session", str(error), status=409) from None


def _wanted(data: dict[str, Any]) -> tuple[str, Any]:
    """Return what the telephone does."""
    acts = [name for name in ACTS if data.get(name) is True]
    if "digits" in data:
        keys = data["digits"]
        if not isinstance(keys, str) or not _KEYS.fullmatch(keys):
            raise Wrong("digits", "must be text of keys: 0 to 9, * and #, at most 40")
        return "digits", keys
    if "record" in data:
        seconds = data["record"]
        whole = isinstance(seconds, int) and not isinstance(seconds, bool)
        if not whole or not 0 < seconds <= LONGEST_RECORDING:
            raise Wrong("record", f"must be whole seconds from 1 to {LONGEST_RECORDING}")
        return ("record_and_hangup" if "hangup" in acts else "record"), seconds
    if len(acts) != 1:
        raise Wrong("session", f"needs one of: digits, record, or {', '.join(ACTS)} with true")
    return acts[0], None


def _line(number: str) -> Account:
    known = accounts()
    found = next((one for one in known if one.address == number), None)
    if found is None:
        raise Wrong("to", f"nobody answers it; allowed: {', '.join(one.address for one in known) or 'none yet'}")
    return found
