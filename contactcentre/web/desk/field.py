"""The field page: the jobs of whoever asks, as a page that works without scripts, and as values for a phone."""

from __future__ import annotations

from flask import Response, jsonify, make_response, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from cases import clock, reads
from cases.permissions import Action
from cases.queries import field as queries
from contactcentre.web.context import container, csrf_token, login, viewer
from contactcentre.web.desk import blueprint, field_view
from contactcentre.web.permissions import requires
from contactcentre.web.posting import Keys

#: what was done by a form, as the page says it
DONE = {
    "on_my_way": "Noted: you are on the way.",
    "done": "The job is done.",
    "not_done": "Noted: it was not done. The job went back to its department.",
    "note": "The note is in the case.",
    "photo": "The photo is in the case.",
}


@blueprint.get("/field")
@requires(Action.NOTE)
def field_jobs() -> str:
    """Show today's jobs, as a list or as a map."""
    shown = _board()
    drawn = request.args.get("view") == "map"
    done = DONE.get(request.args.get("done", ""), "")
    found, reasons = login(), field_view.reasons()
    until = found.row.expires_at if found else shown.now
    return render_template("desk/field/jobs.html", board=shown, map=drawn, done=done, reasons=reasons, until=until)


@blueprint.get("/field/jobs")
@requires(Action.NOTE)
def field_values() -> Response:
    """Give a phone what it keeps: the jobs, whose they are, until when they may be shown, and the log-in's token."""
    found, shown = login(), _board()
    cards = [*shown.own, *shown.to_take]
    drawn = render_template("desk/field/map.html", drawn=shown.drawn) if shown.drawn else ""
    return jsonify(
        {
            "agent": viewer().id,
            "name": viewer().name,
            "csrf": csrf_token(),
            "until": found.row.expires_at.isoformat() if found else None,
            "at": shown.now.isoformat(),
            "jobs": [field_view.values(one) for one in cards],
            "map": drawn,
            "more": shown.more,
        }
    )


@blueprint.get("/field/<int:task_id>")
@requires(Action.NOTE)
def field_job(task_id: int) -> AnyResponse:
    """Show one job with its forms, for a page without scripts."""
    return job_page(task_id)


def job_page(
    task_id: int, *, status: int = 200, kind: str = "", error: str = "", meanwhile: tuple[str, ...] = ()
) -> AnyResponse:
    """Return the page of one job; a form of this ``kind`` comes back as it was filled in, with what was wrong."""
    city = container().city
    with container().db.recorder() as session:
        job = queries.one(session, viewer(), task_id, city=city)
        reads.note_cases(session, viewer(), [job.case_id])
        card = field_view.card(job, clock.now(session))
    page = render_template(
        "desk/field/job_page.html",
        card=card,
        keys=Keys(),
        kind=kind,
        error=error,
        meanwhile=meanwhile,
        wrote=request.form,
        reasons=field_view.reasons(),
    )
    return make_response(page, status)


def _board() -> field_view.Board:
    with container().db.recorder() as session:
        jobs = queries.today(session, viewer(), city=container().city)
        reads.note_cases(session, viewer(), [one.case_id for one in (*jobs.own, *jobs.to_take)])
    return field_view.board(jobs)
