"""Claiming from the outbox: in order, once, and past what nobody can send."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, event, text

from cases import clock, outbox, outcomes
from cases.models import Message
from cases.outbox import EXPIRY, LEASE, Claimed, MessageClass, OutboxState
from contactcentre.db import Database
from tests.integration.leaving import Time, change, claim, entries, entry, message, moved, states, write, write_many
from tests.integration.recording import CLAIMERS, fail, send


@pytest.fixture
def time(db: Database) -> Iterator[Time]:
    with moved(db) as found:
        yield found


def test_messages_leave_oldest_first_and_of_one_thread_never_two_at_once(db: Database) -> None:
    first, second, other = write(db, 1), write(db, 1), write(db, 2)
    taken = claim(db)
    assert [one.entry_id for one in taken] == [first, other]
    assert claim(db) == []
    send(db, taken)
    assert [one.entry_id for one in claim(db)] == [second]


@pytest.mark.parametrize("limit", [1, 2, 3])
def test_a_thread_is_said_in_the_order_it_was_written(db: Database, limit: int) -> None:
    written = {number: [write(db, number, text=f"{number}.{turn}") for turn in range(3)] for number in (1, 2)}
    left = []
    while taken := claim(db, limit=limit):
        assert len(taken) <= limit
        left += [one.entry_id for one in taken]
        send(db, taken)
    assert sorted(left) == sorted(written[1] + written[2])
    for ids in written.values():
        assert [one for one in left if one in ids] == ids


def test_a_later_message_waits_for_an_older_one_that_is_tried_again(db: Database, time: Time) -> None:
    older, newer = write(db), write(db)
    (taken,) = claim(db)
    fail(db, taken)
    assert claim(db) == []
    time.pass_by(minutes=1)
    assert [one.entry_id for one in claim(db)] == [older]
    change(db, older, state="failed")
    assert [one.entry_id for one in claim(db)] == [newer]


def test_what_is_unknown_keeps_nobody_waiting(db: Database) -> None:
    write(db)
    (taken,) = claim(db)
    newer = write(db)
    db.run(lambda uow: outcomes.record_unknown(uow.session, taken, reason="silence", via="sms-front"))
    assert [one.entry_id for one in claim(db)] == [newer]


def test_a_claim_says_who_has_it_until_when_and_by_which_account(db: Database) -> None:
    write(db, text="Your code is {code}, not {name}", fill={"code": "1234"})
    (taken,) = claim(db)
    row = entry(db, taken.entry_id)
    assert (row.state, row.attempts, row.via, row.lease_token) == ("sending", 1, "sms-front", taken.lease_token)
    assert row.attempted_at is not None
    assert row.lease_until == row.attempted_at + LEASE
    assert taken.message.text == "Your code is 1234, not {name}"
    assert taken.message.client_reference == row.client_reference
    assert "1234" not in message(db, taken.entry_id).text


def test_other_accounts_messages_are_left_alone(db: Database) -> None:
    write(db, 1, account="sms-works")
    assert claim(db) == []
    assert len(claim(db, account="sms-works")) == 1


@pytest.mark.parametrize("message_class", MessageClass)
def test_each_class_expires_in_its_own_time(db: Database, time: Time, message_class: MessageClass) -> None:
    lasts = EXPIRY[message_class]
    write(db, 1, message_class=message_class, fill={"code": "1234"})
    in_time = write(db, 2, message_class=message_class)
    change(db, in_time, expires_at=entry(db, in_time).created_at + lasts + timedelta(seconds=2))
    time.pass_by(seconds=(lasts + timedelta(seconds=1)).total_seconds())
    assert [one.entry_id for one in claim(db)] == [in_time]
    assert states(db) == ["expired", "sending"]
    old = entries(db)[0]
    assert (old.lease_token, old.fill) == (None, None), "a secret is not kept for what will never leave"
    assert "too long" in str(message(db, old.id).status_reason)


def spoilt_kind(db: Database, entry_id: int) -> None:
    change(db, entry_id, recipient_kind="carrier pigeon")


def spoilt_fill(db: Database, entry_id: int) -> None:
    change(db, entry_id, fill=["not", "names"])


def words_gone(db: Database, entry_id: int) -> None:
    db.run(lambda uow: uow.session.execute(delete(Message).where(Message.id == entry(db, entry_id).message_id)))


@pytest.mark.parametrize("place", [0, 16, 31], ids=["first", "middle", "last"])
@pytest.mark.parametrize("spoil", [spoilt_kind, spoilt_fill, words_gone])
def test_one_row_that_nobody_can_read_stops_none_of_the_others(
    db: Database, spoil: Callable[[Database, int], None], place: int
) -> None:
    ids = [write(db, number) for number in range(32)]
    spoil(db, ids[place])
    taken = claim(db, limit=32)
    assert [one.entry_id for one in taken] == [one for one in ids if one != ids[place]]
    assert send(db, taken) == 31
    row = entry(db, ids[place])
    assert (row.state, row.lease_token) == ("held", None)
    assert "cannot be read" in str(row.error)
    assert claim(db) == [], "it is not tried over and over"


def test_eight_claimers_claim_each_of_ten_thousand_messages_once(db: Database) -> None:
    write_many(db, 10_000)
    # A table that is filled at once has no statistics yet; a server that runs gathers them within a minute.
    db.run(lambda uow: uow.session.execute(text("analyze outbox")))

    def work(_: int) -> list[int]:
        mine: list[int] = []
        while taken := claim(db, limit=100):
            mine += [one.entry_id for one in taken]
        return mine

    with ThreadPoolExecutor(CLAIMERS) as pool:
        shares = list(pool.map(work, range(CLAIMERS)))
    print("claimed by each:", [len(one) for one in shares])
    claimed = [one for share in shares for one in share]
    assert len(claimed) == len(set(claimed)) == 10_000
    assert all(len(share) > 0 for share in shares)
    assert {one.attempts for one in entries(db)} == {1}
    assert Counter(states(db)) == {"sending": 10_000}


LONG_SENT = """
    insert into outbox (message_id, thread_id, account, recipient_kind, recipient, message_class, state,
                        client_reference, not_before, created_at)
    select -n, -n, 'sms-front', 'phone', '+000' || n, 'answer', 'sent', 'old-' || n, now(), now()
      from generate_series(1, 40000) n
