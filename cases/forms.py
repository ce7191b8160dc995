"""What somebody has filled in in a dialogue becomes a message, and opens a case or joins one, as an SMS would."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from cases import arrivals, automatic, citizens, clock, intake, opening
from cases.arrivals import Arrival
from cases.base import table
from cases.departments import City
from cases.matching import Match, Reason
from cases.messages import Address, Attachment, InboundMessage
from cases.models import Case, Filing, Message
from cases.models.event import Happened
from cases.routing.decisions import Decision
from cases.routing.facts import PERSON, Facts
from cases.routing.rules import route
from cases.services import Service
from cases.writes import Writes

#: the same words from the same number within this time may be the same matter
SAME_WORDS = timedelta(minutes=10)
_FILINGS = table(Filing)
_SAME = (
    select(Filing.case_id)
    .join(Message, Message.id == Filing.message_id)
    .where(
        Message.thread_id == bindparam("thread_id"),
        Message.direction == "in",
        Message.text == bindparam("words"),
        Message.created_at > bindparam("since"),
        Filing.removed_at.is_(None),
    )
    .order_by(Message.id.desc())
    .limit(1)
)


@dataclass(slots=True)
class Asker:
    """Who speaks in a dialogue, and what it has learnt: the case that was named, and whether its code was right.

    ``turn`` names this turn among all of the account. ``answers_by`` is the account that carries texts to them, and
    ``told`` whether one with the code of a case that was opened is on its way. ``code`` is that code. ``attachments``
    go with the next message that is made of what they say; ``message_id`` is the last one that was.
    """

    channel: str
    account: str
    answers_by: str
    address: Address
    turn: str
    language: str | None = None
    reference: str | None = None
    proved: bool = False
    case_id: int | None = None
    to_send: list[str] = field(default_factory=list)
    told: bool = False
    code: str = ""
    said: int = 0
    attachments: tuple[Attachment, ...] = ()
    message_id: int | None = None


def arrive(session: Session, asker: Asker, *, city: City, words: str = "", writes: Writes | None = None) -> Arrival:
    """Learn who speaks; with ``writes``, a stranger becomes known."""
    arrival = arrivals.arrive(session, asker.address, said=words, automatic=city.limits.automatic_replies_per_hour)
    if writes is not None:
        arrivals.introduce(writes, arrival)
    return arrival


def open_case(
    session: Session, asker: Asker, words: str, *, city: City, service: Service | None = None, family: str = "complaint"
) -> str:
    """Open a case by somebody's words and return its reference; reference and code follow by SMS.

    A service that was chosen decides where it goes, else the rules. Nothing is dropped: the same words a moment later
    make another case, marked as what it may belong to.
    """
    writes = Writes()
    arrival = arrive(session, asker, city=city, words=words, writes=writes)
    inbound = _message(asker, words, city)
    intake.store(writes, inbound, arrival)
    before = None if arrival.speaker.is_new else _same(session, arrival, inbound.text)
    match = Match(None, Reason.OPENED, "reported in a dialogue", may_belong_to=before)
    new = opening.reserve(session, arrival, city=city)
    kind = citizens.kind_for(session, arrival.speaker, city.rules)
    at, language = arrival.received_at, arrival.speaker.language
    decision = _decision(inbound, language, service, city, at=at, citizen=kind)
    say = intake.acknowledgement(city, new, urgent=decision.urgent, asked_for=True)
    sent = automatic.say(writes, arrival, arrival.speaker, say, city=city, account=asker.account)
    opening.open_case(
        writes, new, inbound, arrival, match=match, decision=decision, acknowledged=sent, city=city, family=family
    )
    writes.flush(session)
    intake.alert(session, new.case_id, decision, arrival)
    asker.case_id, asker.message_id = new.case_id, arrival.message_id
    asker.told, asker.code = isinstance(sent, int), new.code
    asker.to_send += [asker.answers_by] if asker.told else []
    return new.reference


def join(session: Session, asker: Asker, case: Case, words: str, *, city: City, happened: str | None = None) -> None:
    """File somebody's words in a case that they have proved to be theirs; they end a wait, or reopen it in time.

    ``happened`` is one more line of history, such as that they want to be called.
    """
    writes = Writes()
    arrival = arrive(session, asker, city=city, writes=writes)
    intake.store(writes, _message(asker, words, city), arrival)
    detail = "said in a dialogue, with the case's code"
    filing = {"message_id": arrival.message_id, "case_id": case.id, "filed_at": arrival.at}
    writes.add(_FILINGS, {**filing, "reason": Reason.REFERENCE, "detail": detail})
    writes.flush(session)
    values = {"reason": Reason.REFERENCE.value, "detail": detail, "channel": asker.channel}
    lines = [Happened("message_received", "citizen", values, message_id=arrival.message_id)]
    lines += [Happened(happened, "citizen", message_id=arrival.message_id)] if happened else []
    intake.file_locked(session, case.id, arrival, lines, city=city)
    asker.case_id, asker.message_id = case.id, arrival.message_id


def _message(asker: Asker, words: str, city: City) -> InboundMessage:
    asker.said += 1
    own = city.accounts[asker.account]
    identity = f"{asker.turn}:{asker.said}"
    files, asker.attachments = asker.attachments, ()
    return InboundMessage(asker.account, asker.channel, asker.address, own.address, words, identity, attachments=files)


def _same(session: Session, arrival: Arrival, words: str) -> int | None:
    since = arrival.at - SAME_WORDS
    values = {"thread_id": arrival.speaker.thread_id, "words": words, "since": since}
    return session.execute(_SAME, values).scalar_one_or_none()


def decided(session: Session, asker: Asker, words: str, *, city: City) -> Decision:
    """Return where a case by these words would go, without opening any; the language is the dialogue's."""
    own = city.accounts[asker.account]
    inbound = InboundMessage(asker.account, asker.channel, asker.address, own.address, words, asker.turn)
    return _decision(inbound, asker.language, None, city, at=clock.now(session), citizen=PERSON)


def _decision(
    inbound: InboundMessage, language: str | None, service: Service | None, city: City, *, at: datetime, citizen: str
) -> Decision:
    """Let the rules decide where no service was chosen; the words always say whether it is urgent, and the place."""
    chosen = service.key if service else None
    facts = Facts(inbound.channel, inbound.account, inbound.text, language, service=chosen, at=at, citizen=citizen)
    found = route(facts, city.rules, city.known)
    if service is None:
        return found
    return replace(
        found,
        department=service.department,
        service=service.key,
        rule=None,
        reason="the citizen chose it in the dialogue",
        said="",
        suggestions=(),
    )
