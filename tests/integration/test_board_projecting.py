"""The board's projector: its sums are the counts of the cases, whatever happens, whoever counts, whatever breaks."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from cases import assignment, committed
from cases.board import recounting, storing
from cases.board.projecting import NAME, project
from cases.lifecycle import Outcome, Status
from cases.models import BoardCase, BoardSum, Cursor
from contactcentre.db import Database
from tests.factories import phone, say
from tests.integration.boarding import differences, hides, plain, sums, turn, zone
from tests.integration.office import Office, now, office, when, words
from tests.integration.rearranging import merge, messages, split, undo


@pytest.fixture
def desk(db: Database) -> Iterator[Office]:
    with office(db) as opened:
        yield opened.at("2026-03-03 10:00")


def begin(desk: Office) -> Session:
    return Session(desk.db.engine, expire_on_commit=False)


def right(desk: Office) -> bool:
    """Tell whether the sums are plain counts, and a recount finds nothing."""
    assert sums(desk) == plain(desk)
    assert differences(desk) == [] == differences(desk, limit=2)
    return True


def test_a_case_is_counted_as_what_it_is(desk: Office) -> None:
    desk.says()
    turn(desk)
    assert sums(desk) == {"open desk": 1, "unassigned desk": 1, "opened 2026-03-03 desk": 1}
    desk.db.run(lambda uow: assignment.take(uow.session, desk.agent, city=desk.city, reference=desk.case.reference))
    turn(desk)
    assert sums(desk) == {"open desk": 1, f"held {desk.agent.id} desk": 1, "opened 2026-03-03 desk": 1}
    desk.answers(wait=True)
    turn(desk)
    assert sums(desk, "on_citizen", "kept", "promised") == {
        "on_citizen desk": 1,
        "kept 2026-03-03 first_response desk": 1,
        "promised 2026-03-03 desk": 1,
    }
    desk.moves(Status.RESOLVED, Outcome.FIXED)
    turn(desk)
    assert sums(desk) == {
        "kept 2026-03-03 first_response desk": 1,
        "kept 2026-03-03 resolution desk": 1,
        "promised 2026-03-03 desk": 1,
    }
    assert right(desk)


def test_time_alone_makes_it_due_and_late_without_any_event(desk: Office) -> None:
    desk.says()  # to be answered within four hours of work: at 15:00, after the lunch break
    turn(desk)
    for at, late in (
        ("13:59", {}),
        ("14:00", {"due desk": 1}),
        ("14:59", {"due desk": 1}),
        ("15:00", {"overdue desk": 1}),
    ):
        desk.at(f"2026-03-03 {at}")
        turn(desk)
        assert sums(desk, "due", "overdue") == late, at
        assert right(desk)
    desk.wakes()
    turn(desk)
    assert sums(desk, "broken", "failed") == {
        "broken 2026-03-03 desk": 1,
        "failed 2026-03-03 first_response desk": 1,
    }
    desk.at("2026-03-03 15:30").answers()
    turn(desk)
    assert sums(desk, "overdue", "kept") == {} and len(sums(desk, "broken")) == 1, "kept late is broken"
    assert right(desk)


def test_a_day_begins_at_local_midnight(db: Database) -> None:
    from dataclasses import replace

    with office(db) as desk:
        desk.city = replace(desk.city, organisation=replace(desk.city.organisation, timezone="Pacific/Auckland"))
        desk.at("2026-03-03 10:59").says(number=1)  # 23:59 there
        desk.at("2026-03-03 11:01").says(number=2)
        turn(desk)
        assert sums(desk, "opened") == {"opened 2026-03-03 desk": 1, "opened 2026-03-04 desk": 1}
        assert right(desk)


def test_what_is_merged_split_undone_and_reopened_is_counted_where_it_is(desk: Office) -> None:
    first = desk.says()
    desk.says(f"{desk.case.reference} And it smells")
    other = desk.says("A lamp is out", number=2)
    turn(desk)
    done = merge(desk, other, first)
    turn(desk)
    assert sums(desk, "open") == {"open desk": 1}
    undo(desk, done)
    turn(desk)
    assert sums(desk, "open") == {"open desk": 2}
    done, _ = split(desk, first, messages(desk, first)[-1])
    turn(desk)
    assert sums(desk, "open") == {"open desk": 3}
    undo(desk, done)
    turn(desk)
    desk.case_id = other
    desk.answers(resolve=Outcome.ANSWERED)
    turn(desk)
    assert sums(desk, "open") == {"open desk": 1}
    desk.says(f"{desk.case.reference} It is out again", number=2)
    turn(desk)
    assert sums(desk, "open") == {"open desk": 2}
    assert right(desk)


def test_it_moves_with_its_department_and_becomes_confidential_with_all_that_it_counts(desk: Office) -> None:
    case_id = desk.says()
    desk.answers()
    turn(desk)
    how = {"city": desk.city, "reference": desk.case.reference, "department": "waste", "reason": "theirs"}
    desk.db.run(lambda uow: assignment.transfer(uow.session, desk.agent, **how))  # type: ignore[arg-type]
    turn(desk)
    assert {key.split()[-1] for key in sums(desk)} == {"waste"}
    hides(desk, case_id)
    turn(desk)
    assert {key.split()[-1] for key in sums(desk)} == {"confidential"}
    assert right(desk)


def test_who_is_complained_of_is_on_nobodys_board(desk: Office) -> None:
    case_id = desk.says()
    desk.answers()
    turn(desk)
    hides(desk, case_id, "agent:1")
    turn(desk)
    assert sums(desk) == {} == plain(desk)
    with desk.db.reader() as session:
        assert session.scalars(select(BoardCase)).all() == []
    hides(desk, case_id)
    turn(desk)
    assert sums(desk, "open") == {"open desk confidential": 1}


def test_an_older_transaction_that_commits_late_is_not_missed(desk: Office) -> None:
    with begin(desk) as older, begin(desk) as newer:
        say(older, desk.city, "late", sender=phone(1))
        say(newer, desk.city, "early", sender=phone(2))
        newer.commit()
        turn(desk)
        older.commit()
    turn(desk)
    assert sums(desk, "open") == {"open desk": 2}
    assert right(desk)


def test_tickers_at_once_count_nothing_twice_while_cases_change(desk: Office) -> None:
    for number in range(1, 9):
        desk.says(number=number)
    together = threading.Barrier(4, timeout=10)

    def tick(_: int) -> None:
        together.wait()
        for _ in range(60):
            desk.db.run(lambda uow: project(uow.session, zone(desk), at=now(), limit=5))

    def change() -> None:
        together.wait()
        for number in range(9, 21):
            desk.says(number=number)
            desk.answers(resolve=Outcome.ANSWERED if number % 2 else None)

    with ThreadPoolExecutor(4) as pool:
        for done in [*(pool.submit(tick, one) for one in range(3)), pool.submit(change)]:
            done.result()
    turn(desk)
    assert sums(desk, "open") == {"open desk": 14}
    assert right(desk)


@pytest.mark.parametrize("broken", ["_ADD", "_SET", "_MOVE"])
def test_who_crashes_between_two_statements_counts_it_next_time(
    desk: Office, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    desk.says()
    with monkeypatch.context() as patch:
        where = committed if broken == "_MOVE" else storing
        names = sorted(getattr(where, broken)._bindparams)
        named = " and ".join(f"cast(:{name} as text) is not null" for name in names)
        patch.setattr(where, broken, text(f"with w as (select 1 / 0) select * from w where {named}"))
        with pytest.raises(Exception, match="division by zero"):
            turn(desk)
    assert sums(desk) == {}
    turn(desk)
    assert sums(desk, "open") == {"open desk": 1}
    assert right(desk)


def test_reading_everything_again_counts_nothing_again(desk: Office) -> None:
    desk.says()
    desk.answers()
    turn(desk)
    before = sums(desk)
    desk.db.run(lambda uow: uow.session.execute(update(Cursor).where(Cursor.name == NAME).values(xid=0, event_id=0)))
    assert turn(desk) > 0
    assert sums(desk) == before


def test_what_is_counted_of_a_case_that_is_there_no_more_is_taken_back(desk: Office) -> None:
    desk.says()
    turn(desk)
    ghost = (
        "insert into board_case select 999999, department, confidential, parts, days, opened_at, due_at, null, live, "
        "unassigned, overdue from board_case"
    )

    def work(uow):  # type: ignore[no-untyped-def]
        uow.session.execute(text(ghost))
        uow.session.execute(text("update board_sum set count = 2"))

    desk.db.run(work)
    assert [one.of for one in differences(desk)] == ["case 999999"]
    desk.db.run(lambda uow: uow.session.execute(update(BoardCase).values(next_at=now())))
    turn(desk)
    assert sums(desk, "open") == {"open desk": 1}
    assert right(desk)


def test_a_recount_tells_what_was_tampered_with_and_mends_it(desk: Office) -> None:
    first, second = desk.says(), desk.says(number=2)
    turn(desk)
    # not an event: nobody could know
    desk.db.run(
        lambda uow: uow.session.execute(text("update case_file set department = 'waste' where id = :id"), {"id": first})
    )
    desk.db.run(lambda uow: uow.session.execute(update(BoardSum).where(BoardSum.what == "open").values(count=7)))
    assert [one.of for one in differences(desk)] == [f"case {first}", "open desk"]

    def mend(uow):  # type: ignore[no-untyped-def]
        looked = recounting.cases(uow.session, zone(desk), at=now())
        recounting.mend(uow.session, zone(desk), looked.wrong, at=now())
        recounting.mend_sums(uow.session)

    desk.db.run(mend)
    assert sums(desk, "open") == {"open desk": 1, "open waste": 1}
    assert second and right(desk)


def test_what_was_not_passed_yet_is_no_difference(desk: Office) -> None:
    desk.says()
    turn(desk)
    desk.answers(wait=True)
    desk.says(number=2)
    desk.at("2026-03-03 16:00")
    assert differences(desk) == [], "events and the time have yet to be counted"
    turn(desk)
    assert right(desk)


def test_the_board_says_how_late_it_is(desk: Office) -> None:
    def known() -> str:
        with desk.db.reader() as session:
            return words(session.scalars(select(Cursor.moved_at).where(Cursor.name == NAME)).one())

    for number in (1, 2, 3):
        desk.at(f"2026-03-03 10:0{number}").says(number=number)
    desk.at("2026-03-03 11:00")
    desk.db.run(lambda uow: project(uow.session, zone(desk), at=now(), limit=2))
    assert known() == "2026-03-03 10:01", "while more waits it is as late as what it has read"
    turn(desk)
    assert known() == "2026-03-03 11:00"
    desk.at("2026-03-03 12:00")
    turn(desk)
    assert known() == "2026-03-03 12:00", "with nothing to count it is up to date all the same"
    assert when("2026-03-03 12:00") == now()
