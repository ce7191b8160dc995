"""Claiming from the outbox: within every bound, those of brakes, money, numbers and countries."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from cases import brakes, clock, outcomes
from cases.brakes import ALL, Caps
from cases.errors import Invalid, NotAllowed
from cases.messages import Address, AddressKind
from cases.models import OutboxEntry, OutboxTally
from cases.outbox import Claimed, MessageClass
from cases.permissions import SYSTEM
from contactcentre.db import Database
from tests.factories import make_agent
from tests.integration.leaving import Time, change, claim, entries, entry, moved, states, write, write_many
from tests.integration.recording import CLAIMERS, fail, send


@pytest.fixture
def time(db: Database) -> Iterator[Time]:
    with moved(db) as found:
        yield found


def retry(db: Database, entry_id: int) -> None:
    db.run(lambda uow: outcomes.retry(uow.session, SYSTEM, entry_id=entry_id, at=clock.now(uow.session)))


def pull(db: Database, scope: str) -> None:
    db.run(lambda uow: brakes.pull(uow.session, SYSTEM, scope=scope, reason="a test", at=clock.now(uow.session)))


def let_go(db: Database, scope: str) -> None:
    db.run(lambda uow: brakes.let_go(uow.session, SYSTEM, scope=scope))


@pytest.mark.parametrize(
    ("scope", "left"),
    [
        (ALL, []),
        ("answer", ["broadcast", "staff"]),
        ("broadcast", ["answer", "staff"]),
        ("staff", ["answer", "broadcast"]),
    ],
)
def test_a_brake_stops_all_or_one_class_until_it_is_let_go(db: Database, scope: str, left: list[str]) -> None:
    for number, message_class in enumerate(MessageClass):
        write(db, number, message_class=message_class)
    pull(db, scope)
    pull(db, scope)
    taken = [entry(db, one.entry_id).message_class for one in claim(db)]
    assert sorted(taken) == left
    let_go(db, scope)
    assert len(claim(db)) == 3 - len(left)
    with pytest.raises(Invalid):
        let_go(db, scope)


def test_a_paused_broadcast_does_not_silence_the_answers_behind_it(db: Database) -> None:
    broadcast, answer = write(db, message_class=MessageClass.BROADCAST), write(db)
    pull(db, "broadcast")
    (taken,) = claim(db)
    assert taken.entry_id == answer
    let_go(db, "broadcast")
    assert [one.entry_id for one in claim(db)] == [broadcast]
    third = write(db)
    pull(db, "broadcast")
    assert claim(db) == [], "what is under way is waited for, whatever its class"
    send(db, [taken])
    change(db, broadcast, state="sent")
    assert [one.entry_id for one in claim(db)] == [third]


def test_the_brakes_are_for_those_who_operate(db: Database) -> None:
    agent = db.run(lambda uow: make_agent(uow.session))
    at = datetime(2026, 3, 2, tzinfo=UTC)
    with pytest.raises(NotAllowed):
        db.run(lambda uow: brakes.pull(uow.session, agent, scope=ALL, reason="x", at=at))
    with pytest.raises(NotAllowed):
        db.run(lambda uow: brakes.let_go(uow.session, agent, scope=ALL))
    supervisor = db.run(lambda uow: make_agent(uow.session, "Supervisor", ("supervisor", "*")))
    db.run(lambda uow: brakes.pull(uow.session, supervisor, scope=ALL, reason="x", at=at))


def test_nothing_leaves_once_the_days_money_is_spent_and_again_after_midnight(db: Database, time: Time) -> None:
    caps = Caps(zone="Pacific/Auckland", spend=1.0)
    time.be(datetime(2026, 3, 2, 10, 58, tzinfo=UTC))  # two minutes to midnight
    for number in range(4):
        write(db, number)
    for _ in range(2):
        taken = claim(db, limit=1, caps=caps)
        send(db, taken)
        tally(db, caps, "NZD 0.5000")
    assert claim(db, caps=caps) == []
    assert used_up(db, caps) == ["account:sms-front"]
    assert len(claim(db, limit=1, caps=replace(caps, spend=1.1))) == 1
    time.pass_by(minutes=3)
    assert used_up(db, caps) == []
    assert len(claim(db, caps=caps)) == 1


@pytest.mark.parametrize(("spend", "left"), [(0.0, 0), (None, 1)])
def test_no_money_at_all_sends_nothing_and_no_cap_everything(db: Database, spend: float | None, left: int) -> None:
    write(db)
    assert len(claim(db, caps=Caps(spend=spend))) == left


def tally(db: Database, caps: Caps, cost: str) -> None:
    db.run(lambda uow: brakes.tally(uow.session, caps, account="sms-front", costs=[cost], at=clock.now(uow.session)))


def used_up(db: Database, caps: Caps) -> list[str]:
    return db.run(lambda uow: list(brakes.used_up(uow.session, caps, now=clock.now(uow.session))))


def test_a_number_gets_so_many_messages_a_day_and_the_next_is_held_until_released(db: Database, time: Time) -> None:
    caps = Caps(zone="Pacific/Auckland", per_recipient=2)
    time.be(datetime(2026, 3, 1, 12, 0, tzinfo=UTC))  # one in the morning of the second
    ids = [write(db) for _ in range(4)]
    for one in ids[:2]:
        (taken,) = claim(db, caps=caps)
        assert taken.entry_id == one
        send(db, [taken])
    time.be(datetime(2026, 3, 2, 10, 50, tzinfo=UTC))  # ten minutes to midnight
    assert claim(db, caps=caps) == []
    assert claim(db, caps=caps) == []
    assert states(db) == ["sent", "sent", "held", "held"]
    assert "one number" in str(entry(db, ids[2]).error)
    retry(db, ids[2])
    (taken,) = claim(db, caps=caps)
    fail(db, taken)
    time.pass_by(minutes=1)
    (again,) = claim(db, caps=caps)
    assert again.entry_id == ids[2], "what a person released is not held again for a failing gateway"
    send(db, [again])
    fresh = write(db)
    assert claim(db, caps=caps) == []
    time.pass_by(minutes=10)
    new_day = write(db)
    assert [one.entry_id for one in claim(db, caps=caps)] == [new_day]
    assert states(db) == ["sent", "sent", "sent", "held", "held", "sending"]
    assert entry(db, fresh).state == "held"


def test_a_message_that_the_cap_let_through_is_tried_again_whatever_was_sent_since(db: Database, time: Time) -> None:
    caps = Caps(per_recipient=1)
    write(db)
    (taken,) = claim(db, caps=caps)
    fail(db, taken)
    sent = write(db, 2)
    change(db, sent, recipient=entries(db)[0].recipient, state="sent", sent_at=entries(db)[0].created_at)
    time.pass_by(minutes=1)
    assert len(claim(db, caps=caps)) == 1


def test_foreign_numbers_are_not_written_to_whoever_releases_them(db: Database) -> None:
    caps = Caps(prefixes=("+233", "+64"))
    foreign = write(db, recipient=Address(AddressKind.PHONE, "+15550100001"))
    home = write(db, 1)
    mail = write(db, recipient=Address(AddressKind.EMAIL, "ama@example.org"))
    assert [one.entry_id for one in claim(db, caps=caps)] == [home, mail]
    assert states(db) == ["held", "sending", "sending"]
    retry(db, foreign)
    assert claim(db, caps=caps) == []
    assert entry(db, foreign).state == "held"
    retry(db, foreign)
    assert len(claim(db, caps=Caps())) == 1, "an administrator has allowed the country"


def test_the_cap_of_a_country_is_exact_with_eight_claimers_at_once(db: Database) -> None:
    caps = Caps(prefixes=("+233",), per_prefix=200)
    write_many(db, 400)
    with ThreadPoolExecutor(CLAIMERS) as pool:
        claimed = [one for each in pool.map(lambda _: drained(db, caps=caps, limit=7), range(CLAIMERS)) for one in each]
    assert len(claimed) == 200
    assert Counter(states(db)) == {"sent": 200, "held": 200}
    assert counted(db, "prefix:+233") == 200
    assert used_up(db, caps) == ["prefix:+233"]
    held = next(one.id for one in entries(db) if one.state == "held")
    retry(db, held)
    assert [one.entry_id for one in claim(db, caps=caps)] == [held], "a supervisor can release it"
    assert counted(db, "prefix:+233") == 200


def test_what_is_not_sent_counts_against_no_country(db: Database, time: Time) -> None:
    caps = Caps(prefixes=("+233",), per_prefix=5, per_recipient=1)
    for number in range(5):
        write(db, number)
    time.pass_by(days=4)
    sent = [write(db, 100 + number) for number in range(5)]
    taken = claim(db, caps=caps)
    assert [one.entry_id for one in taken] == sent
    assert counted(db, "prefix:+233") == 5
    assert used_up(db, replace(caps, per_prefix=6)) == []


def counted(db: Database, scope: str) -> int:
    with db.reader() as session:
        return sum(one.messages for one in session.query(OutboxTally).where(OutboxTally.scope == scope))


def drained(db: Database, *, caps: Caps, limit: int) -> list[Claimed]:
    """Claim and send until nothing is left, as one worker; what is held or expired leaves an empty claim behind."""
    found: list[Claimed] = []
    empty = 0
    while empty < 3:
        taken = claim(db, caps=caps, limit=limit)
        empty = 0 if taken or waits(db) else empty + 1
        send(db, taken)
        found += taken
    return found


def waits(db: Database) -> bool:
    with db.reader() as session:
        return session.query(OutboxEntry).where(OutboxEntry.state == "queued").first() is not None
