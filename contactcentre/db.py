"""The database's one doorway: engine, ``run(work)`` for changes, ``reader()`` for reads.

Nothing else commits or rolls back.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

import psycopg
import structlog
from psycopg.pq import ExecStatus, TransactionStatus
from sqlalchemy import Engine, create_engine, event, text
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session

from cases import clock
from cases.errors import Changed

log = structlog.get_logger(__name__)
Result = TypeVar("Result")

ATTEMPTS = 3
#: deadlock, serialisation failure, lock time-out, admin shutdown, crash shutdown, cannot connect now
RETRYABLE = {"40P01", "40001", "55P03", "57P01", "57P02", "57P03"}
#: between two statements of a transaction nothing slow is done: a process that is silent for so long was stopped, and
#: what it holds (promises that are due, cases, addresses) is wanted by others
_CONNECTION_OPTIONS = (
    "-c statement_timeout=15000 -c lock_timeout=5000 -c idle_in_transaction_session_timeout=5000 -c timezone=UTC"
)
_IN_TIME = text("select set_config('statement_timeout', :milliseconds, true), transaction_timestamp()")


class Unavailable(Exception):
    """The database could not be reached, so nothing was stored."""


@dataclass(slots=True)
class UnitOfWork:
    """One transaction: its session, and what shall happen once it has committed (nudges only)."""

    session: Session
    _after: list[Callable[[], None]] = field(default_factory=list)

    def after_commit(self, action: Callable[[], None]) -> None:
        """Call ``action`` after the commit. A failure there is logged and costs seconds, never data."""
        self._after.append(action)


class Connection(psycopg.Connection[Any]):
    """A connection whose plans outlive a rollback.

    Reads end with one, and psycopg then forgets every prepared statement, in case the transaction made the tables that
    they ask. The processes make no tables: the release step does, on connections of its own. Planning the statement of
    a page takes several times as long as running it.
    """

    def rollback(self) -> None:
        """Roll back; what failed is left to psycopg, which then forgets what was prepared."""
        whole = self.pgconn.transaction_status == TransactionStatus.INTRANS
        if not whole or self.pgconn.exec_(b"ROLLBACK").status != ExecStatus.COMMAND_OK:
            super().rollback()


class Database:
    """The engine of one process; safe to share between threads, to be disposed after a fork."""

    def __init__(self, url: str, *, pool_size: int = 5) -> None:
        self.engine = make_engine(url, pool_size=pool_size)

    def run(self, work: Callable[[UnitOfWork], Result]) -> Result:
        """Begin, ``work(uow)``, commit; then the after-commit actions.

        A deadlock, a serialisation failure, a row that changed meanwhile or a connection lost before the commit is
        tried again, up to three times, so ``work`` must have no effect but through the session. Raises
        :class:`Unavailable` when the database stays away.
        """
        for attempt in range(1, ATTEMPTS + 1):
            uow = UnitOfWork(Session(self.engine, expire_on_commit=False))
            committing = False
            try:
                with uow.session as session:
                    result = work(uow)
                    committing = True
                    session.commit()
            except Changed:
                if attempt == ATTEMPTS:
                    raise
                continue
            except PoolTimeout:
                raise Unavailable("every connection is in use") from None
            except DBAPIError as error:
                # A connection lost *during* commit may have committed: only idempotent openers may try again,
                # so it is reported instead.
                if not _again(error) or committing and error.connection_invalidated or attempt == ATTEMPTS:
                    raise _translated(error) from error
                log.warning("database.retry", attempt=attempt, sqlstate=_sqlstate(error))
                time.sleep(0.05 * attempt)
                continue
            _run_after_commit(uow._after)
            return result
        raise AssertionError("unreachable")

    @contextmanager
    def reader(self, *, tried: bool = True) -> Iterator[Session]:
        """Give a session for reads; what is written in it is thrown away.

        Without ``tried`` the connection may be a dead one: for who asks again soon anyway.
        """
        session = self._fresh_session() if tried else Session(self.engine, expire_on_commit=False)
        try:
            yield session
        except OperationalError as error:
            raise _translated(error) from error
        finally:
            session.close()  # the pool rolls back; rolling back here would empty the rows just read

    @contextmanager
    def recorder(self) -> Iterator[Session]:
        """Give a session for reads that leave a line in the log of reads, which is kept once the block ended well.

        Nothing else is: rows that were read and changed are let go of.
        """
        session = self._fresh_session()
        session.autoflush = False
        try:
            yield session
            session.expunge_all()
            session.commit()
        except OperationalError as error:
            raise _translated(error) from error
        finally:
            session.close()

    def _fresh_session(self) -> Session:
        """Return a session on a connection that answers: a read cannot be begun again as ``run`` begins a change."""
        for attempt in range(1, ATTEMPTS + 1):
            session = Session(self.engine, expire_on_commit=False)
            try:
                clock.now(session)  # tries the connection, and spares the page the question
            except PoolTimeout:
                raise Unavailable("every connection is in use") from None
            except DBAPIError as error:
                session.close()
                if not _again(error) or attempt == ATTEMPTS:
                    raise _translated(error) from error
            else:
                return session
        raise AssertionError("unreachable")

    def dispose(self, *, close: bool = True) -> None:
        """Drop the pool; with ``close=False`` after a fork, where the connections belong to the parent."""
        self.engine.dispose(close=close)


def in_time(session: Session, seconds: float) -> datetime:
    """Bound each statement to come of a transaction, and return its instant, which the same question brings along."""
    _, at = session.execute(_IN_TIME, {"milliseconds": str(int(seconds * 1000))}).one()
    return clock.learn(session, at)


def make_engine(url: str, *, pool_size: int = 5) -> Engine:
    """Build an engine with the time-outs that turn a half-open connection or a long lock into a quick error.

    No connection is tried before its use: a dead one is noticed by the first statement, and the work begins again.
    """
    engine = create_engine(
        url,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=10,
        pool_recycle=300,
        pool_use_lifo=True,  # the connection used last has its plans
        connect_args={"connect_timeout": 5, "options": _CONNECTION_OPTIONS, "application_name": "contactcentre"},
    )
    event.listen(engine, "do_connect", lambda _dialect, _record, words, more: Connection.connect(*words, **more))
    return engine


def _sqlstate(error: DBAPIError) -> str | None:
    return getattr(error.orig, "sqlstate", None)


def _again(error: DBAPIError) -> bool:
    return error.connection_invalidated or _sqlstate(error) in RETRYABLE


def _translated(error: DBAPIError) -> Exception:
    away = error.connection_invalidated or isinstance(error, OperationalError) and _sqlstate(error) != "57014"
    return Unavailable("the database cannot be reached") if away else error


def _run_after_commit(actions: list[Callable[[], None]]) -> None:
    for action in actions:
        try:
            action()
        except Exception as error:  # noqa: BLE001  the transaction stands, whatever a nudge does
            log.warning("after_commit.failed", error=type(error).__name__)
