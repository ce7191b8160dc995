"""Reviews: a week's sample of closed cases, its checklist, and what was found."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from flask import make_response, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from cases import clock
from cases.errors import DomainError, Invalid, NotFound
from cases.permissions import Action
from cases.queries import reviews as query
from cases.reviews import answering, sampling
from cases.reviews.answering import Verdict
from cases.reviews.drawing import WEEK, monday
from contactcentre.db import UnitOfWork
from contactcentre.web.board import blueprint, steering
from contactcentre.web.context import container, viewer
from contactcentre.web.desk.figures import share
from contactcentre.web.desk.room import zone_of
from contactcentre.web.permissions import requires
from contactcentre.web.posting import change, new_key

#: weeks that are offered to be drawn where the ticker has not drawn them
OFFERED = 4


@blueprint.get("/reviews")
@requires(Action.STEER)
def reviews() -> str:
    """List a department's samples, and what was found in them."""
    return _list()


@blueprint.post("/reviews/draw")
@requires(Action.STEER)
def draw_sample() -> AnyResponse:
    """Draw the sample of a week."""
    form = request.form

    def work(uow: UnitOfWork) -> str:
        how = {"city": container().city, "department": form.get("department", ""), "week": _week(form.get("week", ""))}
        return url_for("board.sample", sample_id=sampling.draw_week(uow.session, viewer(), **how))  # type: ignore[arg-type]

    try:
        return change(work)
    except Invalid as error:
        return make_response(_list(error, department=form.get("department")), 422)


@blueprint.get("/reviews/<int:sample_id>")
@requires(Action.STEER)
def sample(sample_id: int) -> str:
    """Show a sample's cases."""
    with container().db.reader() as session:
        found, rows = query.cases_of(session, viewer(), city=container().city, sample_id=sample_id)
    until = found.week + WEEK
    return render_template("board/sample.html", sample=found, rows=rows, until=until, own=viewer().id)


@blueprint.get("/reviews/cases/<int:review_id>")
@requires(Action.STEER)
def review(review_id: int) -> str:
    """Show the checklist of one case."""
    return _review(review_id)


@blueprint.post("/reviews/cases/<int:review_id>")
@requires(Action.STEER)
def answer_review(review_id: int) -> AnyResponse:
    """Keep what was found."""
    form, city = request.form, container().city
    answers = {key: form.get(f"answer_{key}", "") for key in city.reviews.checklist}

    def work(uow: UnitOfWork) -> str:
        how = {"city": city, "review_id": review_id, "answers": answers, "finding": form.get("finding", "")}
        return url_for("board.sample", sample_id=answering.answer(uow.session, viewer(), **how))  # type: ignore[arg-type]

    try:
        return change(work)
    except NotFound:
        raise
    except DomainError as error:
        return make_response(_review(review_id, error), 422)


def _list(error: Invalid | None = None, *, department: str | None = None) -> str:
    city, offered = container().city, steering.departments()
    with container().db.reader() as session:
        today = clock.now(session).astimezone(zone_of(city)).date()
        chosen = department or steering.one_of(session, offered)
        how = {"city": city, "department": chosen}
        rows: Sequence[query.Sample] = query.samples(session, viewer(), **how) if chosen else ()  # type: ignore[arg-type]
        found = query.findings(session, viewer(), **how) if chosen else None  # type: ignore[arg-type]
    last, drawn = monday(today) - WEEK, {one.week for one in rows}
    weeks = [week for week in (last - number * WEEK for number in range(OFFERED)) if week not in drawn]
    return render_template(
        "board/reviews.html",
        samples=rows,
        findings=found,
        weeks=weeks,
        week=WEEK,
        share=share,
        departments=offered,
        asked=chosen,
        size=city.reviews.sample,
        error=error,
        key=new_key(),
    )


def _review(review_id: int, error: DomainError | None = None) -> str:
    city, form = container().city, request.form
    with container().db.reader() as session:
        found, drawn = query.one(session, viewer(), city=city, review_id=review_id)
        own = answering.is_own(session, viewer(), drawn.case_id)
    others = drawn.reviewer_id not in (None, viewer().id)
    given = {key: form.get(f"answer_{key}", drawn.answers.get(key, "")) for key in city.reviews.checklist}
    return render_template(
        "board/review.html",
        sample=found,
        drawn=drawn,
        asked=city.reviews.checklist,
        given=given,
        finding=form.get("finding", drawn.finding),
        verdicts=[(one.value, words) for one, words in zip(Verdict, ("Yes", "No", "Does not apply"), strict=True)],
        own=own,
        others=others,
        error=error,
        longest=answering.LONGEST_FINDING,
        key=new_key(),
    )


def _week(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Invalid("Choose a week by its Monday.", field="week") from None
