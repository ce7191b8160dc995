"""One page, in a process of its own: what breaks on it or takes too long takes that page alone."""

from __future__ import annotations

import ctypes
import json
import os
import resource
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

_PLACE = "alone.json"
_PR_SET_PDEATHSIG = 1


def alone(work: Callable[[], dict[str, Any]], into: Path, *, seconds: int) -> dict[str, Any] | None:
    """Return what ``work`` returns (JSON), None where it fails, crashes, or needs more seconds of processor.

    Its files stay; only its values go through ``into``, which is left as it was otherwise.
    """
    place, parent = into / _PLACE, os.getpid()
    pid = os.fork()
    if not pid:
        os._exit(_done(work, place, seconds, parent))
    try:
        _, status = os.waitpid(pid, 0)
    except BaseException:
        os.kill(pid, signal.SIGKILL)
        raise
    try:
        return dict(json.loads(place.read_text(encoding="utf-8"))) if status == 0 else None
    finally:
        place.unlink(missing_ok=True)


def _done(work: Callable[[], dict[str, Any]], place: Path, seconds: int, parent: int) -> int:
    try:
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it was killed before it could be tied to us
            return 1
        # Counted for the process itself: a fork begins at nothing.
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
        place.write_text(json.dumps(work()), encoding="utf-8")
    except BaseException:  # noqa: BLE001  whatever it is, it is this page's alone
        return 1
    return 0
