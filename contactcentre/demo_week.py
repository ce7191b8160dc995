"""Plays one case of the demo's week through the domain itself, on a moved clock."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from cases import (
    assignment,
    citizens,
    clock,
    dialogue_cases,
    intake,
    lifecycle,
    outbox,
    outcomes,
    receipts,
    replies,
    tasks,
)
from cases.departments import Account
from cases.forms import Asker
from cases.lifecycle import Outcome, Status
from cases.messages import Address, AddressKind, DeliveryReport, DeliveryStatus, InboundMessage, Mail, Receipt
from cases.models import Agent, Case, Filing, Message
from cases.outcomes import Sent
from cases.permissions import Viewer
from cases.tasks import TaskKind
from contactcentre.container import Container


def play(container: Container, one: Mapping[str, Any], started: datetime) -> None:
    """Let a case begin and its steps be done, each at its hour before ``started``."""
    opened_at = started - timedelta(hours=one["ago"])
    reference = _at(container, opened_at, lambda uow: _speak(container, uow.session, one, one["text"]))
    _at(container, opened_at + timedelta(seconds=3), lambda uow: _leaves(uow.session, arrives=True))
    nothing: Mapping[str, Any] = {}
    for step, following in pairwise([*one["steps"], nothing]):
        moment = opened_at + timedelta(hours=step["after"])
        _at(container, moment, lambda uow, step=step: _step(container, uow.session, one, step, reference))
        if "reply" in step:
            arrives = "fail" not in following  # what has arrived cannot be lost any more
            _at(container, moment + timedelta(seconds=4), lambda uow, a=arrives: _leaves(uow.session, arrives=a))


def _speak(container: Container, session: Session, one: Mapping[str, Any], words: str) -> str:
    account = container.city.accounts[one["account"]]
    if "email" in one:
        inbound = _written(account, one, words)
    else:
        sender = Address(AddressKind.PHONE, one["phone"])
        inbound = InboundMessage(
            account.id, account.channel, sender, account.address, words, external_id=f"demo-{secrets.token_hex(8)}"
        )
    received = intake.receive(session, inbound, city=container.city)
    case = session.get_one(Case, received.case_id)
    if "citizen" in one:
        citizens.name_citizen(session, case.citizen_id, one["citizen"])
    return case.reference


def _written(account: Account, one: Mapping[str, Any], words: str) -> InboundMessage:
    """Return what a citizen of the demo writes by mail; what follows answers our latest by its signed address."""
    mail = Mail(
        identifier=f"demo-{secrets.token_hex(8)}@example.com",
        subject=one["subject"],
        sender_name=one.get("citizen", ""),
        to=(account.address,),
        proved=tuple(one.get("proved", ())),
        genuine=True,
    )
    sender = Address(AddressKind.EMAIL, one["email"])
    return InboundMessage(account.id, account.channel, sender, account.address, words, external_id=None, mail=mail)


def _step(
    container: Container, session: Session, one: Mapping[str, Any], step: Mapping[str, Any], reference: str
) -> None:
    if "say" in step:
        _speak(container, session, {**one, "proved": _answerable(session, reference)}, step["say"])
        return
    if "fail" in step:
        _fail(session, reference, step["fail"])
        return
    if "rate" in step:
        _rate(container, session, one, reference, step["rate"])
        return
    viewer = _viewer(session, step["by"])
    if "transfer" in step:
        values = {"department": step["transfer"], "reason": step["reason"]}
        assignment.transfer(session, viewer, city=container.city, reference=reference, **values)
    if "rename" in step:
        assignment.rename(session, viewer, reference=reference, subject=step["rename"])
    if "note" in step:
        replies.note(session, viewer, reference=reference, text=step["note"])
    if "task" in step:
        _task(container, session, viewer, step, reference)
    if "hold" in step:
        third = Status.WAITING_ON_THIRD_PARTY
        calendars = container.city.calendars
        lifecycle.transition(session, viewer, reference=reference, to=third, calendars=calendars, reason=step["hold"])
    if "reply" in step:
        outcome = Outcome(step["resolve"]) if "resolve" in step else None
        wait = step.get("wait", False)
        replies.reply(
            session, viewer, city=container.city, reference=reference, text=step["reply"], wait=wait, resolve=outcome
        )


def _answerable(session: Session, reference: str) -> list[str]:
    """Return the id of our latest message in a case, which an answer by mail proves that it got."""
    query = (
        select(Message.external_id)
        .join(Filing, Filing.message_id == Message.id)
        .join(Case, Case.id == Filing.case_id)
        .where(Case.reference == reference, Message.direction == "out", Message.external_id.is_not(None))
        .order_by(Message.id.desc())
        .limit(1)
    )
    return [found for found in session.scalars(query) if found]


def _viewer(session: Session, username: str) -> Viewer:
    agent_id = session.execute(select(Agent.id).where(Agent.username == username)).scalar_one()
    return assignment.viewer_of(session, agent_id)


def _leaves(session: Session, *, arrives: bool) -> None:
    """Let what waits leave, and a gateway report that it arrived."""
    at = clock.now(session)
    for account in outbox.waiting_accounts(session, now=at):
        for claimed in outbox.claim(session, account=account, now=at, limit=100):
            external_id = f"demo-{claimed.entry_id}"
            outcomes.record_sent(session, [Sent(claimed, Receipt(external_id), account)], at=at)
            if arrives:
                receipts.apply(session, DeliveryReport(account, external_id, DeliveryStatus.DELIVERED), at=at)


def _fail(session: Session, reference: str, reason: str) -> None:
    case = session.scalars(select(Case).where(Case.reference == reference)).one()
    message = session.get_one(Message, case.last_message_id)
    receipts.advance(session, message, DeliveryStatus.FAILED, reason=reason, at=clock.now(session))


def _task(container: Container, session: Session, viewer: Viewer, step: Mapping[str, Any], reference: str) -> None:
    due = clock.now(session) + timedelta(hours=step["due"])
    whose = _viewer(session, step["for"]).id if "for" in step else None
    said: dict[str, Any] = {"title": step["task"], "kind": TaskKind.FIELD_JOB, "assignee_id": whose, "due": due}
    tasks.open(session, viewer, city=container.city, reference=reference, **said)


def _rate(container: Container, session: Session, one: Mapping[str, Any], reference: str, score: int) -> None:
    account, sender = one["account"], Address(AddressKind.PHONE, one["phone"])
    asker = Asker("ussd", account, account, sender, f"demo-{reference}", reference=reference, proved=True)
    dialogue_cases.rate(session, {"score": str(score)}, asker, container.city)


def _at(container: Container, moment: datetime, work: Any) -> Any:
    with _moved(container, moment):
        return container.db.run(work)


@contextmanager
def _moved(container: Container, moment: datetime) -> Iterator[None]:
    before = clock.set_test_clock(None)
    real = container.db.run(lambda uow: clock.now(uow.session))
    clock.set_test_clock(clock.TestClock(real, offset=moment - real))
    try:
        yield
    finally:
        clock.set_test_clock(before)
