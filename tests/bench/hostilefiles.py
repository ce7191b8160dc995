"""Hostile files: how each ends, how long it takes and how much memory its process needs."""

from __future__ import annotations

import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from cases.file_limits import LOOK_MEGABYTES, LOOK_SECONDS
from contactcentre.bounded.reading import Reader, Unread
from tests.bench.figures import Report
from tests.routing.shared import NoSharedData, shared
from tests.unit.hostile_files import ASIDE
from tests.unit.measured_looking import LOOK


def run(report: Report) -> None:
    """Print how the shared files and those that are made here end."""
    with tempfile.TemporaryDirectory() as folder, Reader(LOOK, seconds=LOOK_SECONDS, megabytes=LOOK_MEGABYTES) as one:
        try:
            _scored("shared", _shared(), one, report)
        except NoSharedData as missing:
            report.say(f"files    {missing}")
        _scored("made here", _made(Path(folder)), one, report)


def _shared() -> Iterator[Path]:
    root = shared("evil/README.md").parent
    for name in ("images", "files"):
        yield from sorted((root / name).iterdir())


def _made(folder: Path) -> Iterator[Path]:
    for name, (make, _) in ASIDE.items():
        place = folder / name.replace("/", " ")
        place.write_bytes(make())
        yield place


def _scored(title: str, places: Iterator[Path], reader: Reader, report: Report) -> None:
    ends, peak, slowest = Counter[str](), 0, 0.0
    for place in places:
        began = time.monotonic()
        try:
            with reader.read(place) as found:
                ends["aside" if found.values.get("trouble") else "preview" if found.files else "no preview"] += 1
                peak = max(peak, int(found.values["peak_kb"]))
        except Unread as error:
            ends["crash" if error.again else f"ended: {error}"] += 1
        slowest = max(slowest, time.monotonic() - began)
    words = ", ".join(f"{end} {count}" for end, count in sorted(ends.items()))
    report.say(f"files    {title}: {sum(ends.values())}: {words}; peak {peak // 1024} MB, slowest {slowest:.2f} s")
