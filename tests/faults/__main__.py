"""``bin/faults``: break one thing at a time under load, and prove from three ledgers that nothing is lost."""

from __future__ import annotations

import argparse
import logging
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType

import structlog

from contactcentre.engines import process
from tests.faults import agents, calls, clocked, engines_away, incoming, letters, mail, sending, ticking, week
from tests.faults.figures import Figures, table, write
from tests.faults.stage import clear

#: seconds that one run may take, whatever happens; a week and ten thousand mails take longer
LIMIT, LIMITS = 600, {"week": 2400, "mail": 3600, "letters": 1200, "calls": 7200}
#: take up to an hour, and run where they are asked for alone
BY_NAME = {"mail", "letters", "calls"}
#: a run gets a folder of its own and tells whether the short form is wanted
Run = Callable[[Path, bool], Figures]
RUNS: dict[str, Run] = {
    "kill-workers": sending.kill_workers,
    "hang": sending.hang,
    "postgres-stop": engines_away.postgres_stop,
    "valkey-stop": engines_away.valkey_stop,
    "web-kill": incoming.web_kill,
    "duplicates": incoming.duplicates,
    "reports": sending.reports,
    "tickers": ticking.tickers,
    "clock": clocked.clock,
    "loop": clocked.loop,
    "week": week.week,
    "agents": agents.agents,
    "mail": mail.mail,
    "letters": letters.letters,
    "calls": calls.calls,
}


class Ended(BaseException):
    """A stop signal came, or a run has taken too long."""


def main() -> int:
    """Run the faults named, or all; 1 where a promise was not kept."""
    asked = _asked()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    process.adopt_orphans()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGALRM):
        signal.signal(number, _end)
    rows: list[Figures] = []
    try:
        for name in asked.names or (one for one in RUNS if one not in BY_NAME):
            found = _run(name, asked.data / name, short=asked.short)
            rows.append(found)
    except Ended as ended:
        print(f"faults: {ended}; everything was ended", file=sys.stderr)
        return 130
    finally:
        if asked.json:
            write(asked.json, rows)
    print("\n" + table(rows))
    return 1 if any(one.broken for one in rows) else 0


def _asked() -> argparse.Namespace:
    known = "\n".join(f"  {name:14} {(run.__doc__ or '').splitlines()[0]}" for name, run in RUNS.items())
    parser = argparse.ArgumentParser(
        prog="bin/faults", description=__doc__, epilog=f"runs:\n{known}", formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="default: all but mail, letters and calls")
    parser.add_argument("--short", action="store_true", help="the short forms, 10 to 80 seconds each")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    parser.add_argument("--data", type=Path, default=Path("var") / "faults", help="folder for the runs' data")
    asked = parser.parse_args()
    for name in asked.names:
        if name not in RUNS:
            parser.error(f"{name}: is no fault run; one of {', '.join(RUNS)}")
    asked.data = asked.data.absolute()
    return asked


def _run(name: str, folder: Path, *, short: bool) -> Figures:
    began = time.monotonic()
    signal.alarm(LIMITS.get(name, LIMIT))
    try:
        found = RUNS[name](folder, short)
    finally:
        signal.alarm(0)
    found.seconds = round(time.monotonic() - began, 1)
    for words in found.broken:
        print(f"{name}: BROKEN: {words}", flush=True)
    print(f"{name}: {found.said()}", flush=True)
    print(found.line(), flush=True)
    if found.broken:
        print(f"{name}: its data and logs are kept in {folder}", flush=True)
    else:
        clear(folder)
    return found


def _end(number: int, frame: FrameType | None) -> None:
    # Once: a second one must not break into the ending.
    for other in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGALRM):
        signal.signal(other, signal.SIG_IGN)
    raise Ended("it took too long" if number == signal.SIGALRM else f"stopped by {signal.Signals(number).name}")


if __name__ == "__main__":
    sys.exit(main())
