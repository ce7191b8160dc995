"""Words are looked for among the newest first, then among all; and what is kept of them follows what was written."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import text, update

from cases import folded, replies
from cases.models import Case
from cases.queries import queue, search
from contactcentre.db import Database
from tests.factories import phone
from tests.web.conftest import Browser, Opened
from tests.web.test_queue import found

Agents = Callable[..., Browser]
Say = Callable[..., Opened]
#: kept words beside what they are made of, and of which rows
KEPT = {
    "message_words": ("message", "id", "t.text", "not t.automatic"),
    "note_words": ("event_detail", "event_id", "t.personal ->> 'text'", "t.personal ? 'text'"),
    "case_words": ("case_file", "id", "(t.subject || ' ') || coalesce(t.routing ->> 'place', '')", "true"),
}


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Look at three of the newest of each kind, and list two."""
    monkeypatch.setattr(search, "NEWEST", 3)
    monkeypatch.setattr(search, "MOST_HITS", 2)
    queue.listed.cache_clear()
    yield
    queue.listed.cache_clear()


@pytest.fixture
def spoken(agent: Agents, say: Say, db: Database) -> tuple[Browser, list[Opened]]:
    """A lamp, then a gutter in five cases, the second of them about a lamp too; each with a note."""
    browser = agent()
    texts = ["The lamp is out", *(f"The gutter is choked {number}" for number in range(5))]
    texts[2] += ", and a lamp fell"
    opened = [say(text, sender=phone(number)) for number, text in enumerate(texts, 1)]
    for one in opened:
        note = {"reference": one.reference, "text": "Kwame came" if one is opened[0] else "Yaw came"}
        db.run(lambda uow, note=note: replies.note(uow.session, browser.viewer, **note))  # type: ignore[misc]
    return browser, opened


@pytest.mark.parametrize("grant", [("agent", "*"), ("supervisor", "front-desk")])
@pytest.mark.usefixtures("few")
def test_what_few_bear_is_found_however_old_and_of_what_many_bear_the_newest(
    spoken: tuple[Browser, list[Opened]], agent: Agents, db: Database, grant: tuple[str, str]
) -> None:
    _, opened = spoken
    db.run(lambda uow: uow.session.execute(update(Case).values(department="front-desk")))
    browser = agent(grant)
    lamps = {opened[0].reference, opened[2].reference}
    assert set(found(browser, "q=lamp")) == lamps and "There are more hits" not in browser.page
    assert found(browser, "q=kwame") == [opened[0].reference]
    newest = [one.reference for one in opened[:-4:-1]]
    assert found(browser, "q=gutter") == newest and "There are more hits" in browser.page
    assert found(browser, "q=yaw") == newest and "There are more hits" in browser.page


@pytest.mark.parametrize(
    "change",
    [
        "select 1",
        "update message set text = 'A Tàp drips' where not automatic",
        "update message set automatic = not automatic",
        "delete from message where id % 4 = 1",
        "delete from event_detail where event_id % 2 = 1",
        "update case_file set subject = 'Ɛna'",
        """update case_file set routing = '{"place": "Efiá"}'""",
    ],
)
@pytest.mark.usefixtures("spoken")
def test_what_is_kept_of_words_follows_what_was_written(db: Database, change: str) -> None:
    def work(uow: object) -> None:
        session = uow.session  # type: ignore[attr-defined]
        session.execute(text(change.replace(":", r"\:")))
        for kept, (table, key, words, which) in KEPT.items():
            made = f"select t.{key}, {folded.sql(words)}::text from {table} t where {which} order by 1"
            expected = session.execute(text(made.replace("::", r"\:\:"))).all()
            assert expected, table
            assert session.execute(text(f"select id, words\\:\\:text from {kept} order by id")).all() == expected

    db.run(work)
