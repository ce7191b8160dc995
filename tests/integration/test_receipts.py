"""Delivery reports as they really come: in any order, three times, too early, and for messages that are not ours."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle, permutations
from urllib.parse import urlencode
from zlib import crc32

import pytest
from sqlalchemy import select

from cases import clock, outcomes, receipts
from cases.messages import DeliveryReport, DeliveryStatus, Receipt
from cases.models import Event, Message, OutboxEntry, ParkedReport, RawRequest
from cases.outbox import Claimed
from cases.outcomes import Sent
from channels.webhook import WebhookRequest
from contactcentre import raw
from contactcentre.container import Container
from contactcentre.db import Database
from tests.factories import phone, say
from tests.integration.callbacks import faults_of_histories
from tests.integration.leaving import ACCOUNT, claim, write_many

WORDS = {"Sent": "sent", "Success": "delivered", "Failed": "failed", "Expired": "expired"}
#: what a message ends as, whatever else was said of it: the last of these that came
FINALITY = ("sent", "expired", "failed", "delivered")
#: each order of each choice of words
ORDERS = [order for length in range(1, len(WORDS) + 1) for order in permutations(WORDS, length)]
MESSAGES, COPIES, THREADS = 1000, 3, 4
Report = tuple[str, str]


def accept(container: Container, report: Report) -> raw.Accepted:
    """Take a report in as the hook does, by the gateway's own route."""
    external_id, word = report
    form = {"id": external_id, "status": word, "phoneNumber": phone(1).value, "networkCode": "99999"}
    route = container.find_route(ACCOUNT, "delivery")
    assert route is not None
    request = WebhookRequest("POST", f"/hooks/{ACCOUNT}/•/delivery", {}, {}, form, urlencode(form).encode())
    return raw.accept(container.db, account=ACCOUNT, route=route, request=request, city=container.city)


def accept_all(container: Container, reports: Sequence[Report]) -> None:
    """Take reports in at once; those of one message in their order."""
    lines: list[list[Report]] = [[] for _ in range(THREADS)]
    for report in reports:
        lines[crc32(report[0].encode()) % THREADS].append(report)
    with ThreadPoolExecutor(THREADS) as pool:
        for _ in pool.map(lambda line: [accept(container, report) for report in line], lines):
            pass


def external_id(claimed: Claimed) -> str:
    return f"ATXid_{claimed.message_id}"


def record(db: Database, claimed: Sequence[Claimed]) -> None:
    sent = [Sent(one, Receipt(external_id(one)), ACCOUNT) for one in claimed]
    db.run(lambda uow: outcomes.record_sent(uow.session, sent, at=clock.now(uow.session)))


def mixed(lots: random.Random, lines: Sequence[Sequence[Report]]) -> list[Report]:
    """Mix the reports of several messages and keep the order of each."""
    turns = [iter(line) for line in lines]
    places = [place for place, line in enumerate(lines) for _ in line]
    lots.shuffle(places)
    return [next(turns[place]) for place in places]


def claimed_all(db: Database) -> list[Claimed]:
    found: list[Claimed] = []
    while taken := claim(db, limit=250):
        found += taken
    return found