"""


def test_a_long_queue_that_the_planner_knows_nothing_of_is_not_read_through_for_each_claim(db: Database) -> None:
    """Right after a burst the statistics still say that hardly anything waits, and joins look cheap."""
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(LONG_SENT))
        connection.execute(text("analyze outbox"))
    write_many(db, 2000)
    plans: list[dict[str, Any]] = []

    def explain(connection: Any, cursor: Any, statement: str, values: Any, *_: object) -> None:
        if "ready" in statement:
            asked = connection.connection.driver_connection.cursor()
            plans.extend(asked.execute(f"explain (analyze, format json) {statement}", values).fetchone()[0])

    event.listen(db.engine, "before_cursor_execute", explain)
    try:
        claim(db, limit=10)
    finally:
        event.remove(db.engine, "before_cursor_execute", explain)
    (plan,) = plans
    assert most_rows(plan["Plan"]) < 100, plan


def most_rows(node: dict[str, Any]) -> float:
    """Return how many rows the busiest part of a plan has looked at."""
    removed = sum(value for name, value in node.items() if name.startswith("Rows Removed"))
    own = (node["Actual Rows"] + removed) * node["Actual Loops"]
    return max([own, *(most_rows(part) for part in node.get("Plans", ()))])


def test_a_claim_never_takes_more_than_its_limit_however_the_planner_joins(db: Database) -> None:
    write_many(db, 300)

    def work(uow: object) -> int:
        session = uow.session  # type: ignore[attr-defined]
        for way in ("hashjoin", "mergejoin", "hashagg", "sort", "material"):
            session.execute(text(f"set local enable_{way} = off"))
        return len(outbox.claim(session, account="sms-front", now=clock.now(session), limit=5))

    assert db.run(work) == 5
    assert Counter(states(db)) == {"sending": 5, "queued": 295}


def test_what_a_claimer_records_beyond_its_lease_changes_nothing(db: Database, time: Time) -> None:
    entry_id = write(db)
    (stopped,) = claim(db)
    time.pass_by(seconds=LEASE.total_seconds() + 1)
    assert db.run(lambda uow: outcomes.expire_leases(uow.session, now=clock.now(uow.session))) == 1
    (lost,) = db.run(lambda uow: outcomes.unsettled(uow.session, account="sms-front", now=clock.now(uow.session)))
    assert db.run(lambda uow: outcomes.settle(uow.session, lost, None, at=clock.now(uow.session))) == OutboxState.QUEUED
    (second,) = claim(db)
    assert second.entry_id == entry_id
    assert second.lease_token != stopped.lease_token
    before = kept(db, entry_id)
    records(db, stopped)
    assert kept(db, entry_id) == before
    assert send(db, [second]) == 1
    before = kept(db, entry_id)
    assert before["external_id"] == f"ext-{entry_id}-2"
    records(db, stopped)
    assert kept(db, entry_id) == before


def records(db: Database, claimed: Claimed) -> None:
    """Record every outcome that a claimer could come with."""
    assert send(db, [claimed]) == 0
    fail(db, claimed)
    db.run(lambda uow: outcomes.record_unknown(uow.session, claimed, reason="silence", via="sms-front"))


def kept(db: Database, entry_id: int) -> dict[str, object]:
    """Return all that the tables say of an entry and its message."""
    rows = (entry(db, entry_id), message(db, entry_id))
    return {name: value for row in rows for name, value in vars(row).items() if not name.startswith("_")}


def test_a_lease_that_has_lapsed_unnoticed_still_counts(db: Database, time: Time) -> None:
    entry_id = write(db)
    taken = claim(db)
    time.pass_by(seconds=LEASE.total_seconds() + 1)
    db.run(lambda uow: outcomes.expire_leases(uow.session, now=clock.now(uow.session)))
    assert states(db) == ["unknown"]
    assert send(db, taken) == 1, "the sender was slow, not dead, and nobody has decided meanwhile"
    assert (states(db), message(db, entry_id).copies) == (["sent"], 1)
