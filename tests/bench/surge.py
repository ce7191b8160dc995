"""Seven times the texts from one sender among ten million messages: what each request and each statement takes.

The page of everything is looked at first, statement by statement, then the same traffic is measured with and without
the surge. The times of statements are the database's own, of a share of them; those of requests count from when each
was due.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from os import getloadavg

from sqlalchemy import make_url

from tests.bench import board, explained, outbox, surge_traffic, surge_walk, widened
from tests.bench.engines import Site, web
from tests.bench.explained import Explained, Ran
from tests.bench.figures import Figure, Report
from tests.bench.surge_traffic import Asking
from tests.bench.widened import Wide

CASES = 1_000_000
SECONDS, SHORT, WARM = 60.0, 15.0, 10.0
#: milliseconds that 99 of 100 runs of each statement shall take
GOAL = 50
#: of all statements while the load is on
SHARE = 0.25
SHOWN = 12


def run(site: Site, report: Report, *, short: bool) -> None:
    """Widen the folder, walk through every page, and measure."""
    wide = widened.widen(site, print)
    board.fill(site, report)
    report.say(f"surge    {wide.messages} messages, of which {widened.MANY} in one case of {wide.sender}")
    with explained.explaining(site) as seen, ExitStack() as running:
        running.enter_context(outbox.gateway(site))
        # The worker and the ticker are told from the web process by the role that they ask as.
        owner = {"DATABASE_URL": site.database.url}
        address = running.enter_context(web(site))
        seen.share(1.0)
        _walked(site, wide, address, seen, report)
        seen.share(SHARE)
        running.enter_context(site.running("workers.boot", name="worker", **owner))
        running.enter_context(site.running("workers.ticker", name="ticker", **owner))
        asking = Asking(address, surge_walk.cookies(site)["supervisor"])
        usual, more = surge_traffic.kinds(site, wide, asking)
        surge_traffic.keep_up(usual, seconds=WARM)
        for name, kinds in (("before", usual), ("surge", [*usual, more])):
            seen.taken()
            found = surge_traffic.keep_up(kinds, seconds=SHORT if short else SECONDS)
            _show(site, name, found, seen.taken(), report)
        report.say(f"surge    answers that were none: {dict(asking.bad) or 'no one'}", bad=dict(asking.bad))


def _walked(site: Site, wide: Wide, address: str, seen: Explained, report: Report) -> None:
    """Show what each page has the database go through beyond any bound."""
    among, worst, found = explained.large(site), list[tuple[float, str]](), dict[str, set[str]]()
    seen.taken()
    pages = 0
    for asked in surge_walk.walk(site, wide, address):
        pages += 1
        for ran in _of_web(site, seen.taken()):
            worst.append((ran.milliseconds, f"{asked.name}: {ran.words}"))
            for one in explained.unbounded(ran, among):
                found.setdefault(f"{one.node} on {one.table}: {one.rows} rows: {ran.words}", set()).add(asked.name)
    report.say(f"surge    {pages} requests about the sender, {len(worst)} statements; longest ones:")
    for milliseconds, words in sorted(worst, reverse=True)[:SHOWN]:
        report.say(f"surge      {milliseconds:8.1f} ms  {words[:200]}", ms=milliseconds)
    report.say(f"surge    without a bound: {len(found) or 'no statement'}", unbounded=len(found))
    for words, pages_of in found.items():
        report.say(f"surge      {words[:600]}\n             {', '.join(sorted(pages_of)[:4])}")


def _show(site: Site, name: str, figures: Sequence[Figure], ran: Sequence[Ran], report: Report) -> None:
    for figure in figures:
        words = f"{name}, {figure.name}, load {getloadavg()[0]:.0f}"
        report.show("surge", Figure(words, figure.rate, figure.seconds))
    own, among, over = _of_web(site, ran), explained.large(site), 0
    times = explained.by_words(own)
    unbounded = {
        f"{node.node} on {node.table}, {node.rows} rows: {one.words[:160]}"
        for one in own
        for node in explained.unbounded(one, among)
    }
    ranked = sorted(((_at(found, 0.99), words, found) for words, found in times.items()), reverse=True)
    for p99, words, found in ranked[:SHOWN]:
        over += p99 > GOAL
        report.say(
            f"surge      {name}: p50 {_at(found, 0.5):7.2f} p95 {_at(found, 0.95):7.2f} p99 {p99:7.2f} "
            f"max {found[-1]:7.2f} ms of {len(found):5}  {words[:140]}",
            p99_ms=p99,
        )
    verdict = "goal kept" if not over else f"goal MISSED by {over}"
    report.say(
        f"surge    {name}: {len(own)} statements of requests looked at, {len(times)} kinds, p99 of each <= {GOAL} ms: "
        f"{verdict}; without a bound: {sorted(unbounded) or 'none'}"
    )


def _of_web(site: Site, ran: Sequence[Ran]) -> list[Ran]:
    role = make_url(site.settings.database_url).username
    return [one for one in ran if one.role == role]


def _at(found: Sequence[float], share: float) -> float:
    return found[min(int(len(found) * share), len(found) - 1)]
