"""Who may do what: one viewer value for everybody who asks, and one pure table."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

ANY_DEPARTMENT = "*"


class Role(StrEnum):
    """What somebody is here for, in one department or in all. Administrators configure and do not read cases."""

    AGENT = "agent"
    COUNTER_CLERK = "counter_clerk"
    FIELD_OFFICER = "field_officer"
    SUPERVISOR = "supervisor"
    INFORMATION_OFFICER = "information_officer"
    PRCC_MEMBER = "prcc_member"
    EDITOR = "editor"
    EXECUTIVE = "executive"
    ASSEMBLY_MEMBER = "assembly_member"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"
    INTEGRATION = "integration"


class Action(StrEnum):
    """What may be done to a case, or (below the line) to the installation."""

    READ = "read"
    REPLY = "reply"
    NOTE = "note"
    ASSIGN = "assign"
    TRANSITION = "transition"
    TRANSFER = "transfer"
    OVERRIDE = "override"
    OPEN = "open"
    FIGURES = "figures"
    CONFIGURE = "configure"
    OPERATE = "operate"
    AUDIT = "audit"


class ViewerKind(StrEnum):
    """What sort of asker this is."""

    AGENT = "agent"
    TOKEN = "token"  # noqa: S105  the kind of a viewer
    CITIZEN = "citizen"
    PUBLIC = "public"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Viewer:
    """Somebody who asks. ``grants`` are (role, department) pairs, ``*`` meaning every department;
    a citizen's ``id`` is an address.
    """

    kind: ViewerKind
    id: int | None = None
    name: str = ""
    grants: frozenset[tuple[str, str]] = frozenset()

    @property
    def actor(self) -> str:
        """Return how history names this viewer."""
        return f"{self.kind}:{self.id}" if self.id is not None else str(self.kind)

    def has(self, role: Role) -> bool:
        """Tell whether the viewer has this role anywhere."""
        return any(granted == role for granted, _ in self.grants)


SYSTEM = Viewer(ViewerKind.SYSTEM, name="System")
PUBLIC = Viewer(ViewerKind.PUBLIC, name="Public")


class Guarded(Protocol):
    """What the table needs to know of a case. ``department`` is None in the tray, which every agent may empty."""

    @property
    def department(self) -> str | None: ...
    @property
    def confidential(self) -> bool: ...


_WORK = frozenset(
    {Action.READ, Action.REPLY, Action.NOTE, Action.ASSIGN, Action.TRANSITION, Action.TRANSFER, Action.OPEN}
)
_ON_CASES: dict[str, frozenset[Action]] = {
    Role.AGENT: _WORK,
    Role.SUPERVISOR: _WORK | {Action.OVERRIDE, Action.FIGURES},
    Role.INFORMATION_OFFICER: _WORK | {Action.OVERRIDE},
    Role.COUNTER_CLERK: frozenset({Action.READ, Action.NOTE, Action.OPEN}),
    Role.FIELD_OFFICER: frozenset({Action.READ, Action.NOTE}),
    Role.EXECUTIVE: frozenset({Action.READ, Action.FIGURES}),
    Role.AUDITOR: frozenset({Action.READ, Action.FIGURES}),
    Role.INTEGRATION: _WORK,
}
_ON_INSTALLATION: dict[str, frozenset[Action]] = {
    Role.ADMINISTRATOR: frozenset({Action.CONFIGURE, Action.OPERATE, Action.AUDIT}),
    Role.SUPERVISOR: frozenset({Action.OPERATE, Action.AUDIT}),
    Role.AUDITOR: frozenset({Action.AUDIT}),
    Role.INTEGRATION: frozenset({Action.OPERATE}),
}
_OF_INSTALLATION = (Action.CONFIGURE, Action.OPERATE, Action.AUDIT)
#: roles whose reach does not extend to confidential cases of a department they only oversee
_NOT_CONFIDENTIAL = frozenset({Role.EXECUTIVE, Role.COUNTER_CLERK, Role.FIELD_OFFICER, Role.INTEGRATION})


def may(viewer: Viewer, action: Action, case: Guarded | None = None) -> bool:
    """Tell whether ``viewer`` may do ``action`` to ``case`` (None: to the installation, or to any case at all)."""
    if viewer.kind is ViewerKind.SYSTEM:
        return True
    if viewer.kind not in (ViewerKind.AGENT, ViewerKind.TOKEN):
        return False
    if action in _OF_INSTALLATION:
        return any(action in _ON_INSTALLATION.get(role, ()) for role, _ in viewer.grants)
    return any(
        action in _ON_CASES.get(role, ()) and (case is None or _reaches(role, department, case))
        for role, department in viewer.grants
    )


def reach(viewer: Viewer, action: Action = Action.READ) -> frozenset[tuple[str, bool]]:
    """Return (department or ``*``, confidential too) pairs that the viewer's grants cover: what queries filter by."""
    if viewer.kind is ViewerKind.SYSTEM:
        return frozenset({(ANY_DEPARTMENT, True)})
    if viewer.kind not in (ViewerKind.AGENT, ViewerKind.TOKEN):
        return frozenset()
    return frozenset(
        (department, role not in _NOT_CONFIDENTIAL)
        for role, department in viewer.grants
        if action in _ON_CASES.get(role, ())
    )


def _reaches(role: str, department: str, case: Guarded) -> bool:
    if case.confidential and role in _NOT_CONFIDENTIAL:
        return False
    return case.department is None or department in (ANY_DEPARTMENT, case.department)
