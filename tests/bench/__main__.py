"""``bin/bench``: seed a folder once, then measure intake, the outbox and the rest beside their limits."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from contactcentre.engines import ports
from tests.bench import (
    board,
    boards,
    counting,
    desk,
    engines,
    forecast,
    hostilefiles,
    ingest,
    letters,
    live,
    mail,
    mailreading,
    outbox,
    reports,
    routing,
    seed,
    surge,
    timers,
    ussd,
    voice,
    widened,
)
from tests.bench.figures import Figure, Report

NAMES = (
    "seed",
    "ingest",
    "outbox",
    "timers",
    "counting",
    "ussd",
    "voice",
    "desk",
    "live",
    "routing",
    "places",
    "civic",
    "mailreading",
    "files",
    "letters",
    "mail",
    "forecast",
    "board",
    "reports",
    "boards",
    "surge",
)
PURE = {
    "routing": routing.speed,
    "places": routing.places,
    "civic": routing.reports,
    "mailreading": mailreading.run,
    "files": hostilefiles.run,
    "letters": letters.run,
    "forecast": forecast.run,
}


def main() -> None:
    """Run the benchmarks named, or all but the seeding of a million."""
    parser = argparse.ArgumentParser(prog="bin/bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of {', '.join(NAMES)} (default: all but seed)")
    parser.add_argument(
        "--cases",
        type=int,
        help="seed: how many; ingest and timers: among how many (default: all there is)",
    )
    parser.add_argument("--data", type=Path, default=Path("var") / "bench", help="folder of the seeded data")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    parser.add_argument(
        "--threads", type=int, help="ussd, voice and ingest: of the web process (default: the product's)"
    )
    parser.add_argument(
        "--short",
        action="store_true",
        help="ussd: ten seconds on an empty folder, as without any NAME (else a minute among a million seeded cases); "
        "live, voice and boards: a quarter of a minute instead of one; board, boards, reports: among 10,000 cases",
    )
    asked = parser.parse_args()
    for name in asked.names:
        if name not in NAMES:
            parser.error(f"{name}: is no benchmark; one of {', '.join(NAMES)}")
    report = Report()
    for name in asked.names or NAMES[1:]:
        if name == "seed":
            seeded(asked.data, asked.cases or 1_000_000, report)
        elif name in PURE:
            PURE[name](report)
        elif name == "outbox":
            simulator = f"http://127.0.0.1:{ports.free('127.0.0.1')}"
            with engines.site(asked.data / "outbox", fresh=True, CONTACTCENTRE_SIMULATOR_URL=simulator) as site:
                outbox.run(site, report)
        elif name == "timers":
            for among in [asked.cases] if asked.cases else timers.AMONG:
                with engines.site(asked.data / "timers", fresh=True) as site:
                    timers.run(site, among, report)
        elif name == "counting":
            with engines.site(asked.data / "counting", fresh=True) as site:
                counting.run(site, asked.cases or counting.WEEK, report)
        elif name == "desk":
            for count in [asked.cases] if asked.cases else seeded_sizes(asked.data):
                with engines.site(asked.data / str(count)) as site:
                    desk.run(site, report)
        elif name == "live":
            with engines.site(asked.data / "live", fresh=True) as site:
                live.run(site, report, short=asked.short or not asked.names)
        elif name == "board":
            boarded(asked.data, asked.cases, report, short=asked.short or not asked.names, parts=("board", "reports"))
        elif name == "reports":
            boarded(asked.data, asked.cases, report, short=asked.short or not asked.names, parts=(name,))
        elif name == "boards":
            count = asked.cases or board.SIZES[0 if asked.short or not asked.names else -1]
            seeded(asked.data, count, report)
            with engines.site(asked.data / str(count)) as site:
                boards.run(site, report, short=asked.short or not asked.names)
        elif name == "surge":
            surged(asked.data, asked.cases, report, short=asked.short or not asked.names)
        elif name == "mail":
            asked.data.mkdir(parents=True, exist_ok=True)
            with engines.site(asked.data / "mail", fresh=True, CONTACTCENTRE_CONFIG=str(mail.city(asked.data))) as site:
                mail.run(site, report)
        elif name == "voice":
            with engines.site(asked.data / "voice", fresh=True) as site:
                threads = asked.threads or site.settings.web_threads
                voice.run(site, report, threads=threads, short=asked.short or not asked.names)
        elif name == "ussd":
            short = asked.short or not asked.names
            cases = 0 if short else ussd.CASES
            dialled(asked.data, cases if asked.cases is None else asked.cases, asked.threads, report, short=short)
        else:
            ingested(asked.data, asked.cases, asked.threads, report)
    if asked.json:
        report.write(asked.json)


def seeded(data: Path, cases: int, report: Report) -> None:
    """Make the folder of so many cases, unless it is there."""
    with engines.site(data / str(cases)) as site:
        if site.cases == cases:
            report.say(f"seed     {site.folder} has its {cases} cases already")
            return
    with engines.site(data / str(cases), fresh=True) as site:
        took = seed.seed(site, cases, print)
        report.show("seed", Figure(f"{cases} cases in {took:.0f} s", cases / took))


def boarded(data: Path, cases: int | None, report: Report, *, short: bool, parts: Sequence[str]) -> None:
    """Measure the board, or the reports, or both among each number of cases, seeded first where they are not there."""
    found, pages = dict[int, float](), dict[int, reports.Found]()
    for count in [cases] if cases else board.SIZES[: 1 if short else None]:
        seeded(data, count, report)
        with engines.site(data / str(count)) as site:
            if "board" in parts:
                found[count] = board.run(site, report, short=short)
            if "reports" in parts:
                pages[count] = reports.run(site, report, short=short)
    board.flat(report, found)
    reports.flat(report, pages)


def dialled(data: Path, cases: int, threads: int | None, report: Report, *, short: bool) -> None:
    """Measure dialogues among so many cases, which are seeded first where they are not there."""
    if cases:
        seeded(data, cases, report)
    folder = data / str(cases)
    folder.mkdir(parents=True, exist_ok=True)
    where = ussd.city(folder.parent)
    with engines.site(folder, fresh=cases == 0, CONTACTCENTRE_CONFIG=str(where)) as site:
        ussd.run(site, report, threads=threads or site.settings.web_threads, short=short)


def surged(data: Path, cases: int | None, report: Report, *, short: bool) -> None:
    """Measure a surge of one sender among the messages of so many cases, ten each, in a folder of its own."""
    count = cases or (board.SIZES[0] if short else surge.CASES)
    folder = widened.folder(data, count, lambda: seeded(data, count, report))
    simulator = f"http://127.0.0.1:{ports.free('127.0.0.1')}"
    city = str(ussd.city(folder.parent))
    with engines.site(folder, serving=True, CONTACTCENTRE_CONFIG=city, CONTACTCENTRE_SIMULATOR_URL=simulator) as site:
        surge.run(site, report, short=short)


def ingested(data: Path, cases: int | None, threads: int | None, report: Report) -> None:
    """Measure intake among 0 cases and among every seeded folder, or the one asked for."""
    for count in [cases] if cases is not None else sorted({0, *seeded_sizes(data)}):
        with engines.site(data / str(count), fresh=count == 0) as site:
            ingest.run(site, report, threads=threads)


def seeded_sizes(data: Path) -> list[int]:
    """Return how many cases each seeded folder has."""
    return sorted(int(one.name) for one in data.glob("[0-9]*")) if data.exists() else []


if __name__ == "__main__":
    main()
