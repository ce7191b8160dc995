"""Files and functions stay small enough to be read at one sitting."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.house.tree import ROOT, Source, functions, plant, sources

#: median, 90th percentile, most
FILES, FUNCTIONS = (90, 220, 400), (9, 30, 60)


def file_sizes(root: Path) -> dict[str, int]:
    """Return lines by file. A package's front door that holds a docstring alone is no file to measure."""
    return {source.name: source.lines for source in sources(root) if not _docstring_only(source)}


def sizes_of_tests(root: Path) -> dict[str, int]:
    """Return lines by file of the tests, of which only the longest are bounded: tables may make a test long."""
    found = sorted((root / "tests").rglob("*.py"))
    return {path.relative_to(root).as_posix(): len(path.read_text(encoding="utf-8").splitlines()) for path in found}


def function_sizes(root: Path) -> dict[str, int]:
    """Return lines by function, docstrings included, decorators not. What a protocol only declares is left out."""
    return {
        f"{source.at(node)} {node.name}": (node.end_lineno or node.lineno) - node.lineno + 1
        for source in sources(root)
        for node in functions(source)
        if not _declared_only(node)
    }


def over(sizes: Mapping[str, int], budget: tuple[int, int, int]) -> list[str]:
    """Return what breaks a budget, in words."""
    median, ninetieth, most = budget
    ordered = sorted(sizes.values())
    faults = too_long(sizes, most)
    for share, limit, word in ((0.5, median, "median"), (0.9, ninetieth, "90th percentile")):
        found = ordered[min(int(len(ordered) * share), len(ordered) - 1)] if ordered else 0
        faults += [f"the {word} is {found} lines, at most {limit}"] if found > limit else []
    return faults


def too_long(sizes: Mapping[str, int], most: int) -> list[str]:
    """Return what is longer than anything may be, in words."""
    return [f"{name}: {size} lines, at most {most}" for name, size in sizes.items() if size > most]


def _docstring_only(source: Source) -> bool:
    body = source.tree.body
    return all(isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) for node in body)


def _declared_only(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    last = node.body[-1]
    return isinstance(last, ast.Expr) and isinstance(last.value, ast.Constant) and last.value.value is ...


def test_files_are_within_the_budget() -> None:
    assert over(file_sizes(ROOT), FILES) == []


def test_no_file_of_the_tests_is_longer_than_any_other_may_be() -> None:
    assert too_long(sizes_of_tests(ROOT), FILES[2]) == []


def test_functions_are_within_the_budget() -> None:
    assert over(function_sizes(ROOT), FUNCTIONS) == []


def test_there_is_something_to_measure() -> None:
    assert len(file_sizes(ROOT)) > 60
    assert len(sizes_of_tests(ROOT)) > 60
    assert len(function_sizes(ROOT)) > 300


@pytest.mark.parametrize(
    ("sizes", "fault"),
    [
        ([91] * 3, "median"),
        ([10] * 8 + [230] * 2, "90th percentile"),
        ([10] * 99 + [401], "at most 400"),
    ],
)
def test_a_broken_budget_is_noticed(tmp_path: Path, sizes: list[int], fault: str) -> None:
    plant(tmp_path, {f"cases/m{number}.py": "x = 1\n" * size for number, size in enumerate(sizes)})
    (found,) = over(file_sizes(tmp_path), FILES)
    assert fault in found


def test_a_long_file_of_tests_is_noticed(tmp_path: Path) -> None:
    lines = "x = 1\n"
    plant(tmp_path, {"tests/unit/test_a.py": lines * 400, "tests/unit/test_b.py": lines * 401})
    assert too_long(sizes_of_tests(tmp_path), FILES[2]) == ["tests/unit/test_b.py: 401 lines, at most 400"]


def test_a_long_function_is_noticed_and_a_migration_is_not_measured(tmp_path: Path) -> None:
    long = "def long():\n" + "    x = 1\n" * 60
    short = "".join(f"def f{number}():\n    pass\n" for number in range(20))
    plant(tmp_path, {"cases/a.py": short + long, "contactcentre/migrations/versions/0001.py": long})
    assert over(function_sizes(tmp_path), FUNCTIONS) == ["cases/a.py:41 long: 61 lines, at most 60"]


def test_an_empty_front_door_does_not_pull_the_median_down(tmp_path: Path) -> None:
    plant(tmp_path, {"cases/__init__.py": '"""Front door."""\n', "cases/a.py": "x = 1\n"})
    assert file_sizes(tmp_path) == {"cases/a.py": 1}
