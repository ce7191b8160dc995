"""The log of reads: a line for each look, which the serving role can only add, and which is forgotten by age alone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import ProgrammingError

from cases import reads
from cases.errors import NotAllowed, NotFound
from cases.models import Case, Read
from cases.permissions import PUBLIC, SYSTEM, Viewer
from cases.queries import reads as query
from cases.queries.reads import ReadFilter
from cases.reads import Kind
from cases.reasons import Reason, Why
from contactcentre.db import Database
from tests.factories import make_agent
from tests.integration.office import Office, office, when


@pytest.fixture
def desk(db: Database) -> Iterator[Office]:
    with office(db) as opened:
        yield opened.at("2026-03-03 10:00")


def looks(db: Database) -> list[Read]:
    with db.reader() as session:
        return list(session.scalars(select(Read).order_by(Read.id)))


def look(db: Database, who: Viewer, kind: Kind = Kind.CASE, **values: object) -> None:
    with db.recorder() as session:
        reads.note(session, who, kind, **values)  # type: ignore[arg-type]


def test_a_look_is_written_with_what_it_was_at(desk: Office) -> None:
    case_id = desk.says()
    look(desk.db, desk.agent, case_id=case_id, citizen_id=1, reason=Reason(Why.OVERSIGHT, "the yearly audit"))
    (one,) = looks(desk.db)
    assert (one.at, one.actor, one.kind) == (when("2026-03-03 10:00"), desk.agent.actor, "case")
    assert (one.case_id, one.citizen_id, one.item_id) == (case_id, 1, None)
    assert (one.why, one.words) == ("oversight", "the yearly audit")


def test_the_same_look_is_one_line_for_ten_minutes(desk: Office) -> None:
    ama, kofi = desk.agent, desk.db.run(lambda uow: make_agent(uow.session, "Kofi"))
    for minute in ("10:00", "10:05", "10:09"):
        desk.at(f"2026-03-03 {minute}")
        look(desk.db, ama, case_id=1)
    assert len(looks(desk.db)) == 1
    look(desk.db, kofi, case_id=1)
    look(desk.db, ama, case_id=2)
    look(desk.db, ama, Kind.FILE, case_id=1, item_id=4)
    look(desk.db, ama, Kind.FILE, case_id=1, item_id=5)
    look(desk.db, ama, case_id=1, reason=Reason(Why.OTHER, "another word"))
    assert len(looks(desk.db)) == 6
    desk.at("2026-03-03 10:11")
    look(desk.db, ama, case_id=1)
    assert len(looks(desk.db)) == 7


def test_those_who_are_no_staff_leave_no_line(desk: Office) -> None:
    for who in (SYSTEM, PUBLIC):
        look(desk.db, who, case_id=1)
    assert looks(desk.db) == []


def test_nothing_else_that_a_page_changed_is_kept(desk: Office) -> None:
    case_id = desk.says()
    with desk.db.recorder() as session:
        session.get_one(Case, case_id).subject = "changed by a page"
        reads.note(session, desk.agent, Kind.CASE, case_id=case_id)
    assert desk.case.subject == "The gutter is choked"
    assert len(looks(desk.db)) == 1


def test_a_page_that_failed_leaves_no_line(desk: Office) -> None:
    with pytest.raises(NotFound), desk.db.recorder() as session:
        reads.note(session, desk.agent, Kind.CASE, case_id=1)
        raise NotFound("there is none")
    assert looks(desk.db) == []


def test_the_commit_does_not_wait_for_the_disk(desk: Office) -> None:
    with desk.db.recorder() as session:
        session.execute(text("set local synchronous_commit = on"))
        reads.note(session, desk.agent, Kind.CASE, case_id=1)
        assert session.execute(text("show synchronous_commit")).scalar_one() == "off"


def test_the_serving_role_adds_and_cannot_rewrite(desk: Office) -> None:
    from contactcentre.migrations.roles import NARROW

    assert NARROW["read_log"] == "select, insert"
    look(desk.db, desk.agent, case_id=1)
    role = "reads_tester"

    def work(uow: object) -> None:
        session = uow.session  # type: ignore[attr-defined]
        session.execute(text(f"create role {role}"))
        session.execute(text(f"grant usage on schema public to {role}"))
        session.execute(text(f"grant {NARROW['read_log']} on read_log to {role}"))
        session.execute(text(f"set local role {role}"))
        assert session.execute(text("select count(*) from read_log")).scalar_one() == 1
        for statement in ("delete from read_log", "update read_log set words = 'x'"):
            with pytest.raises(ProgrammingError, match="permission denied"), session.begin_nested():
                session.execute(text(statement))
        # What may be forgotten is forgotten by the owner's function, and what is younger than a month never is.
        assert session.execute(text("select forget_reads('2026-03-03 10:00')")).scalar_one() == 0
        assert session.execute(text("select forget_reads('2026-03-04')")).scalar_one() == 1
        session.execute(
            text("insert into read_log (at, actor, kind) values (statement_timestamp(), 'agent:1', 'case')")
        )
        assert session.execute(text("select forget_reads('infinity')")).scalar_one() == 0
        session.execute(text("reset role"))
        session.execute(text(f"drop owned by {role}"))
        session.execute(text(f"drop role {role}"))

    desk.db.run(work)


def test_it_is_kept_as_long_as_the_city_says_and_a_month_at_least(desk: Office) -> None:
    look(desk.db, desk.agent, case_id=1)
    at = when("2026-03-03 10:00")
    for days, passed, gone in ((90, 89, 0), (0, 29, 0), (90, 91, 1)):
        later = at + timedelta(days=passed)
        assert desk.db.run(lambda uow, d=days, t=later: reads.forget(uow.session, days=d, at=t)) == gone  # type: ignore[misc]
    assert looks(desk.db) == []


# What an auditor sees of it.


@pytest.fixture
def auditor(desk: Office) -> Viewer:
    return desk.db.run(lambda uow: make_agent(uow.session, "Efua", ("auditor", "*")))


@pytest.fixture
def administrator(desk: Office) -> Viewer:
    return desk.db.run(lambda uow: make_agent(uow.session, "Adjoa", ("administrator", "*")))


def rows(db: Database, who: Viewer, **narrowed: object) -> list[query.ReadRow]:
    with db.reader() as session:
        return list(query.page(session, who, ReadFilter(**narrowed)).items)  # type: ignore[arg-type]


def test_an_auditor_sees_at_what_and_an_administrator_only_who(
    desk: Office, auditor: Viewer, administrator: Viewer
) -> None:
    case_id = desk.says()
    reason = Reason(Why.OVERSIGHT, "her own words")
    look(desk.db, desk.agent, case_id=case_id, citizen_id=desk.case.citizen_id, reason=reason)
    (seen,) = rows(desk.db, auditor)
    assert (seen.name, seen.reference, seen.words, seen.readable) == ("Ama", desk.case.reference, "her own words", True)
    (hidden,) = rows(desk.db, administrator)
    assert (hidden.name, hidden.kind, hidden.why, hidden.readable) == ("Ama", "case", "oversight", False)
    assert (hidden.reference, hidden.words, hidden.citizen, hidden.citizen_id) == (None, None, None, None)


def test_a_confidential_case_is_not_named_to_an_auditor_of_everything(desk: Office, auditor: Viewer) -> None:
    case_id = desk.says()
    look(desk.db, desk.agent, case_id=case_id, citizen_id=desk.case.citizen_id)
    look(desk.db, desk.agent, Kind.CITIZEN, citizen_id=desk.case.citizen_id)
    desk.db.run(lambda uow: uow.session.execute(text("update case_file set confidential = true")))
    assert [(one.readable, one.reference, one.citizen_id) for one in rows(desk.db, auditor)] == [
        (False, None, None)
    ] * 2
    with pytest.raises(NotFound):
        rows(desk.db, auditor, case=desk.case.reference)
    with pytest.raises(NotFound):
        rows(desk.db, auditor, citizen=desk.case.citizen_id)


def test_it_is_narrowed(desk: Office, auditor: Viewer) -> None:
    first, second = desk.says(number=1), desk.says(number=2)
    kofi = desk.db.run(lambda uow: make_agent(uow.session, "Kofi"))
    look(desk.db, desk.agent, case_id=first)
    desk.at("2026-03-04 10:00")
    look(desk.db, kofi, case_id=second, citizen_id=desk.case.citizen_id)
    narrowings: tuple[dict[str, object], ...] = (
        {"agent": kofi.id},
        {"case": desk.case.reference},
        {"since": when("2026-03-04 00:00")},
    )
    for narrowed in narrowings:
        assert [one.actor for one in rows(desk.db, auditor, **narrowed)] == [kofi.actor], narrowed
    assert [one.actor for one in rows(desk.db, auditor, until=when("2026-03-04 00:00"))] == [desk.agent.actor]
    assert len(rows(desk.db, auditor)) == 2
    assert [one.actor for one in rows(desk.db, auditor, citizen=desk.case.citizen_id)] == [kofi.actor]


def test_pages_follow_one_another(desk: Office, auditor: Viewer) -> None:
    for number in range(5):
        look(desk.db, desk.agent, Kind.EXPORT, item_id=number)
    seen: list[int] = []
    cursor = None
    for _ in range(3):
        with desk.db.reader() as session:
            found = query.page(session, auditor, ReadFilter(), cursor=cursor, limit=2)
        seen += [one.id for one in found.items]
        cursor = found.next
    assert cursor is None and seen == sorted(seen, reverse=True) and len(seen) == 5


@pytest.mark.parametrize("role", ["agent", "supervisor", "executive", "information_officer", "prcc_member"])
def test_nobody_else_sees_it(desk: Office, role: str) -> None:
    who = desk.db.run(lambda uow: make_agent(uow.session, "Kofi", (role, "*")))
    with pytest.raises(NotAllowed):
        rows(desk.db, who)
