"""Every route × role × place × method, generated from what the application serves, against a table written by hand."""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html import unescape
from itertools import product
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from cases.permissions import Action
from contactcentre.auth import tokens
from contactcentre.db import Database
from tests.house.test_routes import permission
from tests.web import matrix_world
from tests.web.api_caller import CALLS, NEW_CASE
from tests.web.conftest import Browser
from tests.web.matrix_table import EVERYBODY, Asker, Place
from tests.web.matrix_world import CANARIES, OTHER, OWN, World, rows

if TYPE_CHECKING:
    from flask import Flask

    from contactcentre.container import Container

Agents = Callable[..., Browser]
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
#: arguments that name a case or something on one; the rest name nothing of a citizen's
OF_A_CASE = {"reference", "attachment_id", "task_id", "task"}
#: what stands for the other arguments
ELSE = {
    **dict.fromkeys(("agent_id", "absence_id", "number", "import_id", "article_id", "run_id", "link_id", "link"), 1),
    **dict.fromkeys(("rearrangement_id", "rearrangement", "message_id", "address_id", "event_id"), 1),
    "page": 1,
    **dict.fromkeys(("letter_id", "batch_id"), 1),
    **dict.fromkeys(("call_id", "recording_id", "flag_id", "layout_id"), 1),
    **dict.fromkeys(("sample_id", "review_id", "bulletin_id"), 1),
    "account": "sms-front",
    "secret": "wrong",
    "event": "incoming",
    "hash": "0",
    "name": "none",
    "path": "",
    "call": "cases",
    "key": "none",
    "kind": "note",
    "token": "none",
}
#: what each call of the API could take; a test of the API's holds that none is missing
BODIES = {
    (method, "/api/v1" + path.partition("?")[0].replace("{", "<").replace("}", ">")): body
    for method, path, body in CALLS
}
#: cases are opened in the own department
BODIES["POST", "/api/v1/cases"] = {**NEW_CASE, "account": "sms-works"}
#: fields without which a form, or a call, is turned away before its case is looked up
FIELDS = {
    "/desk/cases/<reference>/seen": {"message": "1"},
    "/desk/cases/<reference>/refile": {"message": "1", "to": "0000-0000"},
    "/desk/cases/<reference>/drafts/<kind>": {"text": "words", "seq": "1"},
    "/api/v1/messages": {"external_id": "none"},
}
#: who is asked for a reason there may send it; nobody else has anything to do there
GLASS = "/desk/cases/<reference>/glass"
#: calls that name another case, or are for complaints about staff alone: not found by those who may, too
OF_OTHERS = ("/links", "/merge", "/merges", "/refile", "/split", "/about")
#: answers 503 where an engine or a process is away, as in a test
ILL = "/health"
#: asked of every page that is read, so that no search, filter, completion or export tells more than the list
QUESTIONS = ("", "?view=all&q={word}", "?view=all&department={other}", "?q={word}&term={word}&search={word}")


MOST_PAGES = 600


@dataclass(frozen=True)
class Call:
    """One route with one method, and what it asks of its caller."""

    rule: Rule
    method: str
    asks: Any

    @property
    def may_miss(self) -> bool:
        """Tell whether the address names something that is not there, so that it is not found by those who may."""
        return bool(self.rule.arguments - OF_A_CASE) or self.rule.rule.endswith(OF_OTHERS)

    @property
    def of_a_case(self) -> bool:
        return bool(OF_A_CASE & self.rule.arguments)

    def open_to(self, asker: Asker, place: Place) -> bool:
        """Tell whether the table lets this role call it, for a case that stands there."""
        if not isinstance(self.asks, Action):
            return True
        if self.rule.rule == GLASS:
            return asker.is_asked(place)
        opens = (self.method, self.rule.rule) == ("POST", "/api/v1/cases")
        return asker.may(str(self.asks), Place.OWN if opens else place if self.of_a_case else None)

    def address(self, world: World, place: Place) -> str:
        values = {**ELSE, **world.samples[place]}
        missing = self.rule.arguments - values.keys()
        assert not missing, (
            f"{self.rule.rule}: say in ELSE or in the world what stands for {', '.join(sorted(missing))}"
        )
        address = self.rule.rule
        for name in self.rule.arguments:
            address = re.sub(rf"<(?:\w+:)?{name}>", str(values[name]), address)
        return address


