"""Who may do what, as a matrix: roles down, actions across, written out a second time."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import pytest

from cases.permissions import PUBLIC, SYSTEM, Action, Depth, Role, Viewer, ViewerKind, may, reach, through_glass

#: a letter an action, in their order: Read rePly Note Assign Transition transfer(X) oVerride Open Hear Figures Board
#: Steer; Configure Operate aUdit reads(L, the log) Edit Keep-register Ward (its area)
COLUMNS = dict(zip("RpnATXVOhFBScouLekW", Action, strict=True))
MATRIX = {
    Role.AGENT: "RpnATXOhk",
    Role.COUNTER_CLERK: "RnOk",
    Role.FIELD_OFFICER: "Rn",
    Role.SUPERVISOR: "RpnATXVOhFBSouek",
    Role.INFORMATION_OFFICER: "RpnATXVOh",
    Role.PRCC_MEMBER: "RpnATXOh",
    Role.EDITOR: "e",
    Role.EXECUTIVE: "RFB",
    Role.ASSEMBLY_MEMBER: "W",
    Role.AUDITOR: "RFBuL",
    Role.ADMINISTRATOR: "couL",
    Role.INTEGRATION: "RpnATXOo",
}
SEES_CONFIDENTIAL = {Role.AGENT, Role.SUPERVISOR, Role.INFORMATION_OFFICER, Role.AUDITOR, Role.PRCC_MEMBER}
SEES_ORDINARY = set(Role) - {Role.PRCC_MEMBER}
#: what a reason opens, to each role
BREAKS_GLASS = {
    Role.AGENT: "Rn",
    Role.SUPERVISOR: "Rn",
    Role.INFORMATION_OFFICER: "Rn",
    Role.COUNTER_CLERK: "Rn",
    Role.FIELD_OFFICER: "Rn",
    Role.EXECUTIVE: "R",
    Role.AUDITOR: "R",
}
ON_INSTALLATION = {
    *(Action.CONFIGURE, Action.OPERATE, Action.AUDIT, Action.READS, Action.EDIT, Action.KEEP_REGISTER, Action.AREA),
}


@dataclass(frozen=True)
class Thing:
    department: str | None = "waste"
    confidential: bool = False
    about: tuple[str, ...] = ()


def agent(*grants: tuple[str, str], kind: ViewerKind = ViewerKind.AGENT) -> Viewer:
    return Viewer(kind, 1, "A", frozenset(grants))


def test_the_matrix_speaks_of_every_role_and_action() -> None:
    assert set(MATRIX) == set(Role)
    assert set(COLUMNS.values()) == set(Action)


@pytest.mark.parametrize(("role", "column"), list(product(Role, COLUMNS)))
@pytest.mark.parametrize("kind", [ViewerKind.AGENT, ViewerKind.TOKEN])
def test_the_matrix(role: Role, column: str, kind: ViewerKind) -> None:
    action, wanted = COLUMNS[column], column in MATRIX[role]
    here, everywhere, elsewhere = (agent((role, place), kind=kind) for place in ("waste", "*", "works"))
    assert may(here, action) == wanted
    if action in ON_INSTALLATION:
        return
    ordinary = wanted and role in SEES_ORDINARY
    assert may(here, action, Thing()) == ordinary
    assert may(everywhere, action, Thing()) == ordinary
    assert not may(elsewhere, action, Thing()), "another department's role reaches no further"
    assert may(elsewhere, action, Thing(department=None)) == ordinary, "the tray belongs to all"
    secret = Thing(confidential=True)
    assert may(here, action, secret) == (wanted and role in SEES_CONFIDENTIAL)
    assert not may(everywhere, action, secret), "everywhere is nobody's own department"
    assert not may(elsewhere, action, secret)
    assert not may(here, action, Thing(department=None, confidential=True)), "nothing confidential is in the tray"
    for named in ("agent:1", "unit:waste"):
        complained_of = Thing(confidential=True, about=("unit:works", named))
        assert may(here, action, complained_of) == (kind is ViewerKind.TOKEN and may(here, action, secret))


@pytest.mark.parametrize("action", list(Action))
def test_those_who_are_no_staff(action: Action) -> None:
    pretender = Viewer(ViewerKind.CITIZEN, 7, "C", frozenset({(Role.AGENT, "*"), (Role.ADMINISTRATOR, "*")}))
    for viewer in (PUBLIC, pretender, agent()):
        assert not may(viewer, action)
        assert not may(viewer, action, Thing())
        assert not may(viewer, action, Thing(department=None))
    assert may(SYSTEM, action) and may(SYSTEM, action, Thing(confidential=True))


def test_an_administrator_reads_no_case() -> None:
    admin = agent((Role.ADMINISTRATOR, "*"))
    assert may(admin, Action.CONFIGURE)
    assert not may(admin, Action.READ, Thing()) and not may(admin, Action.READ, Thing(department=None))
    assert reach(admin) == frozenset()


def test_an_unknown_role_gives_nothing() -> None:
    assert not any(may(agent(("emperor", "*")), action, Thing()) for action in Action)


def test_two_roles_add_up_each_in_its_department() -> None:
    both = agent((Role.AGENT, "waste"), (Role.EXECUTIVE, "*"))
    assert may(both, Action.REPLY, Thing()) and may(both, Action.READ, Thing(department="works"))
    assert not may(both, Action.REPLY, Thing(department="works"))
    assert may(both, Action.READ, Thing(confidential=True))
    assert not may(both, Action.READ, Thing(department="works", confidential=True))


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("place", ["waste", "*"])
@pytest.mark.parametrize("action", [action for action in Action if action not in ON_INSTALLATION])
def test_what_queries_filter_by_is_what_the_table_allows(role: Role, place: str, action: Action) -> None:
    """Whoever may do it to a case finds the case within reach, and nobody else does."""
    viewer = agent((role, place))
    for department, confidential in product(("waste", "works"), (False, True)):
        depths = (Depth.EVERY, Depth.CONFIDENTIAL if confidential else Depth.ORDINARY)
        within = any(where in ("*", department) and deep in depths for where, deep in reach(viewer, action))
        assert within == may(viewer, action, Thing(department, confidential))


@pytest.mark.parametrize(("role", "column"), list(product(Role, COLUMNS)))
def test_what_a_reason_opens(role: Role, column: str) -> None:
    """Only to people, only of departments whose ordinary cases they read, and never what names somebody."""
    action, wanted = COLUMNS[column], column in BREAKS_GLASS.get(role, "")
    secret = Thing(confidential=True)
    assert through_glass(agent((role, "*")), action, secret) == wanted
    assert not through_glass(agent((role, "works")), action, secret)
    assert not through_glass(agent((role, "*"), kind=ViewerKind.TOKEN), action, secret)
    assert not through_glass(agent((role, "*")), action, Thing())
    assert not through_glass(agent((role, "*")), action, Thing(confidential=True, about=("unit:works",)))
    own = through_glass(agent((role, "waste")), action, secret)
    assert own == (wanted and role not in SEES_CONFIDENTIAL), "whose own it is needs no reason"


def test_reach_of_the_others() -> None:
    assert reach(SYSTEM) == {("*", Depth.EVERY)}
    assert reach(PUBLIC) == frozenset()
    assert reach(Viewer(ViewerKind.CITIZEN, 7)) == frozenset()


def test_how_history_names_them() -> None:
    assert (agent().actor, SYSTEM.actor, PUBLIC.actor) == ("agent:1", "system", "public")
    assert agent(("agent", "x")).has(Role.AGENT) and not agent(("agent", "x")).has(Role.SUPERVISOR)
