"""The one place that knows what time it is: the database's transaction time, plus the test clock.

One time source for all processes means that a host whose clock is off cannot breach a promise or revive a
code. SQL receives the time as a parameter and never calls now() itself, so that the test clock moves it too.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import cast

from sqlalchemy import func, select
from sqlalchemy.orm import Session

_TRANSACTION_TIME = select(func.transaction_timestamp())
_CACHE_KEY = "cases.clock.now"


@dataclass(frozen=True, slots=True)
class TestClock:
    """Moves every process together: now = anchor + (real - anchor) * speed + offset."""

    __test__ = False  # not a pytest class

    anchor: datetime
    offset: timedelta = timedelta()
    speed: float = 1.0

    def shift(self, real: datetime) -> datetime:
        """Return the instant that the product shall believe in when the database says ``real``."""
        return self.anchor + (real - self.anchor) * self.speed + self.offset


_test_clock: TestClock | None = None


def set_test_clock(clock: TestClock | None) -> TestClock | None:
    """Install the test clock for this process and return the one before; the container does so from the settings."""
    global _test_clock
    before, _test_clock = _test_clock, clock
    return before


def now(session: Session) -> datetime:
    """Return the instant of the running transaction, in UTC; the same for its whole length."""
    known = session.info.get(_CACHE_KEY)
    transaction = session.get_transaction()
    if known is not None and transaction is not None and known[0] is transaction:
        return cast(datetime, known[1])
    return learn(session, session.execute(_TRANSACTION_TIME).scalar_one())


def learn(session: Session, transaction_time: datetime) -> datetime:
    """Take the database's time from a statement that brought it along, and return the instant as :func:`now` does."""
    real = transaction_time.astimezone(UTC)
    moment = _test_clock.shift(real) if _test_clock else real
    session.info[_CACHE_KEY] = (session.get_transaction(), moment)
    return moment


def wall() -> datetime:
    """Return this host's time in UTC: for log lines, names of files and dates of letters, never for a promise."""
    return datetime.now(UTC)
