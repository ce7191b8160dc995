"""A case that is opened for messages which are here already, as intake opens one for a message that comes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from cases import automatic, mails, opening, outbox, reaching, references, survivors
from cases.base import table
from cases.departments import City
from cases.dialogue_places import area_of
from cases.lifecycle import Status
from cases.messages import Address as AddressValue
from cases.messages import AddressKind
from cases.models import Address, Case, CitizenAddress, Filing, Message, Party, Rearrangement, Thread
from cases.models.event import GENESIS, Happened
from cases.permissions import Viewer
from cases.routing.decisions import Decision
from cases.routing.facts import Facts
from cases.routing.rules import route
from cases.sla import timers
from cases.sla.policy import URGENT, USUAL
from cases.sla.promises import to_new_case
from cases.writes import Writes

_RESERVE = select(func.nextval("case_file_id_seq"), func.nextval("reference_number"))
_PARTIES = table(Party)


@dataclass(frozen=True, slots=True)
class Made:
    """A case about to be told of in its first lines; ``opening`` holds its code, which is stored nowhere."""

    case: Case
    opening: opening.Opening
    address: Address
    promised: list[timers.Promise]
    decision: Decision


def open_case(session: Session, source: Case, messages: Sequence[Message], *, city: City, at: datetime) -> Made:
    """Make a case of messages that are here already, routed by their words; its promises count from the first one."""
    assert city.references is not None
    first = messages[0]
    address = session.scalars(select(Address).join(Thread).where(Thread.id == first.thread_id)).one()
    words = "\n".join(one.text for one in messages)
    decision = route(
        Facts(first.channel, first.account, words, address.language, at=first.created_at), city.rules, city.known
    )
    case_id, number = session.execute(_RESERVE).one()
    new = opening.Opening(case_id, city.references.reference(number), city.references.new_code())
    priority = URGENT if decision.urgent else USUAL
    family = _family(city, decision) or source.family
    case = Case(
        id=case_id,
        reference=new.reference,
        code_hash=city.references.code_hash(new.reference, new.code),
        family=family,
        department=decision.department,
        service=decision.service,
        status=Status.NEW,
        priority=priority,
        confidential=source.confidential or city.is_confidential(decision.department),
        subject=opening.subject_of(words),
        channel=first.channel,
        account=first.account,
        thread_id=first.thread_id,
        citizen_id=_citizen(session, source, first, address),
        routing=opening.routing_values(decision),
        last_speaker="citizen",
        last_message_id=messages[-1].id,
        last_message_at=messages[-1].created_at,
        version=1,
        event_seq=0,
        event_head=GENESIS,
        opened_at=at,
        updated_at=at,
    )
    session.add(case)
    session.flush()
    promised = to_new_case(
        city, department=case.department, service=case.service, family=family, started=first.created_at,
        priority=priority, channel=case.channel,
    )  # fmt: skip
    writes = Writes()
    timers.start(writes, promised, case_id=case_id)
    party = {"case_id": case_id, "citizen_id": case.citizen_id, "address_id": address.id}
    writes.add(_PARTIES, {**party, "role": "requester", "since": at})
    writes.flush(session)
    timers.show_nearest(session, case)
    return Made(case, new, address, promised, decision)


def first_lines(
    session: Session,
    viewer: Viewer,
    source: Case,
    made: Made,
    *,
    messages: Sequence[Message],
    row: Rearrangement,
    city: City,
    at: datetime,
    tell: bool,
) -> tuple[list[Happened], str | None]:
    """Return the first lines of its history; with ``tell``, also the account by which its citizen is told."""
    case = made.case
    came = {"channel": case.channel, "account": case.account, "reason": "split from another case"}
    place = {"department": case.department, "service": case.service}
    routed = {**place, **opening.routing_values(made.decision), "reason": made.decision.reason}
    area = area_of(city, made.decision.place)
    if area is not None:
        routed["area"] = area.name
    if case.confidential:
        routed["confidential"] = True
    lines = [
        Happened("opened", viewer.actor, came, message_id=messages[0].id),
        Happened("routed", "system", routed),
        *(one.happened for one in made.promised),
        Happened("split_in", viewer.actor, {"rearrangement": row.id, "other": source.reference}),
    ]
    if not tell:
        return lines, None
    told = _tell(session, made, city=city, at=at)
    if isinstance(told, automatic.Withheld):
        return [*lines, Happened("acknowledgement_withheld", "system", {"reason": told.value})], None
    return [*lines, Happened("acknowledged", "system", {}, message_id=told[0])], told[1]


def _tell(session: Session, made: Made, *, city: City, at: datetime) -> tuple[int, str] | automatic.Withheld:
    case, address = made.case, made.address
    account = reaching.carrier([case.account], address.kind, city=city)
    if account is None:
        return automatic.Withheld.NOT_A_PHONE
    if address.opted_out_at is not None:
        return automatic.Withheld.OPTED_OUT
    channel = city.accounts[account].channel
    language = address.language or city.organisation.default_language
    values = {
        "organisation": city.organisation.short_name,
        "reference": references.written(case.reference),
        "emergency": city.organisation.emergency_number,
        "code": "{code}",
    }
    text = city.texts.render("acknowledgement", language=language, channel=channel, **values)
    draft = outbox.Draft(
        thread_id=case.thread_id,
        recipient=AddressValue(AddressKind(address.kind), address.value),
        account=account,
        channel=channel,
        text=text,
        automatic=True,
        text_key="acknowledgement",
        fill={"code": made.opening.code},
        head=mails.head_for_case(session, city, case) if channel == mails.CHANNEL else None,
    )
    message_id = outbox.enqueue(session, draft, at=at)
    session.add(Filing(message_id=message_id, case_id=case.id, reason="acknowledgement", detail="", filed_at=at))
    return message_id, account


def _citizen(session: Session, source: Case, message: Message, address: Address) -> int:
    if message.thread_id == source.thread_id:
        return source.citizen_id
    tree = survivors.tree(source.id)
    own = select(Case.citizen_id).join(tree, tree.c.id == Case.id).where(Case.thread_id == message.thread_id).limit(1)
    linked = select(func.min(CitizenAddress.citizen_id)).where(CitizenAddress.address_id == address.id)
    found = session.scalar(own) or session.scalar(linked)
    return found or source.citizen_id


def _family(city: City, decision: Decision) -> str | None:
    department = city.departments.get(decision.department or "")
    return (
        next((one.family for one in department.services if one.key == decision.service), None) if department else None
    )
