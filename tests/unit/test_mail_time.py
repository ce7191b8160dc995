"""Hostile mail costs no more than its length. Steps are counted, not timed: lines of Python that run, and beside them
the shape of every regular expression, whose steps nobody can count.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
import sys
from collections.abc import Iterator
from types import FrameType
from typing import Any

import pytest

import channels.email
from channels.email.reading import parse
from tests.mail.bombs import BOMBS

SMALL = 12_000


def steps(raw: bytes) -> int:
    """Return how many lines of ours run while a mail is read."""
    count = 0

    def trace(frame: FrameType, event: str, _: object) -> Any:
        nonlocal count
        if "channels/email" not in frame.f_code.co_filename:
            return None
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        parse(raw)
    finally:
        sys.settrace(before)
    return count


@pytest.mark.parametrize("name", BOMBS)
def test_twice_the_mail_takes_at_most_about_twice_the_steps(name: str) -> None:
    once, twice = steps(BOMBS[name](SMALL)), steps(BOMBS[name](2 * SMALL))
    assert twice <= 2.2 * once + 2_000


def patterns() -> Iterator[tuple[str, re.Pattern[Any]]]:
    for found in pkgutil.iter_modules(channels.email.__path__):
        module = importlib.import_module(f"channels.email.{found.name}")
        for name, value in vars(module).items():
            if isinstance(value, re.Pattern):
                yield f"{found.name}.{name}", value


def nested(pattern: str | bytes, flags: int = 0) -> bool:
    """Tell whether something that repeats without bound stands within something that does."""
    parser = importlib.import_module("re._parser")
    return _nested(parser.parse(pattern, flags), within=False)


def _nested(tree: Any, *, within: bool) -> bool:
    for operation, argument in tree:
        name = str(operation)
        repeats = "REPEAT" in name and str(argument[1]) == "MAXREPEAT"
        if repeats and within:
            return True
        for child in _children(argument):
            if _nested(child, within=within or repeats):
                return True
    return False


def _children(argument: Any) -> Iterator[Any]:
    for one in argument if isinstance(argument, tuple | list) else ():
        if type(one).__name__ == "SubPattern":
            yield one
        elif isinstance(one, list | tuple):
            yield from _children(one)


def test_no_regular_expression_repeats_within_a_repeat() -> None:
    every = dict(patterns())
    assert len(every) > 10
    assert [name for name, one in every.items() if nested(one.pattern, one.flags & ~re.UNICODE)] == []


@pytest.mark.parametrize(
    ("pattern", "bad"), [("(a+)+", True), ("(?:x|(?:y*z)*)", True), ("a+b+", False), ("(a{1,9})+", False)]
)
def test_the_check_of_shapes_notices_one(pattern: str, *, bad: bool) -> None:
    assert nested(pattern) is bad
