"""The source tree as the house tests read it: each check is a function over a root, so that it can be seen to fail."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROOMS = ("cases", "channels", "config", "contactcentre", "workers")
#: written by a tool from the models and never read top to bottom: neither sizes nor styles are asked of them
GENERATED = "contactcentre/migrations/versions"


@dataclass(frozen=True)
class Source:
    """One Python file. ``name`` is its path from the root, with slashes."""

    name: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text, self.name)

    @property
    def lines(self) -> int:
        return len(self.text.splitlines())

    @property
    def module(self) -> str:
        """The dotted name that imports it."""
        return self.name.removesuffix(".py").removesuffix("/__init__").replace("/", ".")

    def at(self, node: ast.AST) -> str:
        return f"{self.name}:{getattr(node, 'lineno', 1)}"


def sources(root: Path, *, generated: bool = False) -> list[Source]:
    """Return the Python files of all rooms; those that a tool made only where asked for."""
    every = _ours() if root == ROOT else _read(root)
    return [source for source in every if generated or not source.name.startswith(f"{GENERATED}/")]


@cache
def _ours() -> list[Source]:
    """Read our own tree once: each file is parsed once for all rules, since none of them changes it."""
    return _read(ROOT)


def _read(root: Path) -> list[Source]:
    found = sorted(path for room in ROOMS for path in (root / room).rglob("*.py"))
    return [Source(path.relative_to(root).as_posix(), path.read_text(encoding="utf-8")) for path in found]


def functions(source: Source) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Yield every function and method of a file, nested ones too."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def plant(root: Path, files: Mapping[str, str]) -> Path:
    """Write a small tree, to try a check on it; every room is there."""
    for room in ROOMS:
        (root / room).mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    return root


def dotted(node: ast.AST) -> str:
    """Return ``a.b.c`` for a chain of names, or an empty text."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        before = dotted(node.value)
        return f"{before}.{node.attr}" if before else ""
    return ""
