"""Every job's name leads to a function, and its queue to a worker that empties it."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Collection, Mapping

import pytest

from contactcentre.jobs import JOBS, QUEUES


def unresolved(jobs: Mapping[str, str], queues: Collection[str]) -> list[str]:
    """Return the jobs that no worker could run, and why."""
    found = []
    for name, queue in jobs.items():
        fault = _fault(name)
        if fault:
            found.append(f"{name}: {fault}")
        if queue not in queues:
            found.append(f"{name}: no worker empties the queue {queue!r}")
    return found + [f"the queue {queue!r} has no job" for queue in queues if queue not in jobs.values()]


def _fault(name: str) -> str | None:
    module, _, function = name.rpartition(".")
    try:
        found = getattr(importlib.import_module(module), function)
    except (ImportError, AttributeError, ValueError) as error:
        return f"does not resolve ({type(error).__name__})"
    if not inspect.isfunction(found):
        return "is no function"
    # A job's arguments travel as JSON: one key, which names the work.
    takes = [
        parameter for parameter in inspect.signature(found).parameters.values() if parameter.default is parameter.empty
    ]
    return None if len(takes) == 1 else f"takes {len(takes)} arguments, not one key"


def test_every_job_can_run() -> None:
    assert JOBS
    assert unresolved(JOBS, QUEUES) == []


@pytest.mark.parametrize(
    ("name", "queue", "fault"),
    [
        ("workers.nowhere.run", "deliver", "does not resolve (ModuleNotFoundError)"),
        ("cases.texts.nothing_like_it", "deliver", "does not resolve (AttributeError)"),
        ("run", "deliver", "does not resolve (ValueError)"),
        ("cases.texts.KEYS", "deliver", "is no function"),
        ("cases.lifecycle.transition", "deliver", "takes 5 arguments, not one key"),
        ("cases.references.valid", "elsewhere", "no worker empties the queue 'elsewhere'"),
    ],
)
def test_a_job_that_cannot_is_noticed(name: str, queue: str, fault: str) -> None:
    assert f"{name}: {fault}" in unresolved({name: queue}, ["deliver"])


def test_a_queue_without_a_job_is_noticed() -> None:
    assert unresolved({"cases.references.valid": "deliver"}, ["deliver", "idle"]) == ["the queue 'idle' has no job"]
