"""Routing: what one text costs with the shipped rules; places and an example city's reports, scored."""

from __future__ import annotations

import time
import tomllib

from cases.routing.facts import Facts
from cases.routing.rules import route
from tests.bench.figures import Report
from tests.routing import civic, stations
from tests.routing.shared import ROOT, NoSharedData, city

ROUNDS = 20
SEEDS = range(1, 6)


def speed(report: Report) -> None:
    """Route each of the sixty texts many times. Told is the processor's time, so that neighbours do not count."""
    made = city()
    file = ROOT / "tests" / "routing" / "texts.toml"
    texts = [one["text"] for one in tomllib.loads(file.read_text(encoding="utf-8"))["texts"]]
    took = []
    for _ in range(ROUNDS):
        made.known.finder.forget()  # else only the first round would look at a word that is spelt otherwise
        for text in texts:
            started = time.thread_time()
            route(Facts("sms", "sms-at", text), made.rules, made.known)
            took.append((time.thread_time() - started) * 1000)
    took.sort()
    middle, late = took[len(took) // 2], took[int(len(took) * 0.99)]
    phrases = len(made.known.finder.known)
    report.say(
        f"routing  {len(took)} texts, {phrases} phrases, {len(made.rules)} rules: "
        f"p50 {middle:.2f} ms, p99 {late:.2f} ms, longest {took[-1]:.2f} ms of the processor"
    )


def places(report: Report) -> None:
    """Score the gazetteer on names of polling stations."""
    for name, only in (("all constituencies", ()), ("the city and its neighbour", stations.NEAR)):
        try:
            scores = [stations.score(stations.rows(only), seed=seed) for seed in SEEDS]
        except NoSharedData as missing:
            report.say(f"places   {missing}")
            return
        for level in ("area", "constituency"):
            told = ", ".join(f"{word} {share:.1%}" for word, share in stations.shares(scores, level).items())
            report.say(f"places   {name}, {level}: {told}")


def reports(report: Report) -> None:
    """Print where the reports of the shared data come to in the example city."""
    try:
        tables = civic.tables()
    except NoSharedData as missing:
        report.say(f"civic    {missing}")
        return
    for name, table in tables.items():
        report.say(f"civic    the half of the reports that was {name} when the rules were written")
        for line in civic.lines(table):
            report.say(line)
