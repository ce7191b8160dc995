"""The addresses of the phone page that dial: a code, then what is keyed in, then perhaps hanging up."""

from __future__ import annotations

from typing import Any

from flask import Blueprint
from flask.typing import ResponseReturnValue

from channels.double import Fault, Shown
from contactcentre.simulator import asking
from contactcentre.simulator.accounts import Account
from contactcentre.simulator.asking import Wrong, host
from contactcentre.simulator.switch import DOUBLES

blueprint = Blueprint("dialling", __name__, url_prefix="/simulator")
blueprint.register_error_handler(Wrong, asking.tell)
#: what a phone's keypad and display take in at most
LONGEST_INPUT = 182


def accounts() -> list[Account]:
    """Return the codes that can be dialled."""
    every = host().accounts.all().values()
    return [one for one in every if one.channel == "ussd" and one.gateway in DOUBLES and "session" in one.hooks]


@blueprint.post("/api/ussd")
def dial() -> ResponseReturnValue:
    """Dial a code, or go on in a session: ``{phone, code}`` or ``{session, input}``."""
    data = asking.body()
    session = data.get("session")
    if session is None:
        phone = asking.phone(data, "phone")
        account = _account(asking.compact(asking.text(data, "code")))
        begun, shown = host().switch.dial(account, phone, account.address, twice=_twice(account))
        return _answer(begun, shown)
    if not isinstance(session, str):
        raise Wrong("session", "must be the text that dialling gave")
    said = data.get("input")
    if not isinstance(said, str) or len(said) > LONGEST_INPUT:
        raise Wrong("input", f"must be text of at most {LONGEST_INPUT} characters")
    try:
        return _answer(session, host().switch.key(session, said, twice=_twice(None)))
    except LookupError as error:
        raise Wrong("session", str(error), status=409) from None


@blueprint.post("/api/ussd/end")
def hang_up() -> ResponseReturnValue:
    """Hang up: ``{session}``."""
    session = asking.text(asking.body(), "session")
    try:
        host().switch.hang_up(session)
    except LookupError as error:
        raise Wrong("session", str(error), status=409) from None
    return {"session": session, "end": True}


def _answer(session: str, shown: Shown) -> dict[str, Any]:
    return {"session": session, "text": shown.text, "end": shown.ends, "fault": shown.fault or None}


def _twice(account: Account | None) -> bool:
    gateways = [account.gateway] if account else [one.gateway for one in accounts()]
    return any(host().fault(one)[0] is Fault.DUPLICATE_REPORTS for one in gateways)


def _account(code: str) -> Account:
    known = accounts()
    found = next((one for one in known if one.address == code), None)
    if found is None:
        raise Wrong("code", f"nobody answers it; allowed: {', '.join(one.address for one in known) or 'none yet'}")
    return found
