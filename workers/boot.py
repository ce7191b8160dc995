"""The job worker's entry: imports every job and touches the gateways' clients before it forks,
so that a job starts at once.
"""

from __future__ import annotations

import sys
from importlib import import_module

from redis import Redis
from redis.client import Pipeline
from rq import Queue, Worker
from rq.serializers import JSONSerializer

from contactcentre import logs
from contactcentre.container import Container
from contactcentre.jobs import JOBS, QUEUES
from contactcentre.presence import sign
from contactcentre.production import refuse_weak
from workers import deliver

#: an abandoned job is noticed within these seconds; RQ's own defaults are ten minutes
WORKER_TTL = 30
MAINTENANCE = 10
#: seconds between two signs of life while a job runs; an idle worker gives one each ``WORKER_TTL - 15``
MONITORING = 10


class JobWorker(Worker):
    """RQ's forking worker that tells /health it is alive whenever it tells Redis."""

    container: Container

    def heartbeat(self, timeout: int | None = None, pipeline: Pipeline | None = None) -> None:
        """Renew both signs of life; the database's failing must not stop the worker."""
        super().heartbeat(timeout, pipeline)
        try:
            self.container.db.run(lambda uow: sign(uow, "worker", self.name))
        except Exception:  # noqa: BLE001  RQ goes on; /health sees the missing sign
            self.log.warning("presence failed")


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
