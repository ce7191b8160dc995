"""How well scans of the shared test data are read: wrong words, angles, fields of receipts."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from channels.letters import dates, receipts
from channels.letters.lines import of_page
from tests.routing.shared import shared

Entry = dict[str, Any]
FIELDS = ("company", "date", "address", "total")


def folder() -> Path:
    """Return where the scans stand; raises :class:`tests.routing.shared.NoSharedData`."""
    return shared("scans/expected.json").parent


def entries() -> list[Entry]:
    found: list[Entry] = json.loads((folder() / "expected.json").read_text(encoding="utf-8"))
    return found


def words(text: str, entry: Entry) -> list[str]:
    """Return a text's words as they are compared: receipts in capitals, as their truth is written."""
    return (text.upper() if "fields" in entry else text).split()


def wrong(ours: Sequence[str], truth: Sequence[str]) -> int:
    """Return how many words must be added, taken out or changed to come to the truth."""
    before = list(range(len(truth) + 1))
    for row, word in enumerate(ours, 1):
        now = [row]
        for column, other in enumerate(truth, 1):
            now.append(min(before[column] + 1, now[-1] + 1, before[column - 1] + (word != other)))
        before = now
    return before[-1]


def fields(page: dict[str, Any], truth: dict[str, str]) -> dict[str, bool]:
    """Tell of each field of a receipt whether it was read: letters and digits alone are compared, a total as a sum."""
    lines = of_page(page)
    company, address = receipts.company(lines), receipts.address(lines)
    dated, total = receipts.dated(lines), receipts.total(lines)
    wanted = dates.find(truth["date"])
    return {
        "company": _bare(company[0] if company else "") == _bare(truth["company"]),
        "date": bool(wanted and dated and dated[0] == wanted.isoformat()),
        "address": _bare(address[0] if address else "") == _bare(truth["address"]),
        "total": bool(total) and float(total[0]) == float(re.sub(r"[^\d.]", "", truth["total"])),
    }


def _bare(text: str) -> str:
    return re.sub(r"[^A-Z0-9]", "", text.upper())
