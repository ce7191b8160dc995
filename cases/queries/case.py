"""One case with everything a desk shows of it: citizen, promises, and the timeline of messages, notes and events."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import case as case_of
from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from cases import access, clock, glass, references, survivors
from cases.departments import City
from cases.followers import counted
from cases.identity.verdicts import same_person
from cases.lifecycle import ALLOWED, Status
from cases.models import (
    Address,
    Agent,
    Attachment,
    Case,
    Citizen,
    CitizenAddress,
    EventDetail,
    Filing,
    IncomingMedia,
    Message,
    Pause,
    SaidBy,
    StoredFile,
    Timer,
)
from cases.models import Event as EventRow
from cases.permissions import Action, Viewer, may
from cases.queries import tasks
from cases.queries.queue import CaseRow, case_row, rows
from cases.queries.scope import visible
from cases.queries.tasks import TaskView
from cases.replies import way_back
from cases.sla.explaining import Running
from cases.sla.timers import state_at

#: who spoke where an agent said that it is not known, or named somebody who told no name
UNNAMED = "somebody without a name"
HIDDEN_CODE = "••••"
LONGEST_TIMELINE = 500
_SPEAKER = case_of((SaidBy.message_id.is_(None), None), else_=func.coalesce(Citizen.name, UNNAMED))
_FILES = select(Attachment, StoredFile).join(StoredFile, StoredFile.sha256 == Attachment.sha256).order_by(Attachment.id)


@dataclass(frozen=True, slots=True)
class CitizenView:
    """Who the case is for. ``addresses`` are (kind, value, opted out)."""

    id: int
    name: str | None
    addresses: tuple[tuple[str, str, bool], ...]
    language: str | None


@dataclass(frozen=True, slots=True)
class TimerView:
    """One promise. ``state`` is computed for now: a deadline that has passed is breached although nobody swept it yet.

    ``due_at`` is None while the timer stands still. ``task`` is the title of the task whose promise it
    is (``task_id``).
    """

    id: int
    kind: str
    task_id: int | None
    task: str | None
    state: str
    policy: Mapping[str, Any]
    started_at: datetime
    due_at: datetime | None
    met_at: datetime | None
    breached_at: datetime | None
    ended_at: datetime | None
    running: Running


@dataclass(frozen=True, slots=True)
class MessageEntry:
    """A message in the timeline. A code in its text is shown as dots. ``missing``: why a file of it is not there.

    ``said_by``: who spoke it at a phone that several people use, as an agent said; None where nobody said.
    """

    id: int
    at: datetime
    direction: str
    channel: str
    account: str
    text: str
    automatic: bool
    author: str | None
    status: str
    status_reason: str | None
    copies: int
    filing_reason: str
    filing_detail: str
    external_id: str | None
    attachments: tuple[AttachmentView, ...] = ()
    missing: tuple[str, ...] = ()
    said_by: str | None = None


@dataclass(frozen=True, slots=True)
class AttachmentView:
    """A file under a note. ``size`` is in bytes."""

    id: int
    name: str
    size: int
    media_type: str


@dataclass(frozen=True, slots=True)
class NoteEntry:
    """A note that only staff see."""

    id: int
    at: datetime
    author: str
    text: str
    attachments: tuple[AttachmentView, ...]


@dataclass(frozen=True, slots=True)
class EventEntry:
    """A line of history. ``personal`` is empty once it has been erased."""

    id: int
    at: datetime
    kind: str
    actor_name: str
    values: Mapping[str, Any]
    personal: Mapping[str, Any]


Entry = MessageEntry | NoteEntry | EventEntry


@dataclass(frozen=True, slots=True)
class CaseView:
    """A case as a viewer may see it, with what they may do to it next."""

    row: CaseRow
    code_given: bool
    confidential: bool
    account: str
    routing: Mapping[str, Any]
    citizen: CitizenView
    other_cases: tuple[CaseRow, ...]
    timers: tuple[TimerView, ...]
    tasks: tuple[TaskView, ...]
    timeline: tuple[Entry, ...]
    may_belong_to: str | None
    last_inbound_id: int | None
    seen_message_id: int | None
    reply_account: str | None
    can: frozenset[Action]
    next_statuses: tuple[Status, ...]
    #: how many others want to hear of its end
    followers: int
    #: until when this viewer may read a case that is not their department's, for the reason they gave
    glass_until: datetime | None = None


def load(session: Session, viewer: Viewer, reference: str, *, city: City) -> CaseView:
    """Return the case; ``NotFound`` where there is none for this viewer."""
    case = access.for_reading(session, viewer, reference=reference)
    now = clock.now(session)
    messages = _messages(session, case.id)
    timeline: list[Entry] = [*messages, *_history(session, case.id)]
    timeline.sort(key=lambda entry: (entry.at, isinstance(entry, MessageEntry), entry.id))
    inbound = [entry.id for entry in messages if entry.direction == "in"]
    own = session.execute(rows().add_columns(counted(case.id)).where(Case.id == case.id)).one()
    timers = session.scalars(select(Timer).where(Timer.case_id == case.id).order_by(Timer.due_at, Timer.id)).all()
    listed = tasks.of_case(session, case.id, timers, now=now)
    nearest = session.get(Case, case.may_belong_to_id) if case.may_belong_to_id else None
    return CaseView(
        row=case_row(own, now=now),
        code_given=any(entry.automatic for entry in messages),
        confidential=case.confidential,
        account=case.account,
        routing=case.routing,
        citizen=_citizen(session, case),
        other_cases=_others(session, viewer, case, now=now),
        timers=_timers(session, timers, listed, now=now),
        tasks=listed,
        timeline=tuple(timeline),
        may_belong_to=references.written(nearest.reference) if nearest and may(viewer, Action.READ, nearest) else None,
        last_inbound_id=max(inbound, default=None),
        seen_message_id=case.seen_message_id,
        reply_account=way_back(session, case, city=city),
        can=frozenset(action for action in Action if access.allowed(session, viewer, action, case)),
        next_statuses=tuple(status for status in Status if status in ALLOWED[Status(case.status)]),
        followers=int(own[-1]),
        glass_until=glass.until(session, viewer, case),
    )


def _citizen(session: Session, case: Case) -> CitizenView:
    citizen = session.get_one(Citizen, case.citizen_id)
    addresses = session.scalars(
        select(Address)
        .join(CitizenAddress, CitizenAddress.address_id == Address.id)
        .where(CitizenAddress.citizen_id == citizen.id)
        .order_by(Address.id)
    ).all()
    language = citizen.language or next((one.language for one in addresses if one.language), None)
    listed = tuple((one.kind, one.value, one.opted_out_at is not None) for one in addresses)
    return CitizenView(citizen.id, citizen.name, listed, language)


def _others(session: Session, viewer: Viewer, case: Case, *, now: datetime) -> tuple[CaseRow, ...]:
    query = (
        rows()
        .where(visible(viewer), Case.citizen_id.in_(same_person(case.citizen_id)), Case.id != case.id)
        .order_by(Case.id.desc())
        .limit(10)
    )
    return tuple(case_row(row, now=now) for row in session.execute(query))


def _timers(
    session: Session, found: Sequence[Timer], listed: Sequence[TaskView], *, now: datetime
) -> tuple[TimerView, ...]:
    values, titles = running(session, found), {one.id: one.title for one in listed}
    return tuple(
        TimerView(
            one.id,
            one.kind,
            one.task_id,
            titles.get(one.task_id or 0),
            state_at(one, now=now),
            one.policy,
            one.started_at,
            one.due_at,
            one.met_at,
            one.breached_at,
            one.ended_at,
            values[one.id],
        )
        for one in found
    )


def running(session: Session, timers: Sequence[Timer]) -> Mapping[int, Running]:
    """Return of each timer what its explanation needs."""
    stood: dict[int, list[tuple[datetime, datetime | None, str]]] = defaultdict(list)
    query = select(Pause).where(Pause.timer_id.in_([one.id for one in timers])).order_by(Pause.since, Pause.id)
    for pause in session.scalars(query):
        stood[pause.timer_id].append((pause.since, pause.until, pause.reason))
    return {
        one.id: Running(one.policy, one.started_at, one.due_at, one.overridden, tuple(stood[one.id])) for one in timers
    }


def _messages(session: Session, case_id: int) -> list[MessageEntry]:
    tree = survivors.tree(case_id)
    query = (
        select(Message, Filing.reason, Filing.detail, Agent.name, _SPEAKER)
        .join(Filing, Filing.message_id == Message.id)
        .join(tree, tree.c.id == Filing.case_id)
        .outerjoin(Agent, Agent.id == Message.agent_id)
        .outerjoin(SaidBy, SaidBy.message_id == Message.id)
        .outerjoin(Citizen, Citizen.id == SaidBy.citizen_id)
        .where(Filing.removed_at.is_(None))
        .order_by(Message.id.desc())
        .limit(LONGEST_TIMELINE)
    )
    entries = [_entry(*row) for row in session.execute(query)]
    return _with_media(session, case_id, entries)


def _with_media(session: Session, case_id: int, entries: list[MessageEntry]) -> list[MessageEntry]:
    """Put the files that came with messages to these, and a word for each that is not there."""
    inbound = [entry.id for entry in entries if entry.direction == "in"]
    came = select(IncomingMedia).where(IncomingMedia.message_id.in_(inbound)).order_by(IncomingMedia.position)
    rows = session.scalars(came).all()
    if not rows:
        return entries
    missing: dict[int, list[str]] = defaultdict(list)
    for one in rows:
        if one.state != "stored":
            missing[one.message_id].append(one.reason or "A file is being fetched.")
    files: dict[int, list[AttachmentView]] = defaultdict(list)
    tree = survivors.tree(case_id)
    for attachment, file in session.execute(_FILES.join(tree, tree.c.id == Attachment.case_id)):
        if attachment.message_id is not None:
            view = AttachmentView(attachment.id, attachment.name, file.size, file.media_type)
            files[attachment.message_id].append(view)
    return [
        replace(one, attachments=tuple(files[one.id]), missing=tuple(missing[one.id]))
        if one.id in missing or one.id in files
        else one
        for one in entries
    ]


def _entry(message: Message, reason: str, detail: str, author: str | None, speaker: str | None) -> MessageEntry:
    return MessageEntry(
        id=message.id,
        at=message.created_at,
        direction=message.direction,
        channel=message.channel,
        account=message.account,
        text=shown(message.text, automatic=message.automatic),
        automatic=message.automatic,
        author=author,
        status=message.status,
        status_reason=message.status_reason,
        copies=message.copies,
        filing_reason=reason,
        filing_detail=detail,
        external_id=message.external_id,
        said_by=speaker,
    )


def shown(text: str, *, automatic: bool) -> str:
    """Return a message's text as people see it: the place of a code, which is stored nowhere, as dots."""
    return text.replace("{code}", HIDDEN_CODE) if automatic else text


