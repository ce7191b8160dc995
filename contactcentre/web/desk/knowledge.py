"""Articles for staff: to search and read for everybody, to write for supervisors and editors."""

from __future__ import annotations

from datetime import date

from flask import make_response, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from cases import knowledge
from cases.errors import DomainError, Invalid, NotFound
from cases.knowledge import Words
from cases.permissions import Action
from contactcentre.db import UnitOfWork
from contactcentre.web.context import container, viewer
from contactcentre.web.desk import blueprint, room
from contactcentre.web.desk.drafts import Draft, sent
from contactcentre.web.desk.returning import STATUS, number
from contactcentre.web.markdown import rendered
from contactcentre.web.permissions import requires
from contactcentre.web.posting import change, new_key

LONGEST_SEARCH = 100


@blueprint.get("/knowledge")
@requires("signed_in")
def articles() -> str:
    """Find articles, and show what the reader should look at again."""
    city, words = container().city, request.args.get("words", "").strip()[:LONGEST_SEARCH]
    with container().db.reader() as session:
        shown = room.load(session, viewer(), city=city)
        found = knowledge.search(session, words=words)
        overdue = knowledge.to_review(session, viewer())
    values = {"found": found, "overdue": overdue, "words": words}
    return render_template("desk/articles.html", room=shown, city=city, **values)


@blueprint.get("/knowledge/<int:article_id>")
@requires("signed_in")
def article(article_id: int) -> str:
    """Read one."""
    city = container().city
    with container().db.reader() as session:
        shown = room.load(session, viewer(), city=city)
        found = knowledge.get(session, article_id)
        versions = knowledge.versions(session, article_id)
    values = {"one": found, "html": rendered(found.body), "versions": versions, "key": new_key()}
    return render_template("desk/article.html", room=shown, city=city, **values)


@blueprint.get("/knowledge/new")
@requires(Action.EDIT)
def new_article() -> str:
    """Show an empty form."""
    return _form(None, Draft("article"))


@blueprint.get("/knowledge/<int:article_id>/edit")
@requires(Action.EDIT)
def edit_article(article_id: int) -> str:
    """Show the form with the newest version."""
    return _form(article_id, Draft("article"))


@blueprint.post("/knowledge")
@requires(Action.EDIT)
def add_article() -> AnyResponse:
    """Write a new one."""
    return _written(None)


@blueprint.post("/knowledge/<int:article_id>")
@requires(Action.EDIT)
def write_article(article_id: int) -> AnyResponse:
    """Write the next version; who writes it owns it."""
    return _written(article_id)


@blueprint.post("/knowledge/<int:article_id>/retire")
@requires(Action.EDIT)
def retire_article(article_id: int) -> AnyResponse:
    """Let it be found no more."""

    def work(uow: UnitOfWork) -> str:
        knowledge.retire(uow.session, viewer(), article_id=article_id)
        return url_for("desk.articles")

    return change(work)


def _written(article_id: int | None) -> AnyResponse:
    def work(uow: UnitOfWork) -> str:
        words = _words()
        made = knowledge.write(uow.session, viewer(), words, city=container().city, article_id=article_id)
        return url_for("desk.article", article_id=made)

    try:
        return change(work)
    except NotFound:
        raise
    except DomainError as error:
        code = next((code for kind, code in STATUS.items() if isinstance(error, kind)), 422)
        return make_response(_form(article_id, sent("article").refused(error)), code)


def _words() -> Words:
    form = request.form
    try:
        review_on = date.fromisoformat(form.get("review_on", "").strip())
    except ValueError:
        raise Invalid("Give the day to look at it again as 2026-11-24.", field="review_on") from None
    return Words(
        title=form.get("title", ""),
        body=form.get("body", ""),
        language=form.get("language", ""),
        department=form.get("department") or None,
        service=None,
        review_on=review_on,
        version=number("version"),
    )


def _form(article_id: int | None, draft: Draft) -> str:
    city = container().city
    with container().db.reader() as session:
        shown = room.load(session, viewer(), city=city)
        found = knowledge.get(session, article_id) if article_id is not None else None
    languages = {code: city.texts.names.get(code, code) for code in city.organisation.languages}
    values = {"one": found, "draft": draft, "languages": languages, "key": new_key()}
    return render_template("desk/article_form.html", room=shown, city=city, **values)
