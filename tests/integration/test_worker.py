"""The real job worker as a process: it does its own jobs, and nothing else that somebody puts into the queue."""

from __future__ import annotations

import json
import os
import pickle
import signal
import subprocess
import sys
import zlib
from base64 import b64decode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from redis import Redis
from rq import Queue
from rq.serializers import JSONSerializer, PickleSerializer
from sqlalchemy import text

from cases.models import Lease
from contactcentre import heartbeat
from contactcentre.jobs import JOBS, QUEUES
from tests.factories import say
from tests.integration import processes
from tests.integration.commands import environment
from tests.integration.standins import failing_job, stopped_worker
from workers import boot

if TYPE_CHECKING:
    from contactcentre.container import Container

ROOT = Path(__file__).parents[2]
ACCOUNT, OTHER = "sms-front", "sms-works"
OURS = "workers.deliver.drain"
CANARY = "CANARY-the-gutter-is-choked"


class Bomb:
    """Makes a folder where somebody unpickles it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return os.mkdir, (str(self.folder),)


class Running:
    """A worker process, its log in a file."""

    def __init__(self, process: subprocess.Popen[bytes], log: Path) -> None:
        self._process, self._log = process, log

    def stop(self) -> None:
        self._process.send_signal(signal.SIGTERM)

    def ended(self, *, within: float) -> None:
        assert self._process.wait(within) == 0, self.said

    @property
    def said(self) -> str:
        return self._log.read_text()

    def lines(self, event: str) -> list[dict[str, Any]]:
        every = [json.loads(line) for line in self.said.splitlines() if line.startswith("{")]
        return [line for line in every if line["event"] == event]


@contextmanager
def working(container: Container, folder: Path, module: str = "workers.boot", **more: str) -> Iterator[Running]:
    """Run a worker on the test installation, and stop it as the supervisor does."""
    path = folder / "worker.log"
    with path.open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", module],
            env={**os.environ, **environment(container.settings), **more},
            cwd=ROOT,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        running = Running(process, path)
        yield running
        running.stop()
        running.ended(within=20)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait(10)


def beaten(container: Container, account: str) -> bool:
    with container.db.reader() as session:
        row = session.get(Lease, f"beat:{account}")
        return row is not None and row.holder == "beat"


def signed(container: Container) -> bool:
    with container.db.reader() as session:
        return session.get(Lease, "process:worker") is not None


def waits_for_a_lock(container: Container) -> bool:
    query = "select 1 from pg_stat_activity where wait_event_type = 'Lock' and query like '%lease%'"
    with container.db.reader() as session:
        return session.execute(text(query)).first() is not None


@pytest.fixture
def redis(container: Container) -> Iterator[Redis]:
    with Redis.from_url(container.settings.redis_url) as queue:
        yield queue


def put(redis: Redis, function: str, *args: Any, pickled: bool = False, **more: Any) -> str:
    """Put a job into our queue as another program would."""
    serializer = PickleSerializer if pickled else JSONSerializer
    queue = Queue("deliver", connection=redis, serializer=serializer)
    return str(queue.enqueue(function, *args, job_timeout=-1, **more).id)


def rewritten(redis: Redis, **fields: Any) -> str:
    """Put a job of ours into the queue and change what Redis holds of it."""
    job = put(redis, OURS, ACCOUNT)
    redis.hset(f"rq:job:{job}", mapping=fields)
    return job


def written(*parts: Any) -> dict[str, bytes]:
    """Return what a job consists of, in JSON."""
    return {"data": zlib.compress(json.dumps(parts).encode())}


PLANTED: dict[str, tuple[Callable[[Redis, Path], str], str]] = {
    "a function of the system, pickled": (
        lambda redis, folder: put(redis, "os.mkdir", str(folder), pickled=True),
        "it is no JSON",
    ),
    "a pickle that acts when it is read": (
        lambda redis, folder: rewritten(redis, data=zlib.compress(pickle.dumps((OURS, None, [Bomb(folder)], {})))),
        "it is no JSON",
    ),
    "the same, not compressed": (
        lambda redis, folder: rewritten(redis, data=pickle.dumps((OURS, None, [Bomb(folder)], {}))),
        "it is no JSON",
    ),
    "a function of the system, as JSON": (
        lambda redis, folder: put(redis, "os.mkdir", str(folder)),
        "it names no job of ours",
    ),
    "a method of something": (
        lambda redis, folder: rewritten(redis, **written("mkdir", "os", [str(folder)], {})),
        "it names no job of ours",
    ),
    "a name that is none": (
        lambda redis, _: rewritten(redis, **written(["x"], None, [], {})),
        "it names no job of ours",
    ),
    "arguments that are no list": (
        lambda redis, _: rewritten(redis, **written(OURS, None, 5, {})),
        "its arguments are not one key",
    ),
    "a job of ours with more": (
        lambda redis, folder: put(redis, OURS, ACCOUNT, str(folder)),
        "its arguments are not one key",
    ),
    "a function to be called afterwards": (
        lambda redis, _: rewritten(redis, success_callback_name="os.mkdir"),
        "something is to follow it",
    ),
    "an address to be called afterwards": (
        lambda redis, _: rewritten(redis, webhooks=json.dumps([{"url": "http://127.0.0.1:1/"}])),
        "something is to follow it",
    ),
}


def test_jobs_that_are_not_ours_are_refused_and_reported_and_the_worker_goes_on(
    container: Container, redis: Redis, tmp_path: Path
) -> None:
    folders = {name: tmp_path / f"planted-{place}" for place, name in enumerate(PLANTED)}
    jobs = {plant(redis, folders[name]): reason for name, (plant, reason) in PLANTED.items()}
    meta = Queue("deliver", connection=redis, serializer=JSONSerializer).enqueue(heartbeat.JOB, OTHER)
    redis.hset(meta.key, "meta", pickle.dumps(Bomb(tmp_path / "planted-meta")))
    container.jobs.nudge("workers.fetch.reconcile", ACCOUNT)  # of the queue that is looked at last
    fetch = f"nudge:workers.fetch.reconcile:{ACCOUNT}"
    assert redis.exists(fetch)
    with working(container, tmp_path) as worker:
        assert processes.eventually(lambda: beaten(container, OTHER) and not redis.exists(fetch), seconds=60)
        container.jobs.nudge(heartbeat.JOB, ACCOUNT)
        assert processes.eventually(lambda: beaten(container, ACCOUNT), seconds=30), worker.said
        refused = worker.lines("security.job_refused")
    assert {line["job_id"]: line["reason"] for line in refused} == jobs
    assert {(line["level"], line["queue"]) for line in refused} == {("error", "deliver")}
    assert [path for path in tmp_path.iterdir() if path.name.startswith("planted")] == []
    assert [job for job in jobs if redis.exists(f"rq:job:{job}")] == []


def test_every_job_of_ours_is_taken(container: Container, redis: Redis, tmp_path: Path) -> None:
    for job in JOBS:
        assert container.jobs.nudge(job, ACCOUNT)
    marks = [f"nudge:{job}:{ACCOUNT}" for job in JOBS]
    assert redis.exists(*marks) == len(JOBS)
    with working(container, tmp_path) as worker:
        assert processes.eventually(lambda: beaten(container, ACCOUNT), seconds=60), worker.said
        queues = [Queue(name, connection=redis, serializer=JSONSerializer) for name in QUEUES]
        assert processes.eventually(lambda: not any(queue.count for queue in queues), seconds=30)
    assert worker.lines("security.job_refused") == []
    assert worker.lines("worker.job_failed") == []


def test_a_worker_that_is_told_to_stop_while_it_gives_a_sign_of_life_stops(
    container: Container, redis: Redis, tmp_path: Path
) -> None:
    """RQ raises inside whatever an idle worker is doing when the signal comes."""
    with working(container, tmp_path) as worker:
        assert processes.eventually(lambda: signed(container), seconds=60), worker.said
        with container.db.engine.begin() as holder:
            holder.execute(text("set local idle_in_transaction_session_timeout = 0"))
            holder.execute(text("select 1 from lease where name = 'process:worker' for update"))
            container.jobs.nudge(heartbeat.JOB, ACCOUNT)  # the sign of life after it waits for the row
            assert processes.eventually(lambda: waits_for_a_lock(container), seconds=30), worker.said
            worker.stop()
        worker.ended(within=20)


def test_a_worker_that_is_told_to_stop_between_a_question_to_redis_and_its_answer_says_goodbye(
    container: Container, redis: Redis, tmp_path: Path
) -> None:
    """The answer that nobody read must not be taken for one to the goodbye."""
    with working(container, tmp_path, stopped_worker.__name__) as worker:
        worker.ended(within=30)


def test_a_job_that_fails_is_told_without_the_errors_words(container: Container, redis: Redis, tmp_path: Path) -> None:
    container.db.run(lambda uow: say(uow.session, container.city, CANARY))
    job = put(redis, failing_job.JOB, "a-key")
    with working(container, tmp_path, failing_job.__name__, CONTACTCENTRE_LOG_LEVEL="DEBUG") as worker:
        assert processes.eventually(lambda: worker.lines("worker.job_failed"), seconds=60), worker.said
        (line,) = worker.lines("worker.job_failed")
        assert (line["level"], line["key"], line["error"]) == ("error", "a-key", "DataError")
        assert line["trace"]
        assert processes.eventually(lambda: redis.exists(f"rq:results:{job}"), seconds=10)
    ((_, kept),) = redis.xrange(f"rq:results:{job}")
    assert zlib.decompress(b64decode(kept[b"exc_string"])).decode() == boot.UNTOLD
    assert CANARY not in repr(redis.hgetall(f"rq:job:{job}"))
    assert CANARY not in worker.said
