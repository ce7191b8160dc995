"""The desk's pages to read: the queue, a case, what changed, a file. None of them changes anything."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlencode

from flask import Response, abort, jsonify, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from cases import clock, preferences, reads, references, saved_views, viewing
from cases.departments import City
from cases.errors import Invalid, NotFound
from cases.lifecycle import Outcome
from cases.permissions import Action, Viewer
from cases.queries import case as case_query
from cases.queries import colleagues, notices, queue
from cases.queries.case import CaseView
from cases.queries.colleagues import Colleague
from cases.queries.notices import NoticeRow
from cases.queries.queue import QueueFilter
from cases.reads import Kind
from cases.replies import LONGEST_REPLY
from cases.sla.statutes import ASK
from cases.together import NOW, Parts
from cases.viewing import Looking
from contactcentre.web.context import container, viewer
from contactcentre.web.desk import (
    asking,
    blueprint,
    chosen,
    clocks,
    composing,
    filing_lines,
    history,
    promises,
    room,
    routed,
)
from contactcentre.web.desk.clocks import Chip
from contactcentre.web.desk.drafts import Draft
from contactcentre.web.desk.history import Line, Setting
from contactcentre.web.desk.promises import Offer
from contactcentre.web.desk.routed import Routed
from contactcentre.web.permissions import requires
from contactcentre.web.posting import Keys

MOST_CHANGES = 100
#: what can be written below a case
COMPOSED = ("reply", "note", "contact")
#: a change commits a little after the instant it carries
OVERLAP = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class OpenCase:
    """A case as the page shows it. ``told`` are the notices of it that this agent has not read."""

    view: CaseView
    lines: tuple[Line, ...]
    chips: tuple[Chip, ...]
    colleagues: tuple[Colleague, ...]
    elsewhere: tuple[tuple[str, str], ...]
    address: str
    told: tuple[NoticeRow, ...]
    offer: Offer
    routed: Routed
    looking: tuple[Looking, ...]


@blueprint.get("")
@requires(Action.READ)
def home() -> str | AnyResponse:
    """Show the queue; an address that asks for nothing leads to the view that the agent begins with."""
    city = container().city
    with container().db.reader() as session:
        begins = None if request.args else _begins(session, viewer())
        if begins is not None:
            return redirect(begins)
        shown = room.load(session, viewer(), city=city)
    return render_template("desk/home.html", room=shown, city=city)


def _begins(session: Session, who: Viewer) -> str | None:
    liked = session.execute(preferences.part(who)).one_or_none()
    if liked is None or liked.begins_with is None:
        return None
    if not liked.begins_with.startswith(preferences.SAVED):
        return url_for("desk.home", view=liked.begins_with)
    wanted = int(liked.begins_with.removeprefix(preferences.SAVED))
    saved = next((one for one in session.execute(saved_views.part(who)) if one.id == wanted), None)
    return url_for("desk.home", **(saved.narrowed or {"view": "open"})) if saved else None


@blueprint.get("/cases/<reference>")
@requires(Action.READ)
def case(reference: str) -> str | AnyResponse:
    """Show a case beside the queue; an address in another spelling leads to the one that is written everywhere."""
    digits = references.parse(reference)
    if digits is not None and reference != references.written(digits):
        return redirect(room.case_address(digits, request.query_string.decode("latin-1")), 301)
    wanted = request.args.get("compose", "")
    try:
        return show_case(reference, Draft(wanted if wanted in COMPOSED else "reply"))
    except NotFound:
        return asking.ask(reference)


@blueprint.get("/changes")
@requires(Action.READ)
def changes() -> Response:
    """Tell which cases changed since an instant: references and versions only, for pages without a live stream."""
    since = _instant(request.args.get("since"))
    with container().db.reader() as session:
        now = clock.now(session)
        asked = QueueFilter(view="all", updated_since=(since or now) - OVERLAP)
        found = queue.page(session, viewer(), asked, limit=MOST_CHANGES)
    listed = {row.reference: row.version for row in found.items}
    return jsonify({"at": now.isoformat(), "cases": listed, "more": found.next is not None})


def show_case(reference: str, draft: Draft) -> str:
    """Render a case with what the agent had written; raises ``NotFound``.

    The reference of a case that was merged leads to the address of the one it went into.
    """
    city = container().city
    with container().db.recorder() as session:
        shown = room.load(session, viewer(), city=city)
        opened = _open(session, viewer(), reference, city=city, query=shown.query)
        reads.note(session, viewer(), Kind.CASE, case_id=opened.view.row.id, citizen_id=opened.view.citizen.id)
    led_here = filing_lines.merged_from(opened.view, reference)
    if led_here is not None and request.method == "GET":
        query = urlencode([*parse_qsl(shown.query), ("from", led_here)])
        abort(redirect(room.case_address(opened.view.row.reference, query), 302))
    draft = chosen.draft_of(opened.view, routed.draft_of(request.args, opened.routed, draft), city=city)
    return render_template(
        "desk/case.html",
        room=shown,
        case=opened,
        draft=draft,
        composed=composing.composed(opened.view, draft, city=city),
        city=city,
        outcomes=list(Outcome),
        longest=LONGEST_REPLY,
        longest_by=composing.longest,
        keys=Keys(),
        ask=ASK,
        led_here=filing_lines.merged_from(opened.view, request.args.get("from")),
    )


def _open(session: Session, who: Viewer, reference: str, *, city: City, query: str) -> OpenCase:
    now, zone = clock.now(session), room.zone_of(city)
    view = case_query.load(session, who, reference, city=city, also=_also)
    every = view.also["everybody"]
    setting = Setting(
        city, zone, {one.id: one.name for one in colleagues.among(every, department=None, action=Action.NOTE)}
    )
    return OpenCase(
        view=view,
        lines=tuple(history.lines(view, setting=setting, seen=view.seen_message_id)),
        chips=tuple(clocks.of_timer(timer, calendars=city.calendars, now=now, zone=zone) for timer in view.timers),
        colleagues=colleagues.among(every, department=view.row.department),
        elsewhere=tuple(
            (one.key, one.name) for one in sorted(city.departments.values(), key=lambda one: one.name)
            if one.key != view.row.department
        ),
        address=room.case_address(view.row.reference, query),
        told=notices.of_part(who, view.also["told"]),
        offer=promises.offer(view, city=city, now=now, zone=zone),
        routed=routed.of_view(view, city=city),
        looking=viewing.of_part(view.also["looking"]),
    )  # fmt: skip


def _also(who: Viewer) -> Parts:
    return {
        "looking": viewing.part(who, [case_query.CASE], now=NOW),
        "told": notices.case_part(who, case_id=case_query.CASE),
        "everybody": colleagues.everybody(who),
    }


def _instant(text: str | None) -> datetime | None:
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text.replace(" ", "+"))  # an unescaped plus arrives as a space
    except ValueError:
        raise Invalid("since must be an instant such as 2026-11-24T09:06:00+00:00.", field="since") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
