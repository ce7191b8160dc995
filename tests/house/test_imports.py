"""Imports point one way between the rooms (the contracts stand in setup.cfg), and never in a circle."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from tests.house.tree import ROOMS, ROOT, Source, plant, sources

LINT = "import sys; from importlinter.cli import lint_imports_command as run; sys.argv[1:] = ['--no-cache']; run()"


def lint(root: Path) -> subprocess.CompletedProcess[str]:
    """Run import-linter on the contracts of a tree's setup.cfg."""
    environment = {**os.environ, "PYTHONPATH": str(root)}
    command = [sys.executable, "-c", LINT]
    return subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False, timeout=120)


def cycle(root: Path) -> list[str]:
    """Return the modules of one circle of imports, or nothing. Imports for types alone make none: they are not run."""
    every = {source.module: source for source in sources(root)}
    graph = {name: _imported(source, every) - {name} for name, source in every.items()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def _imported(source: Source, every: dict[str, Source]) -> set[str]:
    found: set[str] = set()
    skipped = {child for node in ast.walk(source.tree) if _for_types(node) for child in ast.walk(node)}
    for node in ast.walk(source.tree):
        if node in skipped:
            continue
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found |= {_target(node.module, name.name, every) for name in node.names}
    return found & set(every)


def _target(module: str, name: str, every: dict[str, Source]) -> str:
    return f"{module}.{name}" if f"{module}.{name}" in every else module


def _for_types(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def test_the_contracts_hold() -> None:
    done = lint(ROOT)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    assert "0 broken" in done.stdout


def test_no_imports_run_in_a_circle() -> None:
    assert cycle(ROOT) == []


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("tree")
    for room in ROOMS:
        shutil.copytree(ROOT / room, root / room, ignore=shutil.ignore_patterns("__pycache__", "static", "templates"))
    shutil.copy(ROOT / "setup.cfg", root)
    return root


@pytest.mark.parametrize(
    ("name", "line", "contract"),
    [
        ("cases/texts.py", "import channels.base", "Imports point one way"),
        ("channels/base.py", "import contactcentre.jobs", "Imports point one way"),
        ("cases/texts.py", "import requests", "The domain knows no"),
        ("channels/http.py", "import cases.models", "Channels know only"),
    ],
)
def test_an_import_the_wrong_way_is_noticed(copy: Path, name: str, line: str, contract: str) -> None:
    before = (copy / name).read_text(encoding="utf-8")
    (copy / name).write_text(f"{before}\n{line}\n", encoding="utf-8")
    try:
        done = lint(copy)
    finally:
        (copy / name).write_text(before, encoding="utf-8")
    assert done.returncode == 1
    said = " ".join(done.stdout.split())  # long names are wrapped over lines
    assert re.search(rf"{contract}((?!KEPT).)* BROKEN", said), done.stdout[-3000:]


def test_a_circle_is_noticed_wherever_the_import_stands(tmp_path: Path) -> None:
    files = {
        "cases/__init__.py": "",
        "cases/a.py": "from cases import b\n",
        "cases/b.py": "from cases.c import x\n",
        "cases/c.py": "x = 1\ndef f():\n    import cases.a\n",
    }
    assert set(cycle(plant(tmp_path, files))) == {"cases.a", "cases.b", "cases.c"}
    plant(tmp_path, {"cases/c.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import cases.a\nx = 1\n"})
    assert cycle(tmp_path) == []
