"""The inbound story on one page: known or new, command or words, which case or a new one, history, acknowledgement."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from cases import (
    alerts,
    arrivals,
    automatic,
    citizens,
    clock,
    commands,
    conversation,
    dialogue_ends,
    mails,
    matching,
    media,
    opening,
    receipts,
    references,
)
from cases.arrivals import Arrival, Raw
from cases.automatic import Say
from cases.base import table
from cases.departments import City
from cases.errors import Changed
from cases.letters import arriving
from cases.lifecycle import Status, move
from cases.matching import Bearing, Candidate, Match, Reason
from cases.messages import (
    DeliveryReport,
    DialogueEnded,
    HandedOn,
    Inbound,
    InboundMessage,
    Mail,
    OptOut,
    ScannedFile,
)
from cases.models import Case, Filing, Message, RawRequest
from cases.models.event import Happened, Head, gather, link, record
from cases.routing.decisions import Decision
from cases.routing.facts import Facts
from cases.routing.rules import route
from cases.sla import promises
from cases.writes import Writes

_MESSAGES, _FILINGS, _RAW = table(Message), table(Filing), table(RawRequest)
_LOCKED = select(Case).where(Case.id == bindparam("id")).with_for_update()
LONGEST_ID = 500
#: what a citizen's words end by themselves: a wait, on whomever it was, and within its time the end of a case
_TAKEN_UP = (Status.WAITING_ON_CITIZEN, Status.WAITING_ON_THIRD_PARTY, Status.RESOLVED)
_CODE_AFTER_REFERENCE = re.compile(r"(?<!\d)(\d{4})\s*$")


@dataclass(frozen=True, slots=True)
class Received:
    """What became of one inbound value: the message and its case if there is one,
    and the accounts with something to send.
    """

    message_id: int | None = None
    case_id: int | None = None
    duplicate: bool = False
    to_send: tuple[str, ...] = ()


def receive(
    session: Session, inbound: Inbound, *, city: City, raw: Raw | None = None, received_at: datetime | None = None
) -> Received:
    """Take in whatever a channel understood. Writes all of it or nothing; the caller owns the transaction.

    ``raw`` is the callback that a message came by: it is written with the message, unless that was stored before.
    ``received_at`` is when it came, where that is not now: promises count from then.
    """
    match inbound:
        case InboundMessage():
            return _message(session, inbound, city=city, raw=raw, received_at=received_at)
        case DeliveryReport():
            return Received(receipts.apply(session, inbound, at=clock.now(session)))
        case ScannedFile():
            arriving.arrive(session, inbound, city=city, received_at=received_at)
            return Received()
        case HandedOn():
            raise LookupError("a scan inside of something else is stored by whoever reads that")
        case DialogueEnded():
            dialogue_ends.note(session, inbound, at=clock.now(session))
            return Received()
        case OptOut():
            arrival, writes = arrivals.arrive(session, inbound.sender), Writes()
            arrivals.introduce(writes, arrival)
            writes.flush(session)
            address = arrival.speaker.address_id
            citizens.set_opted_out(session, address, opted_out=inbound.opted_out, at=arrival.at)
            return Received()


def _message(
    session: Session, inbound: InboundMessage, *, city: City, raw: Raw | None, received_at: datetime | None
) -> Received:
    if mails.known(session, inbound):
        return Received(duplicate=True)
    arrival = arrivals.arrive(
        session,
        inbound.sender,
        said=_stored(mails.said(inbound)) or "",
        sent_at=inbound.sent_at,
        account=inbound.account,
        external_id=_identity(inbound),
        raw=raw,
        automatic=city.limits.automatic_replies_per_hour,
        received_at=received_at,
    )
    if arrival.repeated:
        return Received(duplicate=True)
    if inbound.letter is not None and inbound.letter.citizen is not None:
        arrival = replace(arrival, speaker=replace(arrival.speaker, citizen_id=inbound.letter.citizen))
    writes = Writes()
    command = None if _commands_nothing(inbound) else commands.parse(mails.words(inbound), city.keywords)
    if raw is not None:
        writes.add(_RAW, {**raw.row, "received_at": arrival.at, "applied_at": arrival.at})
    arrivals.introduce(writes, arrival, name=mails.name_told(inbound))
    store(writes, inbound, arrival, command=command)
    if command is not None:
        return _command(session, command, inbound, arrival, city=city, writes=writes)
    return _placed(session, inbound, arrival, city=city, writes=writes)


def _placed(session: Session, inbound: InboundMessage, arrival: Arrival, *, city: City, writes: Writes) -> Received:
    """Let words join their case, or open one; what no person wrote opens none."""
    by = mails.bearing(session, inbound, thread_id=arrival.speaker.thread_id)
    arrival = _with_answered(session, arrival, by)
    decision = route(_facts(session, inbound, arrival, city), city.rules, city.known)
    found = matching.match(
        _may_join(decision, inbound, arrival),
        text=mails.words(inbound),
        thanks=_is_quiet(inbound, city),
        routed_service=decision.service,
        limits=city.limits,
        now=arrival.at,
        by=by,
    )
    if found.case_id is not None:
        told = _told(writes, inbound, arrival, found, urgent=decision.urgent, city=city)
        _file(session, inbound, found, arrival, city=city, writes=writes)
        alert(session, found.case_id, decision, arrival)
        return Received(arrival.message_id, found.case_id, to_send=_accounts(inbound, *told, city=city))
    if inbound.mail is not None and inbound.mail.machine:
        media.gather_files(writes, inbound, message_id=arrival.message_id, case_id=None, at=arrival.at)
        writes.flush(session)
        return Received(arrival.message_id)
    new = opening.reserve(session, arrival, city=city)
    sent = _acknowledge(writes, inbound, arrival, new, urgent=decision.urgent, city=city)
    media.gather_files(writes, inbound, message_id=arrival.message_id, case_id=new.case_id, at=arrival.at)
    opening.open_case(writes, new, inbound, arrival, match=found, decision=decision, acknowledged=sent, city=city)
    writes.flush(session)
    alert(session, new.case_id, decision, arrival)
    return Received(arrival.message_id, new.case_id, to_send=_accounts(inbound, sent, city=city))


def _with_answered(session: Session, arrival: Arrival, by: Bearing) -> Arrival:
    """Let the case of what is answered be a candidate, also where its citizen reported it from another address."""
    if by.answers is None or any(one.id == by.answers for one in arrival.candidates):
        return arrival
    return replace(arrival, candidates=(*arrival.candidates, arrivals.candidate(session.get_one(Case, by.answers))))


def _facts(session: Session, inbound: InboundMessage, arrival: Arrival, city: City) -> Facts:
    earlier: dict[str, datetime] = {}
    for one in arrival.candidates:
        if one.service is not None:
            earlier[one.service] = max(one.last_at, earlier.get(one.service, one.last_at))
    language, at = arrival.speaker.language, arrival.received_at
    who = citizens.kind_for(session, arrival.speaker, city.rules)
    return Facts(inbound.channel, inbound.account, mails.said(inbound), language, at=at, earlier=earlier, citizen=who)


def _may_join(decision: Decision, inbound: InboundMessage, arrival: Arrival) -> tuple[Candidate, ...]:
    """Return the cases that the words may join: a call for help never ends in a case about something else."""
    if not decision.urgent or (inbound.letter is not None and inbound.letter.into):
        return arrival.candidates  # a person has read the letter and chosen
    named = references.find(mails.words(inbound))
    same = (decision.department, decision.service)
    return tuple(one for one in arrival.candidates if one.answers_to(named) or same == (one.department, one.service))


def _told(
    writes: Writes, inbound: InboundMessage, arrival: Arrival, found: Match, *, urgent: bool, city: City
) -> list[int | automatic.Withheld]:
    """Say what a machine says to words that join a case: whom to call in danger, and that a mail was too large."""
    cut = automatic.CUT if inbound.mail is not None and inbound.mail.cut else ""
    if not urgent and not cut:
        return []
    reference = next(one.reference for one in arrival.candidates if one.id == found.case_id)
    values = {"reference": references.written(reference), "emergency": city.organisation.emergency_number}
    say = Say("emergency_again" if urgent else cut, values, also=cut if urgent else "", asked_for=True)
    if inbound.mail is not None:
        if (withheld := _withheld(inbound.mail)) is not None:
            return [withheld]
        say = replace(say, head=mails.head_of_answer(inbound.mail, city, reference=reference))
    return [automatic.say(writes, arrival, arrival.speaker, say, city=city, account=inbound.account)]


def _acknowledge(
    writes: Writes, inbound: InboundMessage, arrival: Arrival, new: opening.Opening, *, urgent: bool, city: City
) -> int | automatic.Withheld:
    """Gather the acknowledgement of a new case; nothing where a machine would read it, or who forges addresses."""
    say, mail = acknowledgement(city, new, urgent=urgent), inbound.mail
    if mail is not None:
        if (withheld := _withheld(mail)) is not None:
            return withheld
        head = mails.head_of_answer(mail, city, reference=new.reference)
        say = replace(say, head=head, also=automatic.CUT if mail.cut else "")
    return automatic.say(writes, arrival, arrival.speaker, say, city=city, account=inbound.account)


def _withheld(mail: Mail) -> automatic.Withheld | None:
    """Tell why no machine answers a mail, if none does: who is named as its sender may be somebody else's victim."""
    if mail.forged:
        return automatic.Withheld.FORGED
    if mail.doubtful:
        return automatic.Withheld.NOT_GENUINE
    return automatic.Withheld.BY_MACHINE if mail.automatic else None


