"""Canaries go every way that words and secrets can go, and are found in no log, queue, metric or error page."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select, update

from cases import citizens, intake, references
from cases.models import Case, Citizen, Message, OutboxEntry, RawRequest
from cases.queries import case as case_query
from contactcentre import alarms, heartbeat, ledger_check
from contactcentre.auth import passwords
from contactcentre.cli.__main__ import COMMANDS
from contactcentre.jobs import DRAIN
from tests.factories import make_agent
from tests.integration import processes
from tests.integration.callbacks import hook, sms
from tests.integration.canaries import (
    ACCOUNT,
    CODE,
    CONTROL,
    NAME,
    NOTE,
    NUMBER,
    PASSWORD,
    REPLY,
    TEXT,
    Aviary,
    Gateway,
    answering,
    everything,
    opened,
    talkative,
)
from tests.integration.commands import Commands
from tests.integration.standins import failing_job
from tests.integration.test_worker import Running, put, working
from tests.web.conftest import Browser
from workers import ticker

if TYPE_CHECKING:
    from contactcentre.container import Container
    from contactcentre.db import Database


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    with answering() as made:
        yield made


@pytest.fixture
def run(
    container: Container, gateway: Gateway, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Commands]:
    with talkative(container, gateway, monkeypatch, capsys) as made:
        yield made


@pytest.fixture
def aviary(
    container: Container, db: Database, gateway: Gateway, run: Commands, monkeypatch: pytest.MonkeyPatch
) -> Aviary:
    return opened(container, db, gateway, monkeypatch)


def test_no_canary_is_found_where_none_may_be(
    aviary: Aviary, db: Database, run: Commands, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    with working(aviary.container, tmp_path, failing_job.__name__) as worker:
        write_in(aviary, db)
        assert processes.eventually(lambda: aviary.gateway.took, seconds=60), worker.said
        assert CODE in aviary.gateway.took[0]
        answer(aviary, db, worker)
        call_back(aviary)
        call_the_api(aviary, db)
        log_in(aviary, db)
        tick(aviary)
        fail_a_job(aviary, worker)
        keep_what_monitors_see(aviary)
    aviary.keep("the worker's log", worker.said)
    own = capsys.readouterr()
    aviary.keep("the log", own.out + own.err)
    use_commands(aviary, run)
    aviary.keep("Valkey", "\n".join(everything(aviary.container.jobs.connection())))
    went_all_the_ways(aviary, db)
    assert aviary.finds() == []


def write_in(aviary: Aviary, db: Database) -> None:
    """A citizen writes and is acknowledged; staff learn the name."""
    web = aviary.app.test_client()
    form = {**sms(TEXT, external_id="canary-1"), "from": NUMBER}
    assert web.post(hook(aviary.container), data=form).status_code == 200
    assert web.post(hook(aviary.container), data=form).status_code == 200
    with db.reader() as session:
        citizen = session.scalars(select(Citizen.id)).one()
    db.run(lambda uow: citizens.name_citizen(uow.session, citizen, NAME))


def case_of(db: Database) -> Case:
    with db.reader() as session:
        return session.scalars(select(Case).order_by(Case.id)).first()  # type: ignore[return-value]


def answer(aviary: Aviary, db: Database, worker: Running) -> None:
    """An agent notes and answers, and the gateway fails with all it was sent in its own words."""
    aviary.gateway.works = False
    browser = logged_in(aviary, db, "canary-keeper")
    address = f"/desk/cases/{references.written(case_of(db).reference)}"
    browser.get(address)
    assert TEXT in browser.page
    assert browser.send("/notes", text=NOTE).status_code == 303
    browser.get(address)
    assert browser.send("/replies", text=REPLY, how="send").status_code == 303
    # The time to take it back is over; the ticker would send it now.
    db.run(lambda uow: uow.session.execute(update(OutboxEntry).values(not_before=OutboxEntry.created_at)))
    aviary.container.jobs.nudge(DRAIN, ACCOUNT)
    assert processes.eventually(lambda: worker.lines("deliver.not_sent"), seconds=30), worker.said
    browser.get(address)
    stale = browser.client.post(f"{address}/notes", data={"text": f"{NOTE} {NUMBER}", "csrf": "another"})
    aviary.keep("an error page", stale.get_data(as_text=True))
    assert stale.status_code == 400


def logged_in(aviary: Aviary, db: Database, username: str) -> Browser:
    def work(uow: Any) -> None:
        from cases.models import Agent

        viewer = make_agent(uow.session, username)
        row = uow.session.get_one(Agent, viewer.id)
        row.username, row.password_hash = username, passwords.hash(PASSWORD)

    db.run(work)
    browser = Browser(aviary.app.test_client())
    assert browser.log_in(username, PASSWORD).status_code == 303
    return browser


def call_back(aviary: Aviary) -> None:
    """Callbacks that are refused, fail, are not ours, tell of a failure."""
    web, container = aviary.app.test_client(), aviary.container
    form = {**sms(TEXT, external_id="canary-2"), "from": NUMBER}
    report = {"id": "AT-1", "status": "Failed", "failureReason": "UserInBlacklist", "phoneNumber": NUMBER}
    assert web.post(hook(container, "delivery"), data=report).status_code == 200
    without = {name: value for name, value in form.items() if name != "to"}
    assert web.post(hook(container), data={**without, "id": "canary-3"}).status_code == 200
    with aviary.break_.context() as broken:
        broken.setattr(intake, "receive", failing)
        assert web.post(hook(container), data=form).status_code == 200
    wrong = [
        web.post(f"/hooks/{ACCOUNT}/{PASSWORD}/incoming?text={TEXT}", data=form),
        web.post(hook(container, "nothing") + f"?from={NUMBER}", data=form),
        web.post(hook(container), data={"text": f"{TEXT} {NUMBER}" * 100_000}),
        web.put(hook(container), data=form),
    ]
    assert [one.status_code for one in wrong] == [404, 404, 413, 405]
    for one in wrong:
        aviary.keep("an error page", one.get_data(as_text=True))


def failing(*_: Any, **__: Any) -> Any:
    raise ValueError(f"{NAME} {NUMBER} {TEXT} {CODE} {PASSWORD}")


def call_the_api(aviary: Aviary, db: Database) -> None:
    """A program opens a case and answers it, is refused in many ways, and meets a mistake of ours."""
    web, reference = aviary.app.test_client(), case_of(db).reference
    headers = {"Authorization": f"Bearer {aviary.token}"}
    new = {"account": ACCOUNT, "from": NUMBER, "text": TEXT}

    def post(path: str, body: Any, **more: str) -> Any:
        return web.post(f"/api/v1{path}", json=body, headers={**headers, **more})

    assert post("/cases", new).status_code in (200, 201)
    assert post(f"/cases/{reference}/replies", {"text": REPLY}).status_code == 202
    asked = f"/api/v1/cases?q={TEXT}"
    assert web.get(asked, headers=headers).status_code == 200
    refused = [
        post("/cases", {**new, "from": f"{NUMBER} {NAME}"}),
        post("/cases", {**new, "text": [TEXT, NAME], "name": NAME}),
        post("/cases", {**new, "channel": NAME}),
        post(f"/cases/{reference}/replies", {"text": f"{REPLY} {NUMBER} " * 2000}),
        post(f"/cases/{NUMBER}/notes", {"text": NOTE}),
        web.get(asked, headers={"Authorization": f"Bearer {aviary.token[:-1]}"}),
        web.get(f"/api/v1/cases?cursor={NUMBER}", headers=headers),
        web.post("/api/v1/cases", data=f"{TEXT} {NUMBER}", headers={**headers, "Content-Type": "application/json"}),
    ]
    with aviary.break_.context() as broken:
        broken.setattr(case_query, "load", failing)
        refused.append(web.get(f"/api/v1/cases/{reference}?note={NOTE}", headers=headers))
    assert refused[-1].status_code == 500
    for one in refused:
        assert one.status_code >= 400, one.get_data(as_text=True)
        assert one.mimetype == "application/problem+json"
        aviary.keep("a problem", one.get_data(as_text=True))


def log_in(aviary: Aviary, db: Database) -> None:
    """People type a number or a password where the user name belongs; a page meets a mistake of ours."""
    for username, word in ((NUMBER, PASSWORD), (PASSWORD, NUMBER), (NAME, CODE)):
        assert Browser(aviary.app.test_client()).log_in(username, word).status_code == 422
    browser = logged_in(aviary, db, "canary-watcher")
    with aviary.break_.context() as broken:
        broken.setattr(case_query, "load", failing)
        address = f"/desk/cases/{references.written(case_of(db).reference)}?compose={NOTE}"
        pages = [browser.get(address)]
    pages += [browser.get(f"/desk/cases/{NUMBER}"), browser.get(f"/nowhere/{NAME}?q={NUMBER}")]
    assert [one.status_code for one in pages] == [500, 404, 404]
    for one in pages:
        aviary.keep("an error page", one.get_data(as_text=True))


def tick(aviary: Aviary) -> None:
    """The ticker's duties, those that fail as well."""
    container = aviary.container
    duties: dict[str, Callable[[], object]] = {
        "timers": lambda: ticker.wake_timers(container),
        "raw": lambda: ticker.replay_raw(container),
        "outbox": lambda: ticker.nudge_waiting(container),
        "leases": lambda: ticker.expire_leases(container),
        "closing": lambda: ticker.close_resolved(container),
        "heartbeat": lambda: heartbeat.claim(container),
        "alarms": lambda: alarms.watch(container),
        "ledger": lambda: ledger_check.check(container),
        "failing": failing,
    }
    for duty, work in duties.items():
        assert ticker.guarded(duty, work)


