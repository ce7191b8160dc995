"""Live events on their way to agents' streams, on a real database: nobody hears of what they may not see."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import psycopg
import pytest
from sqlalchemy import text, update

from cases.models import AgentRole, Case, Lease
from cases.permissions import Viewer
from contactcentre import live, live_events
from contactcentre.auth import sessions
from contactcentre.container import Container
from contactcentre.live import Live
from contactcentre.live_events import project
from tests.factories import make_agent, phone, say

FRONT, WORKS = "front-desk", "harbour-works"
PATIENCE = 30.0


async def eventually(ask: Callable[[], Any]) -> Any:
    """Ask until there is an answer, and return it."""
    for _ in range(int(PATIENCE / 0.05)):
        if found := await asyncio.to_thread(ask):
            return found
        await asyncio.sleep(0.05)
    raise AssertionError("it did not come")


@dataclass
class Stream:
    """A browser's end of a stream. While ``reading`` is unset it takes nothing, as one with a full window."""

    status: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    text: str = ""
    ended: bool = False
    reading: asyncio.Event = field(default_factory=asyncio.Event)
    gone: asyncio.Event = field(default_factory=asyncio.Event)
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    async def receive(self) -> dict[str, Any]:
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = {name.decode(): value.decode() for name, value in message["headers"]}
        else:
            if self.text:
                await self.reading.wait()
            self.text += message["body"].decode()
            self.ended = not message.get("more_body", False)
        self.changed.set()

    @property
    def heard(self) -> list[str]:
        """The references that came, one list after the other."""
        lines = [line for line in self.text.split("\n") if line.startswith("data: ")]
        return [reference for line in lines for reference in json.loads(line[6:])["references"]]

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE):
            while not holds():
                self.changed.clear()
                await self.changed.wait()