@pytest.mark.long
def test_a_thousand_messages_end_as_if_every_report_had_come_once_and_in_order(container: Container) -> None:
    db, lots = container.db, random.Random(1)
    write_many(db, MESSAGES)
    claimed = claimed_all(db)
    orders = dict(zip([external_id(one) for one in claimed], cycle(ORDERS), strict=False))
    lines = [[(key, word) for word in order * COPIES] for key, order in orders.items()]
    # A third of the messages learn their ids before the first report, a third among them, a third after the last.
    known, amid, late = claimed[::3], claimed[1::3], claimed[2::3]
    foreign = [[(f"foreign-{number}", word) for word in ("Sent", "Success")] for number in range(50)]
    record(db, known)
    reports = mixed(lots, [*lines, *foreign])
    accept_all(container, reports[: len(reports) // 2])
    with ThreadPoolExecutor(1) as pool:
        recording = pool.submit(lambda: [record(db, amid[start : start + 10]) for start in range(0, len(amid), 10)])
        accept_all(container, reports[len(reports) // 2 :])
        recording.result()
    record(db, late)

    wanted = {key: max((WORDS[word] for word in order), key=FINALITY.index) for key, order in orders.items()}
    with db.reader() as session:
        ended = dict(session.execute(select(Message.external_id, Message.status)).all())
        parked = session.scalars(select(ParkedReport)).all()
        stored = Counter(session.scalars(select(RawRequest.state)))
        left = Counter(session.scalars(select(OutboxEntry.state)))
    print("reports:", len(reports), "stored:", dict(stored), "parked:", len(parked), "ended:", Counter(ended.values()))
    assert ended == wanted
    assert left == {"sent": MESSAGES}
    assert stored == {"applied": sum(map(len, orders.values())) + 100}, "each is stored once, whatever comes of it"
    waiting = {one.external_id for one in parked if one.matched_at is None}
    assert waiting == {f"foreign-{number}" for number in range(50)}
    matched = {one.external_id for one in parked if one.matched_at is not None}
    assert {external_id(one) for one in late} <= matched
    assert not {external_id(one) for one in known} & matched


def test_no_order_of_reports_matters_without_the_raw_rows_either(db: Database) -> None:
    write_many(db, 2 * len(ORDERS))
    claimed = claimed_all(db)
    early, late = claimed[: len(ORDERS)], claimed[len(ORDERS) :]
    record(db, early)
    for pair in zip(ORDERS, early, late, strict=True):
        for word in pair[0] * 2:
            for one in pair[1:]:
                report(db, external_id(one), DeliveryStatus(WORDS[word]))
    record(db, late)
    with db.reader() as session:
        ended = session.scalars(select(Message.status).order_by(Message.id)).all()
    wanted = [max((WORDS[word] for word in order), key=FINALITY.index) for order in ORDERS]
    assert ended == wanted * 2


def report(db: Database, key: str, status: DeliveryStatus, *, reason: str | None = None, via: str = ACCOUNT) -> None:
    one = DeliveryReport(via, key, status, reason)
    db.run(lambda uow: receipts.apply(uow.session, one, at=clock.now(uow.session)))


def test_a_report_belongs_to_the_account_that_the_message_really_left_by(db: Database) -> None:
    write_many(db, 1)
    (taken,) = claim(db)
    db.run(
        lambda uow: outcomes.record_sent(
            uow.session, [Sent(taken, Receipt("same-id"), "sms-works")], at=clock.now(uow.session)
        )
    )
    report(db, "same-id", DeliveryStatus.FAILED)
    with db.reader() as session:
        assert session.scalars(select(Message.status)).one() == "sent"
    report(db, "same-id", DeliveryStatus.DELIVERED, via="sms-works")
    with db.reader() as session:
        assert session.scalars(select(Message.status)).one() == "delivered"


def test_the_end_of_a_message_enters_its_cases_history_once(container: Container) -> None:
    db = container.db
    db.run(lambda uow: say(uow.session, container.city, "The gutter is choked"))
    (taken,) = claim(db)
    accept(container, (external_id(taken), "Failed"))
    record(db, [taken])
    for word in ("Sent", "Failed", "Failed", "Expired", "Sent"):
        accept(container, (external_id(taken), word))
    with db.reader() as session:
        happened = session.scalars(select(Event).where(Event.kind.like("message%"))).all()
        said = session.scalars(select(Message).where(Message.direction == "out")).one()
    assert [(one.kind, one.message_id) for one in happened] == [("message_not_delivered", said.id)]
    assert (said.status, said.status_reason) == ("failed", "The operator could not deliver the message.")
    assert faults_of_histories(db) == []