def _commands_nothing(inbound: InboundMessage) -> bool:
    """Tell whether words are none that a machine answers: of a machine, of somebody else, or on paper."""
    mail = inbound.mail
    return inbound.letter is not None or (mail is not None and (bool(mail.automatic) or mail.doubtful))


def _is_quiet(inbound: InboundMessage, city: City) -> bool:
    """Tell whether words change nothing of a case that they join: thanks, and what no person wrote."""
    return commands.is_thanks(mails.words(inbound), city.keywords) or bool(inbound.mail and inbound.mail.machine)


def alert(session: Session, case_id: int, decision: Decision, arrival: Arrival) -> None:
    """Have people told of danger to life; the case is written already, so no second transaction can tell them too."""
    if decision.alert:
        alerts.call(session, case_id, decision.alert, at=arrival.at)


def store(writes: Writes, inbound: InboundMessage, arrival: Arrival, *, command: object = None) -> None:
    """Gather the message itself; a code that a command carries is not kept in it."""
    text = _stored(mails.shown(inbound)) or ""
    if isinstance(command, commands.StatusOf) and command.code:
        text = _CODE_AFTER_REFERENCE.sub("••••", text)
    row = {
        "id": arrival.message_id,
        "thread_id": arrival.speaker.thread_id,
        "direction": "in",
        "channel": inbound.channel,
        "account": inbound.account,
        "text": text,
        "external_id": _identity(inbound),
        "status": "received",
        "sent_at": inbound.sent_at,
        "created_at": arrival.at,
    }
    writes.add(_MESSAGES, row)
    media.gather(writes, inbound, message_id=arrival.message_id, at=arrival.at)
    mails.gather(writes, inbound, message_id=arrival.message_id)


