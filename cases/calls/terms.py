"""What a city has laid down for its calls."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

DISPOSITIONS = {
    "settled": "Settled in the call",
    "passed_on": "Passed on in a case",
    "call_again": "To be called again",
    "no_matter": "No matter for us",
    "silent": "Nobody spoke",
    "abusive": "Abusive",
}


@dataclass(frozen=True, slots=True)
class Calls:
    """``answer_within_seconds`` is the service level's; an abandon before ``short_seconds`` is short.

    A call back is tried ``call_back_tries`` times, ``call_back_pause_minutes`` apart. ``recording_days``: how long
    recordings are kept; ``flag_days``: for how many days a caller may be flagged at most. ``dispositions``: what a call
    came to, by key, in the words that agents choose from.
    """

    answer_within_seconds: int = 20
    short_seconds: int = 10
    ring_seconds: int = 20
    wrap_up_seconds: int = 60
    most_waiting: int = 30
    call_back_tries: int = 3
    call_back_pause_minutes: int = 15
    recording_days: int = 90
    record_talks: bool = False
    dispositions: Mapping[str, str] = field(default_factory=lambda: dict(DISPOSITIONS))
    flag_days: int = 90
