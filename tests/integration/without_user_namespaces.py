"""Runs a command as a root that may change users but make no user namespaces, as in many containers.

Needs real root.
"""

from __future__ import annotations

import ctypes
import os
import sys
from pathlib import Path

CLONE_NEWUSER = 0x10000000


def main(command: list[str]) -> int:
    told, tell = os.pipe()
    mapped, say_mapped = os.pipe()
    pid = os.fork()
    if pid == 0:
        if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWUSER) != 0:
            os._exit(77)
        os.write(tell, b"x")
        os.read(mapped, 1)
        os.setgid(0)
        os.setuid(0)
        Path("/proc/sys/user/max_user_namespaces").write_text("0")
        os.execvp(command[0], command)  # noqa: S606
    os.close(tell)
    if os.read(told, 1):
        for kind in ("uid_map", "gid_map"):
            Path(f"/proc/{pid}/{kind}").write_text("0 0 65536")
        os.write(say_mapped, b"x")
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
