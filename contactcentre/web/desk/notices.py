"""The bell's page: what somebody was told, newest first, and that they have read it."""

from __future__ import annotations

from dataclasses import dataclass

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from cases import access, alerts, bells, clock, notices
from cases.errors import Invalid
from cases.permissions import Action
from cases.queries import notices as query
from cases.queries.notices import NoticeRow
from cases.sla import ladder
from contactcentre.db import UnitOfWork
from contactcentre.web.context import container, viewer
from contactcentre.web.desk import assigning_lines, blueprint, clocks, room
from contactcentre.web.desk.clocks import Chip
from contactcentre.web.formatting import moment, until, words
from contactcentre.web.permissions import requires

ROWS = 50


@dataclass(frozen=True, slots=True)
class Line:
    """One notice as the page shows it. Without ``address``: its reader may not open the case."""

    row: NoticeRow
    chip: Chip
    address: str | None
    what: str


@blueprint.get("/notices")
@requires(Action.READ)
def told() -> str:
    """Show the notices."""
    city, before = container().city, _number("before", request.args.get("before"))
    with container().db.reader() as session:
        shown = room.load(session, viewer(), city=city)
        rows = query.page(session, viewer(), before=before, limit=ROWS + 1)
    lines = [line(row, shown) for row in rows[:ROWS]]
    more = url_for("desk.told", before=rows[ROWS - 1].id) if len(rows) > ROWS else None
    return render_template("desk/notices.html", room=shown, city=city, lines=lines, more=more)


@blueprint.post("/notices/read")
@requires(Action.READ)
def read() -> AnyResponse:
    """Mark notices as read: of one case, or all up to the newest that was shown. Read twice is read, so no key."""
    reference, until = request.form.get("case", ""), _number("until", request.form.get("until"))

    def work(uow: UnitOfWork) -> None:
        case = access.for_reading(uow.session, viewer(), reference=reference) if reference else None
        at, case_id = clock.now(uow.session), case.id if case else None
        notices.read(uow.session, viewer(), at=at, case_id=case_id, until=until)

    container().db.run(work)
    return redirect(room.case_address(reference.replace("-", "")) if reference else url_for("desk.told"), 303)


def line(row: NoticeRow, shown: room.Room) -> Line:
    """Return a notice as people read it."""
    if row.kind == alerts.KIND:
        return _alert(row, shown)
    if row.kind in assigning_lines.NOTICES:
        what = assigning_lines.notice(row.kind, row.step, viewer_id=viewer().id)
        return Line(row, Chip("calm", moment(row.due_at, shown.zone)), _leads_to(row), what)
    what = row.task or clocks.NAMES.get(row.timer_kind, words(row.timer_kind))
    said = f"{what}, {ladder.words(row.step)}, due {moment(row.due_at, shown.zone)}"
    return Line(row, _chip(row, shown), room.case_address(row.reference), said)


def _alert(row: NoticeRow, shown: room.Room) -> Line:
    chip = Chip("late", moment(row.due_at, shown.zone))
    number = container().city.organisation.emergency_number
    said = f"Danger to life. Emergency number: {number}"
    if row.readable:
        return Line(row, chip, room.case_address(row.reference), said)
    return Line(row, chip, None, said)


def _leads_to(row: NoticeRow) -> str:
    if row.kind == bells.HANDED_OVER and row.step.isdigit():
        return url_for("desk.handover", agent_id=int(row.step))
    return room.case_address(row.reference)


def _chip(row: NoticeRow, shown: room.Room) -> Chip:
    if not row.runs:
        return Chip("met", "Settled")
    if row.moved:
        return Chip("paused", "Put off")
    late, soon = row.due_at < shown.now, row.due_at - shown.now <= clocks.SOON
    return Chip("late" if late else "soon" if soon else "calm", until(row.due_at, shown.now, shown.zone))


def _number(name: str, text: str | None) -> int | None:
    if not text:
        return None
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise Invalid(f"{name} must be the number of a notice.", field=name)
    return int(text)
