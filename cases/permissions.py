"""Who may do what: one viewer value for everybody who asks, and one pure table. What it does not name is refused."""

from __future__ import annotations

from collections.abc import Collection
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
    LISTEN = "listen"  # to recordings of telephone calls
    FIGURES = "figures"
    BOARD = "board"
    STEER = "steer"  # moves of a forecast, samples, notes to everybody, the rota
    CONFIGURE = "configure"
    OPERATE = "operate"
    AUDIT = "audit"
    READS = "reads"
    EDIT = "edit"
    KEEP_REGISTER = "keep_register"
    AREA = "area"  # what is published of one's own electoral area


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


class Depth(StrEnum):
    """Which cases of a place a grant reaches."""

    ORDINARY = "ordinary"  # those that are not confidential
    EVERY = "every"
    CONFIDENTIAL = "confidential"  # those alone


SYSTEM = Viewer(ViewerKind.SYSTEM, name="System")
PUBLIC = Viewer(ViewerKind.PUBLIC, name="Public")


class Guarded(Protocol):
    """What the table needs to know of a case. ``department`` is None in the tray, which every agent may empty.

    ``about`` names whom it complains of, as ``agent:ID`` and ``unit:KEY``: these never see it.
    """

    @property
    def department(self) -> str | None: ...
    @property
    def confidential(self) -> bool: ...
    @property
    def about(self) -> Collection[str]: ...


_WORK = frozenset(
    {Action.READ, Action.REPLY, Action.NOTE, Action.ASSIGN, Action.TRANSITION, Action.TRANSFER, Action.OPEN}
)
_ON_CASES: dict[str, frozenset[Action]] = {
    Role.AGENT: _WORK | {Action.LISTEN},
    Role.SUPERVISOR: _WORK | {Action.LISTEN, Action.OVERRIDE, Action.FIGURES, Action.BOARD, Action.STEER},
    Role.INFORMATION_OFFICER: _WORK | {Action.LISTEN, Action.OVERRIDE},
    Role.COUNTER_CLERK: frozenset({Action.READ, Action.NOTE, Action.OPEN}),
    Role.FIELD_OFFICER: frozenset({Action.READ, Action.NOTE}),
    Role.PRCC_MEMBER: _WORK | {Action.LISTEN},
    Role.EDITOR: frozenset(),  # releases what is published, of which there is nothing yet
    Role.EXECUTIVE: frozenset({Action.READ, Action.FIGURES, Action.BOARD}),
    Role.ASSEMBLY_MEMBER: frozenset(),  # sees what is published of the own area, and no case
    Role.AUDITOR: frozenset({Action.READ, Action.FIGURES, Action.BOARD}),
    Role.INTEGRATION: _WORK,
}
_ON_INSTALLATION: dict[str, frozenset[Action]] = {
    Role.ADMINISTRATOR: frozenset({Action.CONFIGURE, Action.OPERATE, Action.AUDIT, Action.READS}),
    Role.AGENT: frozenset({Action.KEEP_REGISTER}),
    Role.COUNTER_CLERK: frozenset({Action.KEEP_REGISTER}),
    Role.SUPERVISOR: frozenset({Action.OPERATE, Action.AUDIT, Action.EDIT, Action.KEEP_REGISTER}),
    Role.EDITOR: frozenset({Action.EDIT}),
    Role.ASSEMBLY_MEMBER: frozenset({Action.AREA}),
    Role.AUDITOR: frozenset({Action.AUDIT, Action.READS}),
    Role.INTEGRATION: frozenset({Action.OPERATE}),
}
_OF_INSTALLATION = (
    *(Action.CONFIGURE, Action.OPERATE, Action.AUDIT, Action.READS, Action.EDIT),
    #: letters before anybody knows whose they are, and the room where ours are printed
    Action.KEEP_REGISTER,
    Action.AREA,
)
#: how deep a role reaches within its own department; a role that is not here reaches ordinary cases alone
_DEPTH: dict[str, Depth] = {
    Role.AGENT: Depth.EVERY,
    Role.SUPERVISOR: Depth.EVERY,
    Role.INFORMATION_OFFICER: Depth.EVERY,
    Role.AUDITOR: Depth.EVERY,
    Role.PRCC_MEMBER: Depth.CONFIDENTIAL,
}
#: people who may open a confidential case of a department whose ordinary cases they read, with a reason
_BREAKS_GLASS = frozenset(
    {
        *(Role.AGENT, Role.SUPERVISOR, Role.INFORMATION_OFFICER, Role.COUNTER_CLERK, Role.FIELD_OFFICER),
        *(Role.EXECUTIVE, Role.AUDITOR),
    }
)
#: what a broken glass lets them do, as far as their role does it to ordinary cases
_THROUGH_GLASS = frozenset({Action.READ, Action.NOTE})