class Process:
    """The live process, without a server: its application driven as a server would."""

    def __init__(self, container: Container) -> None:
        self.container = container
        self.app = Live(container)
        self._tasks: list[asyncio.Task[None]] = []

    async def open(self, cookie: str | None, *, path: str = "/live", **headers: str) -> Stream:
        """Open a stream and return it once it has answered."""
        stream = Stream()
        stream.reading.set()
        sent = [(name.encode(), value.encode()) for name, value in headers.items()]
        sent += [(b"cookie", f"other=1; {sessions.COOKIE}={cookie}".encode())] if cookie is not None else []
        scope = {"type": "http", "method": "GET", "path": path, "headers": sent}
        self._tasks.append(asyncio.create_task(self.app(scope, stream.receive, stream.send)))
        await stream.until(lambda: bool(stream.text) or stream.ended)
        return stream

    async def announce(self, *case_ids: int) -> None:
        """Notify as the projector does."""
        values = {"channel": live_events.CHANNEL, "payload": json.dumps(case_ids)}
        notify = text("select pg_notify(:channel, :payload)")
        await asyncio.to_thread(self.container.db.run, lambda uow: uow.session.execute(notify, values) and None)

    async def listening(self, *, but: int = 0) -> int:
        """Return the listener's process id once it listens; ``but`` is one that does not count."""
        query = text(
            "select pid from pg_stat_activity where application_name = 'contactcentre live' "
            "and datname = current_database() and state = 'idle' and query like 'listen%' and pid <> :but"
        )

        def ask() -> int | None:
            with self.container.db.reader() as session:
                return session.execute(query, {"but": but}).scalar()

        found: int = await eventually(ask)
        return found

    async def end(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


@asynccontextmanager
async def running(container: Container) -> AsyncIterator[Process]:
    """Run the live process from its start to its shutdown."""
    process, messages, answers = Process(container), asyncio.Queue[Any](), asyncio.Queue[Any]()
    scope = {"type": "lifespan"}
    lifespan = asyncio.create_task(process.app(scope, messages.get, answers.put))
    async with asyncio.timeout(PATIENCE):
        await messages.put({"type": "lifespan.startup"})
        assert await answers.get() == {"type": "lifespan.startup.complete"}
    await process.listening()
    try:
        yield process
    finally:
        await process.end()
        async with asyncio.timeout(PATIENCE):
            await messages.put({"type": "lifespan.shutdown"})
            assert await answers.get() == {"type": "lifespan.shutdown.complete"}
            await lifespan
        assert process.app._presence is not None
        assert process.app._presence.is_set()  # nobody claims to live after the end


def with_process(container: Container, scenario: Callable[[Process], Awaitable[None]]) -> None:
    async def run() -> None:
        async with running(container) as process:
            await scenario(process)

    asyncio.run(run())


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Come back to the database at once."""
    monkeypatch.setattr(live, "LISTEN_AGAIN_AFTER", 0.05)


def log_in(container: Container, *roles: tuple[str, str]) -> tuple[str, Viewer]:
    """Log an agent with these roles in; returns the cookie."""

    def work(uow: Any) -> tuple[str, Viewer]:
        viewer = make_agent(uow.session, "Ada", *roles)
        return sessions.create(uow.session, agent_id=viewer.id, browser="test"), viewer

    return container.db.run(work)


def open_case(container: Container, number: int, *, account: str = "sms-front", **values: Any) -> Case:
    """Let a citizen open a case; returns it with ``values`` set."""

    def work(uow: Any) -> Case:
        received = say(uow.session, container.city, "hello", sender=phone(number), account=account)
        case = uow.session.get_one(Case, received.case_id)
        for name, value in values.items():
            setattr(case, name, value)
        return case

    return container.db.run(work)


# Who hears what.


def test_an_agent_hears_of_their_department_and_the_tray_and_nothing_else(container: Container) -> None:
    front_cookie, _ = log_in(container, ("agent", FRONT))
    works_cookie, _ = log_in(container, ("agent", WORKS))
    clerk_cookie, _ = log_in(container, ("counter_clerk", FRONT))
    configures, _ = log_in(container, ("administrator", "*"))
    front, tray = open_case(container, 1), open_case(container, 2, department=None)
    works = open_case(container, 3, account="sms-works")
    hidden = open_case(container, 4, confidential=True)
    last = open_case(container, 5, department=None)

    async def scenario(process: Process) -> None:
        cookies = (front_cookie, works_cookie, clerk_cookie, configures)
        streams = [await process.open(cookie) for cookie in cookies]
        await process.announce(front.id, tray.id)
        await process.announce(works.id, hidden.id)
        await process.announce(last.id)
        for stream in streams[:3]:
            await stream.until(lambda stream=stream: last.reference in stream.heard)  # type: ignore[misc]
        assert [stream.heard for stream in streams] == [
            [front.reference, tray.reference, hidden.reference, last.reference],
            [tray.reference, works.reference, last.reference],
            [front.reference, tray.reference, last.reference],
            [],
        ]
        assert streams[0].headers["content-type"] == "text/event-stream; charset=utf-8"
        assert streams[0].text.startswith("retry: 3000\n\nevent: cases\ndata: {")

    with_process(container, scenario)


def test_without_a_log_in_that_counts_it_is_403(container: Container) -> None:
    cookie, _ = log_in(container)
    ended, _ = log_in(container)
    container.db.run(lambda uow: sessions.revoke(uow.session, ended))

    async def scenario(process: Process) -> None:
        for refused in (None, "", "unknown", ended, '"broken; ,'):
            stream = await process.open(refused)
            assert (stream.status, stream.text, stream.ended) == (403, "", True), refused
        assert process.app.clients == set()
        assert (await process.open(cookie)).status == 200
        assert (await process.open(None, path="/health/live")).text == "ok"
        assert (await process.open(cookie, path="/live/other")).status == 404

    with_process(container, scenario)


def test_only_the_products_own_pages_may_read_it_from_another_address(container: Container) -> None:
    cookie, _ = log_in(container)

    async def scenario(process: Process) -> None:
        own = await process.open(cookie, origin=container.settings.base_url)
        assert own.headers["access-control-allow-origin"] == container.settings.base_url
        assert own.headers["access-control-allow-credentials"] == "true"
        other = await process.open(cookie, origin="https://elsewhere.example")
        assert "access-control-allow-origin" not in other.headers

    with_process(container, scenario)


def test_a_log_in_that_ends_or_changes_is_noticed_while_the_stream_is_open(
    container: Container, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "CHECK_EVERY", 0.0)
    monkeypatch.setattr(live, "PING_EVERY", 0.05)
    cookie, viewer = log_in(container, ("agent", FRONT))
    front, works = open_case(container, 1), open_case(container, 2, account="sms-works")
    moved = update(AgentRole).where(AgentRole.agent_id == viewer.id).values(department=WORKS)

    async def scenario(process: Process) -> None:
        stream = await process.open(cookie)
        await asyncio.to_thread(container.db.run, lambda uow: uow.session.execute(moved) and None)
        pings = stream.text.count(": ping")
        await stream.until(lambda: stream.text.count(": ping") > pings + 1)
        await process.announce(front.id)
        await process.announce(works.id)
        await stream.until(lambda: bool(stream.heard))
        assert stream.heard == [works.reference]
        await asyncio.to_thread(container.db.run, lambda uow: sessions.revoke(uow.session, cookie))
        await stream.until(lambda: stream.ended)
        assert process.app.clients == set()

    with_process(container, scenario)


# What goes wrong on the way.


def test_the_stream_of_a_browser_that_does_not_read_ends_so_that_it_asks_what_it_missed(
    container: Container, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "QUEUE_LENGTH", 5)
    cookie, _ = log_in(container)
    cases = [open_case(container, number) for number in range(1, 21)]
    references = [case.reference for case in cases]

    async def scenario(process: Process) -> None:
        slow, quick = await process.open(cookie), await process.open(cookie)
        slow.reading.clear()
        for case in cases:
            await process.announce(case.id)
        await quick.until(lambda: references[-1] in quick.heard)
        assert all(client.queue.qsize() <= 5 for client in process.app.clients)
        slow.reading.set()
        await slow.until(lambda: slow.ended)
        assert slow.heard == [references[0]]  # which was being written when it stopped reading
        assert quick.heard == references
        assert len(process.app.clients) == 1

    with_process(container, scenario)


def test_a_browser_that_has_gone_is_forgotten(container: Container) -> None:
    cookie, _ = log_in(container)

    async def scenario(process: Process) -> None:
        stream = await process.open(cookie)
        assert len(process.app.clients) == 1
        stream.gone.set()
        await eventually(lambda: not process.app.clients)
        assert not stream.ended  # nothing is written to somebody who has gone

    with_process(container, scenario)


def test_after_a_lost_database_streams_end_and_whoever_comes_back_hears_again(
    container: Container, monkeypatch: pytest.MonkeyPatch
) -> None:
    cookie, _ = log_in(container)
    case = open_case(container, 1)
    back, connect = asyncio.Event(), psycopg.AsyncConnection.connect

    async def connect_when_back(*args: Any, **kwargs: Any) -> Any:
        await back.wait()
        return await connect(*args, **kwargs)

    monkeypatch.setattr(psycopg.AsyncConnection, "connect", connect_when_back)
    back.set()

    async def scenario(process: Process) -> None:
        before = await process.open(cookie)
        pid = await process.listening()
        back.clear()
        kill = text("select pg_terminate_backend(:pid)")
        await asyncio.to_thread(container.db.run, lambda uow: uow.session.execute(kill, {"pid": pid}) and None)
        await before.until(lambda: before.ended)  # the browser comes back by itself, and asks what it has missed
        between = await process.open(cookie)
        back.set()
        await between.until(lambda: between.ended)  # nobody listened when it came
        after = await process.open(cookie)
        await process.announce(case.id)
        await after.until(lambda: bool(after.heard))
        assert (before.heard, between.heard, after.heard) == ([], [], [case.reference])

    with_process(container, scenario)


def test_a_notice_that_nobody_understands_does_not_end_the_listening(container: Container) -> None:
    cookie, _ = log_in(container)
    case = open_case(container, 1)
    bad = text(f"notify {live_events.CHANNEL}, 'not ours'")

    async def scenario(process: Process) -> None:
        await process.open(cookie)
        pid = await process.listening()
        await asyncio.to_thread(container.db.run, lambda uow: uow.session.execute(bad) and None)
        await process.listening(but=pid)
        after = await process.open(cookie)
        await process.announce(case.id)
        await after.until(lambda: bool(after.heard))

    with_process(container, scenario)


def test_while_the_database_is_away_a_log_in_is_503(container: Container) -> None:
    gone = Container(replace(container.settings, database_url="postgresql+psycopg://nobody@127.0.0.1:1/none"))

    async def scenario() -> None:
        stream = await Process(gone).open("cookie")
        assert (stream.status, stream.ended) == (503, True)

    try:
        asyncio.run(scenario())
    finally:
        gone.close()


def test_the_process_shows_that_it_lives(container: Container) -> None:
    async def scenario(process: Process) -> None:
        def signed() -> bool:
            with container.db.reader() as session:
                return session.get(Lease, "process:live") is not None

        await eventually(signed)

    with_process(container, scenario)


# All the way.


def test_a_change_travels_from_its_commit_to_the_stream(container: Container, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_events, "BATCH", 2)
    cookie, _ = log_in(container)
    project(container)
    cases = [open_case(container, number) for number in range(1, 6)]

    async def scenario(process: Process) -> None:
        stream = await process.open(cookie)
        assert await asyncio.to_thread(project, container) == 5
        await stream.until(lambda: len(stream.heard) == 5)
        assert stream.heard == [case.reference for case in cases]
        assert stream.text.count("event: cases") == 3

    with_process(container, scenario)
