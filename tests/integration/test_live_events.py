"""The projector of live events: every committed event once and in order, also one whose transaction ends late."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from cases.models import Cursor
from contactcentre import live_events
from contactcentre.container import Container
from contactcentre.live_events import project
from tests.factories import phone, say


def open_case(container: Container, number: int) -> int:
    """Let a citizen open a case; returns its id."""
    return container.db.run(lambda uow: opened(uow.session, container, number))


@dataclass
class Heard:
    """What the projector would notify of: the cases, in the order of their events."""

    container: Container

    def next(self) -> list[int]:
        return self.container.db.run(live_events._read)


@pytest.fixture
def heard(container: Container) -> Heard:
    """A projector that has begun, so that everything from now on is news to it."""
    project(container)
    return Heard(container)


def begin(container: Container) -> Session:
    return Session(container.db.engine, expire_on_commit=False)


def opened(session: Session, container: Container, number: int) -> int:
    case_id = say(session, container.city, "hello", sender=phone(number)).case_id
    assert case_id is not None
    return case_id


def test_an_older_transaction_that_commits_late_is_not_missed(container: Container, heard: Heard) -> None:
    with begin(container) as older, begin(container) as newer:
        late = opened(older, container, 1)
        early = opened(newer, container, 2)
        newer.commit()
        assert heard.next() == []  # the older one might still have something to say before it
        older.commit()
        assert heard.next() == [late, early]
        assert heard.next() == []


def test_what_is_undone_is_not_told_and_holds_up_nothing(container: Container, heard: Heard) -> None:
    with begin(container) as older, begin(container) as newer:
        opened(older, container, 1)
        early = opened(newer, container, 2)
        newer.commit()
        older.rollback()
    assert heard.next() == [early]


def test_events_come_in_order_across_the_end_of_a_batch(
    container: Container, heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    cases = [open_case(container, number) for number in range(1, 8)]
    monkeypatch.setattr(live_events, "MOST_EVENTS", 3)
    turns = []
    while turn := heard.next():
        turns.append(turn)
    assert len(turns) > 7
    assert list(dict.fromkeys(case_id for turn in turns for case_id in turn)) == cases


def test_two_projectors_never_tell_the_same_twice(container: Container, heard: Heard) -> None:
    open_case(container, 1)
    lock = select(Cursor).where(Cursor.name == live_events.NAME).with_for_update()
    with begin(container) as other:
        other.execute(lock)
        assert project(container) == 0
        other.rollback()
    assert (project(container), project(container)) == (1, 0)


def test_a_projector_that_begins_late_does_not_tell_the_past(container: Container) -> None:
    open_case(container, 1)
    assert project(container) == 0
    open_case(container, 2)
    assert project(container) == 1


def test_who_crashes_before_telling_tells_it_next_time(
    container: Container, heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_case(container, 1)
    with monkeypatch.context() as patch:
        patch.setattr(live_events, "_NOTIFY", text("select 1 / 0 where :channel <> '' and :payload <> ''"))
        with pytest.raises(Exception, match="division by zero"):
            project(container)
    assert project(container) == 1


def test_where_a_restored_dump_numbers_transactions_anew_news_goes_on(container: Container, heard: Heard) -> None:
    container.db.run(lambda uow: uow.session.execute(text("update projection_cursor set xid = xid + 1000000")))
    heard.next()
    case_id = open_case(container, 1)
    assert case_id in heard.next()
    open_case(container, 2)
    assert case_id not in heard.next(), "and it is told once"
