"""The callbacks of one call in every order, each of them missing, and each doubled: at both gateways it ends right."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest
from sqlalchemy import select

from cases.calls.terms import Calls
from cases.models import CallLeg, PhoneCall, QueueStay, RawRequest, Task
from channels.voice.double import Post
from channels.webhook import WebhookRequest
from config.settings import Settings
from contactcentre.calling import requests
from contactcentre.db import Database
from tests.calls.carried import Carried, wired
from tests.calls.centre import ACCOUNT, Centre, centre
from tests.calls.test_waiting import AMA

ME = "+233200000001"
BOTH = pytest.mark.parametrize("gateway", ["africastalking", "twilio"])
#: so many of all orders; a gateway that tells of four things has but twenty-four
ORDERS = 60


@dataclass(frozen=True)
class Told:
    """A callback, and how many seconds after the call's first one it came."""

    event: str
    request: WebhookRequest
    after: float


class Noted(Carried):
    """A call whose callbacks are kept as they came."""

    def __init__(self, *of: Any) -> None:
        self.told: list[Told] = []
        self.began = of[0].at
        super().__init__(*of)

    def _request(self, post: Post) -> tuple[str, WebhookRequest]:
        event, request = super()._request(post)
        self.told.append(Told(event, request, (self.desk.at - self.began).total_seconds()))
        return event, request


@dataclass
class Played:
    """A call centre whose one agent takes one call after the other, and the callbacks of a call as they should come."""

    desk: Centre
    told: list[Told]
    played: int = 0

    def __call__(self, told: Sequence[Told]) -> PhoneCall:
        """Let callbacks come as those of another call, each when its turn is, then let every call be over."""
        self.played += 1
        name, began = f"again-{self.played}", self.desk.at
        for one, slot in zip(told, itertools.chain(self.told, itertools.repeat(self.told[-1])), strict=False):
            self.desk.later((began - self.desk.at).total_seconds() + slot.after)
            requests.answer(self.desk, ACCOUNT, one.event, _as(one.request, name))
        self.desk.ticks(60)
        self.desk.ticks(5 * 3600)
        return self._checked(name)

    def _checked(self, name: str) -> PhoneCall:
        with self.desk.db.reader() as session:
            (call,) = session.scalars(select(PhoneCall).where(PhoneCall.session == name)).all()
            stays = session.scalars(select(QueueStay).where(QueueStay.call_id == call.id)).all()
            legs = session.scalars(select(CallLeg).where(CallLeg.call_id == call.id)).all()
            refused = session.scalars(select(RawRequest.reason).where(RawRequest.state != "applied")).all()
        assert refused == []
        assert call.state == "ended" and call.ended_at is not None
        assert all(one.left_at is not None for one in stays) and all(one.ended_at is not None for one in legs)
        assert len(stays) <= 1 and len(legs) <= 1, (stays, legs)
        answered = [one for one in stays if one.left_as == "answered"]
        assert bool(answered) == (call.ended_as == "answered") == (call.answered_at is not None)
        return call


def _as(request: WebhookRequest, name: str) -> WebhookRequest:
    names = ("sessionId", "CallSid", "ParentCallSid")
    own = request.form.get("ParentCallSid") or request.form.get("CallSid") or request.form["sessionId"]
    form = {key: name if key in names and value == own else value for key, value in request.form.items()}
    return replace(request, form=form, fields=tuple(form.items()))


@pytest.fixture
def play(settings: Settings, db: Database, gateway: str) -> Iterator[Played]:
    """Somebody calls, is put through after five seconds, speaks for a minute and hangs up."""
    with centre(settings, db, terms=Calls(wrap_up_seconds=0)) as desk:
        wired(desk, gateway, "spoken")
        desk.agent("Ama", AMA)
        me = Noted(desk, gateway, ME)
        me.keys("2")
        me.later(5).does("joined")
        me.later(60).does("parted", "answered")
        if me.call.ended_at is None:
            me.later(1).does("hang_up")
        desk.ticks(5 * 3600)
        yield Played(desk, me.told)


@BOTH
def test_callbacks_that_come_twice_change_nothing(play: Played, gateway: str) -> None:
    told = play.told
    assert _came_to(play(told)) == ("answered", 60)
    twice = [one for one in told for _ in range(2)]
    for order in (twice, [*told, *told], [*told, *reversed(told)]):
        assert _came_to(play(order)) == ("answered", 60), gateway
    for n in range(len(told)):
        assert _came_to(play([*told[: n + 1], told[n], *told[n + 1 :]])) == ("answered", 60), n
    with play.desk.db.reader() as session:
        assert session.scalars(select(Task)).all() == []


@BOTH
def test_a_callback_that_never_comes_costs_no_more_than_what_it_told(play: Played, gateway: str) -> None:
    """Without the first request the key is asked for again; without any other one the call ends as it did."""
    for n in range(len(play.told)):
        came = _came_to(play([*play.told[:n], *play.told[n + 1 :]]))
        if n < 2:
            assert came == ("served", 0), (gateway, n)
        else:
            assert came[0] == "answered" and abs(came[1] - 60) <= 2, (gateway, n, came)


@BOTH
def test_in_whatever_order_callbacks_come_the_call_ends_once_and_nothing_stays_open(play: Played, gateway: str) -> None:
    orders = list(itertools.permutations(play.told))
    some = orders if len(orders) <= ORDERS else random.Random(1).sample(orders, ORDERS)
    came = {_came_to(play(order))[0] for order in some}
    assert {"answered", "served"} <= came <= {"answered", "served", "flash", "short", "abandoned"}
    with play.desk.db.reader() as session:
        assert len(session.scalars(select(Task)).all()) <= 1, gateway


def _came_to(call: PhoneCall) -> tuple[str, int]:
    return str(call.ended_as), call.talk_seconds
