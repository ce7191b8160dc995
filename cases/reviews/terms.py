"""What a city has laid down for reviews."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

CHECKLIST = {
    "understood": "Was the matter understood from the first answer on?",
    "in_time": "Did the citizen hear from us as promised?",
    "answered": "Does the last answer settle what the citizen asked?",
    "tone": "Is the tone polite and plain?",
    "recorded": "Can a colleague follow from the notes what was done?",
    "outcome": "Does the outcome say what really happened?",
}


@dataclass(frozen=True, slots=True)
class Reviews:
    """``sample``: how many closed cases of a department are drawn for one week. ``checklist``: what is asked of each,
    by key.
    """

    sample: int = 5
    checklist: Mapping[str, str] = field(default_factory=lambda: dict(CHECKLIST))
