"""Nudges for the job queue: they make work start sooner, and losing one costs seconds, never the work."""

from __future__ import annotations

import threading
import time
from typing import Any

import structlog
from redis import Redis
from redis.exceptions import RedisError

log = structlog.get_logger(__name__)

#: the job that sends what waits for an account
DRAIN = "workers.deliver.drain"
#: the job that reads what an account's source held
READ = "workers.read.read"
#: the job that reads the pages of scans
PAGES = "workers.letters.pages"
#: the job that looks into stored files and has them scanned
INSPECT = "workers.inspection.files"
#: the job that makes PDFs of letters of ours
SET_LETTERS = "workers.letter_setting.letters"
#: the job that asks an account's gateway what was ordered of it about calls
CALLS = "workers.calls.carry_out"
#: every job's dotted name and the queue that a worker empties; a house test resolves them all
JOBS = {
    "workers.probe.beat": "probe",
    CALLS: "calls",
    "workers.notify.tell": "notify",
    DRAIN: "deliver",
    READ: "read",
    PAGES: "pages",
    INSPECT: "inspect",
    SET_LETTERS: "inspect",
    "workers.fetch.reconcile": "fetch",
    "workers.fetch.media": "fetch",
    "workers.examine.sums": "examine",
}
#: in the order in which a worker looks: a beat and a notice are rare and short, and must not wait behind a day's
#: broadcast
QUEUES = ("probe", "calls", "notify", "deliver", "read", "fetch", "pages", "inspect", "examine")
PATIENCE = 0.05
REST_AFTER_FAILURE = 5.0
#: seconds in which equal nudges of a busy process become one
TOGETHER = 0.02
#: seconds after which a nudge counts as lost with the worker that took it
MARK_LASTS = 5


class Jobs:
    """The way to the queue.

    A nudge takes 50 ms of its caller at most; after a failure none is tried for five seconds.
    """

    def __init__(self, redis_url: str) -> None:
        self._redis_url = redis_url
        self._redis: Redis | None = None
        self._rest_until = 0.0
        self._lock = threading.Lock()
        self._soon: dict[tuple[str, str], None] = {}
        self._awake = threading.Condition()
        self._nudger: threading.Thread | None = None

    def connection(self) -> Redis:
        """Return the shared connection with short time-outs, made on first use so that a fork does not inherit it."""
        with self._lock:
            if self._redis is None:
                self._redis = Redis.from_url(
                    self._redis_url, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE, retry=None
                )
            return self._redis

    def nudge(self, job: str, key: str) -> bool:
        """Ask for ``job(key)`` to run soon; one waiting copy per key is enough. Never raises; tells if it was asked."""
        if time.monotonic() < self._rest_until:
            return False
        try:
            self._enqueue(job, key)
        except RedisError as error:
            self._rest_until = time.monotonic() + REST_AFTER_FAILURE
            log.warning("nudge.failed", job=job, error=type(error).__name__)
            return False
        return True

    def nudge_soon(self, job: str, key: str) -> None:
        """Nudge from a thread of this process, so that the caller waits for nothing; equal ones become one."""
        with self._awake:
            self._soon[job, key] = None
            if self._nudger is None or not self._nudger.is_alive():
                self._nudger = threading.Thread(target=self._nudge_waiting, name="nudger", daemon=True)
                self._nudger.start()
            self._awake.notify()

    def ping(self) -> bool:
        """Tell whether the queue server answers within a second."""
        try:
            client: Any = Redis.from_url(self._redis_url, socket_timeout=1, socket_connect_timeout=1)
            with client:
                return bool(client.ping())
        except RedisError:
            return False

    def _nudge_waiting(self) -> None:
        while True:
            with self._awake:
                while not self._soon:
                    self._awake.wait()
                waiting, self._soon = list(self._soon), {}
            for job, key in waiting:
                self.nudge(job, key)
            time.sleep(TOGETHER)

    def started(self, job: str, key: str) -> None:
        """Tell, at the start of ``job(key)``, that a nudge from now on is not for this run any more."""
        try:
            self.connection().delete(_marker(job, key))
        except RedisError as error:
            log.warning("nudge.not_unmarked", job=job, error=type(error).__name__)

    def _enqueue(self, job: str, key: str) -> None:
        from rq import Queue  # heavy, and only needed once there is something to send
        from rq.serializers import JSONSerializer

        # While the mark stands, a copy waits that will see what this nudge is about. RQ's own unique jobs would stay
        # in the way of all others once a worker was killed in the middle of one.
        if not self.connection().set(_marker(job, key), 1, nx=True, ex=MARK_LASTS):
            return
        queue = Queue(JOBS[job], connection=self.connection(), serializer=JSONSerializer)
        queue.enqueue(job, key, job_timeout=-1, result_ttl=0, failure_ttl=3600, description=f"{job}({key})")


def _marker(job: str, key: str) -> str:
    return f"nudge:{job}:{key}"
