"""Instants as people type them into a form: a date and a time where the city is."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from flask import request

from cases.errors import Invalid
from contactcentre.web.context import container
from contactcentre.web.desk import room


def instant(name: str) -> datetime | None:
    """Return a field of this request as an instant, None where it is empty; raises ``Invalid``."""
    text = request.form.get(name, "").strip()
    return read(text, room.zone_of(container().city), field=name) if text else None


def read(text: str, zone: ZoneInfo, *, field: str) -> datetime:
    """Read ``2026-11-24T09:06`` as local time; raises ``Invalid`` also for an hour that a zone's change skips."""
    try:
        local = datetime.fromisoformat(text)
    except ValueError:
        local = None
    if local is None or local.tzinfo is not None or "T" not in text:
        raise Invalid("Give a date and a time, such as 2026-11-24T09:06.", field=field)
    found = local.replace(tzinfo=zone).astimezone(UTC)
    if found.astimezone(zone).replace(tzinfo=None) != local:
        raise Invalid("There is no such hour on that day: the clocks are put forward.", field=field)
    return found


def written(at: datetime, zone: ZoneInfo) -> str:
    """Return an instant as such a field holds it, to the minute."""
    return at.astimezone(zone).strftime("%Y-%m-%dT%H:%M")
