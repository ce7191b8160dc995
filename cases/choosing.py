"""Which agent gets a case, and why: pure, from who is here, what they can do and how much they have."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

from cases.departments import Assigning
from cases.permissions import ANY_DEPARTMENT, Action, Role, Viewer, may
from cases.unowned import Unowned

#: those whom cases are given to; a supervisor who is no agent too has others do the work
WORKING = (Role.AGENT, Role.INFORMATION_OFFICER)
_NEVER = datetime(1, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class Hand:
    """An agent who is here. ``load`` counts their open cases; ``given_at`` is when they last got one."""

    viewer: Viewer
    load: int
    cap: int | None = None
    languages: frozenset[str] = frozenset()
    skills: frozenset[str] = frozenset()
    given_at: datetime | None = None

    @property
    def id(self) -> int:
        """The agent's id."""
        return self.viewer.id or 0


@dataclass(frozen=True, slots=True)
class Tongue:
    """What the words need: the language that everybody speaks, the languages' names, the services by key."""

    default: str
    names: Mapping[str, str]
    services: Mapping[str, str]


class Chosen(NamedTuple):
    """Who gets the case, and the reason as people read it."""

    hand: Hand
    why: str


def choose(hands: Iterable[Hand], case: Unowned, *, terms: Assigning, tongue: Tongue) -> Chosen | None:
    """Return who has the fewest open cases of those who may have it and whom it fits; of equals who waited longest.

    None where nobody is below the cap, or, with ``terms.tags``, where it fits nobody.
    """
    able = [one for one in hands if one.id not in case.refused and _may_have(one, case, terms)]
    fitting = [one for one in able if fits(one, case, tongue)]
    wanted = fitting if fitting or terms.tags else able
    if not wanted:
        return None
    best = min(wanted, key=lambda one: (one.load, one.given_at or _NEVER, one.id))
    return Chosen(best, _why(best, case, tongue, fitting=bool(fitting)))


def fits(hand: Hand, case: Unowned, tongue: Tongue) -> bool:
    """Tell whether an agent speaks the citizen's language and knows the service.

    The default language, and one that nobody knows yet, is everybody's. Who names no service takes all of them.
    """
    speaks = case.language in (None, tongue.default) or case.language in hand.languages
    named = hand.skills & tongue.services.keys()
    return speaks and (not named or case.service is None or case.service in named)


def has_room(hand: Hand, terms: Assigning) -> bool:
    """Tell whether an agent is below their cap: their own, else the department's."""
    return hand.load < (terms.cap if hand.cap is None else hand.cap)


def _may_have(hand: Hand, case: Unowned, terms: Assigning) -> bool:
    here = {ANY_DEPARTMENT, case.department}
    works = any(role in WORKING and department in here for role, department in hand.viewer.grants)
    return works and has_room(hand, terms) and may(hand.viewer, Action.REPLY, case)


def _why(hand: Hand, case: Unowned, tongue: Tongue, *, fitting: bool) -> str:
    said = [f"least open cases: {hand.load}"]
    if not fitting:
        return f"{said[0]}; nobody who is here fits better"
    if case.language not in (None, tongue.default):
        said.append(f"speaks {tongue.names.get(case.language or '', case.language)}")
    if case.service is not None and case.service in hand.skills:
        said.append(f"knows {tongue.services.get(case.service, case.service)}")
    return "; ".join(said)
