"""How fast messages leave: one worker beside the gateway's SDK called bare, and commit to send on an idle system."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import requests
from sqlalchemy import text

from cases import clock, outbox
from cases.messages import Address, AddressKind
from contactcentre.cli.release import write_simulated
from contactcentre.db import UnitOfWork
from contactcentre.engines import ports, process
from tests.bench.engines import Site
from tests.bench.figures import Figure, Report
from workers.deliver import DRAIN, THREADS

ACCOUNT = "sms-front"
COUNT = int(os.environ.get("BENCH_COUNT", "3000"))
SINGLE = 40
LONGEST = 120.0


def run(site: Site, report: Report) -> None:
    """Measure throughput beside the bare SDK, then single messages on an idle system; the double is the same."""
    with gateway(site) as address:
        bare = _bare(site)
        with site.running("workers.boot", name="worker"):
            _send_one(site, address)
            queued = _queue(site, COUNT)
            began = time.perf_counter()
            site.container.jobs.nudge(DRAIN, ACCOUNT)
            _until_sent(site, queued)
            took = time.perf_counter() - began
            report.show("outbox", Figure(f"one worker, {COUNT} messages", COUNT / took), bare)
            seconds = tuple(sorted(_send_one(site, address) for _ in range(SINGLE)))
            rate = SINGLE / sum(seconds)
            report.show("outbox", Figure("commit to the gateway, idle, one at a time", rate, seconds))


@contextmanager
def gateway(site: Site) -> Iterator[str]:
    """Run the simulator as its own process; the site's accounts are aimed at it."""
    address = site.settings.simulator_url.removeprefix("http://")
    write_simulated(site.folder / "simulator" / "accounts.json", site.container)
    port = address.rpartition(":")[2]
    words = ("granian", "--interface", "wsgi", "contactcentre.simulator.app:app", "--blocking-threads", "16")
    place = ("--host", "127.0.0.1", "--port", port, "--no-ws", "--log-level", "warning")
    with site.running(*words, *place, name="simulator-process"):
        if not process.wait_until(lambda: ports.answers("127.0.0.1", int(port), "/health/live"), seconds=30):
            raise RuntimeError(f"the simulator does not answer; see {site.folder / 'simulator-process.log'}")
        yield address


def _bare(site: Site) -> Figure:
    """Call the adapter's SDK from as many threads as the worker has, with nothing of ours around it."""
    service = site.container.accounts[ACCOUNT]._service

    def call(number: int) -> None:
        service.send(f"Bare message {number}", [f"+23320{number:07d}"], "1422", enqueue=True)

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(call, range(1, 100)))
        began = time.perf_counter()
        list(pool.map(call, range(100, 100 + COUNT)))
        return Figure(f"SDK bare, {THREADS} threads", COUNT / (time.perf_counter() - began))


def _queue(site: Site, count: int) -> int:
    """Write messages to different numbers; returns the id of the last one."""

    def work(uow: UnitOfWork) -> int:
        at, last = clock.now(uow.session), 0
        for number in range(count):
            last = _write(uow, f"+23320{5_000_000 + number}", "Your gutter was cleaned this morning.", at)
        return last

    return site.container.db.run(work)


def _write(uow: UnitOfWork, phone: str, words: str, at: object) -> int:
    recipient = Address(AddressKind.PHONE, phone)
    sql = text(
        "with a as (insert into address (kind, value, created_at) values ('phone', :value, :at) "
        "on conflict (kind, value) do update set value = excluded.value returning id), "
        "t as (insert into thread (address_id, created_at) select id, :at from a "
        "on conflict (address_id) do update set created_at = thread.created_at returning id) select id from t"
    )
    thread_id = uow.session.execute(sql, {"value": phone, "at": at}).scalar_one()
    draft = outbox.Draft(thread_id, recipient, ACCOUNT, "sms", words)
    return outbox.enqueue(uow.session, draft, at=clock.now(uow.session))


def _until_sent(site: Site, last: int) -> None:
    left = text("select count(*) from outbox where state in ('queued', 'sending') and message_id <= :last")
    until = time.monotonic() + LONGEST
    while time.monotonic() < until:
        with site.container.db.reader() as session:
            if not session.execute(left, {"last": last}).scalar_one():
                return
        time.sleep(0.02)
    raise RuntimeError("the worker has not sent everything in time")


def _send_one(site: Site, address: str) -> float:
    """Commit one message; returns the seconds until the gateway has it."""
    number = f"+23321{time.time_ns() % 10_000_000:07d}"

    def work(uow: UnitOfWork) -> None:
        _write(uow, number, "A single message.", clock.now(uow.session))

    site.container.db.run(work)
    began = time.perf_counter()
    site.container.jobs.nudge(DRAIN, ACCOUNT)
    until = time.monotonic() + 30
    while time.monotonic() < until:
        asked = requests.get(f"http://{address}/simulator/api/sent", params={"to": number}, timeout=5)
        if asked.json():
            return time.perf_counter() - began
        time.sleep(0.005)
    raise RuntimeError("the message did not reach the gateway within 30 seconds")
