"""One update, written once, to everybody of an incident.

To who has a case of their own it is an answer: it keeps the promise of one, does not end with STOP, and is sent once
more where nobody knows whether it left. To who only follows it is a broadcast. Both go through the outbox, by whose
bounds of one day what is too much is held.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from cases import clock, mails, outbox
from cases.departments import City
from cases.errors import Invalid
from cases.filing import audience, incidents
from cases.filing.audience import Recipient
from cases.lifecycle import Status, move
from cases.models import Case, Filing
from cases.models.event import Happened, record
from cases.permissions import Action, Viewer, ViewerKind
from cases.replies import LONGEST_REPLY
from cases.sla import timers
from cases.sla.timers import ANSWERS

UPDATE = "update"


@dataclass(frozen=True, slots=True)
class Told:
    """How many messages wait to leave, for how many cases, and by which accounts."""

    messages: int
    cases: int
    accounts: tuple[str, ...]


def tell(
    session: Session,
    viewer: Viewer,
    *,
    city: City,
    incident: str,
    texts: Mapping[str, str],
    expected: int | None = None,
) -> Told:
    """Write an update to the people of an incident and of its live cases that the viewer may answer, each once.

    ``texts`` are the words by language; who has none of these languages gets the default one. ``expected`` is the
    number of messages that was shown beforehand: another one is refused, so that nobody writes to more than they know.
    """
    words = _checked(texts, city)
    whole, parts = incidents.locked_with_parts(session, viewer, Action.REPLY, incident)
    found = audience.of(session, [whole, *parts], city=city).recipients
    if not found:
        raise Invalid("Nobody of this incident can be reached by message.", field="reference")
    if expected is not None and expected != len(found):
        raise Invalid(
            f"This would go to {len(found)} numbers now, and {expected} were shown. Look again, then send.",
            field="expected",
        )
    at = clock.now(session)
    lines: dict[int, list[tuple[int, str]]] = defaultdict(list)
    for one in found:
        head = _head(session, one, (whole, *parts), city=city)
        message_id = _send(session, viewer, one, words, head, city=city, at=at)
        for case_id in one.cases:
            lines[case_id].append((message_id, one.account))
    told = Happened("incident_told", viewer.actor, {"messages": len(found), "cases": len(lines)})
    for case in (whole, *parts):
        happened = [told] if case is whole else []
        happened += _answered(session, viewer, case, lines[case.id], whole, city=city, at=at)
        if happened:
            record(session, case, happened, at=at)
    return Told(len(found), len(lines), tuple(sorted({one.account for one in found})))


def _head(session: Session, to: Recipient, cases: Sequence[Case], *, city: City) -> mails.Head | None:
    """Return the head of an update by mail; who only follows is told of no case by name."""
    if city.accounts[to.account].channel != mails.CHANNEL:
        return None
    own = next((one for one in cases if one.id in to.cases), None)
    if own is None:
        return mails.head(city, subject="", reference=None, department=cases[0].department)
    return mails.head_for_case(session, city, own, thread_id=to.thread_id, to_citizen=own.thread_id == to.thread_id)


def _send(
    session: Session,
    viewer: Viewer,
    to: Recipient,
    words: Mapping[str, str],
    head: mails.Head | None,
    *,
    city: City,
    at: datetime,
) -> int:
    agent_id = viewer.id if viewer.kind is ViewerKind.AGENT else None
    draft = outbox.Draft(
        thread_id=to.thread_id,
        recipient=to.address,
        account=to.account,
        channel=city.accounts[to.account].channel,
        text=words.get(to.language) or words[city.organisation.default_language],
        agent_id=agent_id,
        message_class=to.message_class,
        head=head,
    )
    message_id = outbox.enqueue(session, draft, at=at)
    for case_id in to.cases:
        values = {"reason": UPDATE, "detail": "", "filed_by": agent_id, "filed_at": at}
        session.add(Filing(message_id=message_id, case_id=case_id, **values))
    return message_id


def _answered(
    session: Session,
    viewer: Viewer,
    case: Case,
    messages: list[tuple[int, str]],
    whole: Case,
    *,
    city: City,
    at: datetime,
) -> list[Happened]:
    if not messages:
        return []
    happened = []
    for message_id, account in messages:
        values = {"account": account, "incident": whole.reference}
        happened.append(Happened("replied", viewer.actor, values, message_id=message_id))
    happened += timers.meet(session, case, ANSWERS, at=at, actor=viewer.actor, by=messages[0][0])
    if case.status == Status.NEW:
        happened += move(session, case, Status.OPEN, calendars=city.calendars, at=at, actor=viewer.actor)
    case.last_speaker, case.last_message_id, case.last_message_at = "agent", messages[-1][0], at
    return happened


def _checked(texts: Mapping[str, str], city: City) -> dict[str, str]:
    words = {language: text.replace("\r\n", "\n").strip() for language, text in texts.items() if text.strip()}
    default = city.organisation.default_language
    if default not in words:
        raise Invalid(f"Write the update in {city.texts.names.get(default, default)}; others may come beside it.",
                      field="text")  # fmt: skip
    for text in words.values():
        if len(text) > LONGEST_REPLY:
            raise Invalid(f"This is {len(text)} characters long; {LONGEST_REPLY} is the most.", field="text")
    return words