def calls(app: Flask) -> Iterator[Call]:
    """Return every call of every page and of the API; static files of the product's own are none."""
    for rule in sorted(app.url_map.iter_rules(), key=lambda one: one.rule):
        if rule.endpoint.rpartition(".")[2] == "static" or rule.rule.startswith(("/simulator", "/hooks/")):
            continue
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield Call(rule, method, permission(app.view_functions[rule.endpoint]))


@dataclass
class Client:
    """A browser that is logged in, or a program with its token."""

    app: Flask
    db: Database
    agents: Agents
    asker: Asker

    def __post_init__(self) -> None:
        where = "*" if self.asker.everywhere or self.asker.role == "administrator" else OWN
        self.browser = self.agents((self.asker.role, where), name=self.asker.role.replace("_", "-"))
        department = None if where == "*" else where
        role = self.asker.role
        self.token = self.db.run(lambda uow: tokens.create(uow.session, name="P", role=role, department=department))
        self.browser.get("/account")
        found = re.search(r'name="csrf"[^>]*value="([^"]+)"', self.browser.page)
        assert found, "the page of one's own account carries no token for forms"
        self.csrf = found.group(1)

    def call(self, call: Call, address: str) -> TestResponse:
        if address.startswith("/api/"):
            headers = {"Authorization": f"Bearer {self.token}"}
            body = None if call.method == "GET" else BODIES[call.method, call.rule.rule]
            asked = FIELDS.get(call.rule.rule) if "?" not in address else None
            return self.app.test_client().open(
                address, method=call.method, json=body, query_string=asked, headers=headers
            )
        form = (
            {"csrf": self.csrf, "key": address[-60:], **FIELDS.get(call.rule.rule, {})}
            if call.method != "GET"
            else None
        )
        answer = self.browser.client.open(address, method=call.method, data=form)
        answer.get_data()
        answer.close()
        return answer


@pytest.fixture
def world(container: Container, db: Database) -> World:
    return matrix_world.build(container, db)


def wrong(asker: Asker, call: Call, place: Place, status: int) -> str | None:
    """Return what is wrong with an answer, or None."""
    if status >= 500 and call.rule.rule != ILL:
        return "a fault of ours"
    if not isinstance(call.asks, Action):
        return "refused" if status in (401, 403) else None
    if not asker.may(str(call.asks)):
        return None if status == 403 else "not refused"
    refused = status in (401, 403, 404) if call.of_a_case else status in (401, 403)
    if call.may_miss and status == 404 or "citizen_id" in call.rule.arguments and status == 403:
        return None  # nothing of the kind is there; a citizen's record asks for a reason
    if refused == call.open_to(asker, place):
        return "refused" if refused else "not refused"
    return None


def places(call: Call) -> tuple[Place, ...]:
    return tuple(Place) if call.of_a_case else (Place.OWN,)


@pytest.mark.parametrize("asker", EVERYBODY)
def test_every_call_answers_each_role_as_the_table_says(
    asker: Asker, app: Flask, db: Database, agent: Agents, world: World
) -> None:
    client, found, counted = Client(app, db, agent, asker), [], Counter[str]()
    every = [(call, place) for call in calls(app) for place in places(call) if call.rule.endpoint != "auth.log_out"]
    forbidden = [(call, place) for call, place in every if not call.open_to(asker, place)]
    before = rows(db)
    for batch in (forbidden, [one for one in every if one not in forbidden]):
        for call, place in batch:
            answer = client.call(call, call.address(world, place))
            counted["refused" if answer.status_code in (401, 403, 404) else "let in"] += 1
            if told := wrong(asker, call, place, answer.status_code):
                found.append(f"{call.method} {call.rule.rule} for {asker.name}, {place}: {told} ({answer.status_code})")
        if batch is forbidden:
            changed = [name for name, now in rows(db).items() if now != before[name]]
            assert changed == [], "calls that were refused have changed rows"
    print(f"{asker.name}: {dict(counted)}")
    assert not found, "\n".join(found)


