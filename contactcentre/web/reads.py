"""The log of reads for auditors and administrators: who looked at whose data, when and why."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from flask import Blueprint, render_template, request, url_for
from sqlalchemy import select
from werkzeug.datastructures import MultiDict

from cases import reasons
from cases.errors import DomainError, Invalid
from cases.models import Agent
from cases.permissions import Action
from cases.queries import reads as query
from cases.queries.paging import Page
from cases.queries.reads import ReadFilter, ReadRow
from contactcentre.web.context import container, viewer
from contactcentre.web.permissions import requires

blueprint = Blueprint("reads", __name__, url_prefix="/admin/reads")
ROWS = 50
_PEOPLE = select(Agent.id, Agent.name).order_by(Agent.name, Agent.id)
_NONE: Page[ReadRow] = Page((), None)


@blueprint.get("")
@requires(Action.READS)
def page() -> str | tuple[str, int]:
    """Show the log, newest first, narrowed as the form says."""
    asked, fault, status = request.args, "", 200
    with container().db.reader() as session:
        people = session.execute(_PEOPLE).all()
        try:
            narrowed = _filter(asked)
            found = query.page(session, viewer(), narrowed, cursor=asked.get("cursor") or None, limit=ROWS)
        except DomainError as error:
            found, fault, status = _NONE, str(error), 422
    kept = {name: asked[name] for name in ("agent", "case", "citizen", "since", "until") if asked.get(name)}
    more = f"{url_for('reads.page')}?{urlencode({**kept, 'cursor': found.next})}" if found.next else None
    shown = render_template(
        "admin/reads.html",
        rows=found.items,
        more=more,
        people=people,
        asked=kept,
        fault=fault,
        reasons=reasons.WORDS,
        days=container().city.limits.reads_kept_days,
    )
    return shown, status


def _filter(asked: MultiDict[str, str]) -> ReadFilter:
    since, until = _day(asked, "since"), _day(asked, "until")
    return ReadFilter(
        agent=_number(asked, "agent"),
        case=asked.get("case", "").strip() or None,
        citizen=_number(asked, "citizen"),
        since=since,
        until=until + timedelta(days=1) if until else None,
    )


def _number(asked: MultiDict[str, str], name: str) -> int | None:
    text = asked.get(name, "").strip()
    if not text:
        return None
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise Invalid(f"{name.capitalize()} must be a whole number.", field=name)
    return int(text)


def _day(asked: MultiDict[str, str], name: str) -> datetime | None:
    """Return when a day begins here."""
    text = asked.get(name, "").strip()
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise Invalid(f"{name.capitalize()} must be a day such as 2026-11-28.", field=name) from None
    zone = ZoneInfo(container().city.organisation.timezone)
    return datetime(day.year, day.month, day.day, tzinfo=zone)
