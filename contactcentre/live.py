"""The live process: one database listener, one bounded queue for each browser, server-sent events. ASGI, no framework.

Who may see a case is asked for each viewer, so that a stream never tells of a case that the queue would hide.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from http.cookies import CookieError, SimpleCookie
from typing import Any

import psycopg
import structlog
from psycopg.conninfo import make_conninfo
from sqlalchemy import select

from cases.models import Case
from cases.permissions import Action, Viewer, ViewerKind, may
from contactcentre import logs
from contactcentre.auth import required, sessions
from contactcentre.container import Container
from contactcentre.live_events import CHANNEL
from contactcentre.presence import keep_alive
from contactcentre.production import refuse_weak

log = structlog.get_logger(__name__)

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
PING_EVERY = 15.0
#: how old a stream's log-in may get before it is asked for again
CHECK_EVERY = 15.0
QUEUE_LENGTH = 100
RETRY_MS = 3000
LISTEN_AGAIN_AFTER = 1.0
#: a database that vanished without a word is noticed within half a minute
_ALIVE: Mapping[str, int | str] = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "options": "-c statement_timeout=15000",
}


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Serve this process, built on first use, so that importing the module starts nothing."""
    await _of_process()(scope, receive, send)


@cache
def _of_process() -> Live:
    container = Container.from_environment()
    logs.configure(container.settings, process="live")
    refuse_weak(container)
    return Live(container)


@dataclass(eq=False, slots=True)
class Client:
    """One open stream. ``queue`` holds what is yet to be written; None at its end closes the stream."""

    viewer: Viewer
    queue: asyncio.Queue[str | None] = field(default_factory=lambda: asyncio.Queue(QUEUE_LENGTH))

    def offer(self, data: str | None) -> None:
        """Queue an event. The stream of a browser that does not read is ended, so that memory is bounded and nothing is
        left out unnoticed: it comes back and asks what has changed meanwhile.
        """
        if self.queue.full():
            while not self.queue.empty():
                self.queue.get_nowait()
            data = None
        self.queue.put_nowait(data)


