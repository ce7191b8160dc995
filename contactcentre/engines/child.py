"""Runs a Python program as a child of the supervisor: ``python -m contactcentre.engines.child MODULE [ARGUMENT …]``.

The tie to the parent is not inherited by fork. Without this hook the workers that the web server and the job worker
fork would outlive a killed parent, and the web server's would go on serving.
"""

from __future__ import annotations

import os
import runpy
import signal
import sys

from contactcentre.engines.process import die_with_parent


def main(argv: list[str]) -> None:
    """Run the module named first as the main program, with the rest as its arguments."""
    if not argv:
        sys.exit("usage: python -m contactcentre.engines.child MODULE [ARGUMENT ...]")
    parent = {"pid": os.getpid()}

    def remember() -> None:
        parent["pid"] = os.getpid()

    def tie() -> None:
        die_with_parent(signal.SIGKILL, parent["pid"])

    os.register_at_fork(before=remember, after_in_child=tie)
    sys.argv = list(argv)
    runpy.run_module(argv[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main(sys.argv[1:])
