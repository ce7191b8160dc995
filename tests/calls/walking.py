"""Random walks through the call centre: whatever is keyed, told, lost, doubled or late, every answer is a page that can
be spoken at every gateway, no call is left over, and the queue counts right.
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import func, select

from cases.calls import measures
from cases.calls.states import ENDS, CallState
from cases.models import AgentProfile, CallLeg, PhoneCall, QueueStay, RawRequest
from channels.voice.values import LEAST_SECONDS
from config import loader
from config.settings import Settings
from contactcentre.db import Database
from tests.calls.both_gateways import BothWays
from tests.calls.centre import Caller, Centre, centre
from tests.integration.dialling import SHIPPED

AGENTS = {f"Agent {n}": f"+23324000000{n}" for n in range(1, 5)}
#: callers at once
AT_ONCE = 12
REACHED = ("answered", "busy", "no_answer", "refused", "failed", "cancelled")
#: what is keyed in, by the menu: the tests' own, and the shipped one, in which six leads to a person
KEYS = {
    "spoken": ("1", "2", "3", "4", "9", "0", "12345678#", "*"),
    "main": ("6", "6", "6", "1", "1", "1", "2", "3", "4", "5", "7", "8", "9", "0", "12345678#", "*"),
}
ENDED = {"answered": {"answered"}, "abandoned": {"abandoned"}, "short": {"abandoned"}, "missed": {"closed"}}
BASE = "https://contact.northport.example"


@dataclass
class Tally:
    """What was walked. ``did`` counts, by the last step of the page, what a caller did there."""

    walks: int = 0
    calls: int = 0
    pages: int = 0
    documents: int = 0
    did: Counter[tuple[str, str]] = field(default_factory=Counter)


class Walker:
    """One call at random: what the page asks for more often than not, else anything."""

    def __init__(self, desk: Centre, dice: random.Random, number: int, did: Counter[tuple[str, str]]) -> None:
        self.dice, self.steps, self.did = dice, 0, did
        self.keys = KEYS[desk.wire.menu]
        known = dice.random() < 0.9
        self.caller = desk.calls(f"+23320{number:07d}" if known else None)
        self.before: list[dict[str, Any]] = []
        self.over = False
        self._asks("begun")

    def step(self) -> None:
        """Do one thing; a walk of twenty ends by a hang-up that may be told or not."""
        self.steps += 1
        draw = self.dice.random()
        if draw < 0.07 or self.steps > 20:
            self._hangs_up()
        elif draw < 0.12:
            self._tells()
        elif draw < 0.17 and self.before:
            self._repeats()
        else:
            self._goes_on()

    def _goes_on(self) -> None:
        """Do what the last page leads to."""
        names = self.caller.steps
        if "Connect" in names:
            self._rings()
        elif "Record" in names and self.dice.random() < 0.8:
            self._asks("recorded", recording=f"https://media.test/{self.dice.random()}.mp3", recorded_seconds=9)
        elif names and names[-1] in ("HangUp", "Reject"):
            self._hangs_up()
        elif self.dice.random() < 0.3:
            self._asks("silent")
        else:
            self._asks("keyed", keys=self.dice.choice(self.keys))

    def _rings(self) -> None:
        draw = self.dice.random()
        if draw < 0.5:
            self.caller.joined(self.caller.rings if draw < 0.4 else "")
        reached = self.dice.choice(REACHED) if draw >= 0.5 else "answered"
        if draw < 0.9:
            self._asks("parted", reached=reached, talked=self.dice.choice((None, 0, 30)))

    def _asks(self, what: str, **values: Any) -> None:
        self._note(values.get("reached", what))
        self.before.append({"turn": self.caller.page["turn"], "what": what, **values})
        page = self.caller.ask(what, **values).page
        check_page(page)
        self.over = (
            self.over or bool(page["steps"]) and page["steps"][-1]["step"] == "HangUp" and len(page["steps"]) == 1
        )

    def _repeats(self) -> None:
        """Let an old request come again; its answer is lost on the way."""
        old = dict(self.dice.choice(self.before))
        self.caller.send("call", old.pop("what"), **old)

    def _tells(self) -> None:
        what = self.dice.choice(("joined", "other", "taken", "kept", "parted"))
        extra = {"kept": {"recording": f"https://media.test/{self.dice.random()}.wav"}, "parted": {"reached": "busy"}}
        self.caller.send(self.dice.choice(("status", "recording", "dequeue")), what, **extra.get(what, {}))

    def _hangs_up(self) -> None:
        self._note("hangs up")
        self.over = True
        if self.dice.random() < 0.8:  # the others are lost on the way
            for _ in range(self.dice.choice((1, 1, 2))):
                self.caller.ends(seconds=self.steps * 5, talked=self.dice.choice((None, None, 0, 12)))

    def _note(self, what: str) -> None:
        self.did[(self.caller.steps or ["nothing"])[-1], what] += 1


def check_page(page: dict[str, Any]) -> None:
    """Check what every page has: words to say, time to answer, and an end or somebody to be heard."""
    assert page["turn"] >= 1
    for one in page["steps"]:
        if one["step"] in ("Ask", "Record", "Speak"):
            assert one["prompts"], page
            assert all(prompt["text"].strip() for prompt in one["prompts"]), page
        if one["step"] == "Ask":
            assert one["seconds"] >= LEAST_SECONDS
        if one["step"] == "Connect":
            assert one["number"].startswith("+")
            assert one["shows"]
    last = page["steps"][-1]["step"] if page["steps"] else "HangUp"
    assert last in ("Ask", "Record", "Wait", "Connect", "HangUp"), page


def walk(desk: Centre, seed: int, count: int, did: Counter[tuple[str, str]]) -> None:
    """Let so many calls come and go, some at once, while agents come, go and do not pick up."""
    dice = random.Random(seed)
    going: list[Walker] = []
    begun = 0
    while begun < count or going:
        if begun < count and len(going) < AT_ONCE:
            begun += 1
            going.append(Walker(desk, dice, dice.randrange(1, 400), did))
        one = dice.choice(going)
        one.step()
        going = [walker for walker in going if not walker.over]
        desk.later(dice.choice((0, 1, 3, 9)))
        if dice.random() < 0.03:
            desk.ticks(dice.choice((5, 30, 70)))
            _agents_ring(desk, dice)
        if dice.random() < 0.01:
            _switch(desk, dice)
        if dice.random() < 0.01:
            check_counts(desk)
    desk.ticks(400)
    desk.ticks(5 * 3600)
    desk.db.run(lambda uow: uow.session.execute(QueueStay.__table__.update().values(returned_at=desk.at)))
    desk.ticks(5 * 3600)
    check_ends(desk)


def _agents_ring(desk: Centre, dice: random.Random) -> None:
    """Let the agents whose telephones ring for call backs pick up, or not."""
    for number, tag in desk.wire.placed:
        agent: Caller = desk.calls(number, session=f"out-{tag}", outgoing=True)
        draw = dice.random()
        if draw < 0.7:
            check_page(agent.begin().page)
            agent.parted(dice.choice(("answered", "no_answer", "busy")), talked=dice.choice((None, 20)))
        if draw > 0.4:
            agent.ends(ended_as=dice.choice(("", "no_answer", "failed")))
    desk.wire.placed.clear()


def _switch(desk: Centre, dice: random.Random) -> None:
    who = dice.randrange(1, len(AGENTS) + 1)
    takes = dice.random() < 0.6
    statement = (
        AgentProfile.__table__.update().where(AgentProfile.agent_id == desk.people[who - 1]).values(takes_calls=takes)
    )
    desk.db.run(lambda uow: uow.session.execute(statement))


def check_counts(desk: Centre) -> None:
    """Check that who waits by their call waits by their stay, each once."""
    with desk.db.reader() as session:
        waiting = session.scalars(select(PhoneCall.id).where(PhoneCall.state == CallState.WAITING)).all()
        open_stays = session.scalars(select(QueueStay.call_id).where(QueueStay.left_at.is_(None))).all()
        ringing = session.scalars(
            select(PhoneCall.id).where(PhoneCall.state == CallState.RINGING, PhoneCall.direction == "in")
        ).all()
    assert len(set(open_stays)) == len(open_stays)
    assert set(open_stays) == {*waiting, *ringing}


def check_ends(desk: Centre) -> None:
    """Check that nothing is left open, and that the sums of waits are what the calls say of themselves."""
    with desk.db.reader() as session:
        calls = session.scalars(select(PhoneCall)).all()
        stays = session.scalars(select(QueueStay).order_by(QueueStay.id)).all()
        open_legs = session.scalar(select(func.count()).where(CallLeg.ended_at.is_(None)))
        failed = session.scalars(select(RawRequest.reason).where(RawRequest.state != "applied").limit(3)).all()
        told = measures.of(session, since=min(one.started_at for one in calls), until=desk.at, terms=desk.city.calls)
    assert failed == [], failed  # a request that failed in us was answered by our trouble
    assert {one.state for one in calls} == {"ended"}
    assert {one.ended_as for one in calls} <= set(ENDS)
    assert open_legs == 0
    assert [one for one in stays if one.left_at is None] == []
    by_call: dict[int, list[str]] = {}
    for one in stays:
        by_call.setdefault(one.call_id, []).append(str(one.left_as))
    for call in calls:
        ways = by_call.get(call.id, [])
        if call.ended_as in ENDED and call.direction == "in":
            assert ways, call.id
            assert ways[-1] in ENDED[call.ended_as], (call.id, call.ended_as, ways)
        if call.ended_as in ("flash", "lost") and call.direction == "in":
            assert ways == [], (call.id, call.ended_as, ways)
    sums = Counter(str(one.left_as) for one in stays)
    assert told.offered == len(stays) == told.answered + told.abandoned + told.flow_out
    assert (told.answered, told.abandoned, told.waiting) == (sums["answered"], sums["abandoned"], 0)


def walked(settings: Settings, db: Database, seed: int, count: int, *, menu: str) -> Tally:
    """Walk in an empty database, and return what was walked; every page was rendered and found right."""
    line = BothWays(menu=menu)
    tally = Tally(count)
    with centre(replace(settings, base_url=BASE), db, line=line) as desk:
        if menu not in desk.menus:
            desk._menus[menu] = loader.draft_with_menus(loader.read(SHIPPED)).menus[menu]
        for name, number in AGENTS.items():
            desk.people.append(desk.agent(name, number).id or 0)
        walk(desk, seed, count, tally.did)
        tally.calls = len(desk.rows(PhoneCall))
    assert line.wrong == [], f"{len(line.wrong)} faults: {line.wrong[:3]}"
    tally.pages, tally.documents = line.pages, line.documents
    return tally
