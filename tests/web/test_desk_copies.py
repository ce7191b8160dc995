"""What an agent sees of a message that may have reached the citizen twice."""

from __future__ import annotations

from collections.abc import Callable

from cases import clock, outbox, outcomes
from cases.clock import TestClock, set_test_clock
from cases.outbox import LEASE
from contactcentre.db import Database, UnitOfWork
from tests.web.conftest import Browser, Opened


def lost_and_settled(uow: UnitOfWork) -> None:
    """Let a sender die in the middle of its only message, and nobody know whether it left."""
    session, account = uow.session, "sms-front"
    begun = clock.now(session)
    outbox.claim(session, account=account, now=begun - 2 * LEASE, limit=1)
    outcomes.expire_leases(session, now=begun)
    (lost,) = outcomes.unsettled(session, account=account, now=begun)
    assert outcomes.settle(session, lost, None, at=begun) == "queued"


def test_the_desk_shows_that_a_message_is_sent_once_more(
    agent: Callable[..., Browser], say: Callable[..., Opened], db: Database
) -> None:
    opened = say("The gutter at the market is blocked")
    browser = agent()
    assert "Sent 2 times" not in browser.get(opened.address).get_data(as_text=True)
    with db.reader() as session:
        anchor = clock.now(session)
    set_test_clock(TestClock(anchor, 3 * LEASE))
    try:
        db.run(lost_and_settled)
    finally:
        set_test_clock(None)
    assert "Sent 2 times" in browser.get(opened.address).get_data(as_text=True)
