"""The mailbox page and its API: write a mail as any citizen, read what came back, let it bounce or answer by itself."""

from __future__ import annotations

import base64
import binascii
import tomllib
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, current_app, render_template, request
from flask.typing import ResponseReturnValue

from channels.double import Fault
from channels.email import mailbox_double as double
from channels.email.mailbox_double import FAILURES, File, Written
from contactcentre.simulator import asking
from contactcentre.simulator.accounts import Account
from contactcentre.simulator.asking import Wrong, host
from contactcentre.simulator.letters import shown
from contactcentre.simulator.post import GATEWAY, Unknown

blueprint = Blueprint("mailbox", __name__, url_prefix="/simulator")
blueprint.register_error_handler(Wrong, asking.tell)
WRITE = "/simulator/api/mail"
LARGEST_BODY = 16 * 1024 * 1024
LONGEST_TEXT, LONGEST_LINE, MOST_FILES, MOST_SUGGESTED = 1_000_000, 900, 20, 12
#: what each fault means to mail
FAULT_WORDS = {
    Fault.OK: "OK",
    Fault.HTTP500: "Server fault",
    Fault.HTTP429: "Too many",
    Fault.TIMEOUT: "No answer",
    Fault.ACCEPT_THEN_HANG: "Takes it, says nothing",
    Fault.SLOW: "Slow",
    Fault.DUPLICATE_REPORTS: "Comes twice",
    Fault.REORDER_REPORTS: "Mixed order",
}