def _identity(inbound: InboundMessage) -> str | None:
    """Return the gateway's id as it is stored: an index holds no longer one, and no gateway gives a longer one."""
    return (mails.identity(inbound) or _stored(inbound.external_id) or "")[:LONGEST_ID] or None


def _stored(text: str | None) -> str | None:
    return text.replace("\x00", "\ufffd") if text else text  # PostgreSQL's text cannot hold NUL; the raw row keeps it


def _command(
    session: Session,
    command: commands.Command,
    inbound: InboundMessage,
    arrival: Arrival,
    *,
    city: City,
    writes: Writes,
) -> Received:
    writes.flush(session)  # what is asked may change the address that has just been made
    say, speaker = conversation.answer(session, command, arrival.speaker, city=city, at=arrival.at)
    if inbound.mail is not None:
        say = replace(say, head=mails.head_of_answer(inbound.mail, city, reference=None))
    sent = automatic.say(writes, arrival, speaker, say, city=city, account=inbound.account)
    writes.flush(session)
    return Received(arrival.message_id, to_send=_accounts(inbound, sent, city=city))


def _file(
    session: Session, inbound: InboundMessage, match: Match, arrival: Arrival, *, city: City, writes: Writes
) -> None:
    case = next(one for one in arrival.candidates if one.id == match.case_id)
    filing = {"message_id": arrival.message_id, "case_id": case.id, "filed_at": arrival.at}
    writes.add(_FILINGS, {**filing, "reason": match.reason, "detail": match.detail})
    values: dict[str, Any] = {"reason": match.reason.value, "detail": match.detail, "channel": inbound.channel}
    values |= opening.register_values(inbound)
    if inbound.mail and inbound.mail.machine:
        values["by_machine"] = True
    happened = Happened("message_received", "citizen", values, message_id=arrival.message_id)
    media.gather_files(writes, inbound, message_id=arrival.message_id, case_id=case.id, at=arrival.at)
    thanks = match.reason is Reason.THANKS or bool(inbound.mail and inbound.mail.machine)
    if thanks or case.answered or case.status in _TAKEN_UP:
        writes.flush(session)
        file_locked(session, case.id, arrival, [happened], city=city, thanks=thanks)
        return
    history = link(Head(case.id, case.event_seq, case.event_head), [happened], at=arrival.at)
    gather(writes, history)
    writes.move_case(_moved(case, history.head, arrival))
    writes.flush(session)