def fail_a_job(aviary: Aviary, worker: Running) -> None:
    """A job fails with a citizen's words in its error; it stays in the queue server for an hour."""
    put(aviary.container.jobs.connection(), failing_job.JOB, "a-key")
    assert processes.eventually(lambda: worker.lines("worker.job_failed"), seconds=30), worker.said


def keep_what_monitors_see(aviary: Aviary) -> None:
    web = aviary.app.test_client()
    for path in ("/health", "/metrics", "/health/live"):
        aviary.keep(path, web.get(path).get_data(as_text=True))


def use_commands(aviary: Aviary, run: Commands) -> None:
    """Commands answer operators, who see numbers; their logs hold nothing, their answers no words and no secrets."""
    listing = [
        *(["outbox", "list"], ["raw", "list"], ["users", "list"], ["ledger"], ["doctor"], ["verify"]),
        *(["raw", "replay", "--all"], ["config", "check"], ["token", "create", "--name", "x", "--role", "agent"]),
        ["accounts", "list"],
    ]
    assert {words[0] for words in listing} <= COMMANDS.keys()
    for words in listing:
        for more in ([], ["--json"]):
            _, out, err = run(*words, *more)
            assert out, (words, err)
            aviary.keep(f"the log of {words}", err)
            if words[0] != "accounts":  # its callback addresses hold the hook secrets, and are for that
                aviary.keep(f"the answer of {words}", re.sub(r"\+\d{11,}", "", out))


def went_all_the_ways(aviary: Aviary, db: Database) -> None:
    """The canaries were there to be found: in the tables, in what was collected, and under the search itself."""
    with db.reader() as session:
        raw = {tuple(row) for row in session.execute(select(RawRequest.event, RawRequest.state))}
        failed = session.scalars(select(OutboxEntry.error).where(OutboxEntry.error.is_not(None))).all()
        names = session.scalars(select(Citizen.name)).all()
        said = {(one.direction, one.text) for one in session.scalars(select(Message))}
    assert {("incoming", "applied"), ("incoming", "quarantined"), ("delivery", "applied")} <= raw
    assert failed
    assert NAME in names
    assert {("in", TEXT), ("out", REPLY)} <= said
    collected = aviary.collected
    assert CONTROL in collected["the log"]
    for event in ("web.unforeseen", "raw.not_applied", "security.wrong_hook_secret", "ticker.failed", "configuration"):
        assert event in collected["the log"], event
    assert "deliver.not_sent" in collected["the worker's log"]
    assert "worker.job_failed" in collected["Valkey"]
    assert "contactcentre_up" in collected["/metrics"]
    assert "500" in collected["a problem"]
    assert collected["an error page"].count("<h1") >= 5
