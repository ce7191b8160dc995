"""Telling agents' open pages that a telephone of theirs rings, through the live process."""

from __future__ import annotations

import json
from collections.abc import Iterable

from sqlalchemy import text
from sqlalchemy.orm import Session

from contactcentre.live_events import CHANNEL

_NOTIFY = text("select pg_notify(:channel, :payload)")


def ring(session: Session, agent_ids: Iterable[int | None]) -> None:
    """Tell these agents once the transaction commits; nothing where there is none."""
    told = sorted({one for one in agent_ids if one is not None})
    if told:
        session.execute(_NOTIFY, {"channel": CHANNEL, "payload": json.dumps({"agents": told})})