def _history(session: Session, case_id: int) -> list[Entry]:
    tree = survivors.tree(case_id)
    query = (
        select(EventRow, EventDetail.values)
        .join(tree, tree.c.id == EventRow.case_id)
        .outerjoin(EventDetail, EventDetail.event_id == EventRow.id)
        # the promises of a merged case went with it
        .where(or_(EventRow.case_id == case_id, EventRow.kind.not_like("timer_%")))
        .order_by(EventRow.id.desc())
        .limit(LONGEST_TIMELINE)
    )
    found = session.execute(query).all()
    names = _names(session, [event.actor for event, _ in found])
    files = _attachments(session, case_id)
    entries: list[Entry] = []
    for event, personal in found:
        name = names.get(event.actor, event.actor.capitalize())
        if event.kind == "note":
            text = (personal or {}).get("text", "(erased)")
            entries.append(NoteEntry(event.id, event.at, name, text, tuple(files[event.id])))
        else:
            entries.append(EventEntry(event.id, event.at, event.kind, name, event.values, personal or {}))
    return entries


def _names(session: Session, actors: Sequence[str]) -> dict[str, str]:
    ids = {int(actor.removeprefix("agent:")) for actor in actors if actor.startswith("agent:")}
    found = session.execute(select(Agent.id, Agent.name).where(Agent.id.in_(ids)))
    return {f"agent:{agent_id}": name for agent_id, name in found}


def _attachments(session: Session, case_id: int) -> defaultdict[int, list[AttachmentView]]:
    tree = survivors.tree(case_id)
    query = _FILES.join(tree, tree.c.id == Attachment.case_id)
    found: defaultdict[int, list[AttachmentView]] = defaultdict(list)
    for attachment, file in session.execute(query):
        view = AttachmentView(attachment.id, attachment.name, file.size, file.media_type)
        found[attachment.event_id or 0].append(view)
    return found