def _moved(case: Candidate, head: Head, arrival: Arrival) -> dict[str, object]:
    return {
        "case_id": case.id,
        "version": case.version,
        "event_seq": head.seq,
        "event_head": head.hash,
        "last_speaker": "citizen",
        "last_message_id": arrival.message_id,
        "last_message_at": arrival.at,
        "updated_at": arrival.at,
    }


def file_locked(
    session: Session, case_id: int, arrival: Arrival, filed: Sequence[Happened], *, city: City, thanks: bool = False
) -> None:
    """Write into a case's history that words of its citizen came, and what they do to its status and promises."""
    case, at = session.scalars(_LOCKED, {"id": case_id}).one(), arrival.at
    happened = [*filed]
    if case.status == Status.CLOSED and not thanks:
        raise Changed("the case was closed while a message was being filed in it")
    if not thanks:
        if case.status in _TAKEN_UP:
            why = "the citizen wrote"
            happened += move(session, case, Status.OPEN, calendars=city.calendars, at=at, actor="citizen", reason=why)
        happened += promises.citizen_wrote(session, case, city=city, received=arrival.received_at)
        case.last_speaker, case.snoozed_until = "citizen", None
    case.last_message_id, case.last_message_at = arrival.message_id, at
    record(session, case, happened, at=at)


def acknowledgement(city: City, new: opening.Opening, *, urgent: bool = False, asked_for: bool = False) -> Say:
    """Return what somebody reads who has opened a case; the code stands in the outbox alone."""
    values = {
        "organisation": city.organisation.short_name,
        "reference": references.written(new.reference),
        "emergency": city.organisation.emergency_number,
    }
    key = "emergency" if urgent else "acknowledgement"
    return Say(key, values, fill={"code": new.code}, asked_for=urgent or asked_for)


def _accounts(inbound: InboundMessage, *sent: int | automatic.Withheld, city: City) -> tuple[str, ...]:
    by = city.accounts[inbound.account].answers_by or inbound.account
    return (by,) if any(isinstance(one, int) for one in sent) else ()
