"""A scan that is split by hand: where letters begin, what is left out, what is turned, or that it is no letter."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

from flask import make_response, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from cases import clock, together
from cases.errors import DomainError, Invalid, NotFound
from cases.letters import rearranging
from cases.letters.rearranging import DISCARDS, Marks
from cases.permissions import Action, Viewer
from cases.queries import one_scan
from cases.queries.one_scan import OneScan
from contactcentre.db import UnitOfWork
from contactcentre.web.context import container, viewer
from contactcentre.web.desk import blueprint, frame
from contactcentre.web.desk.drafts import Draft, sent
from contactcentre.web.desk.letters.listing import words
from contactcentre.web.desk.returning import STATUS, number
from contactcentre.web.permissions import requires
from contactcentre.web.posting import Keys, change

TURNS = (90, 180, 270)


@blueprint.get("/letters/scans/<int:scan_id>")
@requires(Action.KEEP_REGISTER)
def letter_scan(scan_id: int) -> str:
    """Show the pages of a scan, and where its letters begin."""
    return show_scan(scan_id, Draft("split"))


@blueprint.post("/letters/scans/<int:scan_id>/split")
@requires(Action.KEEP_REGISTER)
def split_scan(scan_id: int) -> AnyResponse:
    """Make letters of a scan as a person has marked its pages."""

    def work(uow: UnitOfWork) -> str:
        _turn(uow.session, viewer(), scan_id)
        starts, covers = _numbers("begins"), _numbers("leaves")
        if request.form.get("whole") == "yes":
            starts = {min(_every(uow.session, scan_id) - covers, default=1)}
        made = rearranging.confirm(
            uow.session,
            viewer(),
            city=container().city,
            scan_id=scan_id,
            version=number("version") or 0,
            marks=Marks(starts, covers),
        )
        return url_for("desk.letters", split=len(made))

    return _or_again(scan_id, "split", work)


@blueprint.post("/letters/scans/<int:scan_id>/discard")
@requires(Action.KEEP_REGISTER)
def discard_scan(scan_id: int) -> AnyResponse:
    """Put a scan away that is no letter, or that came before."""

    def work(uow: UnitOfWork) -> str:
        values = {"version": number("version") or 0, "reason": request.form.get("reason", "")}
        rearranging.discard(uow.session, viewer(), scan_id=scan_id, **values)  # type: ignore[arg-type]
        return url_for("desk.letters", away=scan_id)

    return _or_again(scan_id, "discard", work)


@blueprint.post("/letters/scans/<int:scan_id>/enter")
@requires(Action.KEEP_REGISTER)
def enter_scan(scan_id: int) -> AnyResponse:
    """Make a letter of a scan that nothing could read, to be keyed from the paper."""

    def work(uow: UnitOfWork) -> str:
        version = number("version") or 0
        made = rearranging.enter(uow.session, viewer(), city=container().city, scan_id=scan_id, version=version)
        return url_for("desk.letter", register_number=made)

    return _or_again(scan_id, "enter", work)


def show_scan(scan_id: int, draft: Draft) -> str:
    """Render a scan with what was marked; raises ``NotFound``."""
    who = viewer()
    with container().db.reader() as session:
        now = clock.now(session)
        around = frame.of_parts(together.read(session, together.kept(frame.parts, who), {"now": now}), now=now)
        found = one_scan.load(session, who, scan_id)
    marked = draft.form == "split" and bool(draft.error)
    return render_template(
        "desk/letters/scan.html",
        room=around,
        scan=found,
        draft=draft,
        keys=Keys(),
        begins=_numbers("begins") if marked else _begins(found),
        leaves=_numbers("leaves") if marked else {one.number for one in found.every if one.cover},
        turns={one.number: _turned(one.number) for one in found.every} if marked else {},
        discards=DISCARDS,
        **words(),
    )


def _begins(found: OneScan) -> set[int]:
    """Return where letters seem to begin: behind each cover sheet, else on the first page that has something on it."""
    pages = found.every
    behind = {later.number for one, later in pairwise(pages) if one.cover and not later.cover}
    first = next((one.number for one in pages if not one.cover and not one.blank), None)
    return behind or ({first} if first else set())


def _turn(session: Session, who: Viewer, scan_id: int) -> None:
    for page in sorted(_every(session, scan_id)):
        degrees = _turned(page)
        if degrees:
            rearranging.turn(session, who, scan_id=scan_id, page=page, degrees=degrees)


def _every(session: Session, scan_id: int) -> set[int]:
    return {one.number for one in one_scan.load(session, viewer(), scan_id).every}


def _turned(page: int) -> int:
    text = request.form.get(f"turn_{page}", "0")
    return int(text) if text in map(str, TURNS) else 0


def _numbers(name: str) -> set[int]:
    found = request.form.getlist(name)
    if not all(one.isascii() and one.isdigit() and len(one) < 5 for one in found):
        raise Invalid("Pages are marked by their numbers.", field=name)
    return {int(one) for one in found}


def _or_again(scan_id: int, form: str, work: Callable[[UnitOfWork], str]) -> AnyResponse:
    try:
        return change(work)
    except NotFound:
        raise
    except DomainError as error:
        code = next((code for kind, code in STATUS.items() if isinstance(error, kind)), 422)
        return make_response(show_scan(scan_id, sent(form).refused(error)), code)
