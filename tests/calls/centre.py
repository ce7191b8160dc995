"""A call centre that keeps time: callers dial, agents' telephones ring, workers and tickers work, as a test says."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from cases.calls.terms import Calls
from cases.clock import TestClock, set_test_clock
from cases.departments import Account, City
from cases.models import Agent, AgentProfile, CallLeg, Case, PhoneCall, QueueStay, Task
from cases.permissions import Viewer
from cases.sla.policy import Policy
from channels.dialogue.menu import OWN, OWN_SPOKEN, Menu, MenuText, Node, Option
from channels.settings import AccountSettings, Secret
from channels.webhook import WebhookRequest
from config.settings import Settings
from contactcentre.calling import kept, requests
from contactcentre.container import Container
from contactcentre.db import Database
from tests.calls.line import OURS, Line
from tests.factories import make_agent, make_city
from tests.integration.office import calendar, hours, when
from workers import calls, deliver

ACCOUNT = "line"
NOON = "2026-03-03 12:00"
_sessions = itertools.count(1)
SAID = {
    "wait.position": "place {position}",
    "wait.next": "place {position}",
    "wait.minutes": "{minutes} minutes",
    "choose": "{key}: {label}",
}
NODES = (
    Node(
        "home",
        "choice",
        save="department",
        options=(
            Option("home.say", "say"),
            Option("home.talk", "agent"),
            Option("home.waste", "agent", "waste"),
            Option("home.track", "track"),
        ),
    ),
    Node("say", "text", to="send", save="words"),
    Node(
        "send",
        "call",
        call="report",
        arguments={"words": "$words"},
        outcomes={"done": "end", "untold": "end", "refused": "home"},
    ),
    Node("agent", "agent", arguments={"department": "$department"}, outcomes={"closed": "closed"}),
    Node("closed", "choice", options=(Option("home.say", "say"), Option("call_me", "call_me"), Option("leave", "end"))),
    Node("call_me", "call", call="call_me", outcomes={"done": "end"}),
    Node("track", "reference", to="look", save="reference"),
    Node(
        "look",
        "call",
        call="track",
        arguments={"reference": "$reference"},
        outcomes=dict.fromkeys(("promised", "open", "ended"), "stands") | {"code_needed": "end", "locked": "end"},
    ),
    Node("stands", "choice", options=(Option("home.talk", "agent"), Option("leave", "end"))),
    Node("end", "show"),
    Node("rescue", "show"),
)


def menu() -> Menu:
    """Return the menu of the tests' line."""
    every = {one.key: one for one in NODES}
    bare = Menu("spoken", "home", "rescue", every, {}, "en")
    keys = {*OWN, *OWN_SPOKEN, *bare.needed(), "agent", *(one.text for node in NODES for one in node.options)}
    said = {(key, "en"): MenuText(SAID.get(key, key)) for key in keys}
    return Menu("spoken", "home", "rescue", every, said, "en", spoken=said)


def voiced(terms: Calls, *, office: bool = False) -> City:
    """Return the test city with a line; with ``office`` it is answered from 8 to 12 and 13 to 17 on working days."""
    city = make_city(calls=terms)
    line = Account(ACCOUNT, "voice", "plain", OURS, "desk", answers_by="sms-front")
    rules = tuple(replace(one) for one in city.rules)
    city = replace(city, accounts={**city.accounts, ACCOUNT: line}, rules=rules)
    if not office:
        return city
    promised = Policy("first", {"first_response": hours(4)}, "office")
    return replace(city, policies=(promised,), calendars={**city.calendars, "office": calendar()})


