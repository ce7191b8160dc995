"""Every page of the desk and the calls of the API, asked once about the sender with their hundred thousand messages."""

from __future__ import annotations

import http.client
import json
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from contactcentre.auth import sessions, tokens
from contactcentre.db import UnitOfWork
from tests.bench.engines import Site
from tests.bench.widened import SENDER, Wide
from tests.e2e.every_page import PAGES
from tests.factories import make_agent

#: who asks, by the role that a page is for; others look as a supervisor does
ROLES = ("supervisor", "administrator", "auditor", "executive", "field_officer", "editor")
#: what the furnished city of the pages calls things, of which only these are here
_NAMES = re.compile(r"{(\w+)}")
#: further addresses, and what some pages are asked besides
MORE = (
    *(
        "/board/now",
        "/desk/changes",
        "/desk/field/jobs",
        "/desk/calls/line",
        "/health",
        "/metrics",
        "/desk/figures.csv",
    ),
    *("/desk?q={sender}", "/desk?q={reference}", "/desk?q=house+17", "/desk?view=all&q=gutter", "/desk?view=resolved"),
    *("/desk?view=mine", "/desk?view=unassigned", "/desk?view=overdue", "/desk?view=waiting", "/desk?view=all"),
    *("/desk?department=harbour-works", "/board/reports/rows?report=waiting&measure=opened", "/simulator"),
)


@dataclass(frozen=True, slots=True)
class Asked:
    """One request: what it is called, its status, and the seconds that it took."""

    name: str
    status: int
    seconds: float


def cookies(site: Site) -> Mapping[str, str]:
    """Log everybody in; a department's agent too, who sees little."""

    def work(uow: UnitOfWork) -> dict[str, str]:
        found = {}
        for role, department in (*((one, "*") for one in ROLES), ("agent", "harbour-works")):
            agent = make_agent(uow.session, f"Surge {role} {time.time_ns()}", (role, department))
            token = sessions.create(uow.session, agent_id=agent.id or 0, browser="bench")
            found[role] = f"{sessions.COOKIE}={token}"
        return found

    return site.container.db.run(work)


def token(site: Site) -> str:
    """Return a token of a machine that may do everything that agents do."""
    return site.container.db.run(lambda uow: tokens.create(uow.session, name="surge", role="supervisor"))


def walk(site: Site, wide: Wide, address: str) -> Iterator[Asked]:
    """Ask for one after the other, and yield each once it is answered."""
    known = {"reference": wide.written, "citizen_id": str(SENDER), "message_id": str(wide.messages)}
    known |= {"sender": wide.sender, "agent_id": "1", "account": "sms-front"}
    people = cookies(site)
    for who, path in dict.fromkeys(_addresses(known)):
        yield _ask(address, path, {"Cookie": people[who]}, name=f"{path} as {who}")
    bearer = {"Authorization": f"Bearer {token(site)}", "Content-Type": "application/json"}
    for method, path, body in _calls(wide):
        keyed = bearer | {"Idempotency-Key": f"surge-{time.time_ns()}"}
        said = json.dumps(body) if body else None
        yield _ask(address, path, keyed, name=f"{method} {path}", method=method, body=said)


def _addresses(known: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    visits = [(one.who.replace("-", "_"), one.address) for of_rule in PAGES.values() for one in of_rule]
    for who, address in [*visits, *(("supervisor", one) for one in MORE)]:
        if set(_NAMES.findall(address)) <= set(known):
            path = address.format(**known).partition("#")[0]
            yield (who if who in ROLES else "supervisor"), path
            if path.startswith("/desk"):
                yield "agent", path


def _calls(wide: Wide) -> Iterator[tuple[str, str, Mapping[str, object] | None]]:
    case = f"/api/v1/cases/{wide.written}"
    yield "GET", "/api/v1/cases", None
    yield "GET", f"/api/v1/cases?q={wide.sender[1:]}", None
    yield "GET", "/api/v1/outbox", None
    yield "GET", "/api/v1/outbox?state=sent", None
    yield "GET", "/api/v1/messages?external_id=many-77", None
    yield "GET", case, None
    yield "GET", f"{case}/links", None
    yield "POST", f"{case}/notes", {"text": "The crew looks at it tomorrow."}
    yield "POST", f"{case}/replies", {"text": "Our crew comes tomorrow."}
    yield "POST", f"{case}/priority", {"priority": "high"}
    yield "POST", f"{case}/transitions", {"to": "waiting_on_citizen", "reason": "We asked for the house."}
    yield "POST", f"{case}/tasks", {"title": "Look at the drain"}
    yield "POST", f"{case}/split", {"messages": [wide.messages, wide.messages - 2], "reason": "Another matter."}
    yield "POST", f"{case}/transfer", {"department": "harbour-works", "reason": "Theirs."}


def _ask(
    address: str, path: str, headers: Mapping[str, str], *, name: str, method: str = "GET", body: str | None = None
) -> Asked:
    connection = http.client.HTTPConnection(address, timeout=60)
    began = time.perf_counter()
    connection.request(method, path, body, dict(headers))
    answer = connection.getresponse()
    said = answer.read()
    took = time.perf_counter() - began
    if answer.status >= 400:
        print(name, answer.status, said[:200])
    connection.close()
    return Asked(name, answer.status, took)
