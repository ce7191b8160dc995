"""Mixed traffic at a steady pace: what citizens, gateways and the desk ask, each kind at its own rate."""

from __future__ import annotations

import http.client
import itertools
import random
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from urllib.parse import quote, urlencode

from contactcentre.cli.accounts import hooks
from tests.bench import seed, ussd
from tests.bench.desk import SEARCHES
from tests.bench.engines import Site
from tests.bench.figures import Figure
from tests.bench.widened import SENDER, Wide

#: of each kind
CLIENTS = 32
#: texts a second from everybody; the one sender's are so many times that
TEXTS, TIMES = 4, 7
_run = f"{time.time_ns():x}"
_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of request and how many of it come in a second."""

    name: str
    rate: float
    ask: Callable[[], None]


@dataclass
class Asking:
    """Asks one address with kept connections; ``bad`` are the answers that were none."""

    address: str
    cookie: str
    bad: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    kept: threading.local = field(default_factory=threading.local)

    def get(self, path: str) -> None:
        """Ask for a page as the desk does."""
        self._ask("GET", path, None, {"Cookie": self.cookie})

    def post(self, path: str, form: Mapping[str, str]) -> None:
        """Post a form as gateways do."""
        self._ask("POST", path, urlencode(form), {"Content-Type": "application/x-www-form-urlencoded"})

    def _ask(self, method: str, path: str, body: str | None, headers: Mapping[str, str]) -> None:
        try:
            connection = getattr(self.kept, "connection", None)
            if connection is None:
                connection = self.kept.connection = http.client.HTTPConnection(self.address, timeout=60)
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            answer.read()
            if answer.status != 200:
                self.bad[f"{answer.status} {path.partition('?')[0]}"] += 1
        except (OSError, http.client.HTTPException) as error:
            self.kept.connection = None
            self.bad[f"{type(error).__name__} {path}"] += 1


def kinds(site: Site, wide: Wide, asking: Asking) -> tuple[Sequence[Kind], Kind]:
    """Return what goes on all the time, and what the surge adds."""
    sms = {event: "/" + url.split("/", 3)[3] for event, url in hooks(site.container, "sms-front").items()}
    talks = ussd.Asking(asking.address, "/" + hooks(site.container, ussd.ACCOUNT)["session"].split("/", 3)[3])
    talks.open(100)
    everybody = site.cases // seed.CASES_PER_CITIZEN
    usual = (
        Kind("text from anybody", TEXTS, lambda: asking.post(sms["incoming"], _text(random.randint(1, everybody)))),
        Kind("text from the sender", TEXTS / 10, lambda: asking.post(sms["incoming"], _text(SENDER))),
        Kind("turn of a dialogue", 4, talks.turn),
        Kind("delivery report", 4, lambda: asking.post(sms["delivery"], _report(site))),
        Kind("queue", 1, lambda: asking.get("/desk?view=open")),
        Kind("case of the sender", 0.5, lambda: asking.get(f"/desk/cases/{wide.written}")),
        Kind("the sender", 0.5, lambda: asking.get(f"/desk/citizens/{SENDER}")),
        Kind("search", 0.5, lambda: asking.get(f"/desk?q={quote(random.choice(SEARCHES))}")),
        Kind("board", 0.5, lambda: asking.get("/board/now")),
        Kind("simulator", 0.5, lambda: asking.get("/simulator")),
    )
    return usual, Kind("surge of one sender", TEXTS * TIMES, lambda: asking.post(sms["incoming"], _text(SENDER)))


def keep_up(kinds: Sequence[Kind], *, seconds: float) -> Sequence[Figure]:
    """Ask for so long, each kind at its pace; a request's time counts from when it was due."""
    times: dict[str, list[float]] = {one.name: [] for one in kinds}
    due = sorted(
        ((number + random.random()) / one.rate, one.name, one)
        for one in kinds
        for number in range(max(round(one.rate * seconds), 1))
    )
    began = time.perf_counter()

    def ask(kind: Kind, at: float) -> None:
        kind.ask()
        times[kind.name].append(time.perf_counter() - at)

    with ExitStack() as open_pools:
        # Each kind has clients of its own: whoever waits keeps nobody else from asking.
        pools = {one.name: open_pools.enter_context(ThreadPoolExecutor(CLIENTS)) for one in kinds}
        for after, name, kind in due:
            time.sleep(max(began + after - time.perf_counter(), 0))
            pools[name].submit(ask, kind, began + after)
    took = time.perf_counter() - began
    return [Figure(name, len(found) / took, tuple(sorted(found))) for name, found in times.items()]


def _text(citizen: int) -> dict[str, str]:
    number = next(_numbers)
    words = f"{random.choice(seed.PHRASES)}, house {number}"
    return {
        "linkId": "", "text": words, "to": "1422", "id": f"surge-{_run}-{number}", "date": "2026-03-02 10:12:00",
        "from": seed.phone(citizen), "networkCode": "62002", "cost": "GHS 0.0000",
    }  # fmt: skip


def _report(site: Site) -> dict[str, str]:
    number = random.randint(1, site.cases)
    word = random.choice(("Success", "Sent", "Buffered", "Failed"))
    return {"id": f"out-{number}", "status": word, "phoneNumber": seed.phone(1), "networkCode": "62002"}
