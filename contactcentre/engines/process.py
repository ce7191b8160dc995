"""Child processes that end with their parent, whatever happens to it. Linux only."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext, suppress
from pathlib import Path

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
_libc = ctypes.CDLL(None, use_errno=True)


def die_with_parent(death_signal: int, parent: int) -> None:
    """Ask the kernel for ``death_signal`` when the parent's forking thread ends; leave at once if it already has."""
    _libc.prctl(PR_SET_PDEATHSIG, death_signal, 0, 0, 0)
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGKILL)


def adopt_orphans() -> None:
    """Become the parent of descendants whose own parent dies, so that they can be found and reaped."""
    _libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def spawn(
    command: Sequence[str],
    log: Path | None,
    *,
    environment: Mapping[str, str],
    death_signal: int = signal.SIGKILL,
    folder: Path | None = None,
) -> subprocess.Popen[bytes]:
    """Start ``command`` in a session of its own, its output appended to ``log`` or shown as ours.

    The tie to the parent belongs to the calling *thread*: call from one that lives as long as the child shall.
    """
    parent = os.getpid()
    with log.open("ab") if log else nullcontext() as output:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT if log else None,
            env=dict(environment),
            cwd=folder,
            start_new_session=True,
            preexec_fn=lambda: die_with_parent(death_signal, parent),  # noqa: PLW1509  one system call, no lock taken
        )


def end(process: subprocess.Popen[bytes], stop_signal: int, *, patience: float) -> bool:
    """Ask ``process`` to stop and kill it after ``patience`` seconds; tells whether it stopped by itself."""
    if process.poll() is None:
        process.send_signal(stop_signal)
        try:
            process.wait(patience)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            return False
    return True


def wait_until(condition: Callable[[], bool], *, seconds: float, pause: float = 0.02) -> bool:
    """Poll ``condition`` until it holds; False when ``seconds`` have passed."""
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() >= until:
            return False
        time.sleep(pause)
    return True


def last_lines(log: Path, count: int = 8) -> list[str]:
    """Return the end of a log file, for a report of what went wrong."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - 16_384))
            return file.read().decode("utf-8", "replace").splitlines()[-count:]
    except OSError:
        return []


def reap_strangers(ours: set[int], *, kill: bool = False) -> None:
    """Collect adopted orphans that have ended, and with ``kill`` end those that have not. ``ours`` are left alone."""
    for pid in children_of(os.getpid()) - ours:
        if kill:
            os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0 if kill else os.WNOHANG)


def children_of(parent: int) -> set[int]:
    """Return the process ids of the direct children of ``parent``, ended ones that nobody has waited for included.
    None where it is gone; a thread of it that ends meanwhile takes nothing of the others with it.
    """
    found: set[int] = set()
    with suppress(FileNotFoundError):
        for thread in Path(f"/proc/{parent}/task").iterdir():
            with suppress(OSError):
                found.update(int(pid) for pid in (thread / "children").read_text().split())
    return found
