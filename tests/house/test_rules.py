"""Rules that a reader would have to hold by eye: where commit, time and environment stand, what things are called."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import phonenumbers
import pytest
from phonenumbers import geocoder

from tests.house.tree import GENERATED, ROOMS, ROOT, dotted, functions, plant, sources

Check = Callable[[Path], list[str]]
FORBIDDEN_NAMES = {"utils", "helpers", "common", "manager", "misc", "util", "helper", "managers"}
CONNECTS = ("create_engine", "create_async_engine", "psycopg.connect", "Connection.connect")
CLOCKS = {
    "datetime.now",
    "datetime.utcnow",
    "datetime.today",
    "date.today",
    "time.time",
    "time.time_ns",
    "time.localtime",
}


def commits(root: Path) -> list[str]:
    """Only contactcentre/db.py ends a transaction: whoever else did could commit half of somebody's work."""
    return [
        f"{source.at(node)}: {node.func.attr}() outside contactcentre/db.py"
        for source in sources(root, generated=True)
        if source.name != "contactcentre/db.py"
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("commit", "rollback")
    ]


def clocks(root: Path) -> list[str]:
    """Only cases/clock.py asks what time it is; ``time.monotonic`` measures and tells no time."""
    return [
        f"{source.at(node)}: {said} outside cases/clock.py"
        for source in sources(root)
        if source.name != "cases/clock.py"
        for node in ast.walk(source.tree)
        for said in _tells_time(node)
    ]


def _tells_time(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Attribute):
        said = ".".join(dotted(node).split(".")[-2:])
        if said in CLOCKS:
            yield said
    if isinstance(node, ast.ImportFrom) and node.module == "time":
        yield from (f"time.{name.name}" for name in node.names if f"time.{name.name}" in CLOCKS)


def environment(root: Path) -> list[str]:
    """Only config/settings.py reads the environment, so that docs/settings.md can list all of it."""
    return [
        f"{source.at(node)}: reads the environment outside config/settings.py"
        for source in sources(root)
        if source.name != "config/settings.py"
        for node in ast.walk(source.tree)
        if _reads_environment(node)
    ]


def _reads_environment(node: ast.AST) -> bool:
    if isinstance(node, ast.ImportFrom):
        return node.module == "os" and any(
            name.name in ("environ", "environb", "getenv", "putenv") for name in node.names
        )
    return dotted(node) in ("os.environ", "os.environb", "os.getenv", "os.getenvb", "os.putenv")


def connections(root: Path) -> list[str]:
    """Whoever connects to the database bounds its statements there and then; the release step alone does not."""
    return [
        f"{source.at(node)}: {dotted(node.func)} without a statement_timeout in this file"
        for source in sources(root)
        if not source.name.startswith("contactcentre/migrations/") and "statement_timeout=" not in source.text
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Call) and dotted(node.func).endswith(CONNECTS)
    ]


def names(root: Path) -> list[str]:
    """A module is called after what it does."""
    every = {part for source in sources(root) for part in [source.name] if _words(part) & FORBIDDEN_NAMES}
    return [f"{name}: is called after nothing" for name in sorted(every)]


def _words(name: str) -> set[str]:
    return set(re.split(r"[/_]", name.removesuffix(".py")))


def module_docstrings(root: Path) -> list[str]:
    """Every file says in its first line what it is for."""
    return [
        f"{source.name}: has no docstring"
        for source in sources(root, generated=True)
        if not ast.get_docstring(source.tree)
    ]


def function_docstrings(root: Path) -> list[str]:
    """Every public function of the domain says what its signature cannot; methods are left to their class."""
    return [
        f"{source.at(node)}: {node.name} has no docstring"
        for source in sources(root)
        if source.name.startswith("cases/")
        for node in source.tree.body
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_") and not ast.get_docstring(node)
    ]


# Words of the shipped city.

CODE = {".py", ".html", ".js", ".css", ".mako", ".txt", ".xml", ".svg"}
#: what a body is called anywhere; the rest of its name is its own
GENERIC = {
    "metropolitan", "municipal", "district", "regional", "assembly", "council", "city", "town", "county", "borough",
    "government", "authority", "office", "department", "of", "the", "and", "for", "services", "service",
}  # fmt: skip


def city_words(root: Path) -> set[str]:
    """Return what only this city is called, folded, from its configuration: names, zone, country, departments."""
    organisation = tomllib.loads((root / "config" / "organisation.toml").read_text(encoding="utf-8"))
    organisation = organisation.get("organisation", organisation)
    said = [str(organisation.get(key, "")) for key in ("name", "short_name", "brand")]
    said += [str(place) for place in organisation.get("places", [])]
    zone = str(organisation.get("timezone", "")).rpartition("/")[2].replace("_", " ")
    own = {word for text in said for word in re.findall(r"[^\W\d_]{3,}", text.casefold()) if word not in GENERIC}
    keys = {path.stem.casefold() for path in (root / "config" / "departments").glob("*.toml") if "-" in path.stem}
    own |= keys | {zone.casefold(), _country(str(organisation.get("region", ""))).casefold()}
    return own - {"", "utc"}


def _country(region: str) -> str:
    number = phonenumbers.example_number(region) if region else None
    return str(geocoder.country_name_for_number(number, "en")) if number else ""


def city_in_code(root: Path) -> list[str]:
    """No code or template names the city: it comes from the configuration, so that another city needs no other code."""
    words = sorted(city_words(root), key=len, reverse=True)
    pattern = re.compile(rf"(?<![^\W_])(?:{'|'.join(re.escape(word) for word in words)})(?![^\W_])", re.IGNORECASE)
    return [
        f"{path.relative_to(root).as_posix()}:{number}: {found.group()!r} is a word of the shipped city"
        for path in _code_files(root)
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        for found in [pattern.search(line)]
        if found
    ]


