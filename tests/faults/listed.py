"""Citizens write by the gateways' doubles while the database is away; what no callback brought is on their lists."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import select

from cases.models import Address, Message, RawRequest, Thread
from contactcentre.cli.release import SIMULATED
from tests.faults.figures import Figures
from tests.faults.findings import records
from tests.faults.stage import FRONT, SECOND, Stage

#: account → its gateway; Africa's Talking numbers its list otherwise than its callbacks, Twilio does not
GATEWAYS = {FRONT: "africastalking", SECOND: "twilio"}
#: messages a second to each account
RATE = 10.0
#: of each gateway, so many at least are to be dropped
DROPPED = 10
#: seconds within which what is on the lists must be here, once nothing else waits any more
PATIENCE = 60.0
#: account, sender and text: by these a message is known on whichever way it came
Words = tuple[str, str, str]


@dataclass(frozen=True)
class Held:
    """A citizen's message that a double holds. ``answers``: our hook's, try by try; ``state``: lost is given up."""

    id: str
    words: Words
    answers: tuple[int, ...] = ()
    state: str = "new"

    @property
    def account(self) -> str:
        return self.words[0]

    @property
    def dropped(self) -> bool:
        """Tell whether it was refused as it is while nothing can be stored, and is never told again."""
        return self.state == "lost" and 503 in self.answers


@dataclass(frozen=True)
class Compared:
    """What an account's double holds beside what is here. ``listed``: of what was dropped, what only a list brought."""

    held: int
    missing: list[str]
    doubled: list[str]
    listed: int


def compare(held: Iterable[Held], here: Mapping[Words, int], called: Collection[str]) -> Compared:
    """Compare a ledger with our inbound messages; ``called`` are the ids of all callbacks that were stored."""
    every = list(held)
    brought = [one for one in every if one.dropped and one.id not in called and here.get(one.words)]
    return Compared(
        held=len(every),
        missing=[one.id for one in every if not here.get(one.words)],
        doubled=[one.id for one in every if here.get(one.words, 0) > 1],
        listed=len(brought),
    )


class Citizens:
    """Strangers who write one message each, to every gateway in turn."""

    def __init__(self, stage: Stage) -> None:
        self._stage, self._written = stage, 0
        self._file = stage.site.folder / SIMULATED
        known = json.loads(self._file.read_text())
        self._addresses = {one["id"]: str(one["address"]) for one in known if one["id"] in GATEWAYS}

    def write(self, seconds: float) -> None:
        """Write for so long."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            began = time.monotonic()
            for address in self._addresses.values():
                self._written += 1
                text = f"The drain before house {self._written} is open"
                self._stage.write(f"+23324{self._written:07d}", address, text)
            self._stage.pause(began + 1 / RATE - time.monotonic())

    def be_dropped(self) -> None:
        """Let the gateways give up, as after their last try: for a moment they know nowhere to tell of a message."""
        known = self._file.read_text()
        rows = [{**row, "hooks": {**row["hooks"]}} for row in json.loads(known)]
        for row in rows:
            row["hooks"].pop("incoming", None)
        self._put(json.dumps(rows))
        try:
            self._stage.until(self._enough, seconds=10)
        finally:
            self._put(known)

    def _enough(self) -> bool:
        dropped = Counter(one.account for one in held(self._stage) if one.dropped)
        return all(dropped[account] >= DROPPED for account in GATEWAYS)

    def _put(self, accounts: str) -> None:
        draft = self._file.with_name("accounts.draft")  # whole or not at all: it is read at any moment
        draft.write_text(accounts)
        draft.replace(self._file)


def held(stage: Stage) -> Iterator[Held]:
    """Yield what the doubles hold of citizens, by the file that they keep."""
    found: dict[str, Held] = {}
    for record in records(stage):
        if record.get("direction") == "in":
            found[record["id"]] = Held(record["id"], (record["account"], record["from"], record["text"]))
        elif (one := found.get(record.get("line", ""))) is not None:
            answers = (*one.answers, record["answer"]) if "answer" in record else one.answers
            found[one.id] = Held(one.id, one.words, answers, record.get("state", one.state))
    yield from found.values()


def compared(stage: Stage) -> dict[str, Compared]:
    """Return, for each gateway, what its double holds beside what is here."""
    message = (
        select(Message.account, Address.value, Message.text)
        .join(Thread, Thread.id == Message.thread_id)
        .join(Address, Address.id == Thread.address_id)
        .where(Message.direction == "in")
    )
    key = select(RawRequest.dedupe_key).where(RawRequest.event == "incoming")
    with stage.site.container.db.reader() as session:
        here: Counter[Words] = Counter((row[0], row[1], row[2]) for row in session.execute(message))
        called = {one.removeprefix("id:") for one in session.scalars(key)}
    every = list(held(stage))
    return {
        gateway: compare([one for one in every if one.account == account], here, called)
        for account, gateway in GATEWAYS.items()
    }


def await_lists(stage: Stage) -> None:
    """Wait until nothing is missing; the ticker itself has the lists read, for the database was away."""
    stage.until(lambda: not any(one.missing for one in compared(stage).values()), seconds=PATIENCE)


def promise(found: Figures, stage: Stage) -> None:
    """Note what each double holds, what of it only its list brought, and what is not here once."""
    for gateway, one in compared(stage).items():
        found.more[gateway] = f"holds {one.held} of which {one.listed} by its list alone"
        wrong = {"missing": one.missing[:3], "doubled": one.doubled[:3]}
        right = not one.missing and not one.doubled
        found.promise(f"everything {gateway}'s double holds is here once", right, wrong)
        found.promise(f"some of what {gateway} dropped came by its list alone", one.listed > 0, one.listed)
