"""Connections that the server cuts: what is tried again, what is reported, and a pool that heals by itself."""

from __future__ import annotations

import time

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

import contactcentre.db
from cases import clock
from contactcentre.db import Database, Unavailable, UnitOfWork, in_time

#: the product's own, before the run gives tests more time
LIMITS = contactcentre.db._CONNECTION_OPTIONS
OWN_PID = text("select pg_backend_pid()")
CUT = text("select pg_terminate_backend(pg_backend_pid())")
CUT_OTHERS = text(
    "select count(pg_terminate_backend(pid, 5000)) from pg_stat_activity "
    "where datname = current_database() and backend_type = 'client backend' and pid <> pg_backend_pid()"
)
#: the last moment before a commit at which the server can still be asked for anything
CUT_AT_COMMIT = """
create temporary table doomed (one int);
create function pg_temp.cut() returns trigger language plpgsql as
    'begin perform pg_terminate_backend(pg_backend_pid()); return null; end';
create constraint trigger late after insert on doomed
    deferrable initially deferred for each row execute function pg_temp.cut();
insert into doomed values (1);
"""


def pid(session: Session) -> int:
    return int(session.execute(OWN_PID).scalar_one())


def test_work_whose_connection_is_cut_is_done_again_on_another(db: Database) -> None:
    pids: list[int] = []

    def work(uow: UnitOfWork) -> str:
        pids.append(pid(uow.session))
        if len(pids) == 1:
            uow.session.execute(CUT)
        return "done"

    assert db.run(work) == "done"
    assert len(set(pids)) == len(pids) == 2


def test_work_that_falls_silent_is_cut_off_within_seconds_and_done_again(db: Database) -> None:
    """A process that was stopped in the middle holds promises and cases that others want."""
    asked: list[int] = []

    def work(uow: UnitOfWork) -> str:
        asked.append(pid(uow.session))
        if len(asked) == 1:
            uow.session.execute(text("set local idle_in_transaction_session_timeout = '20ms'"))
            time.sleep(0.2)
        uow.session.execute(OWN_PID)
        return "done"

    assert db.run(work) == "done"
    assert len(set(asked)) == len(asked) == 2
    assert "idle_in_transaction_session_timeout=5000 " in LIMITS


def test_every_statement_is_bounded(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Web, live, worker, ticker and listener all ask by this engine."""
    monkeypatch.setattr(contactcentre.db, "_CONNECTION_OPTIONS", LIMITS)
    made = Database(db.engine.url.render_as_string(hide_password=False))
    with made.reader() as session, pytest.raises(DBAPIError, match="statement timeout"):
        assert session.execute(text("show statement_timeout")).scalar_one() == "15s"
        assert session.execute(text("show lock_timeout")).scalar_one() == "5s"
        session.execute(text("set local statement_timeout = 20"))
        session.execute(text("select pg_sleep(60)"))
    made.dispose()


def test_work_in_time_is_bounded_until_its_transaction_ends(db: Database) -> None:
    def work(uow: UnitOfWork) -> str:
        assert in_time(uow.session, 0.05) == clock.now(uow.session)
        assert uow.session.execute(text("select transaction_timestamp()")).scalar_one() == clock.now(uow.session)
        return str(uow.session.execute(text("show statement_timeout")).scalar_one())

    assert db.run(work) == "50ms"
    assert db.run(lambda uow: uow.session.execute(text("show statement_timeout")).scalar_one()) == "1min"


def test_work_that_is_cut_each_time_is_reported_as_unavailable(db: Database) -> None:
    pids: list[int] = []

    def work(uow: UnitOfWork) -> None:
        pids.append(pid(uow.session))
        uow.session.execute(CUT)

    with pytest.raises(Unavailable):
        db.run(work)
    assert len(set(pids)) == len(pids) == 3


def test_a_connection_cut_during_the_commit_is_reported_and_not_tried_again(db: Database) -> None:
    """The server may have committed before it fell silent, and the work would be done twice."""
    nudges: list[str] = []
    attempts: list[int] = []

    def work(uow: UnitOfWork) -> None:
        attempts.append(1)
        uow.after_commit(lambda: nudges.append("nudged"))
        uow.session.connection().exec_driver_sql(CUT_AT_COMMIT)

    with pytest.raises(Unavailable):
        db.run(work)
    assert (len(attempts), nudges) == (1, [])


def test_a_read_that_is_cut_is_reported_as_unavailable(db: Database) -> None:
    with pytest.raises(Unavailable), db.reader() as session:
        session.execute(CUT)


def test_the_pool_heals_when_the_server_has_cut_every_connection(db: Database) -> None:
    sessions = [Session(db.engine) for _ in range(3)]
    before = {pid(session) for session in sessions}
    for session in sessions:
        session.close()
    with db.reader() as session:
        session.execute(CUT_OTHERS)
    for _ in range(3):
        with db.reader() as session:
            assert pid(session) > 0
    after = {db.run(lambda uow: pid(uow.session)) for _ in range(3)}
    assert len(before) == 3
    assert len(before & after) <= 1


PREPARED = text("select sum(generic_plans + custom_plans) from pg_prepared_statements where statement like '%kept%'")


@pytest.mark.parametrize("ends", ["reads", "changes", "is let go of"])
def test_what_a_connection_has_planned_it_keeps_when_a_transaction_ends(db: Database, ends: str) -> None:
    def work(uow: UnitOfWork) -> None:
        assert uow.session.execute(text("select 'kept', pg_current_xact_id()")).one()

    pids = set[int]()
    for _ in range(8):
        if ends == "changes":
            db.run(work)
        else:
            with db.reader() as session:
                session.execute(text("create temporary table thrown (away int)")) if ends == "is let go of" else None
                session.execute(text("select 'kept', pg_current_xact_id()")).one()
                pids.add(pid(session))
    with db.reader() as session:
        assert pids <= {pid(session)}, "the connection used last was not taken again"
        assert session.execute(PREPARED).scalar_one() >= 3
        assert session.execute(text("select to_regclass('thrown')")).scalar_one() is None


def test_after_a_failure_a_connection_begins_anew(db: Database) -> None:
    for _ in range(8):
        with db.reader() as session, pytest.raises(DBAPIError):
            session.execute(text("select 1 / (length('kept') - 4)"))
    with db.reader() as session:
        assert session.execute(text("select 1")).scalar_one() == 1
