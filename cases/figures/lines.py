"""The lines of a case's history as counting reads them: tolerantly, since older ones say less."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from cases.sla import spans


class Line(NamedTuple):
    """One event. ``at`` counts microseconds since 1970 in UTC, as all instants do here."""

    seq: int
    kind: str
    at: int
    message_id: int | None
    values: Mapping[str, Any]
    actor: str = ""

    def text(self, key: str) -> str:
        """Return a value as text; empty where there is none."""
        value = self.values.get(key)
        return "" if value is None else str(value)

    def instant(self, key: str) -> int | None:
        """Return a value as an instant; None where there is none, or nothing that can be read as one."""
        try:
            found = datetime.fromisoformat(self.text(key))
        except ValueError:
            return None
        return spans.micros(found if found.tzinfo else found.replace(tzinfo=UTC))
