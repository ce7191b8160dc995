"""A rule, the decision that it leads to, and what was tried before."""

from __future__ import annotations

from dataclasses import dataclass

from cases.routing.knowledge import Neighbour
from cases.routing.predicates import Predicate

#: where the words of services stand among the rules: those with a lower number are tried before them
WORDS_ORDER = 500
#: what a file's rule has that names no order: after the words
USUAL_ORDER = 700
TRAY_REASON = "no rule matched, so it waits in the tray"


@dataclass(frozen=True, slots=True)
class Rule:
    """All of ``when`` must hold; an empty ``when`` always does. The lower the ``order``, the sooner it is tried."""

    key: str
    when: tuple[Predicate, ...]
    department: str
    service: str | None = None
    order: int = 0


@dataclass(frozen=True, slots=True)
class Decision:
    """Where a case goes and why. No department: no rule matched and it waits in the tray for a person.

    ``reason`` has only words of the configuration; ``said`` is what of the citizen's words it goes by, which stands
    nowhere that cannot be forgotten. ``alert``: the departments to hear of danger to life; then the case is urgent.
    ``suggestions``: departments that a person may choose between. ``referral``: the body that answers for the place.
    """

    department: str | None
    service: str | None
    rule: str | None
    reason: str
    said: str = ""
    suggestions: tuple[str, ...] = ()
    alert: tuple[str, ...] = ()
    place: str | None = None
    referral: Neighbour | None = None

    @property
    def urgent(self) -> bool:
        """Tell whether somebody may be in danger."""
        return bool(self.alert)

    @property
    def sentence(self) -> str:
        """Return the reason together with the citizen's words."""
        return f"{self.reason} (“{self.said}”)" if self.said else self.reason


@dataclass(frozen=True, slots=True)
class Tried:
    """One rule as it was tried: whether it held, and why or why not."""

    rule: str
    order: int
    held: bool
    why: str
