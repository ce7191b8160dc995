"""What an agent says to a citizen, and what agents say among themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from cases import access, attachments, bells, clock, mails, mentions, outbox, reaching, snoozing, undoing
from cases.departments import City
from cases.errors import Invalid
from cases.letters import keeping
from cases.letters.states import CHANNEL as LETTERS
from cases.lifecycle import ENDED, Outcome, Status, move
from cases.looked import Looked, refuse_stale
from cases.messages import KeptFile
from cases.models import Case, Event, Filing, Message
from cases.models.event import Happened, record
from cases.permissions import Action, Viewer, ViewerKind
from cases.sla import timers
from cases.sla.timers import ANSWERS

LONGEST_MAIL = 50_000
LONGEST_REPLY = 1530  # ten SMS of 153 characters: what gateways take as one message
LONGEST_LETTER = 12_000  # some five pages
LONGEST_NOTE = 20_000


_LONGEST: Mapping[str, int] = {mails.CHANNEL: LONGEST_MAIL, LETTERS: LONGEST_LETTER}


def longest(channel: str) -> int:
    """Return how many characters an answer may have that this channel carries."""
    return _LONGEST.get(channel, LONGEST_REPLY)


def reply(
    session: Session,
    viewer: Viewer,
    *,
    city: City,
    reference: str,
    text: str,
    seen_message_id: int | None = None,
    looked: Looked | None = None,
    wait: bool = False,
    resolve: Outcome | None = None,
    reason: str = "",
    follow_up: datetime | None = None,
    account: str | None = None,
    undo: timedelta = timedelta(0),
    files: Sequence[KeptFile] = (),
    along: Sequence[int] = (),
) -> Message:
    """Write an answer to the citizen and queue it; it leaves when the transaction has committed.

    With ``seen_message_id`` (the newest of the citizen's that the agent saw) and ``looked`` it raises
    :class:`NewerMessage` or ``Stale`` where the citizen or a colleague was quicker. ``wait`` then waits for the
    citizen, for a ``reason`` and until a ``follow_up`` if they are given; ``resolve`` ends the case with that outcome.
    ``account`` is the one to answer by, None for the way back. An agent's reply stays here for ``undo``, in which its
    author may take it back. ``files`` are in the store already, ``along`` the ids of attachments of the case that go
    with it too; only a mail takes any.
    """
    words = _checked(text, LONGEST_MAIL)
    _check_ending(wait=wait, resolve=resolve, follow_up=follow_up)
    case = access.for_change(session, viewer, Action.REPLY, reference=reference)
    refuse_stale(session, case, seen_message_id, looked)
    _check_open(case)
    at = clock.now(session)
    draft = _draft(session, case, viewer, words, account, city=city)
    agent_id, account = draft.agent_id, draft.account
    kept = {"before": undoing.before(case)} if _may_be_undone(case, viewer, resolve, undo) else {}
    message_id = outbox.enqueue(session, replace(draft, wait=undo if kept else timedelta(0)), at=at)
    filing = Filing(message_id=message_id, case_id=case.id, reason="reply", detail="", filed_by=agent_id, filed_at=at)
    session.add(filing)
    if files or along:
        _check_mailed(draft)
        attachments.send_along(session, case, viewer, message_id=message_id, files=files, attachment_ids=along, at=at)
    by_post = keeping.by_post(draft.channel, ends=resolve is not None)
    happened = [] if by_post else timers.meet(session, case, ANSWERS, at=at, actor=viewer.actor, by=message_id)
    happened += answered_first(case, viewer)
    to = _next(case, wait=wait, resolve=resolve)
    for one in to:
        outcome = resolve if one is Status.RESOLVED else None
        how = {"at": at, "actor": viewer.actor, "outcome": outcome, "reason": reason.strip() if wait else ""}
        happened += move(session, case, one, calendars=city.calendars, **how)  # type: ignore[arg-type]
    if follow_up is not None:
        aside = {"reason": reason, "kind": snoozing.FOLLOW_UP}
        happened += snoozing.begin(session, case, viewer, until=follow_up, at=at, **aside)
    case.last_speaker, case.last_message_id, case.last_message_at = "agent", message_id, at
    values = {"account": account, **by_post, **kept, **({"lines": len(happened) + 1} if kept else {})}
    record(session, case, [Happened("replied", viewer.actor, values, message_id=message_id), *happened], at=at)
    return session.get_one(Message, message_id)


def _draft(session: Session, case: Case, viewer: Viewer, text: str, account: str | None, *, city: City) -> outbox.Draft:
    way = reaching.chosen(session, case, account, city=city)
    mailed = way.account.channel == mails.CHANNEL
    return outbox.Draft(
        thread_id=way.thread_id,
        recipient=way.to,
        account=way.account.id,
        channel=way.account.channel,
        text=text if mailed else _checked(text, longest(way.account.channel)),
        agent_id=viewer.id if viewer.kind is ViewerKind.AGENT else None,
        head=mails.head_for_case(session, city, case, thread_id=way.thread_id) if mailed else None,
    )


def note(session: Session, viewer: Viewer, *, reference: str, text: str) -> int:
    """Write a note that only staff see; returns its event's id. A note never counts as an answer.

    Colleagues whom it names as ``@name`` are told by the bell; ``Invalid`` for one who may not read the case.
    """
    words = _checked(text, LONGEST_NOTE)
    case, at = access.for_change(session, viewer, Action.NOTE, reference=reference), clock.now(session)
    told = mentions.named(session, case, words)
    record(session, case, [Happened("note", viewer.actor, {"to": told} if told else {}, {"text": words})], at=at)
    others = (one for one in told if viewer.actor != f"agent:{one}")
    bells.ring(session, others, case, kind=bells.MENTIONED, at=at)
    written = select(Event.id).where(Event.case_id == case.id, Event.seq == case.event_seq)
    return int(session.execute(written).scalar_one())


def _check_open(case: Case) -> None:
    if case.status == Status.CLOSED:
        raise Invalid(
            "A closed case takes no more answers; the citizen's next message opens a new one.", field="status"
        )


def answered_first(case: Case, viewer: Viewer) -> list[Happened]:
    """Give a case that nobody has to the agent who is the first to answer."""
    if case.assignee_id is not None or viewer.kind is not ViewerKind.AGENT:
        return []
    case.assignee_id = viewer.id
    return [Happened("assigned", viewer.actor, {"agent": viewer.id, "why": "answered first"})]


def _next(case: Case, *, wait: bool, resolve: Outcome | None) -> list[Status]:
    """Return what a reply makes of the status: one after the other, nothing where the case stays as it is."""
    status = Status(case.status)
    if resolve is not None:
        return [Status.OPEN, Status.RESOLVED] if status is Status.RESOLVED else [Status.RESOLVED]
    if status in ENDED:
        return []
    to = Status.WAITING_ON_CITIZEN if wait else Status.OPEN if status is Status.NEW else status
    return [to] if to is not status else []


def _may_be_undone(case: Case, viewer: Viewer, resolve: Outcome | None, undo: timedelta) -> bool:
    """Tell whether a reply waits for a while: an agent's, unless it ends a case that has ended once already."""
    again = resolve is not None and case.status == Status.RESOLVED
    return viewer.kind is ViewerKind.AGENT and undo > timedelta(0) and not again


def _check_ending(*, wait: bool, resolve: Outcome | None, follow_up: datetime | None) -> None:
    if wait and resolve is not None:
        raise Invalid("Choose either to wait for the citizen or to resolve, not both.", field="wait")
    if follow_up is not None and not wait:
        raise Invalid("A day to look again belongs to waiting for the citizen.", field="follow_up")


def _check_mailed(draft: outbox.Draft) -> None:
    if draft.head is None:
        raise Invalid(_NO_FILES.get(draft.channel, _MAIL_ONLY), field="files")


_MAIL_ONLY = "Files go with a mail only; answer by mail, or leave them out."
_NO_FILES = {
    LETTERS: "Files do not go with a letter: nobody would see that a page of them is missing. Print what shall lie in "
    "the envelope, name it in the words, and send them without files."
}


def _checked(text: str, longest: int) -> str:
    words = text.replace("\x00", "").replace("\r\n", "\n").strip()
    if not words:
        raise Invalid("Write something first.", field="text")
    if len(words) > longest:
        raise Invalid(f"This is {len(words)} characters long; {longest} is the most.", field="text")
    return words
