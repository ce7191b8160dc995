"""What should never be is counted under its own name, and what is right is not counted at all."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
import structlog
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from cases import brakes, clock, replies
from cases.models import AccountHealth, Case, Lease, Message, OutboxEntry, RawRequest
from cases.models.raw import RawState
from cases.permissions import SYSTEM
from contactcentre import health, ledger_check
from tests.application import application
from tests.factories import make_agent, say
from tests.integration.callbacks import hook, sms
from tests.integration.commands import commands, environment, failed
from tests.integration.leaving import Time, claim, moved, write

if TYPE_CHECKING:
    from contactcentre.container import Container
    from contactcentre.db import Database

EVEN = dict.fromkeys(ledger_check.CHECKS, 0)
#: changes a row, given the instant
Break = Callable[[Session, datetime], Any]


@pytest.fixture
def time(db: Database) -> Iterator[Time]:
    with moved(db) as made:
        yield made


def counts(container: Container) -> dict[str, int]:
    return dict(ledger_check.count(container).counts)


def work_a_little(container: Container, db: Database) -> None:
    """A callback, a case with an acknowledgement, a reply that is being sent."""
    web = application(container).test_client()
    for number in (1, 2):
        form = sms("The gutter is choked", number=number, external_id=f"gateway-{number}")
        assert web.post(hook(container), data=form).status_code == 200
    assert web.post(hook(container), data=sms("stop", number=2, external_id=None)).status_code == 200

    def answer(uow: Any) -> None:
        viewer = make_agent(uow.session)
        reference = uow.session.scalars(select(Case.reference).order_by(Case.id)).first()
        replies.reply(uow.session, viewer, city=container.city, reference=reference, text="We come tomorrow.")

    db.run(answer)
    assert len(claim(db, limit=1)) == 1


def test_ordinary_work_is_even(container: Container, db: Database) -> None:
    work_a_little(container, db)
    assert counts(container) == EVEN


BROKEN: dict[str, list[Break]] = {
    "messages_without_entry": [lambda session, _: session.execute(delete(OutboxEntry))],
    "entries_beyond_lease": [
        lambda session, at: put(session, OutboxEntry, state="sending", lease_until=at - timedelta(seconds=61))
    ],
    "entries_due": [lambda session, at: put(session, OutboxEntry, not_before=at - timedelta(seconds=61))],
    "entries_unknown": [
        lambda session, at: put(session, OutboxEntry, state="unknown", attempted_at=at - timedelta(seconds=121))
    ],
    "callbacks_overdue": [
        lambda session, at: put(
            session, RawRequest, state=RawState.FAILED, next_try_at=at - timedelta(seconds=61), event="other"
        ),
        lambda session, at: put(
            session, RawRequest, state=RawState.RECEIVED, received_at=at - timedelta(seconds=61), event="other"
        ),
    ],
    "histories_apart": [
        lambda session, _: put(session, Case, event_seq=Case.event_seq + 1),
        lambda session, _: put(session, Case, event_seq=0),
    ],
    "callbacks_without_message": [
        lambda session, _: session.execute(
            update(Message).where(Message.direction == "in").values(external_id="another")
        ),
    ],
}


def put(session: Session, table: Any, **values: Any) -> None:
    session.execute(update(table).values(**values))


def one_of_each(container: Container, db: Database) -> None:
    """One callback, one case, one acknowledgement that waits."""
    web = application(container).test_client()
    assert web.post(hook(container), data=sms("The gutter is choked", external_id="gateway-1")).status_code == 200


@pytest.mark.parametrize(
    ("name", "change"),
    [(name, change) for name, changes in BROKEN.items() for change in changes],
    ids=[f"{name}-{place}" for name, changes in BROKEN.items() for place in range(len(changes))],
)
def test_each_fault_has_its_own_name(container: Container, db: Database, name: str, change: Break) -> None:
    one_of_each(container, db)
    assert counts(container) == EVEN
    db.run(lambda uow: change(uow.session, clock.now(uow.session)))
    assert counts(container) == {**EVEN, name: 1}


def test_every_check_is_broken_once() -> None:
    assert BROKEN.keys() == ledger_check.CHECKS.keys()


def test_what_waits_rightly_is_not_due(container: Container, db: Database, time: Time) -> None:
    first = write(db)
    write(db, text="and this")
    with db.reader() as session:
        later = clock.now(session) + timedelta(hours=1)
    change(db, first, not_before=later)
    time.pass_by(minutes=2)
    assert counts(container) == EVEN  # the second of the thread stands behind the first, which is tried again later
    change(db, first, not_before=later - timedelta(hours=2))
    assert counts(container)["entries_due"] == 1
    for scope in ("all", "answer"):
        db.run(lambda uow, scope=scope: pull(uow.session, scope))
        assert counts(container) == EVEN
        db.run(lambda uow, scope=scope: brakes.let_go(uow.session, SYSTEM, scope=scope))
    db.run(lambda uow: uow.session.add(AccountHealth(account="sms-front", weight=1.0, rests_until=later)))
    assert counts(container) == EVEN


def change(db: Database, entry_id: int, **values: Any) -> None:
    db.run(lambda uow: uow.session.execute(update(OutboxEntry).where(OutboxEntry.id == entry_id).values(**values)))


def pull(session: Session, scope: str) -> None:
    brakes.pull(session, SYSTEM, scope=scope, reason="test", at=clock.now(session))


def test_no_count_goes_beyond_its_bounds(container: Container, db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(4):
        db.run(lambda uow, number=number: say(uow.session, container.city, f"Gutter {number}"))
    db.run(lambda uow: uow.session.execute(delete(OutboxEntry)))
    assert counts(container)["messages_without_entry"] == 1  # one case, hence one acknowledgement
    db.run(lambda uow: put(uow.session, Message, direction="out"))
    assert counts(container)["messages_without_entry"] == 5
    monkeypatch.setattr(ledger_check, "NEWEST", 3)
    assert counts(container)["messages_without_entry"] == 3
    monkeypatch.setattr(ledger_check, "MOST", 2)
    assert counts(container)["messages_without_entry"] == 2


def test_it_is_counted_once_an_hour_and_not_just_after_a_stop(container: Container, db: Database, time: Time) -> None:
    assert ledger_check.check(container) is None
    time.pass_by(minutes=9, seconds=59)
    assert ledger_check.check(container) is None
    time.pass_by(seconds=2)
    assert ledger_check.check(container) is not None
    assert ledger_check.check(container) is None
    time.pass_by(minutes=61)
    assert ledger_check.check(container) is not None
    time.pass_by(hours=8)
    assert ledger_check.check(container) is None
    time.pass_by(minutes=10, seconds=1)
    assert ledger_check.check(container) is not None


def test_what_was_found_is_logged_kept_and_shown(container: Container, db: Database, time: Time) -> None:
    assert health.as_json(health.look(container))["ledger"] == {"at": None, "counts": {}}
    one_of_each(container, db)
    ledger_check.check(container)
    time.pass_by(minutes=11)
    db.run(lambda uow: uow.session.execute(delete(OutboxEntry)))
    with structlog.testing.capture_logs() as lines:
        found = ledger_check.check(container)
    assert found is not None
    (line,) = [one for one in lines if one["event"].startswith("ledger.")]
    assert line == {"event": "ledger.uneven", "log_level": "error", **EVEN, "messages_without_entry": 1}
    told = health.as_json(health.look(container))["ledger"]
    assert told == {"at": found.at.isoformat(), "counts": {**EVEN, "messages_without_entry": 1}}
    metrics = application(container).test_client().get("/metrics").text
    assert 'contactcentre_ledger_faults{check="messages_without_entry"} 1\n' in metrics
    assert 'contactcentre_ledger_faults{check="entries_due"} 0\n' in metrics
    time.pass_by(minutes=61)
    db.run(lambda uow: uow.session.execute(delete(Message).where(Message.direction == "out")))
    with structlog.testing.capture_logs() as lines:
        ledger_check.check(container)
    assert [(one["event"], one["log_level"]) for one in lines if "ledger" in one["event"]] == [("ledger.even", "info")]


def test_the_command_counts_now_and_fails_where_something_is_not_0(
    container: Container, db: Database, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    one_of_each(container, db)
    for name, value in environment(container.settings).items():
        monkeypatch.setenv(name, value)
    with commands(capsys) as run:
        code, out, _ = run("ledger", "--json")
        told = json.loads(out)
        assert (code, told["even"], told["counts"]) == (0, True, EVEN)
        db.run(lambda uow: uow.session.execute(delete(OutboxEntry)))
        outcome = run("ledger", "--json")
        assert "messages_without_entry" in failed(outcome)
        assert json.loads(outcome[1])["counts"]["messages_without_entry"] == 1
        assert "messages_without_entry     1\n" in run("ledger")[1]
    with db.reader() as session:
        assert session.scalars(select(Lease.name).where(Lease.name.like("ledger%"))).all() == []