@pytest.mark.parametrize("asker", EVERYBODY)
def test_nothing_that_is_read_tells_of_a_case_out_of_reach(
    asker: Asker, app: Flask, db: Database, agent: Agents, world: World
) -> None:
    client, told, pages = Client(app, db, agent, asker), [], dict[str, str]()
    hidden = [place for place in Place if not asker.may("read", place)]
    for call, place, secret, question in questions(app, asker, hidden):
        words = [*CANARIES[secret], world.samples[secret]["reference"]]
        address = call.address(world, place) + question.format(word=words[0], other=OTHER)
        # what was asked for may be said again
        said = {words[0]} if "{word}" in question else {words[-1]} if place is secret else set()
        if address not in pages:  # many a question is the same for all that is hidden
            pages[address] = client.call(call, address).get_data().decode(errors="replace")
        page = pages[address]
        told += [f"{address}: {word} ({secret})" for word in words if word in page and word not in said]
    assert told == []


def questions(app: Flask, asker: Asker, hidden: list[Place]) -> Iterator[tuple[Call, Place, Place, str]]:
    """Return each page that is read, the case that it names, the place of which it must not tell, and what is asked.

    A refusal, which the other test demands, is read once: nothing that is asked reaches what could tell.
    """
    for call in calls(app):
        if call.method == "GET":
            for place, secret in product(places(call), hidden):
                once = call.of_a_case or not call.open_to(asker, place)
                yield from ((call, place, secret, asked) for asked in (QUESTIONS[:1] if once else QUESTIONS))


def test_a_method_that_a_route_has_not_is_refused(app: Flask, agent: Agents, world: World) -> None:
    client = agent(("supervisor", "*")).client
    by_address: dict[str, set[str]] = {}
    for call in calls(app):
        by_address.setdefault(call.address(world, Place.OWN), set()).add(call.method)
    odd = [
        f"{method} {address}"
        for address, allowed in by_address.items()
        for method in METHODS
        if method not in allowed and client.open(address, method=method).status_code not in (404, 405)
    ]
    assert odd == []


def test_a_form_without_its_token_changes_nothing(app: Flask, db: Database, agent: Agents, world: World) -> None:
    client = agent(("supervisor", "*"), ("administrator", "*"), ("assembly_member", "*")).client
    before = rows(db)
    let_in = [
        call.rule.rule
        for call in calls(app)
        if call.method != "GET" and not call.rule.rule.startswith("/api/") and call.asks not in ("public", "hook")
        and client.post(call.address(world, Place.OWN), data={"key": "k"}).status_code != 400
    ]  # fmt: skip
    assert (let_in, rows(db)) == ([], before)


def test_a_stranger_is_sent_to_log_in(app: Flask, db: Database, world: World) -> None:
    client, before, let_in = app.test_client(), rows(db), []
    for call in calls(app):
        if call.asks in ("public", "hook"):
            continue
        answer = client.open(
            call.address(world, Place.OWN), method=call.method, data={} if call.method != "GET" else None
        )
        there = answer.headers.get("Location", "")
        if answer.status_code != 401 and not (answer.status_code == 303 and there.startswith("/login")):
            let_in.append(f"{call.method} {call.rule.rule}: {answer.status_code} {there}")
    assert (let_in, rows(db)) == ([], before)


def test_reading_changes_nothing(app: Flask, db: Database, agent: Agents, world: World) -> None:
    """Every GET, and every address that a page links to, as an administrator and as an auditor everywhere."""
    starts = [call.address(world, place) for call in calls(app) if call.method == "GET" for place in places(call)]
    for roles, noted in (((("administrator", "*"),), set()), ((("supervisor", "*"),), {"read_log"})):
        browser = agent(*roles)
        before = rows(db)
        read = crawl(browser, starts)
        changed = {name for name, now in rows(db).items() if now != before[name]}
        print(f"{roles}: {read} pages")
        assert read > len(starts) // 2
        assert changed <= noted


def crawl(browser: Browser, starts: list[str]) -> int:
    """Read these pages and those that they link to; returns how many."""
    seen: set[str] = set()
    waiting = deque(starts)
    while waiting and len(seen) < MOST_PAGES:
        address = waiting.popleft()
        if address in seen or address.startswith(("/api/", "/simulator", "/assets")):
            continue
        seen.add(address)
        answer = browser.get(address)
        assert answer.status_code < 500 or address == ILL, address
        if answer.mimetype == "text/html":
            waiting.extend(links(browser.page))
    return len(seen)


def links(page: str) -> list[str]:
    """Return the addresses on this site that a page links to or loads by itself."""
    found = (unescape(one) for one in re.findall(r'(?:href|hx-get|src)="([^"#]+)', page))
    return [one for one in found if one.startswith("/") and not urlsplit(one).netloc]
