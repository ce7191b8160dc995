"""The scanner page: anybody lays a page on it, as a file or as typed words, and it drops the scan into a folder.

A form without scripts: a real device has a glass and one button too.
"""

from __future__ import annotations

import secrets
import uuid
from pathlib import Path
from urllib.parse import urlsplit

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue

from cases.clock import wall
from channels.letters import codes
from contactcentre.simulator import sheets
from contactcentre.simulator.accounts import Account
from contactcentre.simulator.asking import Wrong, host

blueprint = Blueprint("scanner", __name__, url_prefix="/simulator")
PAGE = "/simulator/scanner"
CHANNEL = "letters"
LARGEST_BODY = 65 * 1024 * 1024
LONGEST_TEXT, LONGEST_NAME, MOST_SHEETS, MOST_SHOWN = 50_000, 100, 60, 20
TURNS = {"0": "the right way up", "90": "on its right side", "180": "upside down", "270": "on its left side"}


def accounts() -> list[Account]:
    """Return the accounts of letters, each of which has a scanner here."""
    return [one for one in host().accounts.all().values() if one.channel == CHANNEL]


@blueprint.get("/scanner")
def page() -> ResponseReturnValue:
    """Show the scanner."""
    return _shown()


@blueprint.post("/scanner")
def scan() -> ResponseReturnValue:
    """Scan: ``file`` as it is, or ``text`` drawn as pages (a form feed begins a page, a line ``---`` a letter)."""
    try:
        _refuse_other_sites()
        account = _account(request.form.get("account", ""))
        given = request.files.get("file")
        content = given.stream.read() if given is not None and given.filename else b""
        if content:
            name = _name(given.filename if given is not None else "")
        else:
            content, name = _typed(account), f"SCAN_{wall():%Y%m%d%H%M%S}_{uuid.uuid4().hex[:6]}.pdf"
        drop(account.id, name, content)
    except Wrong as error:
        return _shown(error), error.status
    return redirect(f"{PAGE}?done={account.id}", 303)


def drop(account: str, name: str, content: bytes) -> Path:
    """Put a file into the folder of an account's scanner, whole at once, beside others of its name."""
    folder = host().scans / account
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    hidden = folder / f".{uuid.uuid4().hex}"
    hidden.write_bytes(content)
    place, number = folder / name, 1
    while place.exists():
        number += 1
        place = folder / f"{Path(name).stem} ({number}){Path(name).suffix}"
    hidden.rename(place)
    return place


def _shown(error: Wrong | None = None) -> str:
    done = next((one for one in accounts() if one.id == request.args.get("done")), None)
    return render_template(
        "simulator/scanner.html",
        accounts=accounts(),
        done=done,
        error=error,
        form=request.form,
        turns=TURNS,
        waiting={one.id: _lying(one.id) for one in accounts()},
    )


def _lying(account: str) -> list[str]:
    """Return the names of the scans that nobody has fetched yet."""
    folder = host().scans / account
    if not folder.is_dir():
        return []
    names = sorted(one.name for one in folder.iterdir() if one.is_file() and not one.name.startswith("."))
    return names[:MOST_SHOWN]


def _typed(account: Account) -> bytes:
    text = request.form.get("text", "").replace("\r\n", "\n")
    if not text.strip() or len(text) > LONGEST_TEXT:
        raise Wrong("text", f"must have words, at most {LONGEST_TEXT} characters; or choose a file")
    laid: list[sheets.Sheet] = []
    for letter in text.split("\n---\n"):
        if request.form.get("covers"):
            laid.append(_cover(account))
        laid += sheets.typed(letter.strip("\n"))
    if len(laid) > MOST_SHEETS:
        raise Wrong("text", f"makes {len(laid)} pages; the scanner takes {MOST_SHEETS} at once")
    return sheets.as_pdf(sheets.lying(laid, turned=_turn(), slant=_slant()))


def _cover(account: Account) -> sheets.Sheet:
    if not account.api_key:
        raise Wrong("covers", "cannot be signed here: apply the configuration again")
    number = 9_000_000 + secrets.randbelow(1_000_000)
    return sheets.cover(codes.cover(number, account.api_key.encode()), number)


def _turn() -> int:
    given = request.form.get("turned", "0")
    if given not in TURNS:
        raise Wrong("turned", f"is not known; allowed: {', '.join(TURNS)}")
    return int(given)


def _slant() -> float:
    try:
        given = float(request.form.get("slant") or 0)
    except ValueError:
        given = 99.0
    if not -10 <= given <= 10:
        raise Wrong("slant", "must be a number of degrees from -10 to 10")
    return given


def _account(name: str) -> Account:
    found = next((one for one in accounts() if one.id == name), None)
    if found is None:
        raise Wrong("account", f"has no scanner here; allowed: {', '.join(one.id for one in accounts()) or 'none yet'}")
    return found


def _name(given: str | None) -> str:
    plain = "".join(c if c.isprintable() and c not in '/\\:*?"<>|' else "_" for c in given or "")
    return plain.lstrip(".")[-LONGEST_NAME:] or "scan.pdf"


def _refuse_other_sites() -> None:
    """Let no page of another site fill the scanner: browsers say where a form comes from."""
    origin = request.headers.get("Origin", "")
    if origin and urlsplit(origin).netloc != request.host:
        raise Wrong("form", "comes from another site", status=403)
