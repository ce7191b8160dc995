"""Mail of the shared test data, scored: classes, notices of failure, fields, new parts; and mails that hurt."""

from __future__ import annotations

import time
from collections import Counter

from channels.email.mail import Mail
from channels.email.reading import parse
from tests.bench.figures import Report
from tests.mail import parse_scores, scores, shared
from tests.mail.bombs import BOMBS
from tests.mail.mutants import mutants
from tests.mail.shared import HALVES, Entry
from tests.routing.shared import NoSharedData

MUTANTS, LARGE, SMALL = 10_000, 1 << 20, 1 << 19
Read = list[tuple[Entry, Mail]]


def run(report: Report) -> None:
    """Print all scores, with and without the rules that rest on one file, then what hostile mails cost."""
    try:
        for lone in (True, False):
            for name in (*HALVES, None):
                scored(list(shared.mails(lone=lone, only=name)), name, report, lone=lone)
        told(report)
        broken(report)
    except NoSharedData as missing:
        report.say(f"mail     {missing}")
    slow(report)


def scored(read: Read, name: str | None, report: Report, *, lone: bool) -> None:
    """Print the scores of one half, or of everything."""
    rules = "all rules" if lone else "without rules that rest on one file"
    report.say(f"mail     {'both halves' if name is None else f'the half that was {name}'}, {rules}")
    for title, some in (("", read), (", only what a test suite or the mail itself says", asserted(read))):
        table = scores.confusion(some)
        for truth in sorted({one for one, _ in table}):
            row = ", ".join(f"{ours} {count}" for (one, ours), count in sorted(table.items()) if one == truth)
            report.say(f"mail       class{title}: {truth} read as {row}")
        taken = _taken(table)
        report.say(f"mail       bounces known as such {_bounces(table)}, ordinary taken for automatic {taken}")
    answered = scores.answered(read)
    report.say(f"mail       automatic mail that a machine could have answered: {len(answered)}")
    for what, hits in (
        ("recipients", scores.recipients(read)),
        ("any recipient", scores.anybody(read)),
        ("hard or soft", scores.hardness(read)),
        ("reason", scores.reasons(read)),
        ("enhanced code", scores.codes(read)),
        *parse_scores.fields(read).items(),
        ("new part of whole mails", parse_scores.standard_replies(read)),
    ):
        report.say(f"mail       {what}: {scores.share(hits)}")
    for what, count in parse_scores.replies(name).items():
        report.say(f"mail       new part, {what}: {dict(sorted(count.items()))}")


def asserted(read: Read) -> Read:
    """Return the mails whose class somebody asserted: not the folders that merely collect."""
    return [(entry, mail) for entry, mail in read if "no asserted details" not in (entry.get("label_source") or "")]


def _bounces(table: Counter[tuple[str, str]]) -> str:
    every = sum(count for (truth, _), count in table.items() if truth == "bounce")
    return _share(table["bounce", "bounce"], every)


def _taken(table: Counter[tuple[str, str]]) -> str:
    every = sum(count for (truth, _), count in table.items() if truth == "other")
    right = sum(count for (truth, ours), count in table.items() if truth == "other" and ours in ("ordinary", "list"))
    return _share(every - right, every)


def _share(some: int, every: int) -> str:
    return f"{some} of {every} ({some / every:.1%})" if every else "none known"


def told(report: Report) -> None:
    """Print how many leaves were decoded as known."""
    report.say(f"mail     leaves, decoded and in order: {scores.share(parse_scores.leaves())}")


def broken(report: Report) -> None:
    """Read every mail, then thousands of broken ones; a single exception ends the benchmark."""
    letters = [shared.raw(entry) for entry in shared.entries()]
    started = time.thread_time()
    for letter in letters:
        parse(letter)
    took = time.thread_time() - started
    small = [letter for letter in letters if len(letter) < 20_000]
    longest = 0.0
    for letter in mutants(small, MUTANTS):
        began = time.thread_time()
        parse(letter)
        longest = max(longest, time.thread_time() - began)
    report.say(
        f"mail     0 crashes in {len(letters)} mails ({len(letters) / took:.0f} a second of the processor) and "
        f"{MUTANTS} broken ones, the longest of which took {longest:.2f} s"
    )


def slow(report: Report) -> None:
    """Print what hostile mails of a megabyte cost beside those of half of one."""
    worst = 0.0
    for name, made in BOMBS.items():
        half, whole = _cost(made(SMALL)), _cost(made(LARGE))
        worst = max(worst, whole)
        if whole > 0.5 or whole > 2.5 * max(half, 0.02):
            report.say(f"mail     {name}: {whole:.2f} s for 1 MB, {whole / max(half, 0.001):.1f} times half of it")
    report.say(f"mail     {len(BOMBS)} hostile mails of 1 MB: {worst:.2f} s of the processor at most")


def _cost(raw: bytes) -> float:
    took = []
    for _ in range(2):  # the better of two: neighbours cost too
        started = time.thread_time()
        parse(raw)
        took.append(time.thread_time() - started)
    return min(took)
