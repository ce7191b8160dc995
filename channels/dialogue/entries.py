"""What people type where something definite is asked: numbers, dates, references, codes, words."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date

from cases import references
from channels.dialogue.menu import Node

LONGEST_TEXT = 480
_DATE = re.compile(r"(\d{1,2})[\s./-]?(\d{2})[\s./-]?(\d{4})")


def read(node: Node, said: str) -> str | None:
    """Return what was typed as it is stored, or None where it is not what the node asks for."""
    return _READERS[node.kind](node, said.strip())


def _text(node: Node, said: str) -> str | None:
    plain = "".join(one if one.isprintable() or one == "\n" else " " for one in said).strip()
    return plain if node.least <= len(plain) <= (node.most or LONGEST_TEXT) else None


def _number(node: Node, said: str) -> str | None:
    if not re.fullmatch(r"[0-9]{1,9}", said):
        return None
    number = int(said)
    return str(number) if node.least <= number <= (node.most or number) else None


def _date(node: Node, said: str) -> str | None:
    """Read day, month and year in this order, with or without marks between them; store it as ISO 8601."""
    found = _DATE.fullmatch(said)
    if found is None:
        return None
    day, month, year = (int(part) for part in found.groups())
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return None


def _reference(node: Node, said: str) -> str | None:
    return references.parse(said) if said.isascii() else None


def _code(node: Node, said: str) -> str | None:
    digits = re.sub(r"[\s-]", "", said)
    return digits if re.fullmatch(r"[0-9]{4}", digits) else None


_READERS: Mapping[str, Callable[[Node, str], str | None]] = {
    "text": _text,
    "number": _number,
    "date": _date,
    "reference": _reference,
    "code": _code,
}
