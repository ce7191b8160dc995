"""The projector of figures: every event exactly once, whoever else counts, whatever breaks, however late it commits."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from types import ModuleType

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from cases import committed
from cases.figures import facts as where_facts
from cases.figures import lengths, storing
from cases.figures.projecting import NAME, project
from cases.lifecycle import Outcome
from cases.models import Case, Cursor, FigureCase
from cases.models.event import Happened, record
from contactcentre.db import Database, UnitOfWork
from tests.factories import phone, say
from tests.integration.counting import count, differences, facts, setting, sums
from tests.integration.office import Office, now, office


@pytest.fixture
def desk(db: Database) -> Iterator[Office]:
    with office(db) as opened:
        yield opened.at("2026-03-03 10:00")


def begin(desk: Office) -> Session:
    return Session(desk.db.engine, expire_on_commit=False)


def opened(desk: Office) -> int:
    return sum(sums(desk, "opened").values())


def test_each_event_is_counted_once_across_the_ends_of_batches(desk: Office) -> None:
    for number in range(1, 6):
        desk.says(number=number)
        desk.answers(resolve=Outcome.ANSWERED)
    assert count(desk, limit=3) > 9
    assert sums(desk, "opened", "first_response", "resolved") == dict.fromkeys(
        ("opened 03-03 desk", "first_response 03-03 desk", "resolved 03-03 desk"), 5
    )
    assert count(desk) == 0
    assert differences(desk) == []


def test_an_older_transaction_that_commits_late_is_not_missed(desk: Office) -> None:
    with begin(desk) as older, begin(desk) as newer:
        say(older, desk.city, "late", sender=phone(1))
        say(newer, desk.city, "early", sender=phone(2))
        newer.commit()
        assert (count(desk), opened(desk)) == (0, 0), "the older one might still have something to say before it"
        older.commit()
    count(desk)
    assert opened(desk) == 2
    assert differences(desk) == []


def test_events_of_one_case_are_counted_in_the_order_of_its_chain_not_of_the_transactions(desk: Office) -> None:
    desk.says()
    count(desk)
    with begin(desk) as older:
        older.execute(text("select pg_current_xact_id()"))  # numbered now, and writes second
        desk.at("2026-03-03 11:00").answers()
        case = older.scalars(select(Case).where(Case.id == desk.case_id).with_for_update()).one()
        record(older, case, [Happened("transferred", "agent:1", {"from": "desk", "to": "waste"})], at=now())
        older.commit()
    count(desk, limit=1)
    assert sums(desk, "first_response") == {"first_response 03-03 desk": 1}, "the department that answered"
    assert differences(desk) == []


def test_two_projectors_at_once_count_nothing_twice_and_nothing_is_left(desk: Office) -> None:
    for number in range(1, 21):
        desk.says(number=number)
    together = threading.Barrier(3, timeout=10)

    def tick(_: int) -> int:
        together.wait()
        return sum(desk.db.run(lambda uow: project(uow.session, setting(desk), at=now(), limit=5)) for _ in range(40))

    with ThreadPoolExecutor(3) as pool:
        passed = sum(pool.map(tick, range(3)))
    passed += count(desk)
    with desk.db.reader() as session:
        assert passed == session.execute(text("select count(*) from event")).scalar_one()
    assert opened(desk) == 20
    assert differences(desk) == []


def test_while_one_counts_another_passes_by(desk: Office) -> None:
    desk.says()
    count(desk)
    desk.says(number=2)
    with begin(desk) as other:
        other.execute(select(Cursor).where(Cursor.name == NAME).with_for_update())
        assert count(desk) == 0
        other.rollback()
    assert count(desk) > 0


@pytest.mark.parametrize(
    ("where", "broken"),
    [
        *((storing, one) for one in ("_ADD", "_ADD_RUN", "_ADD_AREA_RUN", "_STAND")),
        *((where_facts, "_SET"), (lengths, "_CHANGE"), (committed, "_MOVE")),
    ],
)
def test_who_crashes_between_two_statements_counts_it_next_time(
    desk: Office, monkeypatch: pytest.MonkeyPatch, where: ModuleType, broken: str
) -> None:
    desk.says()
    desk.answers()
    with monkeypatch.context() as patch:
        statement = str(getattr(where, broken))
        patch.setattr(where, broken, text(f"with w as (select 1 / 0) select * from w where {_named(statement)}"))
        with pytest.raises(Exception, match="division by zero"):
            count(desk)
    assert sums(desk, "opened") == {} and facts(desk, "first_response") == {}
    count(desk)
    assert (opened(desk), len(facts(desk, "first_response"))) == (1, 1)
    assert differences(desk) == []


def _named(statement: str) -> str:
    """Return a condition that takes every parameter of a statement."""
    names = sorted(text(statement)._bindparams)
    return " and ".join(f"cast(:{name} as text) is not null" for name in names)


def test_a_cursor_that_is_set_back_counts_nothing_again(desk: Office) -> None:
    desk.says()
    desk.answers()
    count(desk)
    desk.db.run(lambda uow: uow.session.execute(update(Cursor).where(Cursor.name == NAME).values(xid=0, event_id=0)))
    assert count(desk) > 0
    assert opened(desk) == 1
    assert differences(desk) == []


def test_a_database_that_numbers_its_transactions_from_anew_is_counted_on(desk: Office) -> None:
    desk.says()
    count(desk)
    desk.db.run(lambda uow: uow.session.execute(update(Cursor).where(Cursor.name == NAME).values(xid=2**60)))
    desk.says(number=2)
    count(desk)
    assert opened(desk) == 2


def test_what_was_counted_follows_a_case_that_becomes_confidential(desk: Office) -> None:
    desk.says()
    desk.answers()
    count(desk)

    def hide(uow: UnitOfWork) -> None:
        case = uow.session.scalars(select(Case).where(Case.id == desk.case_id).with_for_update()).one()
        record(uow.session, case, [Happened("restricted", "agent:1", {"confidential": True})], at=now())

    desk.db.run(hide)
    count(desk)
    found = text("select confidential, sum(count) from figure_sum group by 1 order by 1")
    with desk.db.reader() as session:
        open_ones, hidden = session.execute(found).all()
        assert (open_ones.sum, hidden.sum) == (0, 4)  # a contact, opened, the first response and its promise
        assert session.execute(text("select bool_and(confidential) from figure_fact")).scalar_one()
        assert session.scalars(select(FigureCase.confidential)).one()
    assert differences(desk) == []
