"""What comes of a dialogue's call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a call: its outcome, values for the screen, choices as pairs of key and label."""

    outcome: str
    values: Mapping[str, str] = field(default_factory=dict)
    choices: tuple[tuple[str, str], ...] = ()


Arguments = Mapping[str, str]
