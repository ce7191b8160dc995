"""What routing may know about a message."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

#: what a citizen is; a stranger is a person until somebody tells otherwise
PERSON, ORGANISATION = "person", "organisation"
CITIZEN_KINDS = (PERSON, ORGANISATION)


@dataclass(frozen=True, slots=True)
class Facts:
    """The channel and account it came by, its words, and what is known of its sender.

    ``service``: what was chosen from a list. ``at``: when it came; without it no hours hold. ``earlier``: services that
    the same address wrote about, with the last time. ``citizen``: one of :data:`CITIZEN_KINDS`.
    """

    channel: str
    account: str
    text: str
    language: str | None = None
    service: str | None = None
    at: datetime | None = None
    earlier: Mapping[str, datetime] = field(default_factory=dict)
    citizen: str = PERSON
