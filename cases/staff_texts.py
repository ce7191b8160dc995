"""Text messages to the people who work here: only to who chose them, and without a citizen's word."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

import structlog
from sqlalchemy.orm import Session

from cases import arrivals, outbox, references
from cases.base import table
from cases.departments import Account, City
from cases.messages import Address, AddressKind
from cases.models import Address as AddressRow
from cases.models import Agent, Case, Thread
from cases.outbox import Draft, MessageClass
from cases.texts import TextMissing
from cases.writes import Writes

log = structlog.get_logger(__name__)

SMS = "sms"


class Sent(NamedTuple):
    """A text message that waits in the outbox, and the account that it leaves by."""

    message_id: int
    account: str


def send(
    session: Session,
    case: Case,
    agent: Agent,
    *,
    key: str,
    values: Callable[[], Mapping[str, str]],
    city: City,
    at: datetime,
) -> Sent | None:
    """Queue a text of the catalogue about a case; None where the agent is told by the bell alone.

    ``values`` gives what is filled in, and is only asked where a text leaves.
    """
    account = _account(city, case.department) if agent.notify_by == SMS and agent.phone else None
    if account is None:
        return None
    assert agent.phone is not None
    try:
        text = _text(city, key, values())
    except TextMissing as error:  # a configuration from before these texts; the bell rings all the same
        log.error("notices.no_text", error=str(error))
        return None
    return _queued(session, agent.phone, account, key, text, fill=None, at=at)


def send_secret(
    session: Session,
    phone: str,
    *,
    key: str,
    values: Mapping[str, str],
    fill: Mapping[str, str],
    city: City,
    at: datetime,
) -> Sent | None:
    """Queue a text that is about no case; None where there is no account or text for it, or that phone wants none.

    What ``fill`` holds is stored in the outbox alone, until the message has left.
    """
    account = _account(city, None)
    if account is None:
        return None
    try:
        text = _text(city, key, {**values, **{name: f"{{{name}}}" for name in fill}})
    except TextMissing as error:
        log.error("staff.no_text", error=str(error))
        return None
    return _queued(session, phone, account, key, text, fill=fill, at=at)


def reference(case: Case) -> str:
    """Return the reference as it is written everywhere."""
    return references.written(case.reference)


def _text(city: City, key: str, values: Mapping[str, str]) -> str:
    return city.texts.render(key, language=city.organisation.default_language, channel=SMS, **values)


def _queued(
    session: Session,
    phone: str,
    account: Account,
    key: str,
    text: str,
    *,
    fill: Mapping[str, str] | None,
    at: datetime,
) -> Sent | None:
    recipient = Address(AddressKind.PHONE, phone)
    thread_id = thread_with(session, recipient, at=at)
    if thread_id is None:
        return None
    draft = Draft(
        thread_id=thread_id,
        recipient=recipient,
        account=account.id,
        channel=account.channel,
        text=text,
        automatic=True,
        text_key=key,
        message_class=MessageClass.STAFF,
        fill=fill,
    )
    return Sent(outbox.enqueue(session, draft, at=at), account.id)


def _account(city: City, department: str | None) -> Account | None:
    """Return what a text message to staff leaves by: the department's own account where it has one."""
    able: Iterable[Account] = (one for one in city.accounts.values() if one.channel == SMS)
    return min(able, key=lambda one: one.department != department, default=None)


def thread_with(session: Session, phone: Address, *, at: datetime) -> int | None:
    """Return the thread with the phone of somebody who works here; None where that phone wants no automatic texts."""
    arrival = arrivals.arrive(session, phone)
    speaker = arrival.speaker
    if speaker.is_new:  # an address of ours: no citizen stands behind it
        writes = Writes()
        row = {"id": speaker.address_id, "kind": phone.kind.value, "value": phone.value, "created_at": at}
        writes.add(table(AddressRow), row)
        writes.add(table(Thread), {"id": speaker.thread_id, "address_id": speaker.address_id, "created_at": at})
        writes.flush(session)
    return None if speaker.opted_out else speaker.thread_id