def may(viewer: Viewer, action: Action, case: Guarded | None = None) -> bool:
    """Tell whether ``viewer`` may do ``action`` to ``case`` (None: to the installation, or to any case at all)."""
    if viewer.kind is ViewerKind.SYSTEM:
        return True
    if viewer.kind not in (ViewerKind.AGENT, ViewerKind.TOKEN):
        return False
    if action in _OF_INSTALLATION:
        return any(action in _ON_INSTALLATION.get(role, ()) for role, _ in viewer.grants)
    if case is not None and is_about(viewer, case):
        return False
    return any(
        action in _ON_CASES.get(role, ()) and (case is None or _reaches(role, department, case))
        for role, department in viewer.grants
    )


def through_glass(viewer: Viewer, action: Action, case: Guarded) -> bool:
    """Tell whether ``viewer`` could do ``action`` to a confidential case that is not theirs, once they gave a reason.

    A case that names somebody it complains of is opened to nobody else; nor is one of a department for the conduct
    of staff, which only the city's configuration knows.
    """
    if viewer.kind is not ViewerKind.AGENT or not case.confidential or case.about or may(viewer, Action.READ, case):
        return False
    return action in _THROUGH_GLASS and any(
        role in _BREAKS_GLASS and action in _ON_CASES[role] and department in (ANY_DEPARTMENT, case.department)
        for role, department in viewer.grants
    )


def reach(viewer: Viewer, action: Action = Action.READ) -> frozenset[tuple[str, Depth]]:
    """Return the (department or ``*``, depth) pairs that the viewer's grants cover: what queries filter by."""
    if viewer.kind is ViewerKind.SYSTEM:
        return frozenset({(ANY_DEPARTMENT, Depth.EVERY)})
    if viewer.kind not in (ViewerKind.AGENT, ViewerKind.TOKEN):
        return frozenset()
    return frozenset(
        (department, depth)
        for role, department in viewer.grants
        if action in _ON_CASES.get(role, ()) and (depth := _depth(role, department)) is not None
    )


def names(viewer: Viewer) -> frozenset[str]:
    """Return how ``about`` names an agent: by themselves, and by each unit they work in."""
    if viewer.kind is not ViewerKind.AGENT:
        return frozenset()
    units = {f"unit:{department}" for _, department in viewer.grants if department != ANY_DEPARTMENT}
    return frozenset({f"agent:{viewer.id}", *units})


def is_about(viewer: Viewer, case: Guarded) -> bool:
    """Tell whether a case complains of the viewer, or of a unit of theirs."""
    return bool(case.about) and not names(viewer).isdisjoint(case.about)


def _depth(role: str, department: str) -> Depth | None:
    """Return how deep a grant reaches: everywhere is nobody's own department, so nothing confidential is within it."""
    own = _DEPTH.get(role, Depth.ORDINARY)
    if department != ANY_DEPARTMENT:
        return own
    return None if own is Depth.CONFIDENTIAL else Depth.ORDINARY


def _reaches(role: str, department: str, case: Guarded) -> bool:
    depth = _depth(role, department)
    if case.confidential:
        return depth in (Depth.EVERY, Depth.CONFIDENTIAL) and department == case.department
    within = case.department is None or department in (ANY_DEPARTMENT, case.department)
    return depth in (Depth.EVERY, Depth.ORDINARY) and within
