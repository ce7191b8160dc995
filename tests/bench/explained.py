"""What the database did for each statement: its time there and the rows it touched, by its ``auto_explain``."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg

from tests.bench.engines import Site

#: a table is large from here on; a node of a plan that touches so many rows is bounded by nothing but the data
LARGE, MOST_TOUCHED = 20_000, 12_000
_ON = {
    "session_preload_libraries": "'auto_explain'",
    "auto_explain.log_min_duration": "0",
    "auto_explain.log_analyze": "on",
    "auto_explain.log_timing": "off",
    "auto_explain.log_format": "json",
    "auto_explain.log_nested_statements": "on",
    "auto_explain.log_parameter_max_length": "0",
    "log_line_prefix": "'%u '",
}
_BEGUN = re.compile(r"^(\S+) LOG:  duration: ([\d.]+) ms  plan:$")
_SPACE = re.compile(r"\s+")
#: rows of ``insert`` statements differ in number, and a shown statement is known by its beginning
_VALUES = re.compile(r"values \(.*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Ran:
    """One run of one statement: whose it was (the database's role), milliseconds, and its plan."""

    role: str
    milliseconds: float
    text: str
    plan: Mapping[str, Any]

    @property
    def words(self) -> str:
        """The statement on one line, as it is known by."""
        return _VALUES.sub("values …", _SPACE.sub(" ", self.text))


@dataclass(frozen=True, slots=True)
class Touched:
    """A node of a plan that went through more rows of a table than are ever shown."""

    node: str
    table: str
    rows: int


class Explained:
    """The log of the server from where it stood when this was made."""

    def __init__(self, site: Site) -> None:
        self._log = site.folder / "postgres" / "postgres.log"
        self._at = self._log.stat().st_size
        self._url = site.database.url.replace("+psycopg", "")

    def share(self, share: float) -> None:
        """Have this share of all statements explained from now on."""
        with psycopg.connect(self._url, autocommit=True) as connection:
            connection.execute("load 'auto_explain'")
            connection.execute(f"alter system set auto_explain.sample_rate = {share}")  # type: ignore[call-overload]
            connection.execute("select pg_reload_conf()")

    def whole_tables(self, *, allowed: bool) -> None:
        """Let plans read tables from end to end, or only where no index could serve."""
        with psycopg.connect(self._url, autocommit=True) as connection:
            connection.execute(f"alter system set enable_seqscan = {'on' if allowed else 'off'}")  # type: ignore[call-overload]
            connection.execute("select pg_reload_conf()")

    def taken(self) -> Sequence[Ran]:
        """Return what was explained since the last call."""
        with self._log.open("rb") as log:
            log.seek(self._at)
            text = log.read()
        whole = text.rfind(b"\n") + 1
        self._at += whole
        return tuple(_read(text[:whole].decode(errors="replace").splitlines()))


@contextmanager
def explaining(site: Site) -> Iterator[Explained]:
    """Have new connections explain what they run; afterwards the server is as it was."""
    with psycopg.connect(site.database.url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("load 'auto_explain'")
        for name, value in _ON.items():
            connection.execute(f"alter system set {name} = {value}")  # type: ignore[call-overload]
        connection.execute("select pg_reload_conf()")
        try:
            yield Explained(site)
        finally:
            connection.execute("alter system reset all")
            connection.execute("select pg_reload_conf()")


def large(site: Site) -> frozenset[str]:
    """Return the tables that have many rows here."""
    with psycopg.connect(site.database.url.replace("+psycopg", ""), autocommit=True) as connection:
        found = connection.execute("select relname from pg_class where relkind = 'r' and reltuples > %s", (LARGE,))
        return frozenset(name for (name,) in found)


def unbounded(ran: Ran, among: frozenset[str]) -> Iterator[Touched]:
    """Yield the nodes that touch too many rows, or read a large table from its beginning."""
    for node in nodes(ran.plan):
        table = node.get("Relation Name") or node.get("Index Name")
        if not table:
            continue
        loops = max(int(node.get("Actual Loops", 1)), 1)
        passed = sum(float(node.get(f"Rows Removed by {why}", 0)) for why in ("Filter", "Index Recheck"))
        rows = int((float(node.get("Actual Rows", 0)) + passed) * loops)
        if rows > MOST_TOUCHED or (node["Node Type"] == "Seq Scan" and table in among):
            yield Touched(str(node["Node Type"]), str(table), rows)


def nodes(plan: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield a plan's nodes, itself first."""
    yield plan
    for one in plan.get("Plans", ()):
        yield from nodes(one)


def by_words(all_of: Sequence[Ran]) -> Mapping[str, Sequence[float]]:
    """Return the times of each statement, sorted."""
    found: dict[str, list[float]] = defaultdict(list)
    for one in all_of:
        found[one.words].append(one.milliseconds)
    return {words: sorted(times) for words, times in found.items()}


def _read(lines: Sequence[str]) -> Iterator[Ran]:
    at = 0
    while at < len(lines):
        begun = _BEGUN.match(lines[at])
        at += 1
        if begun is None:
            continue
        body = []
        while at < len(lines) and lines[at].startswith("\t"):
            body.append(lines[at])
            at += 1
        said = json.loads("".join(body), strict=False)
        yield Ran(begun[1], float(begun[2]), said["Query Text"], said["Plan"])