class Live:
    """``GET /live`` for log-ins, ``/health/live`` for anybody, and nothing else."""

    def __init__(self, container: Container) -> None:
        self.clients: set[Client] = set()
        self._container = container
        self._listener: asyncio.Task[None] | None = None
        self._presence: threading.Event | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as ASGI wants it."""
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] == "http" and scope["path"].rstrip("/") in ("/live", ""):
            await self._stream(scope, receive, send)
        elif scope["type"] == "http":
            await _answer(send, 200 if scope["path"] == "/health/live" else 404)

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while (await receive())["type"] == "lifespan.startup":
            self._presence = keep_alive(self._container, "live")
            self._listener = asyncio.create_task(self._listen())
            await send({"type": "lifespan.startup.complete"})
        if self._presence is not None and self._listener is not None:
            self._presence.set()
            self._listener.cancel()
            await asyncio.gather(self._listener, return_exceptions=True)
        await send({"type": "lifespan.shutdown.complete"})

    async def _listen(self) -> None:
        url = self._container.settings.database_url.replace("postgresql+psycopg://", "postgresql://")
        where = make_conninfo(url, application_name="contactcentre live", **_ALIVE)
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(where, autocommit=True) as connection:
                    await connection.execute(f"listen {CHANNEL}")
                    self._end_streams()  # those that came while nobody listened
                    async for notice in connection.notifies():
                        await self._fan_out(json.loads(notice.payload))
            except Exception as error:  # noqa: BLE001  whatever it was: without a listener nobody hears anything again
                log.warning("live.listen_failed", error=type(error).__name__)
            self._end_streams()
            await asyncio.sleep(LISTEN_AGAIN_AFTER)

    def _end_streams(self) -> None:
        # Something may have been missed. A browser whose stream ends comes back and asks what has changed meanwhile.
        for client in self.clients:
            client.offer(None)

    async def _fan_out(self, told: list[int] | dict[str, list[int]]) -> None:
        if not self.clients:
            return
        if isinstance(told, dict):
            self._ring(told.get("agents", []))
            return
        case_ids = told
        cases = await asyncio.to_thread(self._load, case_ids)
        for client in list(self.clients):
            seen = [case.reference for case in cases if may(client.viewer, Action.READ, case)]
            if seen:
                client.offer(json.dumps({"references": seen}))

    def _ring(self, agent_ids: list[int]) -> None:
        """Tell agents that a call is theirs, or is no more: their page asks which."""
        for client in list(self.clients):
            if client.viewer.kind is ViewerKind.AGENT and client.viewer.id in agent_ids:
                client.offer(json.dumps({"references": [], "calls": True}))

    def _load(self, case_ids: list[int]) -> list[Case]:
        with self._container.db.reader() as session:
            return list(session.scalars(select(Case).where(Case.id.in_(case_ids)).order_by(Case.id)))

    async def _stream(self, scope: Scope, receive: Receive, send: Send) -> None:
        viewer, refusal = await self._admit(scope)
        if viewer is None:
            await _answer(send, refusal)
            return
        client = Client(viewer)
        self.clients.add(client)
        gone = asyncio.create_task(_until_gone(receive))
        try:
            await send({"type": "http.response.start", "status": 200, "headers": self._headers(scope)})
            await _write(send, f"retry: {RETRY_MS}\n\n")
            await self._write_events(client, scope, gone, send)
            if not gone.done():
                await send({"type": "http.response.body", "body": b""})
        except OSError:
            pass  # the browser has gone in the middle of a line
        finally:
            gone.cancel()
            self.clients.discard(client)

    async def _write_events(self, client: Client, scope: Scope, gone: asyncio.Task[None], send: Send) -> None:
        time = asyncio.get_running_loop().time
        checked = time()
        while await _next(client.queue, gone, send):
            if time() - checked >= CHECK_EVERY:  # the log-in may be over, or have other roles
                viewer, _ = await self._admit(scope)
                if viewer is None:
                    return
                client.viewer, checked = viewer, time()

    async def _admit(self, scope: Scope) -> tuple[Viewer | None, int]:
        """Return who asks, or None and the status that says why not."""
        try:
            return await asyncio.to_thread(self._viewer, scope), 403
        except Exception as error:  # noqa: BLE001  the browser tries again by itself
            log.warning("live.no_viewer", error=type(error).__name__)
            return None, 503

    def _viewer(self, scope: Scope) -> Viewer | None:
        header = dict(scope["headers"]).get(b"cookie", b"").decode("latin-1")
        try:
            cookie = SimpleCookie(header).get(sessions.COOKIE)
        except CookieError:
            return None
        if cookie is None:
            return None
        with self._container.db.reader() as session:
            found = sessions.find(session, cookie.value, idle=self._container.settings.session_idle)
        return found.viewer if found and not required.is_overdue(found, self._container.city.organisation) else None

    def _headers(self, scope: Scope) -> list[tuple[bytes, bytes]]:
        headers = [
            (b"content-type", b"text/event-stream; charset=utf-8"),
            (b"cache-control", b"no-store"),
            (b"x-accel-buffering", b"no"),
        ]
        # The embedded default serves this process on a port of its own, another origin to the browser.
        origin = dict(scope["headers"]).get(b"origin", b"")
        if origin.decode("latin-1") == self._container.settings.base_url:
            headers += [(b"access-control-allow-origin", origin), (b"access-control-allow-credentials", b"true")]
        return headers


async def _next(queue: asyncio.Queue[str | None], gone: asyncio.Task[None], send: Send) -> bool:
    """Write the next event, or a ping where none comes; tells whether the stream goes on."""
    getting = asyncio.create_task(queue.get())
    done, _ = await asyncio.wait({getting, gone}, timeout=PING_EVERY, return_when=asyncio.FIRST_COMPLETED)
    if gone in done or getting not in done:
        getting.cancel()
        if not done:
            await _write(send, ": ping\n\n")
        return gone not in done
    data = getting.result()
    if data is not None:
        await _write(send, f"event: cases\ndata: {data}\n\n")
    return data is not None


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _write(send: Send, text: str) -> None:
    await send({"type": "http.response.body", "body": text.encode(), "more_body": True})


async def _answer(send: Send, status: int) -> None:
    await send({"type": "http.response.start", "status": status, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": b"ok" if status == 200 else b""})
