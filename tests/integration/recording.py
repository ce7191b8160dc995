"""What gateways made of claimed messages, recorded as a worker does."""

from __future__ import annotations

from cases import clock, outcomes
from cases.messages import Receipt
from cases.outbox import Claimed
from cases.outcomes import Sent
from contactcentre.db import Database

#: how many claim at once
CLAIMERS = 8


def send(db: Database, claimed: list[Claimed], *, cost: str | None = None) -> int:
    """Record that the gateway took what was claimed; returns how much of it counted."""
    sent = [Sent(one, Receipt(f"ext-{one.entry_id}-{one.attempts}", cost), "sms-front") for one in claimed]
    return len(db.run(lambda uow: outcomes.record_sent(uow.session, sent, at=clock.now(uow.session))))


def fail(db: Database, claimed: Claimed) -> None:
    db.run(
        lambda uow: outcomes.record_failed(
            uow.session, claimed, reason="busy", code="503", again=True, at=clock.now(uow.session)
        )
    )
