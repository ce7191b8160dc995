"""The ticker's duties, each alone and by three tickers at once, which together do nothing twice."""

from __future__ import annotations

import os
import signal
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from rq import Queue
from rq.serializers import JSONSerializer
from sqlalchemy import func, select

from cases import clock, lifecycle, outcomes
from cases.lifecycle import Outcome, Status
from cases.models import BoardCase, Case, Event, Message, RawRequest, Timer
from cases.outbox import LEASE
from cases.outcomes import SETTLE_AFTER
from cases.sla.calendar import ALWAYS_OPEN
from contactcentre import logs
from contactcentre.container import Container
from contactcentre.db import UnitOfWork
from contactcentre.engines import process
from contactcentre.raw import PAUSES, TRIES
from tests.factories import make_agent, phone, say
from tests.integration.callbacks import came_in, faults_of_histories, raw_rows, sms
from tests.integration.callbacks import states as raw_states
from tests.integration.leaving import ACCOUNT, Time, claim, entries, moved, states, write, write_many
from workers import ticker

Duty = Callable[[Container], int]
MANY = 40
TICKERS = 3


@pytest.fixture
def time(container: Container) -> Iterator[Time]:
    container.jobs.connection().flushall()  # a process that has ended may have nudged behind its end
    with moved(container.db) as found:
        yield found


def at_once(duty: Duty, container: Container) -> list[int]:
    """Let three tickers do a duty at the same moment; returns what each says it did."""
    together = threading.Barrier(TICKERS, timeout=10)

    def tick(_: int) -> int:
        together.wait()
        return duty(container)

    with ThreadPoolExecutor(TICKERS) as pool:
        return list(pool.map(tick, range(TICKERS)))


def nudged(container: Container) -> Counter[str]:
    """Return how many jobs wait for each account."""
    queue = Queue("deliver", connection=container.jobs.connection(), serializer=JSONSerializer)
    return Counter(job.args[0] for job in queue.jobs)


def test_an_account_whose_nudge_was_lost_is_nudged_after_a_second_and_once(container: Container, time: Time) -> None:
    write(container.db, 1)
    write(container.db, 2)
    write(container.db, 3, account="sms-works")
    assert ticker.nudge_waiting(container) == 0, "its own nudge is on the way"
    time.pass_by(seconds=2)
    at_once(ticker.nudge_waiting, container)
    assert nudged(container) == {ACCOUNT: 1, "sms-works": 1}


def test_a_queue_server_that_has_lost_everything_is_filled_again(container: Container, time: Time) -> None:
    write(container.db)
    time.pass_by(seconds=2)
    for _ in range(2):
        container.jobs.connection().flushall()
        assert ticker.nudge_waiting(container) == 1
        assert nudged(container) == {ACCOUNT: 1}


def test_what_waits_for_its_pause_is_nudged_when_that_is_over(container: Container, time: Time) -> None:
    write(container.db)
    (taken,) = claim(container.db)
    container.db.run(
        lambda uow: outcomes.record_failed(
            uow.session, taken, reason="busy", code=None, again=True, at=clock.now(uow.session)
        )
    )
    time.pass_by(seconds=5)
    assert ticker.nudge_waiting(container) == 0
    time.pass_by(seconds=20)
    assert ticker.nudge_waiting(container) == 1


def test_an_attempt_without_an_answer_is_nudged_when_it_can_be_settled(container: Container, time: Time) -> None:
    write(container.db)
    (taken,) = claim(container.db)
    container.db.run(lambda uow: outcomes.record_unknown(uow.session, taken, reason="silence", via=ACCOUNT))
    assert ticker.nudge_waiting(container) == 0
    time.pass_by(seconds=SETTLE_AFTER.total_seconds() + 1)
    assert ticker.nudge_waiting(container) == 1
    assert nudged(container) == {ACCOUNT: 1}


def test_leases_of_dead_senders_lapse_once_and_those_of_the_living_stay(container: Container, time: Time) -> None:
    write_many(container.db, 370)
    claim(container.db, limit=360)
    time.pass_by(seconds=LEASE.total_seconds() - 1)
    assert ticker.expire_leases(container) == 0
    claim(container.db, limit=10)
    time.pass_by(seconds=2)
    assert sum(at_once(ticker.expire_leases, container)) == 360
    assert Counter(states(container.db)) == {"unknown": 360, "sending": 10}
    assert {one.unknowns for one in entries(container.db) if one.state == "unknown"} == {1}
    assert ticker.expire_leases(container) == 0


def failed_callback(container: Container, number: int, *, text: str = "Gutter {}") -> None:
    """Store a callback as one that could not be applied when it came, and is due."""
    form = sms(text.format(number), number=number, external_id=f"m-{number}")

    def work(uow: UnitOfWork) -> None:
        at = clock.now(uow.session)
        row = RawRequest(
            account=ACCOUNT, event="incoming", dedupe_key=f"id:m-{number}", method="POST",
            url=f"/hooks/{ACCOUNT}/•/incoming", headers={"headers": {}, "query": {}, "form": form}, body=b"",
            state="failed", attempts=1, reason="Planted", received_at=at, next_try_at=at + PAUSES[0],
        )  # fmt: skip
        uow.session.add(row)

    container.db.run(work)


