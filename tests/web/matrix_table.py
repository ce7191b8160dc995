"""Who may do what, written a second time and by hand, so that the product's table has something to differ from."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import pytest


class Place(StrEnum):
    """Where a case stands, as somebody sees it who belongs to one department."""

    OWN = "own department"
    OTHER = "another department"
    TRAY = "tray"
    CONFIDENTIAL = "own department, confidential"
    ELSEWHERE_CONFIDENTIAL = "another department, confidential"


_HIDDEN = (Place.CONFIDENTIAL, Place.ELSEWHERE_CONFIDENTIAL)
_WORK = "read reply note assign transition transfer open"
#: role → what it may do to the cases of its department
ON_CASES = {
    "agent": f"{_WORK} listen",
    "supervisor": f"{_WORK} listen override figures board steer",
    "information_officer": f"{_WORK} listen override",
    "counter_clerk": "read note open",
    "field_officer": "read note",
    "executive": "read figures board",
    "auditor": "read figures board",
    "integration": _WORK,
    "prcc_member": f"{_WORK} listen",
}
#: role → what it may do to the installation
ON_INSTALLATION = {
    "administrator": "configure operate audit reads",
    "agent": "keep_register",
    "counter_clerk": "keep_register",
    "supervisor": "operate audit edit keep_register",
    "auditor": "audit reads",
    "editor": "edit",
    "assembly_member": "area",
    "integration": "operate",
}
#: who reads the confidential cases of the own department; everywhere is nobody's own
CONFIDENTIAL = {"agent", "supervisor", "information_officer", "auditor", "prcc_member"}
#: who is asked for a reason where a confidential case is of a department whose ordinary ones they read
ASKED = {"agent", "supervisor", "information_officer", "counter_clerk", "field_officer", "executive", "auditor"}
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
        if action in ("configure", "operate", "audit", "reads", "edit", "keep_register", "area"):
            return action in ON_INSTALLATION.get(self.role, "").split()
        allowed = action in ON_CASES.get(self.role, "").split()
        return allowed and (place is None or self._reaches(place))

    def _reaches(self, place: Place) -> bool:
        if place in _HIDDEN:
            return place is Place.CONFIDENTIAL and self.role in CONFIDENTIAL and not self.everywhere
        return self.role != "prcc_member" and (self.everywhere or place is not Place.OTHER)

    def is_asked(self, place: Place) -> bool:
        """Tell whether this role is asked for a reason at the address of a case that stands there."""
        own = self.everywhere or place is Place.CONFIDENTIAL
        return place in _HIDDEN and self.role in ASKED and own and not self._reaches(place)


ASKERS = (*(Asker(role) for role in ROLES), Asker("agent", everywhere=True), Asker("auditor", everywhere=True))
#: who is asked in each run; the others in the long run
_OFTEN = ("agent", "supervisor", "administrator", "counter_clerk", "assembly_member")
EVERYBODY = [pytest.param(one, id=one.name, marks=() if one.name in _OFTEN else pytest.mark.long) for one in ASKERS]
