"""A postal address as it is kept and compared: its lines, each clean; pure."""

from __future__ import annotations

import re
import unicodedata

from cases.errors import Invalid

LONGEST, MOST_LINES, LONGEST_LINE = 400, 8, 80
_BOX = re.compile(r"\bp\.?\s*o\.?\s*box\b\.?|\bpost\s+office\s+box\b|\bpob\b\.?", re.IGNORECASE)
_SPACE = re.compile(r"\s+")


def clean(text: str) -> str:
    """Return an address with one line each, as it is printed on an envelope; empty where there is none.

    Raises ``Invalid`` where it is longer than one.
    """
    text = "".join(c for c in unicodedata.normalize("NFC", text) if c == "\n" or c.isprintable() or c.isspace())
    lines = [_line(line) for line in text.splitlines()]
    lines = [line for line in lines if line]
    if len(lines) > MOST_LINES or any(len(line) > LONGEST_LINE for line in lines):
        words = (
            f"An address has at most {MOST_LINES} lines of {LONGEST_LINE} characters: write what stands on envelopes."
        )
        raise Invalid(words, field="postal")
    return "\n".join(lines)


def folded(address: str) -> str:
    """Return what addresses are compared by: case, commas, points and the ends of lines say nothing."""
    plain = "".join(c if c.isalnum() else " " for c in clean(address).casefold())
    return " ".join(plain.split())


def _line(line: str) -> str:
    plain = _SPACE.sub(" ", _BOX.sub("P.O. Box", line)).strip(" ,;.")
    return plain.strip()
