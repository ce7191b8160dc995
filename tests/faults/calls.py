"""Random walks through the call centre, with time-outs, hang-ups, lost, late and doubled requests at every step."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from subprocess import Popen
from typing import Any

from contactcentre.engines import process
from tests.bench.engines import ROOT
from tests.calls.walking import KEYS, REACHED
from tests.faults.figures import Figures
from tests.faults.stage import clear

#: walks, and those of a batch, which begins with empty tables; in the short form
WALKS, BATCH = 10_000, 100
SHORT, SHORT_BATCH = 200, 50
#: each a process with engines of its own, for as many cores
WALKERS = 2
#: what a caller who says nothing, and one who hangs up, did at a page that waits for them
EVERYWHERE = [(step, did) for step in ("Ask", "Record", "Wait") for did in ("silent", "hangs up")]


def calls(folder: Path, short: bool) -> Figures:
    """10,000 random calls: every page is right in both gateways' words, no call is left over, the counts are right."""
    clear(folder)
    folder.mkdir(parents=True)
    began, found = time.monotonic(), Figures("calls")
    walks, size = (SHORT, SHORT_BATCH) if short else (WALKS, BATCH)
    running = [_walker(folder / str(n), size, range(n, walks // size, WALKERS)) for n in range(WALKERS)]
    try:
        while any(one.poll() is None for one in running):
            time.sleep(0.2)
    finally:
        for one in running:
            process.end(one, signal.SIGTERM, patience=10)
    batches = [line for n in range(WALKERS) for line in _lines(folder / str(n) / "walked.jsonl")]
    _promise(found, batches, walks, whole=not short)
    found.more["walks a second"] = round(found.offered / (time.monotonic() - began), 1)
    return found


def _walker(folder: Path, size: int, batches: Sequence[int]) -> Popen[bytes]:
    folder.mkdir()
    environ = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
    words = [sys.executable, "-m", "tests.faults.walkers", str(folder), str(size), *map(str, batches)]
    return process.spawn(words, folder / "walker.log", environment=environ)


def _lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()] if file.exists() else []


def _promise(found: Figures, batches: list[dict[str, Any]], walks: int, *, whole: bool) -> None:
    done = [one for one in batches if not one["fault"]]
    did: Counter[tuple[str, str]] = Counter()
    for one in done:
        did.update({(step, what): number for step, what, number in one["did"]})
    found.offered = sum(one["walks"] for one in done)
    names = ("calls", "pages", "documents")
    found.more |= {name: sum(one[name] for one in done) for name in names}
    found.more |= {"time-outs": sum(number for (_, what), number in did.items() if what == "silent")}
    found.more |= {"hang-ups": sum(number for (_, what), number in did.items() if what == "hangs up")}
    faults = [one["fault"] for one in batches if one["fault"]]
    found.more["faults"] = len(faults)
    found.promise("every walk is right in both gateways' words, ends, and is counted", not faults, faults[:2])
    found.promise("every walk was walked", found.offered == walks, found.offered)
    if whole:
        reached = [("Connect", one) for one in (*REACHED, "hangs up")]
        missing = [pair for pair in (*EVERYWHERE, *reached) if not did[pair]]
        found.promise("time-outs and hang-ups came at every step", not missing, missing)
        menus = {one["menu"] for one in done}
        found.promise("both menus were walked", menus == set(KEYS), menus)