def test_callbacks_that_failed_are_applied_once_when_they_are_due(container: Container, time: Time) -> None:
    for number in range(MANY):
        failed_callback(container, number)
    assert ticker.replay_raw(container) == 0
    time.pass_by(seconds=PAUSES[0].total_seconds() + 1)
    assert sum(at_once(ticker.replay_raw, container)) == MANY
    assert raw_states(container.db) == {"applied": MANY}
    assert sorted(came_in(container.db)) == sorted(f"Gutter {number}" for number in range(MANY))
    assert len(entries(container.db)) == MANY, "one acknowledgement each"
    assert faults_of_histories(container.db) == []


def test_a_callback_that_fails_again_waits_longer_and_in_the_end_for_a_person(
    container: Container, time: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed_callback(container, 1)
    monkeypatch.setattr(type(container), "find_route", lambda *_: None)
    tried = 0
    while (row := raw_rows(container.db)[0]).next_try_at is not None:
        time.be(row.next_try_at + timedelta(seconds=1))
        assert ticker.replay_raw(container) == 0
        tried += 1
    assert (row.state, row.attempts, tried) == ("quarantined", TRIES, TRIES - 1)
    assert came_in(container.db) == []


def test_what_another_ticker_has_just_tried_is_not_tried_again(
    container: Container, time: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5):
        failed_callback(container, number)
    time.pass_by(seconds=PAUSES[0].total_seconds() + 1)
    others: list[int] = []

    def meanwhile(*_: object) -> None:
        """Find no route; the first time, only after another ticker has done its whole duty."""
        if not others:
            others.append(1)
            ticker.replay_raw(container)

    monkeypatch.setattr(type(container), "find_route", meanwhile)
    ticker.replay_raw(container)
    assert [row.attempts for row in raw_rows(container.db)] == [2] * 5


def open_cases(container: Container) -> None:
    for number in range(MANY):
        container.db.run(
            lambda uow, number=number: say(uow.session, container.city, f"Lamp {number} is out", sender=phone(number))
        )


def happened(container: Container, kind: str) -> int:
    with container.db.reader() as session:
        return session.scalar(select(func.count()).select_from(Event).where(Event.kind == kind)) or 0


def test_broken_promises_are_recorded_once_each_at_their_due_instant(container: Container, time: Time) -> None:
    open_cases(container)
    assert ticker.wake_timers(container) == 0
    time.pass_by(hours=25)
    assert sum(at_once(ticker.wake_timers, container)) == MANY
    assert happened(container, "timer_breached") == MANY
    with container.db.reader() as session:
        found = session.scalars(select(Timer)).all()
    assert all((one.state, one.breached_at, one.next_wake_at) == ("breached", one.due_at, None) for one in found)
    assert ticker.wake_timers(container) == 0
    assert faults_of_histories(container.db) == []


def resolve_all(uow: UnitOfWork) -> None:
    viewer, always = make_agent(uow.session), {ALWAYS_OPEN.key: ALWAYS_OPEN}
    for reference in uow.session.scalars(select(Case.reference)).all():
        lifecycle.transition(
            uow.session, viewer, reference=reference, to=Status.RESOLVED, calendars=always, outcome=Outcome.FIXED
        )


def test_resolved_cases_close_once_when_nobody_can_reopen_them_any_more(container: Container, time: Time) -> None:
    open_cases(container)
    container.db.run(resolve_all)
    window = container.city.limits.reopen_hours
    time.pass_by(hours=window - 1)
    assert ticker.close_resolved(container) == 0
    before = happened(container, "status_changed")
    time.pass_by(hours=2)
    assert sum(at_once(ticker.close_resolved, container)) == MANY
    with container.db.reader() as session:
        assert set(session.scalars(select(Case.status))) == {Status.CLOSED}
        assert session.scalar(select(func.count()).select_from(Message).where(Message.direction == "out")) == MANY
    assert happened(container, "status_changed") == before + MANY
    assert faults_of_histories(container.db) == []


def test_one_duty_that_fails_keeps_no_other_waiting(container: Container) -> None:
    done: list[str] = []

    def breaks() -> None:
        raise RuntimeError

    for name, work in (("first", breaks), ("second", lambda: done.append("second"))):
        ticker.guarded(name, work)
    assert done == ["second"]


def test_a_duty_that_takes_long_keeps_nobody_from_the_board(
    container: Container, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[bool] = []
    case_id = container.db.run(lambda uow: say(uow.session, container.city, "A lamp is out", sender=phone(1)).case_id)

    def counted() -> bool:
        with container.db.reader() as session:
            return session.get(BoardCase, case_id) is not None

    def long(_: Container) -> int:
        seen.append(process.wait_until(counted, seconds=20))
        os.kill(os.getpid(), signal.SIGTERM)
        return 0

    monkeypatch.setattr(ticker.Container, "from_environment", lambda: container)
    monkeypatch.setattr(Container, "close", lambda _: None)
    monkeypatch.setattr(logs, "configure", lambda *_, **__: None)
    monkeypatch.setattr(ticker, "wake_timers", long)
    before = {one: signal.getsignal(one) for one in (signal.SIGTERM, signal.SIGINT)}
    try:
        assert ticker.main() == 0
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    assert seen == [True]
