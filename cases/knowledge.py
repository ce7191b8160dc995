"""Articles for staff: found by their words, written in versions, each with an owner and a day to look at it again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Select, or_, select
from sqlalchemy import case as when
from sqlalchemy.orm import Session

from cases import clock
from cases.departments import City
from cases.errors import Invalid, NotAllowed, NotFound, Stale
from cases.models import Agent, Article, ArticleVersion
from cases.permissions import Action, Viewer, ViewerKind, may

LONGEST_TITLE, LONGEST_BODY, MOST = 120, 20_000, 30


@dataclass(frozen=True, slots=True)
class Found:
    """An article in a list. ``overdue``: nobody has looked at it since the day on which somebody should have."""

    id: int
    title: str
    body: str
    department: str | None
    language: str
    owner: str
    owner_id: int
    review_on: date
    version: int
    overdue: bool


@dataclass(frozen=True, slots=True)
class Words:
    """An article as a form gives it. ``version`` is the one that its writer saw, None for a new article."""

    title: str
    body: str
    language: str
    department: str | None
    service: str | None
    review_on: date | None
    version: int | None = None


def search(
    session: Session, *, words: str = "", department: str | None = None, language: str | None = None, most: int = MOST
) -> Sequence[Found]:
    """Return articles whose title or body has all words: the department's own first, then in the citizen's language.

    Without a department articles of all of them are found.
    """
    query = _found()
    for word in words.split()[:8]:
        pattern = "%" + word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        query = query.where(or_(Article.title.ilike(pattern), Article.body.ilike(pattern)))
    if department is not None:
        query = query.where(or_(Article.department == department, Article.department.is_(None)))
    own = when((Article.department == department, 0), else_=1)
    spoken = when((Article.language == language, 0), else_=1)
    return _read(session, query.order_by(own, spoken, Article.title, Article.id).limit(most))


def to_review(session: Session, viewer: Viewer) -> Sequence[Found]:
    """Return the viewer's own articles that they should have looked at again by today."""
    query = _found().where(Article.owner_id == viewer.id, Article.review_on <= _today(session))
    return _read(session, query.order_by(Article.review_on, Article.id).limit(MOST))


def get(session: Session, article_id: int) -> Found:
    """Return one article; raises ``NotFound`` also for one that was retired."""
    found = _read(session, _found().where(Article.id == article_id))
    if not found:
        raise NotFound("There is no such article, or it was retired.", field="article")
    return found[0]


def versions(session: Session, article_id: int) -> Sequence[tuple[int, str, str, str]]:
    """Return number, title, author and day of each version, newest first."""
    query = (
        select(ArticleVersion.version, ArticleVersion.title, Agent.name, ArticleVersion.written_at)
        .outerjoin(Agent, Agent.id == ArticleVersion.author_id)
        .where(ArticleVersion.article_id == article_id)
        .order_by(ArticleVersion.version.desc())
    )
    return [(number, title, name or "", f"{at:%Y-%m-%d}") for number, title, name, at in session.execute(query)]


def write(session: Session, viewer: Viewer, words: Words, *, city: City, article_id: int | None = None) -> int:
    """Write an article, or its next version, whose writer then owns it; returns its number.

    Raises ``Stale`` where somebody has written a version that the writer had not seen.
    """
    _may_write(viewer)
    title, body = _checked(session, words, city)
    at = clock.now(session)
    if article_id is None:
        article = Article(version=0)
        session.add(article)
    else:
        article = _locked(session, article_id)
        if words.version != article.version:
            raise Stale("Somebody has changed this article meanwhile. Look at it, then write yours again.")
    article.title, article.body, article.language = title, body, words.language
    article.department, article.service = words.department, words.service
    assert viewer.id is not None
    assert words.review_on is not None
    article.owner_id, article.review_on = viewer.id, words.review_on
    article.version, article.updated_at = article.version + 1, at
    session.flush()
    row = {"article_id": article.id, "version": article.version, "title": title, "body": body}
    session.add(ArticleVersion(**row, author_id=viewer.id, written_at=at))
    return article.id


def retire(session: Session, viewer: Viewer, *, article_id: int) -> None:
    """Let an article be found no more; its versions stay."""
    _may_write(viewer)
    _locked(session, article_id).retired_at = clock.now(session)


def _found() -> Select[*tuple[Any, ...]]:
    return (
        select(Article, Agent.name).join(Agent, Agent.id == Article.owner_id).where(Article.retired_at.is_(None))
    )  # fmt: skip


def _read(session: Session, query: Select[Any]) -> list[Found]:
    today = _today(session)
    return [
        Found(
            one.id,
            one.title,
            one.body,
            one.department,
            one.language,
            owner,
            one.owner_id,
            one.review_on,
            one.version,
            one.review_on <= today,
        )
        for one, owner in session.execute(query)
    ]


def _today(session: Session) -> date:
    return clock.now(session).date()


def _locked(session: Session, article_id: int) -> Article:
    article = session.get(Article, article_id, with_for_update=True)
    if article is None or article.retired_at is not None:
        raise NotFound("There is no such article, or it was retired.", field="article")
    return article


def _checked(session: Session, words: Words, city: City) -> tuple[str, str]:
    title, body = " ".join(words.title.split()), words.body.replace("\x00", "").replace("\r\n", "\n").strip()
    if not 1 <= len(title) <= LONGEST_TITLE:
        raise Invalid(f"A title has between 1 and {LONGEST_TITLE} characters.", field="title")
    if not 1 <= len(body) <= LONGEST_BODY:
        raise Invalid(f"An article has between 1 and {LONGEST_BODY} characters.", field="body")
    if words.language not in city.organisation.languages:
        raise Invalid("Choose one of the languages.", field="language")
    if words.department is not None and words.department not in city.departments:
        raise Invalid("Choose one of the departments, or all of them.", field="department")
    if words.review_on is None or words.review_on <= _today(session):
        raise Invalid("Give a day in the future on which it shall be looked at again.", field="review_on")
    return title, body


def _may_write(viewer: Viewer) -> None:
    if viewer.kind is not ViewerKind.AGENT or not may(viewer, Action.EDIT):
        raise NotAllowed("Articles are written by supervisors and editors.")