def _code_files(root: Path) -> list[Path]:
    folders = (root / room for room in (*ROOMS, "bin"))
    every = sorted(path for folder in folders for path in folder.rglob("*") if path.is_file())
    return [path for path in every if path.suffix in CODE or path.parent == root / "bin"]


CHECKS: list[Check] = [commits, clocks, environment, connections, names, module_docstrings, function_docstrings]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_the_rule_is_kept(check: Check) -> None:
    assert check(ROOT) == []


def test_no_word_of_the_city_stands_in_code() -> None:
    assert city_in_code(ROOT) == []


D = '"""A file."""\n'
BAD: list[tuple[Check, str, str]] = [
    (commits, "cases/a.py", "def f(session):\n    session.commit()\n"),
    (commits, "contactcentre/raw.py", "def f(uow):\n    uow.session.rollback()\n"),
    (commits, f"{GENERATED}/0001.py", "connection.commit()\n"),
    (clocks, "cases/a.py", "from datetime import datetime\nat = datetime.now()\n"),
    (clocks, "workers/a.py", "import datetime\nat = datetime.datetime.utcnow()\n"),
    (clocks, "channels/a.py", "from datetime import date\nfind = date.today\n"),
    (clocks, "contactcentre/a.py", "import time\nat = time.time()\n"),
    (clocks, "contactcentre/a.py", "from time import time\n"),
    (environment, "contactcentre/a.py", "import os\nhome = os.environ['HOME']\n"),
    (environment, "workers/a.py", "import os\nhome = os.getenv('HOME')\n"),
    (environment, "channels/a.py", "from os import environ\n"),
    (connections, "contactcentre/a.py", "from sqlalchemy import create_engine\nengine = create_engine('')\n"),
    (connections, "workers/a.py", "import psycopg\ntalk = psycopg.connect('')\n"),
    (connections, "contactcentre/a.py", "import psycopg\ntalk = psycopg.AsyncConnection.connect('')\n"),
    (names, "cases/utils.py", D),
    (names, "contactcentre/common/a.py", D),
    (names, "channels/sms_helpers.py", D),
    (names, "workers/manager.py", D),
    (names, "config/misc.py", D),
    (module_docstrings, "cases/a.py", "x = 1\n"),
    (module_docstrings, "cases/__init__.py", ""),
    (function_docstrings, "cases/a.py", "def f():\n    return 1\n"),
]


@pytest.mark.parametrize(("check", "name", "text"), BAD, ids=[f"{c.__name__} {n}" for c, n, _ in BAD])
def test_a_breach_is_noticed(tmp_path: Path, check: Check, name: str, text: str) -> None:
    (fault,) = check(plant(tmp_path, {name: text}))
    assert fault.startswith(name)


GOOD: list[tuple[Check, str, str]] = [
    (commits, "contactcentre/db.py", "def f(session):\n    session.commit()\n"),
    (clocks, "cases/clock.py", "from datetime import datetime\nat = datetime.now()\n"),
    (clocks, "cases/a.py", "import time\nfrom cases import clock\nat = time.monotonic()\nnow = clock.now(None)\n"),
    (environment, "config/settings.py", "import os\nhome = os.environ['HOME']\n"),
    (connections, "contactcentre/db.py", "o = '-c statement_timeout=1'\nengine = create_engine('', options=o)\n"),
    (connections, "contactcentre/migrations/env.py", "engine = create_engine('')\n"),
    (names, "cases/commons_debate.py", D),
    (function_docstrings, "cases/a.py", "def _f():\n    return 1\n"),
    (function_docstrings, "channels/a.py", "def f():\n    return 1\n"),
]


@pytest.mark.parametrize(("check", "name", "text"), GOOD, ids=[f"{c.__name__} {n}" for c, n, _ in GOOD])
def test_what_is_allowed_is_left_alone(tmp_path: Path, check: Check, name: str, text: str) -> None:
    assert check(plant(tmp_path, {name: text})) == []


ORGANISATION = (
    'name = "Quellbach-Ufer Municipal Assembly"\nshort_name = "QUMA"\nregion = "GH"\ntimezone = "Africa/Accra"\n'
)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("cases/a.py", 'GREETING = "Welcome to Quellbach"\n'),
        ("contactcentre/templates/a.html", "<h1>quma</h1>"),
        ("contactcentre/static/a.js", "const UFER_POINT = 1"),
        ("cases/b.py", "# as they do in Ghana\n"),
        ("channels/b.py", 'ZONE = "Africa/Accra"\n'),
        ("workers/b.py", 'if department == "dust-and-ash":\n    pass\n'),
        ("bin/serve", "echo QUMA\n"),
    ],
)
def test_a_word_of_the_city_is_noticed(tmp_path: Path, name: str, text: str) -> None:
    organisation = {"config/organisation.toml": ORGANISATION, "config/departments/dust-and-ash.toml": ""}
    clean = {"cases/clean.py": "# the assembly's municipal council, buffer, sequma\n", "config/x.toml": "Quellbach"}
    plant(tmp_path, {**organisation, **clean, name: text})
    (fault,) = city_in_code(tmp_path)
    assert fault.startswith(f"{name}:1: ")


def test_every_function_is_seen(tmp_path: Path) -> None:
    plant(tmp_path, {"cases/a.py": "class A:\n    async def f(self):\n        def g(): ...\n"})
    assert [node.name for source in sources(tmp_path) for node in functions(source)] == ["f", "g"]
