"""As whom PostgreSQL runs. It refuses root, so root steps down, without making users or opening other folders."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from contactcentre.engines.errors import EngineError

#: exec, no --fork: the process id stays the postmaster's, so signals and the tie to the parent reach it
_UNSHARE = ("unshare", "--user", "--map-user=1000", "--map-group=1000")


@dataclass(frozen=True, slots=True)
class RunAs:
    """How to run the server: what to put before a command, and who must own its files (None: we do)."""

    prefix: tuple[str, ...] = ()
    owner: tuple[int, int] | None = None


def choose(data: Path) -> RunAs:
    """Pick the way for this process and this data folder; raises :class:`EngineError` where there is none."""
    if os.geteuid() != 0:
        return RunAs()
    found = data.stat() if data.exists() else None
    if found is not None and found.st_uid != 0:
        return step_down(found.st_uid, found.st_gid)
    if user_namespaces_work():
        return RunAs(prefix=_UNSHARE)
    nobody = pwd.getpwnam("nobody")
    return step_down(nobody.pw_uid, nobody.pw_gid)


def user_namespaces_work() -> bool:
    """Tell whether root may map itself to another user here; many containers forbid it."""
    if shutil.which("unshare") is None:
        return False
    return subprocess.run([*_UNSHARE, "true"], capture_output=True, check=False).returncode == 0


def step_down(uid: int, gid: int) -> RunAs:
    """Run as another user. The kernel clears the death signal at that change, so setpriv sets it again."""
    if shutil.which("setpriv") is None:
        raise EngineError(
            "PostgreSQL refuses to run as root, and neither user namespaces nor setpriv are there: "
            "run as an ordinary user, or set DATABASE_URL"
        )
    prefix = ("setpriv", f"--reuid={uid}", f"--regid={gid}", "--clear-groups", "--pdeathsig=INT")
    return RunAs(prefix, (uid, gid))