class Centre(Container):
    """The wiring of the tests: one line, its menu, a city of values."""

    def __init__(self, settings: Settings, db: Database, city: City, line: Line) -> None:
        super().__init__(settings)
        self.__dict__["db"] = db
        self._city, self.wire, self.at = city, line, when(NOON)
        self._menus = {"spoken": menu()}
        self.people: list[int] = []
        self._block = AccountSettings(
            id=ACCOUNT,
            channel="voice",
            gateway="plain",
            address=OURS,
            hook_secret=Secret("file:sms-front-hook"),
            read_secret=self.read_secret,
        )

    @property
    def city(self) -> City:
        return self._city

    @property
    def account_settings(self) -> dict[str, AccountSettings]:
        return {ACCOUNT: self._block}

    @property
    def menus(self) -> dict[str, Menu]:
        return self._menus

    @property
    def accounts(self) -> dict[str, Any]:
        return {ACCOUNT: self.wire}

    # time

    def later(self, seconds: float = 0) -> Centre:
        """Let so many seconds pass."""
        self.at += timedelta(seconds=seconds)
        set_test_clock(TestClock(self.at, speed=0.0))
        return self

    def set(self, instant: str) -> Centre:
        self.at = when(instant)
        return self.later()

    def ticks(self, seconds: float = 0) -> None:
        """Let time pass, and let ticker and worker look."""
        self.later(seconds)
        calls.watch(self)
        self.works()

    def works(self) -> int:
        """Let a worker carry out what is ordered."""
        return calls.carry_out(ACCOUNT)

    # people

    def agent(self, name: str, number: str, *roles: tuple[str, str], takes: bool = True, **profile: Any) -> Viewer:
        """Let somebody work here whose telephone has this number."""

        def work(uow: Any) -> Viewer:
            viewer = make_agent(uow.session, name, *roles)
            uow.session.get_one(Agent, viewer.id).phone = number
            values = {"languages": [], "skills": [], **profile}
            uow.session.add(AgentProfile(agent_id=viewer.id, takes_calls=takes, **values))
            return viewer

        return self.db.run(work)

    def calls(self, number: str | None = "+233200000001", **values: Any) -> Caller:
        """Let somebody dial; nothing is heard yet."""
        return Caller(self, number, **values)

    # what stands in the database

    def rows(self, model: Any) -> list[Any]:
        with self.db.reader() as session:
            return list(session.scalars(select(model).order_by(model.id)))

    def call(self, caller: Caller) -> PhoneCall:
        with self.db.reader() as session:
            return session.scalars(select(PhoneCall).where(PhoneCall.session == caller.session)).one()

    def stays(self) -> list[QueueStay]:
        return self.rows(QueueStay)

    def legs(self) -> list[CallLeg]:
        return self.rows(CallLeg)

    def tasks(self) -> list[Task]:
        return self.rows(Task)

    def cases(self) -> list[Case]:
        return self.rows(Case)


class Caller:
    """One telephone at the other end, by the requests that a gateway makes of it; ``page`` is what it heard last."""

    def __init__(self, centre: Centre, number: str | None, *, session: str = "", outgoing: bool = False) -> None:
        self.centre, self.number, self.outgoing = centre, number or "", outgoing
        self.session = session or f"in-{next(_sessions)}"
        self.page: dict[str, Any] = {"turn": None, "steps": []}

    def send(self, event: str, what: str, **values: Any) -> dict[str, Any]:
        """Make a request, and return the page that answers it."""
        said = {"session": self.session, "line": OURS, "caller": self.number, "outgoing": self.outgoing}
        body = json.dumps({**said, "what": what, **values}).encode()
        request = WebhookRequest("POST", f"/hooks/{ACCOUNT}/•/{event}", {}, {}, {}, body)
        said_back = requests.answer(self.centre, ACCOUNT, event, request)
        assert said_back.reply.status == 200
        page: dict[str, Any] = json.loads(said_back.reply.body)
        kept.load(page)  # a page that every gateway's words can be made of
        return page

    def ask(self, what: str, **values: Any) -> Caller:
        """Ask what to say next."""
        self.page = self.send("call", what, turn=self.page["turn"], **values)
        return self

    def begin(self) -> Caller:
        return self.ask("begun")

    def keys(self, *keys: str) -> Caller:
        for one in keys:
            self.ask("keyed", keys=one)
        return self

    def silent(self) -> Caller:
        return self.ask("silent")

    def says(self, url: str = "https://media.test/1.mp3", seconds: int = 42) -> Caller:
        return self.ask("recorded", recording=url, recorded_seconds=seconds)

    def parted(self, reached: str, talked: int | None = None) -> Caller:
        return self.ask("parted", reached=reached, talked=talked)

    def joined(self, number: str = "") -> Caller:
        self.send("status", "joined", number=number)
        return self

    def ends(self, **values: Any) -> Caller:
        self.send("status", "ended", **values)
        return self

    @property
    def steps(self) -> list[str]:
        """The names of the steps heard last."""
        return [one["step"] for one in self.page["steps"]]

    @property
    def rings(self) -> str:
        """The telephone that rings now."""
        return next((one["number"] for one in self.page["steps"] if one["step"] == "Connect"), "")

    @property
    def heard(self) -> str:
        """The words heard last."""
        return " ".join(prompt["text"] for one in self.page["steps"] for prompt in one.get("prompts", ()))


@contextmanager
def centre(
    settings: Settings, db: Database, *, terms: Calls | None = None, office: bool = False, line: Line | None = None
) -> Iterator[Centre]:
    """Open a call centre at noon, and set the clock right afterwards."""
    before = deliver._container
    made = Centre(settings, db, voiced(terms or Calls(), office=office), line or Line())
    deliver.use(made)
    try:
        yield made.later()
    finally:
        set_test_clock(None)
        deliver._container = before
