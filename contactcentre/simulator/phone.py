"""The phone page and the API that scripts use: write as a citizen, read what was sent, let a gateway misbehave."""

from __future__ import annotations

import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from flask import Blueprint, current_app, render_template, request
from flask.typing import ResponseReturnValue

from channels.double import Fault
from channels.email.mailbox_double import is_address
from contactcentre.simulator import asking, calling, dialling, post
from contactcentre.simulator.accounts import Account
from contactcentre.simulator.asking import Wrong, host
from contactcentre.simulator.host import Busy

blueprint = Blueprint("phone", __name__, url_prefix="/simulator")
LONGEST_TEXT = 1600
LONGEST_FAULT = 3600.0
LONGEST_DELAY = 60.0
MOST_SUGGESTED = 24
_FAULT_WORDS = {
    Fault.OK: "OK",
    Fault.HTTP500: "Error 500",
    Fault.HTTP429: "Too many",
    Fault.TIMEOUT: "Time-out",
    Fault.ACCEPT_THEN_HANG: "Takes it, says nothing",
    Fault.SLOW: "Slow",
    Fault.DUPLICATE_REPORTS: "Twice",
    Fault.REORDER_REPORTS: "Mixed order",
    Fault.LOSE_REPORTS: "Tells nothing",
}


blueprint.register_error_handler(Wrong, asking.tell)
host_of = asking.host_of


def suggested(folder: Path) -> list[tuple[str, str]]:
    """Return (number, name) of the invented people of the configuration's demo, none where it has no demo."""
    try:
        demo = tomllib.loads((folder / "demo.toml").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []  # suggestions only: any number can be typed
    cases = [case for case in demo.get("cases", []) if isinstance(case, dict)]
    found = {str(case["phone"]): str(case.get("citizen", "")) for case in cases if asking.is_phone(case.get("phone"))}
    agents = [agent for agent in demo.get("agents", []) if isinstance(agent, dict)]
    found |= {str(one["phone"]): f"{one.get('name', '')}, agent" for one in agents if asking.is_phone(one.get("phone"))}
    return list(found.items())[:MOST_SUGGESTED]


@blueprint.get("", strict_slashes=False)
def page() -> ResponseReturnValue:
    """Show the phones."""
    return render_template(
        "simulator/phone.html",
        accounts=_text_accounts(),
        codes=dialling.accounts(),
        lines=calling.accounts(),
        phones=current_app.extensions["suggested_phones"],
        faults=[(fault.value, word) for fault, word in _FAULT_WORDS.items()],
    )


@blueprint.get("/api/sent")
def sent() -> ResponseReturnValue:
    """List what was sent to citizens, oldest first."""
    since = request.args.get("since", "")
    given = request.args.get("to", "")
    to = given.strip().lower() if is_address(given.strip()) else _wanted_phone("to")
    return host().ledger.sent(to=to, since=_instant(since) if since else None)


@blueprint.post("/api/sms")
def write() -> ResponseReturnValue:
    """Write to the Assembly as a citizen."""
    data = asking.body()
    sender = asking.phone(data, "from")
    account = _account(asking.compact(asking.text(data, "to")))
    text = data.get("text")
    if not isinstance(text, str):
        raise Wrong("text", "is missing or no text")
    if len(text) > LONGEST_TEXT:
        raise Wrong("text", f"has {len(text)} characters; at most {LONGEST_TEXT} are joined into one SMS")
    try:
        entry = host().receive(account, sender=sender, text=text)
    except Busy:
        raise Wrong("to", "too many messages wait for the hooks to answer; try again later", status=503) from None
    return entry.message(), 201


@blueprint.post("/api/faults")
def misbehave() -> ResponseReturnValue:
    """Let a gateway misbehave for some seconds."""
    data, known = asking.body(), (*host().gateways(), *([post.GATEWAY] if host().post.mailboxes() else []))
    gateway, mode, seconds = asking.text(data, "gateway"), asking.text(data, "mode"), data.get("seconds", 60)
    if gateway not in known:
        raise Wrong("gateway", f"no account uses this gateway here; allowed: {', '.join(known) or 'none yet'}")
    if mode not in list(Fault):
        raise Wrong("mode", f"is not known; allowed: {', '.join(Fault)}")
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 < seconds <= LONGEST_FAULT:
        raise Wrong("seconds", f"must be a number over 0 and at most {LONGEST_FAULT:.0f}")
    host().set_fault(gateway, Fault(mode), seconds=seconds, delay=_delay(data))
    return {"gateway": gateway, **asking.fault(gateway)}


@blueprint.get("/api/ledger")
def ledger() -> ResponseReturnValue:
    """Return what is new behind ``after`` for the page, with the faults that are on."""
    after, turns, calls = (request.args.get(name, "0") for name in ("after", "turns", "calls"))
    for name, given, of in (("after", after, "change"), ("turns", turns, "number"), ("calls", calls, "number")):
        if not given.isdecimal():
            raise Wrong(name, f"must be the `{of}` of an earlier answer, a whole number")
    phone = _wanted_phone("phone")
    items, change = host().ledger.changed(phone, int(after))
    return {
        "items": items,
        "change": change,
        "faults": {gateway: asking.fault(gateway) for gateway in host().gateways()},
        "accounts": [one.id for one in [*_text_accounts(), *dialling.accounts()]],
        "lines": [one.address for one in calling.accounts()],
        "turns": host().switch.passed(phone, int(turns)),
        "calls": host().exchange.carrier.carried(phone, int(calls)),
    }


def _delay(data: dict[str, Any]) -> float | None:
    delay = data.get("delay")
    if delay is None:
        return None
    if isinstance(delay, bool) or not isinstance(delay, int | float) or not 0 <= delay <= LONGEST_DELAY:
        raise Wrong("delay", f"must be a number of seconds from 0 to {LONGEST_DELAY:.0f}, how slow `slow` is")
    return float(delay)


def _text_accounts() -> list[Account]:
    known = host().gateways()
    return [a for a in host().accounts.all().values() if a.channel == "sms" and a.gateway in known]


def _account(address: str) -> Account:
    accounts = _text_accounts()
    found = next((account for account in accounts if account.address == address), None)
    if found is None:
        allowed = ", ".join(account.address for account in accounts)
        raise Wrong("to", f"is the number of no SMS account; allowed: {allowed or 'none yet'}")
    if "incoming" not in found.hooks:
        raise Wrong("to", f"account {found.id} takes no messages; it has no `incoming` hook", status=409)
    return found


def _wanted_phone(name: str) -> str | None:
    given = request.args.get(name, "")
    if not given:
        return None
    # A plus that was not escaped arrives as a space.
    number = "+" + asking.compact(given).lstrip("+")
    if not asking.is_phone(number):
        raise Wrong(name, "must be a phone number with + (in an address: %2B) and country code")
    return number


def _instant(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError:
        raise Wrong("since", "must be a time of RFC 3339, such as 2026-01-31T08:00:00Z") from None
    return at if at.tzinfo else at.replace(tzinfo=UTC)
