"""Colleagues who are named in a note as ``@name``: each who may read the case is told, anybody else is refused."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from cases import access
from cases.errors import Invalid
from cases.models import Agent, AgentRole, Case
from cases.permissions import Action, Viewer, ViewerKind, may

#: an @ that begins a name: not the one inside an e-mail address, nor one that stands alone
_SIGN = re.compile(r"(?<![\w@.])@(?=[^\W\d_])")
_ENDS = re.compile(r"\w")
MOST_OFFERED = 8


@dataclass(frozen=True, slots=True)
class Reader:
    """An agent who may read a case."""

    id: int
    name: str
    username: str


def named(session: Session, case: Case, text: str) -> list[int]:
    """Return the agents that a note names, each once; raises ``Invalid`` for a name that is nobody's who may read it.

    Whoever may not read the case and whoever does not exist are refused in the same words.
    """
    signs = [found.end() for found in _SIGN.finditer(text)]
    if not signs:
        return []
    people = readers(session, case)
    found = [_named_at(text, place, people) for place in signs]
    return list(dict.fromkeys(one.id for one in found))


def offered(session: Session, viewer: Viewer, *, reference: str, begins: str = "") -> list[Reader]:
    """Return colleagues who may be named in a case's notes and whose name has a word that begins so."""
    case, wanted = access.for_reading(session, viewer, reference=reference), begins.casefold().strip()
    every = (one for one in readers(session, case) if one.id != viewer.id)
    fitting = (one for one in every if _begins(one, wanted))
    return sorted(fitting, key=lambda one: (one.name.casefold(), one.id))[:MOST_OFFERED]


def readers(session: Session, case: Case) -> Sequence[Reader]:
    """Return the active agents who may read a case."""
    query = (
        select(Agent.id, Agent.name, Agent.username, AgentRole.role, AgentRole.department)
        .join(AgentRole, AgentRole.agent_id == Agent.id)
        .where(Agent.active)
        .order_by(Agent.id)
    )
    people: dict[int, tuple[Reader, set[tuple[str, str]]]] = {}
    for agent_id, name, username, role, department in session.execute(query):
        people.setdefault(agent_id, (Reader(agent_id, name, username), set()))[1].add((role, department))
    return [
        one
        for one, grants in people.values()
        if may(Viewer(ViewerKind.AGENT, one.id, one.name, frozenset(grants)), Action.READ, case)
    ]


def _named_at(text: str, place: int, people: Iterable[Reader]) -> Reader:
    """Return whose name begins at a place, the longest one that fits; a username tells people of one name apart."""
    rest = text[place:].casefold()
    fits = [(len(name), one) for one in people for name in {one.name, one.username} if _stands(rest, name.casefold())]
    longest = max((length for length, _ in fits), default=0)
    found = {one.id: one for length, one in fits if length == longest}
    word = (text[place:].split() or [""])[0].rstrip(".,;:!?")
    if not found:
        raise Invalid(
            f"@{word} is nobody who may read this case. Choose a name that is offered, or leave out the @.",
            field="text",
        )
    if len(found) > 1:
        usernames = ", ".join(f"@{one.username}" for one in found.values())
        raise Invalid(f"@{word} are several people. Write one of {usernames}.", field="text")
    return next(iter(found.values()))


def _stands(rest: str, name: str) -> bool:
    return bool(name) and rest.startswith(name) and not _ENDS.match(rest[len(name) : len(name) + 1])


def _begins(one: Reader, wanted: str) -> bool:
    return any(word.startswith(wanted) for word in (one.name.casefold(), one.username.casefold(), *_words(one.name)))


def _words(name: str) -> list[str]:
    return name.casefold().split()
