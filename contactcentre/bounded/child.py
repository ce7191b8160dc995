"""The process that reads: it loads the reading function once, and forks for each thing to read.

Line by line it is told ``{"source": path, "into": folder, "seconds": …, "megabytes": …}`` and answers with
``{"ended": "read"}``, or ``"late"``, ``"large"``, ``"refused"`` (the function raised
:class:`channels.errors.Refused`) or ``"broken"``.
"""

from __future__ import annotations

import importlib
import json
import os
import select
import signal
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cases
import channels
import contactcentre
from channels.errors import Refused
from contactcentre.bounded import confinement
from contactcentre.engines.process import die_with_parent

VALUES = "values.json"
LARGEST_FILE = 256 * 1024 * 1024
_READ, _BROKEN, _LARGE, _REFUSED = 0, 1, 3, 4
_ENDS = {_READ: "read", _LARGE: "large", _REFUSED: "refused"}
Reader = Callable[[Path, Path], dict[str, Any]]


def main(name: str) -> None:
    """Serve until the pipe is closed."""
    die_with_parent(signal.SIGKILL, os.getppid())
    module, _, function = name.partition(":")
    code = importlib.import_module(module)
    read: Reader = getattr(code, function)
    # What is heavy is loaded here, and not by each fork: a module may name it in its PREPARE, by function.
    getattr(code, "PREPARE", {}).get(function, lambda: None)()
    for line in sys.stdin.buffer:
        told = json.loads(line)
        sys.stdout.write(json.dumps({"ended": _ended(read, told)}) + "\n")
        sys.stdout.flush()


def _ended(read: Reader, told: dict[str, Any]) -> str:
    parent = os.getpid()
    pid = os.fork()
    if not pid:
        die_with_parent(signal.SIGKILL, parent)
        os._exit(_read(read, told))
    watched = os.pidfd_open(pid)
    try:
        late = not select.select([watched], [], [], told["seconds"])[0]
        if late:
            os.kill(pid, signal.SIGKILL)
        _, status = os.waitpid(pid, 0)
    finally:
        os.close(watched)
    if late or (os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGXCPU):
        return "late"
    return _ENDS.get(os.waitstatus_to_exitcode(status), "broken")


def _read(read: Reader, told: dict[str, Any]) -> int:
    source, into = Path(told["source"]), Path(told["into"])
    try:
        confinement.limit(seconds=int(told["seconds"]) + 1, megabytes=told["megabytes"], largest_file=LARGEST_FILE)
        confinement.confine(readable=[source, *_code()], writable=into)
        values = read(source, into)
        (into / VALUES).write_text(json.dumps(values), encoding="utf-8")
    except MemoryError:
        return _LARGE
    except Refused as error:
        (into / VALUES).write_text(json.dumps({"refused": str(error)}), encoding="utf-8")
        return _REFUSED
    except BaseException:  # noqa: BLE001  whatever it is, it ends here
        # Where it broke, never on what: the words are a citizen's.
        where = traceback.extract_tb(sys.exc_info()[2])[-1]
        sys.stderr.write(f"{sys.exc_info()[0]} at {where.name}:{where.lineno}\n")
        return _BROKEN
    return _READ


def _code() -> list[Path]:
    ours = [Path(one.__path__[0]) for one in (cases, channels, contactcentre)]
    system = ["/usr/lib", "/usr/share/zoneinfo", "/lib", "/lib64", "/etc/localtime", "/dev/null", "/dev/urandom"]
    return [*ours, Path(sys.prefix), Path(sys.base_prefix), *map(Path, system)]


if __name__ == "__main__":
    main(sys.argv[1])
