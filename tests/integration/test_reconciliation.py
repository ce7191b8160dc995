"""A gateway's list and its callbacks tell of the same messages: each is here once, whichever way it came first."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import func, select

from cases import intake
from cases.messages import FETCHED, InboundMessage
from cases.models import Message
from channels.errors import GatewayDown
from contactcentre import reconciliation
from tests import factories

if TYPE_CHECKING:
    from contactcentre.container import Container
    from contactcentre.db import Database

SENT = datetime(2026, 3, 2, 10, 12, tzinfo=UTC)


def called_back(text: str, number: int = 1, at: datetime = SENT) -> InboundMessage:
    return InboundMessage("sms-front", "sms", factories.phone(1), "1422", text, f"callback-{number}", at)


def listed(text: str, number: int = 1, at: datetime = SENT) -> InboundMessage:
    return InboundMessage("sms-front", "sms", factories.phone(1), "1422", text, f"{FETCHED}{number}", at)


class Listing:
    """A channel that holds a list, as a gateway's adapter gives it."""

    def __init__(self, *messages: InboundMessage, error: Exception | None = None) -> None:
        self.messages, self.error = messages, error

    def inbox(self, since: datetime) -> Iterator[InboundMessage]:
        yield from (one for one in self.messages if one.sent_at is None or one.sent_at >= since)
        if self.error is not None:
            raise self.error


def compare(container: Container, monkeypatch: pytest.MonkeyPatch, *messages: InboundMessage, **more: Any) -> Any:
    monkeypatch.setattr(type(container), "accounts", {"sms-front": Listing(*messages, **more)})
    return reconciliation.reconcile(container, "sms-front", since=SENT - timedelta(hours=1))


def take_in(container: Container, *messages: InboundMessage) -> list[bool]:
    return [
        container.db.run(lambda uow, one=one: intake.receive(uow.session, one, city=container.city)).duplicate
        for one in messages
    ]


def texts(db: Database) -> list[str]:
    with db.reader() as session:
        query = select(Message.text).where(Message.direction == "in").order_by(Message.id)
        return list(session.scalars(query))


def test_what_the_callbacks_did_not_bring_is_taken_in_once(
    container: Container, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    take_in(container, called_back("no light"))
    messages = [listed("no light", 1), listed("and no water", 2, SENT + timedelta(minutes=3))]
    first, again = (compare(container, monkeypatch, *messages) for _ in range(2))
    assert (first.listed, first.found, first.failed) == (2, 1, 0)
    assert (again.listed, again.found) == (2, 0)
    assert texts(db) == ["no light", "and no water"]


def test_a_callback_that_comes_after_the_list_is_no_second_message(
    container: Container, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert compare(container, monkeypatch, listed("no light")).found == 1
    assert take_in(container, called_back("no light"), called_back("no light")) == [True, True]
    assert compare(container, monkeypatch, listed("no light")).found == 0
    assert texts(db) == ["no light"]


def test_the_same_words_twice_are_two_messages_on_both_ways(
    container: Container, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    take_in(container, called_back("please", 1))
    both = [listed("please", 1), listed("please", 2, SENT + timedelta(seconds=5))]
    assert compare(container, monkeypatch, *both).found == 1
    assert take_in(container, called_back("please", 2, SENT + timedelta(seconds=5))) == [True]
    assert compare(container, monkeypatch, *both).found == 0
    assert texts(db) == ["please", "please"]


def test_a_second_that_is_taken_for_the_first_is_met_on_the_next_list(
    container: Container, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert compare(container, monkeypatch, listed("please", 1)).found == 1
    later = SENT + timedelta(seconds=5)
    assert take_in(container, called_back("please", 2, later)) == [True]
    both = [listed("please", 1), listed("please", 2, later)]
    assert [compare(container, monkeypatch, *both).found for _ in range(2)] == [1, 0]
    assert texts(db) == ["please", "please"]


def test_the_same_words_at_another_time_are_another_message(
    container: Container, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    take_in(container, called_back("please"))
    assert compare(container, monkeypatch, listed("please", 2, SENT + timedelta(minutes=9))).found == 1
    assert len(texts(db)) == 2


def test_one_that_cannot_be_applied_keeps_no_other_waiting_and_is_met_again(
    container: Container, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = intake.receive

    def failing(session: Any, message: InboundMessage, **more: Any) -> Any:
        if message.text == "bad":
            raise RuntimeError
        return real(session, message, **more)

    monkeypatch.setattr(intake, "receive", failing)
    messages = [listed("bad", 1), listed("good", 2)]
    compared = compare(container, monkeypatch, *messages)
    assert (compared.found, compared.failed) == (1, 1)
    monkeypatch.setattr(intake, "receive", real)
    assert compare(container, monkeypatch, *messages).found == 1
    assert sorted(texts(db)) == ["bad", "good"]


def test_a_gateway_that_does_not_answer_is_named(container: Container, monkeypatch: pytest.MonkeyPatch) -> None:
    compared = compare(container, monkeypatch, listed("no light"), error=GatewayDown("away"))
    assert compared.fault == GatewayDown.agent_text
    assert compared.found == 1, "what was read before it fell silent is kept"


def test_a_comparison_is_due_once_an_hour_and_after_an_outage(container: Container, db: Database) -> None:
    def due(minutes: int) -> bool:
        at = SENT + timedelta(minutes=minutes)
        return db.run(lambda uow: reconciliation.due(uow.session, "sms-front", at=at))

    assert [due(0), due(1), due(59), due(60), due(61)] == [True, False, False, True, False]
    db.run(lambda uow: reconciliation.ask_again(uow.session))
    assert due(62)


def test_every_message_opens_one_case_whichever_way_it_came(container: Container, db: Database) -> None:
    from cases.models import Case

    take_in(container, called_back("no light"), listed("no light"))
    with db.reader() as session:
        assert session.scalar(select(func.count()).select_from(Case)) == 1
