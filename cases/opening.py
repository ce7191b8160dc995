"""Opening a case: reference and code, the first timers, the first lines of its history."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from cases.arrivals import Arrival
from cases.automatic import Withheld
from cases.base import table
from cases.departments import City
from cases.dialogue_places import area_of
from cases.lifecycle import Status
from cases.matching import Match
from cases.messages import InboundMessage
from cases.models import Case, Filing, Party
from cases.models.event import Happened, Head, gather, link
from cases.routing.decisions import Decision
from cases.routing.places import Place
from cases.sla import timers
from cases.sla.policy import URGENT, USUAL
from cases.sla.promises import to_new_case
from cases.sla.timers import Promise
from cases.writes import Writes

SUBJECT_LENGTH = 80
_CASES, _PARTIES, _FILINGS = table(Case), table(Party), table(Filing)
#: for a thread whose earlier cases might have taken the message, nothing was reserved beforehand
_RESERVE = select(func.nextval("case_file_id_seq"), func.nextval("reference_number"))


@dataclass(frozen=True, slots=True)
class Opening:
    """A case about to be made. ``code`` is told to the citizen once and stored nowhere;
    ``reference`` is bare digits.
    """

    case_id: int
    reference: str
    code: str


def reserve(session: Session, arrival: Arrival, *, city: City) -> Opening:
    """Choose the reference and code of a new case."""
    assert city.references is not None
    case_id, number = arrival.case_id, arrival.number
    if case_id is None or number is None:
        case_id, number = session.execute(_RESERVE).one()
    return Opening(case_id, city.references.reference(number), city.references.new_code())


def open_case(
    writes: Writes,
    opening: Opening,
    inbound: InboundMessage,
    arrival: Arrival,
    *,
    match: Match,
    decision: Decision,
    acknowledged: int | Withheld,
    city: City,
    family: str = "complaint",
) -> None:
    """Gather all that a new case consists of: case, requester, filings, promises, history."""
    at, speaker = arrival.at, arrival.speaker
    family = _family(city, decision) or family
    promises = to_new_case(
        city,
        department=decision.department,
        service=decision.service,
        family=family,
        started=arrival.received_at,
        priority=_priority(decision),
        channel=inbound.channel,
    )
    confidential = city.is_confidential(decision.department)
    area = area_of(city, decision.place)
    lines = _first_lines(inbound, arrival, match, decision, promises, confidential=confidential, area=area)
    happened = [*lines, _acknowledged(acknowledged)]
    history = link(Head(opening.case_id), happened, at=at)
    row = _case_row(opening, inbound, arrival, match=match, decision=decision, promises=promises, city=city)
    row |= {
        "family": family,
        "event_seq": history.head.seq,
        "event_head": history.head.hash,
    }
    writes.add(_CASES, row)
    party = {"case_id": opening.case_id, "citizen_id": speaker.citizen_id, "address_id": speaker.address_id}
    writes.add(_PARTIES, {**party, "role": "requester", "since": at})
    filing = {"message_id": arrival.message_id, "case_id": opening.case_id, "filed_at": at}
    writes.add(_FILINGS, {**filing, "reason": match.reason, "detail": match.detail})
    if not isinstance(acknowledged, Withheld):
        writes.add(_FILINGS, {**filing, "message_id": acknowledged, "reason": "acknowledgement", "detail": ""})
    timers.start(writes, promises, case_id=opening.case_id)
    gather(writes, history)


def _case_row(
    opening: Opening,
    inbound: InboundMessage,
    arrival: Arrival,
    *,
    match: Match,
    decision: Decision,
    promises: list[Promise],
    city: City,
) -> dict[str, Any]:
    assert city.references is not None
    at, speaker = arrival.at, arrival.speaker
    nearest = min(promises, key=lambda one: one.due_at, default=None)
    return {
        "id": opening.case_id,
        "reference": opening.reference,
        "code_hash": city.references.code_hash(opening.reference, opening.code),
        "department": decision.department,
        "service": decision.service,
        "status": Status.NEW,
        "priority": _priority(decision),
        "confidential": city.is_confidential(decision.department),
        "subject": subject_of(_called(inbound) or inbound.text),
        "channel": inbound.channel,
        "account": inbound.account,
        "thread_id": speaker.thread_id,
        "citizen_id": speaker.citizen_id,
        "may_belong_to_id": match.may_belong_to,
        "routing": routing_values(decision),
        "last_speaker": "citizen",
        "last_message_id": arrival.message_id,
        "last_message_at": at,
        "due_kind": nearest.kind if nearest else None,
        "due_at": nearest.due_at if nearest else None,
        "opened_at": at,
        "updated_at": at,
    }


def _called(inbound: InboundMessage) -> str:
    written = inbound.mail or inbound.letter
    return written.subject.strip() if written else ""


def _acknowledged(message: int | Withheld) -> Happened:
    if isinstance(message, Withheld):
        return Happened("acknowledgement_withheld", "system", {"reason": message.value})
    return Happened("acknowledged", "system", {}, message_id=message)


def subject_of(words: str) -> str:
    """Return the first 80 characters of the citizen's words, until an agent names the case."""
    line = " ".join(words.replace("\x00", " ").split())
    if not line:
        return "(no words)"
    return line if len(line) <= SUBJECT_LENGTH else line[: SUBJECT_LENGTH - 1].rstrip() + "…"


def register_values(inbound: InboundMessage) -> dict[str, Any]:
    """Return under which number of the register a message is known, as history keeps it; nothing where it is none."""
    return {"letter": inbound.letter.register_number} if inbound.letter else {}


def routing_values(decision: Decision) -> dict[str, Any]:
    """Return a routing decision as the case stores and shows it; its reason has some of the citizen's words."""
    found: dict[str, Any] = {"rule": decision.rule, "reason": decision.sentence, "place": decision.place}
    found |= {"suggestions": list(decision.suggestions), "alert": list(decision.alert)}
    if decision.referral is not None:
        found["referral"] = {"body": decision.referral.name, "contact": decision.referral.contact}
    return {key: value for key, value in found.items() if value or key in ("rule", "reason")}


def _priority(decision: Decision) -> str:
    return URGENT if decision.urgent else USUAL


def _family(city: City, decision: Decision) -> str | None:
    department = city.departments.get(decision.department or "")
    for service in department.services if department else ():
        if service.key == decision.service:
            return service.family
    return None


def _first_lines(
    inbound: InboundMessage,
    arrival: Arrival,
    match: Match,
    decision: Decision,
    promises: list[Promise],
    *,
    confidential: bool,
    area: Place | None,
) -> tuple[Happened, ...]:
    opened: Mapping[str, Any] = {
        "channel": inbound.channel,
        "account": inbound.account,
        "reason": match.detail,
        **register_values(inbound),
    }
    place = {"department": decision.department, "service": decision.service}
    # What history keeps for ever has the words of the configuration alone.
    routed = {**place, **routing_values(decision), "reason": decision.reason}
    if area is not None:
        routed["area"] = area.name
    if confidential:
        routed["confidential"] = True
    return (
        Happened("opened", "citizen", opened, message_id=arrival.message_id),
        Happened("routed", "system", routed),
        *(one.happened for one in promises),
    )
