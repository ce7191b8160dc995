"""The job worker while the queue server is away: what is leaving just then is not cut off."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from redis import Redis
from redis.exceptions import ConnectionError as Away
from rq import Queue
from rq.executions import Execution
from rq.serializers import JSONSerializer
from rq.utils import now

from contactcentre.container import Container
from workers import boot

NOWHERE = "unix:///nowhere/valkey.sock"


@pytest.fixture
def worker(container: Container) -> Iterator[boot.JobWorker]:
    """A worker that has met its queue server; nothing runs in it."""
    with Redis.from_url(container.settings.redis_url) as connection:
        made = boot.JobWorker(["deliver"], connection=connection, serializer=JSONSerializer)
        made.container = container
        made.register_birth()
        yield made


def test_a_job_that_runs_goes_on_while_the_queue_server_is_away(worker: boot.JobWorker) -> None:
    queue = Queue("deliver", connection=worker.connection, serializer=JSONSerializer)
    job = queue.enqueue("workers.deliver.drain", "sms-front", job_timeout=-1)
    job.started_at = now()
    execution = Execution(id="1", job_id=job.id, connection=worker.connection)
    worker.maintain_heartbeats(job, execution)
    assert worker.connection.hexists(worker.key, "last_heartbeat")
    with Redis.from_url(NOWHERE) as nobody:
        with pytest.raises(Away):
            nobody.ping()
        worker.connection = nobody
        worker.maintain_heartbeats(job, execution)
