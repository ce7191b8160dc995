"""Calls and counter visits that an agent notes: a contact with the citizen that is bound to no message."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from cases import access, clock, open_tasks
from cases.departments import City
from cases.errors import Invalid
from cases.lifecycle import ENDED, Status, move
from cases.models import Case, Event
from cases.models.event import Happened, record
from cases.permissions import Action, Viewer, may
from cases.replies import LONGEST_NOTE, answered_first
from cases.sla import timers
from cases.sla.policy import PAUSING
from cases.sla.timers import ANSWERS

CONTACT = "contact_logged"


class ContactKind(StrEnum):
    """How people spoke."""

    CALL = "call"
    VISIT = "visit"


class Direction(StrEnum):
    """Who sought the other: ``in`` the citizen, ``out`` the agent."""

    IN = "in"
    OUT = "out"


def log(
    session: Session,
    viewer: Viewer,
    *,
    city: City,
    reference: str,
    kind: ContactKind,
    direction: Direction,
    reached: bool,
    text: str = "",
) -> int:
    """Note a contact; returns its event's id. Where the citizen was reached it keeps what an answer keeps.

    A contact that the citizen sought ends a wait, as their message does. An attempt is noted and keeps nothing; it
    needs no words. A call that reached the citizen also ends the tasks to call them back.
    """
    words = words_of(text, needed=reached)
    case = access.for_change(session, viewer, Action.NOTE, reference=reference)
    return note(session, viewer, case, city=city, kind=kind, direction=direction, reached=reached, words=words)


def note(
    session: Session,
    viewer: Viewer,
    case: Case,
    *,
    city: City,
    kind: ContactKind,
    direction: Direction,
    reached: bool,
    words: str,
    about: Mapping[str, Any] | None = None,
) -> int:
    """Do what :func:`log` does in a case that the caller has locked and may write into.

    ``about`` are more plain values of the event, such as which call it was; ``words`` as :func:`words_of` gives them.
    """
    at = clock.now(session)
    values = {"contact": kind.value, "direction": direction.value, "reached": reached, **(about or {})}
    happened = [Happened(CONTACT, viewer.actor, values, {"text": words} if words else {})]
    seq = case.event_seq + 1
    if reached and case.status not in ENDED:
        happened += reached_by(session, case, viewer, kind, direction, city=city, at=at)
        if kind is ContactKind.CALL:
            result = words or "Spoke by telephone"
            happened += open_tasks.finish_calls(session, case, result=result, at=at, actor=viewer.actor)
    record(session, case, happened, at=at)
    noted = select(Event.id).where(Event.case_id == case.id, Event.seq == seq)
    return int(session.execute(noted).scalar_one())


def words_of(text: str, *, needed: bool) -> str:
    """Return what was said as it is kept; raises ``Invalid`` for too much, or where some words are needed."""
    words = text.replace("\x00", "").replace("\r\n", "\n").strip()
    if needed and not words:
        raise Invalid("Write in a few words what was said.", field="text")
    if len(words) > LONGEST_NOTE:
        raise Invalid(f"This is {len(words)} characters long; {LONGEST_NOTE} is the most.", field="text")
    return words


def reached_by(
    session: Session, case: Case, viewer: Viewer, kind: ContactKind, direction: Direction, *, city: City, at: datetime
) -> list[Happened]:
    """Let a locked case that has not ended feel that its citizen and the viewer spoke; the caller records the lines."""
    happened = _taken_up(session, case, kind, direction, city=city, at=at, actor=viewer.actor)
    met = timers.meet(session, case, ANSWERS, at=at, actor=viewer.actor)
    happened += [replace(one, values={**one.values, "by": kind.value}) for one in met]
    happened += answered_first(case, viewer) if may(viewer, Action.REPLY, case) else []
    case.last_speaker = "agent"
    return happened


def _taken_up(
    session: Session, case: Case, kind: ContactKind, direction: Direction, *, city: City, at: datetime, actor: str
) -> list[Happened]:
    """Open a case that is new; and one that waits, where the citizen came by themselves."""
    sought = direction is Direction.IN and case.status in PAUSING
    if case.status != Status.NEW and not sought:
        return []
    reason = {ContactKind.CALL: "the citizen called", ContactKind.VISIT: "the citizen came"}[kind] if sought else ""
    return move(session, case, Status.OPEN, calendars=city.calendars, at=at, actor=actor, reason=reason)
