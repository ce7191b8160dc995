"""Who may do what, written a second time and by hand, so that the product's table has something to differ from."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Place(StrEnum):
    """Where a case stands, as somebody sees it who belongs to one department."""

    OWN = "own department"
    OTHER = "another department"
    TRAY = "tray"
    CONFIDENTIAL = "own department, confidential"
    ELSEWHERE_CONFIDENTIAL = "another department, confidential"


_WORK = "read reply note assign transition transfer open"
#: role → what it may do to the cases of its department
ON_CASES = {
    "agent": _WORK,
    "supervisor": f"{_WORK} override figures",
    "information_officer": f"{_WORK} override",
    "counter_clerk": "read note open",
    "field_officer": "read note",
    "executive": "read figures",
    "auditor": "read figures",
    "integration": _WORK,
}
#: role → what it may do to the installation
ON_INSTALLATION = {
    "administrator": "configure operate audit",
    "supervisor": "operate audit",
    "auditor": "audit",
    "integration": "operate",
}
NOT_CONFIDENTIAL = {"executive", "counter_clerk", "field_officer", "integration"}
ROLES = (
    "agent",
    "counter_clerk",
    "field_officer",
    "supervisor",
    "information_officer",
    "prcc_member",
    "editor",
    "executive",
    "assembly_member",
    "auditor",
    "administrator",
    "integration",
)


@dataclass(frozen=True)
class Asker:
    """One role, in one department or everywhere."""

    role: str
    everywhere: bool = False

    @property
    def name(self) -> str:
        return self.role + (" everywhere" if self.everywhere else "")

    def may(self, action: str, place: Place | None = None) -> bool:
        """Tell whether this role may do this at all (no place), or to a case that stands there."""
        if action in ("configure", "operate", "audit"):
            return action in ON_INSTALLATION.get(self.role, "").split()
        allowed = action in ON_CASES.get(self.role, "").split()
        return allowed and (place is None or self._reaches(place))

    def _reaches(self, place: Place) -> bool:
        hidden = place in (Place.CONFIDENTIAL, Place.ELSEWHERE_CONFIDENTIAL)
        if hidden and self.role in NOT_CONFIDENTIAL:
            return False
        return self.everywhere or place not in (Place.OTHER, Place.ELSEWHERE_CONFIDENTIAL)


ASKERS = (*(Asker(role) for role in ROLES), Asker("agent", everywhere=True), Asker("auditor", everywhere=True))
