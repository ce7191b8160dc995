"""The job worker's entry: imports every job and touches the gateways' clients before it forks,
so that a job starts at once.
"""

from __future__ import annotations

import sys
import time
from importlib import import_module
from typing import Any

import structlog
from redis import Redis
from redis.client import Pipeline
from redis.exceptions import RedisError
from rq import Queue, Worker
from rq.exceptions import DeserializationError, StopRequested
from rq.executions import Execution
from rq.job import Job
from rq.serializers import JSONSerializer

from contactcentre import logs
from contactcentre.container import Container
from contactcentre.jobs import JOBS, QUEUES
from contactcentre.presence import sign
from contactcentre.production import refuse_weak
from workers import deliver

log = structlog.get_logger(__name__)
#: an abandoned job is noticed within these seconds; RQ's own defaults are ten minutes
WORKER_TTL = 30
MAINTENANCE = 10
#: seconds between two signs of life, while a job runs and while none does
MONITORING, SIGN_EVERY = 10, 5.0
#: seconds that an idle worker waits for a job before it asks whether it was told to stop
LOOK_UP = 1


#: what RQ would call or post to once a job has ended; ours have none of it
AFTERWARDS = (b"success_callback_name", b"failure_callback_name", b"stopped_callback_name", b"webhooks")
#: stands in Redis for the words of an error, which may be a citizen's
UNTOLD = "The worker's log has its type and place: worker.job_failed"


class JobWorker(Worker):
    """RQ's forking worker that tells /health it is alive whenever it tells Redis, and does no jobs but ours."""

    container: Container
    #: seconds at most between two tries to reach Redis
    max_connection_wait_time = 5.0
    _signed_at = float("-inf")

    @property
    def dequeue_timeout(self) -> int:
        """Seconds for which an idle worker waits for a job in one go."""
        return LOOK_UP

    @property
    def should_run_maintenance_tasks(self) -> bool:
        """Whether it is time to tidy up. RQ asks between two waits, with no job in hand: here the worker stops, if it
        was told to.
        """
        if self._stop_requested:
            raise StopRequested
        return bool(super().should_run_maintenance_tasks)

    def execute_job(self, job: Job, queue: Queue) -> None:
        """Do a job of ours. Whoever can write to the queue could name any function: such a job is thrown away."""
        fault = self._fault_of(job)
        if fault is None:
            super().execute_job(job, queue)
            return
        log.error("security.job_refused", queue=queue.name, job_id=job.id, reason=fault)
        self.connection.delete(job.key)

    def handle_exception(self, job: Job, *exc_info: Any) -> None:
        """Log a failed job by type and place: an error's words may be a citizen's."""
        log.error("worker.job_failed", job=job.func_name, key=job.args[0], exc_info=exc_info)

    def handle_job_failure(
        self,
        job: Job,
        queue: Queue,
        started_job_registry: Any = None,
        exc_string: str = "",
        execution: Any = None,
    ) -> None:
        """Note the failure in Redis without the error's words."""
        super().handle_job_failure(job, queue, started_job_registry, UNTOLD, execution)

    def _fault_of(self, job: Job) -> str | None:
        try:
            name, instance, args, kwargs = job.func_name, job.instance, job.args, job.kwargs
        except DeserializationError:
            return "it is no JSON"
        if not isinstance(name, str) or name not in JOBS or instance is not None:
            return "it names no job of ours"
        if not isinstance(args, list) or len(args) != 1 or not isinstance(args[0], str) or kwargs:
            return "its arguments are not one key"
        return "something is to follow it" if any(self.connection.hmget(job.key, AFTERWARDS)) else None

    def maintain_heartbeats(self, job: Job, execution: Execution) -> None:
        """Tell Redis that a job goes on; where Redis is away it goes on all the same.

        RQ would end this process and the job with it, in the middle of messages that leave.
        """
        try:
            super().maintain_heartbeats(job, execution)
        except RedisError as error:
            log.warning("worker.no_queue_server", error=type(error).__name__)

    def heartbeat(self, timeout: int | None = None, pipeline: Pipeline | None = None) -> None:
        """Renew both signs of life; the database's failing must not stop the worker."""
        idle = timeout is None and pipeline is None
        if idle and time.monotonic() - self._signed_at < SIGN_EVERY:
            return
        try:
            super().heartbeat(timeout, pipeline)
        except RedisError:
            if self._stop_requested:
                raise StopRequested from None
            raise
        try:
            self.container.db.run(lambda uow: sign(uow, "worker", self.name))
        except Exception:  # noqa: BLE001  RQ goes on; /health sees the missing sign
            self.log.warning("presence failed")
        self._signed_at = time.monotonic()

    def _shutdown(self) -> None:
        """Note that a stop was asked for. RQ would raise wherever the signal finds an idle worker: in the middle of an
        answer of Redis, which the goodbye then reads, or of the database, which takes it for an error of its own.
        """
        self._stop_requested = True


def main() -> int:
    """Work the queues until SIGTERM."""
    container = Container.from_environment()
    logs.configure(container.settings, process="worker")
    refuse_weak(container)
    for job in JOBS:
        import_module(job.rpartition(".")[0])
    deliver.use(container)
    for channel in container.accounts.values():
        warm = getattr(channel, "warm", None)
        if warm is not None:
            warm()
    connection = Redis.from_url(container.settings.redis_url)
    queues = [Queue(name, connection=connection, serializer=JSONSerializer) for name in QUEUES]
    worker = JobWorker(
        queues,
        connection=connection,
        serializer=JSONSerializer,
        worker_ttl=WORKER_TTL,
        maintenance_interval=MAINTENANCE,
        job_monitoring_interval=MONITORING,
    )
    worker.container = container
    worker.log_job_description = False
    container.db.dispose()
    worker.work(logging_level=container.settings.log_level, with_scheduler=False)
    return 0


if __name__ == "__main__":
    sys.exit(main())
