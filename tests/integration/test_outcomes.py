"""What becomes of an attempt: sent, tried again later, ended, or unknown and then settled; and what a person may do."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from cases import clock, outbox, outcomes, receipts
from cases.errors import Invalid, NotAllowed
from cases.messages import DeliveryReport, DeliveryStatus, Receipt
from cases.outbox import LEASE, Claimed, MessageClass
from cases.outcomes import FIRST_DELAY, LONGEST_DELAY, MAX_ATTEMPTS, SETTLE_AFTER, Sent, Unsettled
from cases.permissions import SYSTEM
from contactcentre.db import Database
from tests.factories import make_agent
from tests.integration.leaving import Time, change, claim, entries, entry, message, moved, states, write

ACCOUNT, STANDS_IN = "sms-front", "sms-works"


@pytest.fixture
def time(db: Database) -> Iterator[Time]:
    with moved(db) as found:
        yield found


def sent(db: Database, claimed: Claimed, *, via: str = ACCOUNT, external_id: str = "ext-1") -> int:
    one = Sent(claimed, Receipt(external_id, "GHS 0.0300"), via)
    return len(db.run(lambda uow: outcomes.record_sent(uow.session, [one], at=clock.now(uow.session))))


def failed(db: Database, claimed: Claimed, *, again: bool = True, at_least: float = 0.0) -> None:
    db.run(
        lambda uow: outcomes.record_failed(
            uow.session, claimed, reason="It is busy.", code="503", again=again, at_least=at_least,
            at=clock.now(uow.session),
        )
    )  # fmt: skip


def unknown(db: Database, claimed: Claimed, *, via: str = ACCOUNT) -> None:
    db.run(lambda uow: outcomes.record_unknown(uow.session, claimed, reason="It said nothing.", via=via))


def unsettled(db: Database) -> list[Unsettled]:
    return db.run(lambda uow: outcomes.unsettled(uow.session, account=ACCOUNT, now=clock.now(uow.session)))


def settle(db: Database, one: Unsettled, receipt: Receipt | None = None) -> str | None:
    return db.run(lambda uow: outcomes.settle(uow.session, one, receipt, at=clock.now(uow.session)))


def lapse(db: Database, time: Time) -> int:
    """Let the leases run out that nobody has given back."""
    time.pass_by(seconds=LEASE.total_seconds() + 1)
    return db.run(lambda uow: outcomes.expire_leases(uow.session, now=clock.now(uow.session)))


def retry(db: Database, entry_id: int) -> None:
    db.run(lambda uow: outcomes.retry(uow.session, SYSTEM, entry_id=entry_id, at=clock.now(uow.session)))


def lose_once(db: Database, time: Time) -> Unsettled:
    """Claim the only message, lose its outcome, and let the time to settle it come."""
    (taken,) = claim(db)
    unknown(db, taken)
    time.pass_by(seconds=SETTLE_AFTER.total_seconds() + 1)
    (one,) = unsettled(db)
    return one


def test_what_was_sent_has_its_gateways_id_and_account_and_no_secret_any_more(db: Database) -> None:
    entry_id = write(db, text="Code {code}", fill={"code": "1234"})
    (taken,) = claim(db)
    assert sent(db, taken, via=STANDS_IN) == 1
    row, said = entry(db, entry_id), message(db, entry_id)
    assert (row.state, row.external_id, row.via, row.cost) == ("sent", "ext-1", STANDS_IN, "GHS 0.0300")
    assert (row.fill, row.lease_token, row.lease_until, row.error) == (None, None, None, None)
    assert (said.status, said.account, said.external_id) == ("sent", STANDS_IN, "ext-1")
    assert said.sent_at == row.sent_at is not None
    assert "1234" not in said.text
    assert sent(db, taken) == 0, "a lease is used once"


def test_several_are_recorded_together_and_a_lost_lease_spoils_none_of_them(db: Database) -> None:
    ids = [write(db, number) for number in range(3)]
    taken = claim(db)
    change(db, ids[1], lease_token="another's")
    together = [Sent(one, Receipt(f"ext-{one.entry_id}"), ACCOUNT) for one in taken]
    held = db.run(lambda uow: outcomes.record_sent(uow.session, together, at=clock.now(uow.session)))
    assert [one.claimed.entry_id for one in held] == [ids[0], ids[2]]
    assert states(db) == ["sent", "sending", "sent"]
    assert db.run(lambda uow: outcomes.record_sent(uow.session, [], at=clock.now(uow.session))) == []


def test_pauses_double_within_a_fifth_up_to_an_hour_and_the_tenth_attempt_is_the_last(db: Database, time: Time) -> None:
    entry_id, pauses = write(db), []
    for _ in range(MAX_ATTEMPTS - 1):
        (taken,) = claim(db)
        failed(db, taken)
        row = entry(db, entry_id)
        assert (row.state, row.error, row.error_code, row.lease_token) == ("queued", "It is busy.", "503", None)
        assert row.attempted_at is not None
        pauses.append(row.not_before - row.attempted_at)
        assert claim(db) == []
        time.be(row.not_before)
    (taken,) = claim(db)
    failed(db, taken)
    assert states(db) == ["failed"]
    assert message(db, entry_id).status_reason == "It is busy."
    wanted = [min(FIRST_DELAY * 2**n, LONGEST_DELAY) for n in range(MAX_ATTEMPTS - 1)]
    print("pauses:", [f"{pause.total_seconds():.0f} s" for pause in pauses])
    tolerance = timedelta(seconds=1)
    for pause, want in zip(pauses, wanted, strict=True):
        assert 0.8 * want - tolerance <= pause <= 1.2 * want + tolerance
    assert len({round(pause / want, 3) for pause, want in zip(pauses, wanted, strict=True)}) > 1, "spread by chance"
    assert wanted[-1] == LONGEST_DELAY


def test_a_refusal_for_good_is_not_tried_again_and_keeps_no_secret(db: Database) -> None:
    entry_id = write(db, text="Code {code}", fill={"code": "1234"})
    (taken,) = claim(db)
    failed(db, taken, again=False)
    assert states(db) == ["failed"]
    assert entry(db, entry_id).fill is None


def test_a_gateway_that_names_a_pause_gets_it(db: Database) -> None:
    entry_id = write(db)
    (taken,) = claim(db)
    failed(db, taken, at_least=600.0)
    row = entry(db, entry_id)
    assert row.attempted_at is not None
    assert row.not_before - row.attempted_at >= timedelta(seconds=600)


def test_an_attempt_without_an_answer_is_unknown_and_settled_only_after_a_while(db: Database, time: Time) -> None:
    entry_id = write(db)
    (taken,) = claim(db)
    unknown(db, taken, via=STANDS_IN)
    assert states(db) == ["unknown"]
    assert message(db, entry_id).status_reason == "It said nothing."
    assert unsettled(db) == []
    assert claim(db) == []
    time.pass_by(seconds=SETTLE_AFTER.total_seconds() + 1)
    (one,) = unsettled(db)
    row = entry(db, entry_id)
    assert (one.via, one.message.account, one.since) == (STANDS_IN, STANDS_IN, row.attempted_at)
    assert one.message.client_reference == row.client_reference
    with db.reader() as session:
        assert outcomes.unsettled_accounts(session, now=clock.now(session)) == [ACCOUNT]


def test_what_the_gateways_list_has_is_sent_and_not_sent_again(db: Database, time: Time) -> None:
    entry_id = write(db, text="Code {code}", fill={"code": "1234"})
    one = lose_once(db, time)
    assert one.message.text == "Code 1234"
    assert settle(db, one, Receipt("ext-found", "GHS 0.0300")) == "sent"
    row, said = entry(db, entry_id), message(db, entry_id)
    assert (row.state, row.external_id, row.fill, row.cost) == ("sent", "ext-found", None, "GHS 0.0300")
    assert (said.status, said.external_id, said.copies) == ("sent", "ext-found", 1)
    assert settle(db, one, None) is None, "it is decided once"


@pytest.mark.parametrize(
    ("report", "state"),
    [
        (("own", ACCOUNT, 1), "sent"),
        (("+233209999999", ACCOUNT, 1), "queued"),
        (("own", STANDS_IN, 1), "queued"),
        (("own", ACCOUNT, -60), "queued"),
    ],
    ids=["a report for this number", "for another", "at another account", "from before the attempt"],
)
def test_a_report_of_an_unknown_message_to_the_same_number_proves_that_the_attempt_left(
    db: Database, time: Time, report: tuple[str, str, int], state: str
) -> None:
    entry_id = write(db)
    (claimed,) = claim(db)
    address, account, late = report
    number = claimed.message.recipient.value if address == "own" else address
    told = DeliveryReport(account, "theirs-7", DeliveryStatus.DELIVERED, address=number)
    db.run(lambda uow: receipts.apply(uow.session, told, at=clock.now(uow.session) + timedelta(seconds=late)))
    unknown(db, claimed)
    time.pass_by(seconds=SETTLE_AFTER.total_seconds() + 1)
    (one,) = unsettled(db)
    assert settle(db, one) == state
    found = message(db, entry(db, entry_id).message_id)
    assert (found.status, found.external_id) == (("delivered", "theirs-7") if state == "sent" else ("queued", None))


@pytest.mark.parametrize("message_class", [MessageClass.ANSWER, MessageClass.STAFF])
def test_an_answer_is_sent_once_more_and_shown_as_two_and_then_a_person_decides(
    db: Database, time: Time, message_class: MessageClass
) -> None:
    entry_id = write(db, message_class=message_class)
    assert settle(db, lose_once(db, time)) == "queued"
    said = message(db, entry_id)
    assert (said.status, said.copies) == ("queued", 2)
    assert "once more" in str(said.status_reason)
    one = lose_once(db, time)
    assert settle(db, one) == "held"
    assert settle(db, one) is None
    assert states(db) == ["held"]
    assert "more than once" in str(message(db, entry_id).status_reason)
    assert message(db, entry_id).copies == 2
    assert claim(db) == []


def test_the_second_attempt_of_an_answer_that_arrives_is_sent(db: Database, time: Time) -> None:
    entry_id = write(db)
    settle(db, lose_once(db, time))
    (taken,) = claim(db)
    assert taken.message.client_reference == entry(db, entry_id).client_reference
    assert sent(db, taken) == 1
    assert (states(db), message(db, entry_id).copies) == (["sent"], 2)


def test_a_broadcast_is_never_sent_again_by_itself(db: Database, time: Time) -> None:
    entry_id = write(db, message_class=MessageClass.BROADCAST)
    assert settle(db, lose_once(db, time)) == "held"
    assert message(db, entry_id).copies == 1
    retry(db, entry_id)
    assert (states(db), message(db, entry_id).copies) == (["queued"], 2)


def test_a_sender_that_died_leaves_an_unknown_attempt_with_the_account_it_was_given_to(
    db: Database, time: Time
) -> None:
    entry_id = write(db)
    taken = claim(db)
    db.run(lambda uow: outbox.give_to(uow.session, taken, via=STANDS_IN))
    assert lapse(db, time) == 1
    assert lapse(db, time) == 0
    (one,) = unsettled(db)
    assert (one.entry_id, one.via) == (entry_id, STANDS_IN)
    settle(db, one)
    (again,) = claim(db)
    lapse(db, time)
    (one,) = unsettled(db)
    assert (again.entry_id, one.via) == (entry_id, ACCOUNT), "each attempt is looked for where it went"


def test_one_attempt_is_counted_as_unknown_once_however_late_its_sender_says_so(db: Database, time: Time) -> None:
    entry_id = write(db)
    (taken,) = claim(db)
    lapse(db, time)
    unknown(db, taken)
    assert entry(db, entry_id).unknowns == 1
    (one,) = unsettled(db)
    assert settle(db, one) == "queued"


def test_a_late_failure_of_a_lapsed_attempt_makes_no_second_copy(db: Database, time: Time) -> None:
    entry_id = write(db)
    (taken,) = claim(db)
    lapse(db, time)
    failed(db, taken)
    assert (states(db), entry(db, entry_id).unknowns, message(db, entry_id).copies) == (["queued"], 0, 1)


@pytest.mark.parametrize("state", ["failed", "expired", "held"])
def test_a_dead_letter_is_tried_again_with_all_its_attempts(db: Database, time: Time, state: str) -> None:
    entry_id = write(db)
    change(db, entry_id, state=state, attempts=MAX_ATTEMPTS, error="It is busy.")
    time.pass_by(days=30)
    retry(db, entry_id)
    assert (entry(db, entry_id).state, message(db, entry_id).copies) == ("queued", 1)
    (taken,) = claim(db)
    failed(db, taken)
    assert entry(db, entry_id).state == "queued"


@pytest.mark.parametrize("state", ["queued", "sending", "sent"])
def test_what_is_on_its_way_or_has_left_cannot_be_tried_again(db: Database, state: str) -> None:
    entry_id = write(db)
    change(db, entry_id, state=state)
    with pytest.raises(Invalid):
        retry(db, entry_id)
    with pytest.raises(Invalid):
        retry(db, entry_id + 1)


def test_what_a_person_releases_is_not_doubled_by_itself_again(db: Database, time: Time) -> None:
    entry_id = write(db)
    settle(db, lose_once(db, time))
    settle(db, lose_once(db, time))
    retry(db, entry_id)
    assert (states(db), message(db, entry_id).copies) == (["queued"], 3)
    assert settle(db, lose_once(db, time)) == "held"
    assert message(db, entry_id).copies == 3


def test_a_message_that_certainly_failed_after_an_unknown_attempt_is_still_two_copies_at_most(
    db: Database, time: Time
) -> None:
    entry_id = write(db)
    settle(db, lose_once(db, time))
    (taken,) = claim(db)
    failed(db, taken, again=False)
    retry(db, entry_id)
    assert message(db, entry_id).copies == 2


def test_a_message_whose_code_is_gone_cannot_be_tried_again(db: Database) -> None:
    entry_id = write(db, text="Your code is {code}", fill={"code": "1234"}, text_key="acknowledgement")
    (taken,) = claim(db)
    failed(db, taken, again=False)
    with pytest.raises(Invalid, match="code"):
        retry(db, entry_id)
    assert states(db) == ["failed"]


def test_a_held_message_keeps_its_code_until_it_is_released(db: Database, time: Time) -> None:
    entry_id = write(db, text="Your code is {code}", fill={"code": "1234"}, text_key="acknowledgement")
    settle(db, lose_once(db, time))
    settle(db, lose_once(db, time))
    retry(db, entry_id)
    (taken,) = claim(db)
    assert taken.message.text == "Your code is 1234"


def test_an_agents_own_braces_are_no_code(db: Database) -> None:
    entry_id = write(db, text="Write {code} as it stands")
    (taken,) = claim(db)
    failed(db, taken, again=False)
    retry(db, entry_id)
    assert states(db) == ["queued"]


def test_trying_again_is_for_those_who_operate(db: Database) -> None:
    entry_id = write(db)
    change(db, entry_id, state="failed")
    agent = db.run(lambda uow: make_agent(uow.session))
    with pytest.raises(NotAllowed):
        db.run(lambda uow: outcomes.retry(uow.session, agent, entry_id=entry_id, at=clock.now(uow.session)))


def test_an_unknown_attempt_that_nobody_can_read_is_held_and_stops_no_other(db: Database, time: Time) -> None:
    spoilt, fine = write(db, 1), write(db, 2)
    for taken in claim(db):
        unknown(db, taken)
    change(db, spoilt, recipient_kind="carrier pigeon")
    time.pass_by(seconds=SETTLE_AFTER.total_seconds() + 1)
    assert [one.entry_id for one in unsettled(db)] == [fine]
    assert [one.state for one in entries(db)] == ["held", "unknown"]