def suggested(folder: Path) -> list[tuple[str, str]]:
    """Return (address, name) of the invented people of the configuration's demo who write mail."""
    try:
        demo = tomllib.loads((folder / "demo.toml").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []  # suggestions only: any address can be typed
    cases = [case for case in demo.get("cases", []) if isinstance(case, dict)]
    found = {case["email"]: str(case.get("citizen", "")) for case in cases if double.is_address(case.get("email"))}
    return list(found.items())[:MOST_SUGGESTED]


@blueprint.get("/mail")
def page() -> ResponseReturnValue:
    """Show a citizen's mailbox."""
    return render_template(
        "simulator/mail.html",
        accounts=host().post.mailboxes(),
        people=current_app.extensions["suggested_addresses"],
        faults=[(fault.value, word) for fault, word in FAULT_WORDS.items()],
        failures=[(key, one.words) for key, one in FAILURES.items()],
        serves=host().mail_server.serves,
    )


@blueprint.post("/api/mail")
def write() -> ResponseReturnValue:
    """Write to a mailbox as a citizen: ``{from, to, subject, text}``, perhaps ``name, html, files, answers, quote,
    forged``; ``answers`` is the id of a mail of ours, and then ``to`` and ``subject`` may be left out.
    """
    data = asking.body()
    sender = _address(data, "from")
    answers = _answered(data)
    ours = double.parsed(answers) if answers else None
    recipient = _address(data, "to") if data.get("to") or ours is None else double.answer_to(ours)
    subject = _line(data, "subject")
    if ours is not None and not subject:
        plain = str(ours.get("Subject") or "")
        subject = plain if plain[:3].lower() == "re:" else f"Re: {plain}"
    said = Written(
        sender=sender,
        name=_line(data, "name"),
        recipient=recipient,
        subject=subject,
        text=_words(data, "text"),
        html=_words(data, "html"),
        files=_files(data),
        answers=answers,
        quotes=data.get("quote") is True,
        forged=data.get("forged") is True,
    )
    try:
        entry = host().post.write(_mailbox(recipient), said)
    except ValueError as error:
        raise Wrong("subject", f"cannot stand in a mail ({error})") from None
    return entry.message(), 201


@blueprint.post("/api/mail/bounce")
def bounce() -> ResponseReturnValue:
    """Let a mail of ours come back: ``{id}``, perhaps ``reason``."""
    data = asking.body()
    reason = data.get("reason", next(iter(FAILURES)))
    if reason not in FAILURES:
        raise Wrong("reason", f"is not known; allowed: {', '.join(FAILURES)}")
    try:
        return host().post.bounce(asking.text(data, "id"), FAILURES[reason]).message(), 201
    except Unknown as error:
        raise Wrong("id", str(error), status=409) from None


@blueprint.post("/api/mail/away")
def away() -> ResponseReturnValue:
    """Let the citizen's mailbox answer a mail of ours by itself: ``{id}``."""
    try:
        return host().post.away(asking.text(asking.body(), "id")).message(), 201
    except Unknown as error:
        raise Wrong("id", str(error), status=409) from None


@blueprint.get("/api/mail")
def raw() -> ResponseReturnValue:
    """Return one mail as it was sent, by its ``id``, as plain text."""
    content = host().post.raw(request.args.get("id", ""))
    if content is None:
        raise Wrong("id", "is no mail that is kept here", status=404)
    return Response(content, mimetype="text/plain")


@blueprint.get("/api/mails")
def changed() -> ResponseReturnValue:
    """Return the mails of ``citizen`` that are new or changed behind ``after``, oldest first; of all without one."""
    after, citizen = request.args.get("after", "0"), request.args.get("citizen", "").strip().lower()
    if not after.isdecimal():
        raise Wrong("after", "must be the `change` of an earlier answer, a whole number")
    if citizen and not double.is_address(citizen):
        raise Wrong("citizen", "must be a mail address, such as araba@example.com")
    office = host().post
    items, change = host().ledger.entries(citizen or None, int(after), gateway=GATEWAY)
    return {
        "items": [shown(entry, office.raw(entry.line.id)) for entry in items],
        "change": change,
        "fault": asking.fault(GATEWAY),
        "accounts": [one.id for one in office.mailboxes()],
    }


def _mailbox(recipient: str) -> Account:
    found = host().post.mailbox(recipient)
    if found is None:
        allowed = ", ".join(one.address for one in host().post.mailboxes())
        raise Wrong("to", f"is no mailbox here; allowed: {allowed or 'none yet'}")
    return found


def _answered(data: dict[str, Any]) -> bytes | None:
    given = data.get("answers")
    if given is None:
        return None
    content = host().post.raw(given) if isinstance(given, str) else None
    if content is None:
        raise Wrong("answers", "must be the id of a mail that is kept here")
    return content


def _address(data: dict[str, Any], name: str) -> str:
    given = asking.text(data, name)
    if not double.is_address(given):
        raise Wrong(name, "must be a mail address, such as araba@example.com")
    return given


def _line(data: dict[str, Any], name: str) -> str:
    given = data.get(name, "")
    if not isinstance(given, str) or len(given) > LONGEST_LINE:
        raise Wrong(name, f"must be text of at most {LONGEST_LINE} characters")
    return given.strip()


def _words(data: dict[str, Any], name: str) -> str:
    given = data.get(name, "")
    if not isinstance(given, str) or len(given) > LONGEST_TEXT:
        raise Wrong(name, f"must be text of at most {LONGEST_TEXT} characters")
    return given


def _files(data: dict[str, Any]) -> tuple[File, ...]:
    given = data.get("files", [])
    if not isinstance(given, list) or len(given) > MOST_FILES:
        raise Wrong("files", f"must be a list of at most {MOST_FILES} files")
    return tuple(_file(one) for one in given)


def _file(given: Any) -> File:
    names = ("name", "type", "content")
    if not isinstance(given, dict) or not all(isinstance(given.get(name, ""), str) for name in names):
        raise Wrong("files", "must each be an object of texts: name, type, content (Base64)")
    try:
        content = base64.b64decode(given.get("content", ""), validate=True)
    except (binascii.Error, ValueError):
        raise Wrong("files", "must each have its content in Base64") from None
    return File(given.get("name") or "file", given.get("type") or "application/octet-stream", content)
