"""Articles: found by their words, written in versions by who may, and shown to their owner when they are overdue."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from cases import knowledge
from cases.errors import Invalid, NotAllowed, NotFound, Stale
from cases.knowledge import Words
from cases.permissions import Viewer
from contactcentre.db import Database
from contactcentre.web.markdown import rendered
from tests.factories import make_agent
from tests.integration.office import Office, office

BINS = Words("Lost bins", "A new bin costs **10**.", "en", "waste", None, date(2026, 6, 1))


def writes(desk: Office, words: Words, article_id: int | None = None, viewer: Viewer | None = None) -> int:
    who = viewer or desk.agent
    how: dict[str, Any] = {"city": desk.city, "article_id": article_id}
    return desk.db.run(lambda uow: knowledge.write(uow.session, who, words, **how))


def found(desk: Office, **asked: Any) -> list[str]:
    with desk.db.reader() as session:
        return [one.title for one in knowledge.search(session, **asked)]


def test_found_by_all_words_the_departments_own_first(db: Database) -> None:
    with office(db) as desk:
        desk.at("2026-03-03 10:00")
        writes(desk, replace(BINS, title="A general bin", department=None))
        writes(desk, BINS)
        writes(desk, replace(BINS, title="Desk bins", department="desk"))
        assert found(desk, words="bin COSTS", department="waste") == ["Lost bins", "A general bin"]
        assert found(desk, words="bin") == ["A general bin", "Desk bins", "Lost bins"]
        assert found(desk, words="bin nothing") == found(desk, words="100%") == []


def test_a_version_that_was_not_seen_is_not_written_over(db: Database) -> None:
    with office(db) as desk:
        desk.at("2026-03-03 10:00")
        one = writes(desk, BINS)
        writes(desk, replace(BINS, title="Lost and found bins", version=1), one)
        with pytest.raises(Stale):
            writes(desk, replace(BINS, title="Mine", version=1), one)
        with db.reader() as session:
            assert [(n, title) for n, title, _, _ in knowledge.versions(session, one)] == [
                (2, "Lost and found bins"),
                (1, "Lost bins"),
            ]


def test_its_owner_is_shown_what_is_overdue(db: Database) -> None:
    with office(db) as desk:
        desk.at("2026-03-03 10:00")
        writes(desk, BINS)
        other = db.run(lambda uow: make_agent(uow.session, "Kojo", ("editor", "*")))

        def due(viewer: Viewer) -> list[str]:
            with db.reader() as session:
                return [one.title for one in knowledge.to_review(session, viewer)]

        assert due(desk.agent) == []
        desk.at("2026-06-01 00:00")
        assert (due(desk.agent), due(other)) == (["Lost bins"], [])


def test_retired_ones_are_found_no_more(db: Database) -> None:
    with office(db) as desk:
        desk.at("2026-03-03 10:00")
        one = writes(desk, BINS)
        db.run(lambda uow: knowledge.retire(uow.session, desk.agent, article_id=one))
        assert found(desk) == []
        with pytest.raises(NotFound), db.reader() as session:
            knowledge.get(session, one)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"title": " "}, "title"),
        ({"body": "x" * 20_001}, "body"),
        ({"language": "xx"}, "language"),
        ({"department": "moon"}, "department"),
        ({"review_on": date(2026, 3, 3)}, "review_on"),
        ({"review_on": None}, "review_on"),
    ],
)
def test_what_cannot_be_used_names_its_field(db: Database, changes: dict[str, Any], field: str) -> None:
    with office(db) as desk:
        desk.at("2026-03-03 10:00")
        with pytest.raises(Invalid) as refused:
            writes(desk, replace(BINS, **changes))
        assert refused.value.field == field


def test_agents_read_and_do_not_write(db: Database) -> None:
    with office(db) as desk:
        desk.at("2026-03-03 10:00")
        agent = db.run(lambda uow: make_agent(uow.session, "Yaw", ("agent", "*")))
        with pytest.raises(NotAllowed):
            writes(desk, BINS, viewer=agent)


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("**bold** and *soft*", "<p><strong>bold</strong> and <em>soft</em></p>\n"),
        ("<script>alert(1)</script>", "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>\n"),
        ("[x](javascript:alert(1))", "<p>[x](javascript:alert(1))</p>\n"),
        ("<a href='https://a.test' onclick='x'>y</a>", None),
        ("![p](https://a.test/p.png)", None),
        ("[x](https://a.test)", '<p><a href="https://a.test" rel="noopener noreferrer nofollow">x</a></p>\n'),
    ],
)
def test_markdown_is_rendered_without_anything_that_runs_or_loads(text: str, html: str | None) -> None:
    made = str(rendered(text))
    assert html is None or made == html
    assert "<img" not in made and "<script" not in made and "<a href='" not in made
