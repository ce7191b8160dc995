"""The real job worker with one job more, which fails and quotes what a citizen wrote: the database's error does."""

from __future__ import annotations

import sys

from sqlalchemy import cast, select
from sqlalchemy.types import Integer

from cases.models import Message
from contactcentre.jobs import JOBS
from workers import boot
from workers.deliver import container_in_use

JOB = f"{__name__}.fail" if __name__ != "__main__" else "tests.integration.standins.failing_job.fail"


def fail(key: str) -> None:
    """Take a citizen's words for a number."""
    with container_in_use().db.reader() as session:
        words = session.scalars(select(Message.text).where(Message.direction == "in").order_by(Message.id)).first()
        session.scalar(select(cast(words or "no words", Integer)))


if __name__ == "__main__":
    JOBS[JOB] = "deliver"
    sys.exit(boot.main())
