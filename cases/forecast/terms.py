"""What a city has laid down for forecasts."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Forecasts:
    """``handling_minutes``: how long one case takes a person, where fewer than ``least`` facts of the last ``days``
    say otherwise.
    """

    handling_minutes: int = 20
    days: int = 28
    least: int = 20
