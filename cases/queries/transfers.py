"""Where people sent cases that a rule had sent elsewhere: counted from the histories, which hold no citizen's words.

Nothing is stored for it. The reason of a transfer is an agent's own words and is not read.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from cases.models import Case, Event
from cases.permissions import Viewer
from cases.queries.scope import visible

#: what a decision's reason quotes is a word of the configuration; what the citizen wrote stands apart from it
_QUOTED = re.compile(r"‘([^’]+)’")
_ROUTED, _TRANSFERRED = "routed", "transferred"
_Way = tuple[str | None, str, str | None, tuple[str, ...], bool]


@dataclass(frozen=True, slots=True)
class Sending:
    """Cases that took the same way: ``rule`` sent them to ``before`` by these ``words``, a person on to ``after``.

    ``before`` is None for the tray; ``rule`` is None where none matched, or where a person had sent them ``before``.
    """

    before: str | None
    after: str
    rule: str | None
    words: tuple[str, ...]
    by_person: bool
    count: int
    first: datetime
    last: datetime


def sendings(session: Session, viewer: Viewer, *, since: datetime) -> Sequence[Sending]:
    """Return the transfers since an instant, like with like, those with the newest first."""
    earlier = aliased(Event)
    before = (
        select(earlier.kind, earlier.values.label("came"))
        .where(earlier.case_id == Event.case_id, earlier.seq < Event.seq, earlier.kind.in_((_ROUTED, _TRANSFERRED)))
        .order_by(earlier.seq.desc())
        .limit(1)
        .lateral("earlier")
    )
    query = (
        select(Event.at, Event.values, before.c.kind, before.c.came)
        .join(Case, Case.id == Event.case_id)
        .join(before, before.c.kind.is_not(None))
        # a transfer changes its case: along the index of changes only the cases of these days are looked at
        .where(visible(viewer), Case.updated_at >= since, Event.kind == _TRANSFERRED, Event.at >= since)
    )
    ways: dict[_Way, list[datetime]] = defaultdict(list)
    for at, transfer, kind, came in session.execute(query):
        ways[_way(transfer, kind, came)].append(at)
    found = [Sending(*way, len(times), min(times), max(times)) for way, times in ways.items()]
    return sorted(found, key=lambda one: (one.last, one.count), reverse=True)


def _way(transfer: Mapping[str, Any], kind: str, came: Mapping[str, Any]) -> _Way:
    before, after = transfer.get("from"), transfer["to"]
    if kind == _TRANSFERRED:
        return before, after, None, (), True
    return before, after, came.get("rule"), tuple(dict.fromkeys(_QUOTED.findall(came.get("reason") or ""))), False
