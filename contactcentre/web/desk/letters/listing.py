"""What waits of letters, and the register: two pages, so that a search does not read what waits."""

from __future__ import annotations

from datetime import date, datetime, time
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from flask import render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from cases import clock, together
from cases.departments import City
from cases.errors import DomainError, Invalid
from cases.permissions import Action, Viewer
from cases.queries import register
from cases.queries.paging import Page
from cases.queries.register import LetterLine, RegisterFilter, Waiting
from contactcentre.web.context import container, viewer
from contactcentre.web.desk import blueprint, frame, room
from contactcentre.web.desk.frame import Frame
from contactcentre.web.desk.letters import lines
from contactcentre.web.permissions import requires
from contactcentre.web.posting import new_key

ROWS = 50
#: scans that one form takes, and their megabytes together: as much as any form of this site
MOST_FILES, MOST_MEGABYTES = 20, 50
_NOTHING = RegisterFilter()


@blueprint.get("/letters")
@requires(Action.KEEP_REGISTER)
def letters() -> str:
    """Show what is to be keyed and to be split, and the form that takes scans."""
    return show_letters()


@blueprint.get("/letters/register")
@requires(Action.KEEP_REGISTER)
def letter_register() -> str | tuple[str, int]:
    """Search the register by number, name and day."""
    found: Page[LetterLine] | None = None
    asked, wrong, field = _NOTHING, "", ""
    with container().db.reader() as session:
        around = frame.load(session, viewer())
        try:
            asked = asked_for(request.args)
            found = register.page(session, viewer(), asked, cursor=request.args.get("cursor"), limit=ROWS)
        except DomainError as error:
            wrong, field = str(error), error.field or ""
    typed = {name: request.args.get(name, "") for name in ("q", "since", "until", "direction")}
    more = {**{name: value for name, value in typed.items() if value}, "cursor": found.next} if found else {}
    shown = render_template(
        "desk/letters/register_page.html",
        room=around,
        tab="in",
        asked=asked,
        typed=typed,
        found=found,
        wrong=wrong,
        wrong_field=field,
        more=f"{url_for('desk.letter_register')}?{urlencode(more)}" if found and found.next else None,
        **words(),
    )
    return shown, 422 if wrong else 200


def show_letters(*, upload_wrong: str = "") -> str:
    """Render what waits, with what was wrong with an upload."""
    city = container().city
    with container().db.reader() as session:
        around, waiting = _read(session, viewer(), city=city)
    return render_template(
        "desk/letters/home.html",
        room=around,
        tab="in",
        waiting=waiting,
        clocks=lines.clocks(city, waiting.to_key, now=around.now, zone=room.zone_of(city)),
        done=_done(request.args),
        asked=_NOTHING,
        typed={"since": "", "until": ""},
        found=None,
        wrong="",
        wrong_field="",
        accounts=accounts(city),
        upload_key=new_key(),
        upload_wrong=upload_wrong,
        most_files=MOST_FILES,
        most_megabytes=MOST_MEGABYTES,
        **words(),
    )


def words() -> dict[str, object]:
    """Return what the templates of letters call."""
    return {"words_of": lines.words_of, "tone_of": lines.tone_of, "address_of": address_of}


def address_of(one: LetterLine) -> str:
    """Return the page of a letter: one that came has a page of its own, one of ours is found where it was sent from."""
    if one.direction == "in" or not one.reference:
        return url_for("desk.letter", register_number=one.register_number)
    return room.case_address(one.reference)


def accounts(city: City) -> list[tuple[str, str]]:
    """Return the accounts of letters with their addresses."""
    return [(one.id, one.address) for one in city.accounts.values() if one.channel == "letters"]


def asked_for(asked: MultiDict[str, str]) -> RegisterFilter:
    """Return what the register is searched for; raises ``Invalid`` for a day that is none."""
    words = asked.get("q", "").replace("\x00", "").strip()[: register.LONGEST_SEARCH]
    return RegisterFilter(words, _day(asked, "since"), _day(asked, "until"), asked.get("direction", ""))


def _day(asked: MultiDict[str, str], name: str) -> date | None:
    text = asked.get(name, "").strip()
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        said = {"since": "From", "until": "To"}[name]
        raise Invalid(f"{said} must be a day such as 2026-11-24.", field=name) from None


def _read(session: Session, who: Viewer, *, city: City) -> tuple[Frame, Waiting]:
    now = clock.now(session)
    found = together.read(session, together.kept(_parts, who), {"now": now, "today": midnight(now, room.zone_of(city))})
    return frame.of_parts(found, now=now), register.waiting_of(found)


def _parts(who: Viewer) -> together.Parts:
    return {**frame.parts(who), **register.waiting_parts(who)}


def midnight(now: datetime, zone: ZoneInfo) -> datetime:
    """Return when today began."""
    return datetime.combine(now.astimezone(zone).date(), time(), tzinfo=zone)


def _done(asked: MultiDict[str, str]) -> str:
    """Return what has just been done, as the page says it."""
    number = register.number_of(asked.get("done", ""))
    if number:
        return f"{number} is done. No other letter waits to be keyed."
    scans = asked.get("put_in", "")
    if scans.isdigit() and len(scans) < 4:
        many = int(scans) != 1
        return f"{scans} {'scans are' if many else 'scan is'} taken in. Pages appear here as they are read."
    made, away = asked.get("split", ""), asked.get("away", "")
    if made.isdigit() and len(made) < 4:
        return "The scan is one letter now." if made == "1" else f"The scan is {made} letters now. They are being read."
    return f"Scan {away} was set aside." if away.isdigit() and len(away) < 12 else ""
