"""People who follow a case that somebody else reported: what they are offered, and what they are told at its end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from cases import clock, mails, outbox, reaching, references
from cases.arrivals import Speaker
from cases.base import table
from cases.departments import City
from cases.followers import FOLLOWER
from cases.lifecycle import ENDED, Outcome
from cases.messages import Address, AddressKind
from cases.models import Address as AddressRow
from cases.models import Case, Party, Thread
from cases.models.event import Happened, record

#: cases that somebody is offered at once, and followers told in one transaction
MOST, MOST_TOLD = 3, 200
FOLLOWED, TOLD = "followed", "followers_told"
#: outcomes by which what was reported is settled for others too
_SETTLED = frozenset({Outcome.FIXED, Outcome.ANSWERED, Outcome.REFERRED})
# One look at the index for each place: thousands of one service and place cost no more than three.
_NEAR = text("""
    select c.reference, c.status, c.opened_at from unnest(cast(:places as text[])) place cross join lateral (
        select f.id, f.reference, f.status, f.opened_at from case_file f
         where f.service = :service and f.routing ->> 'place' = place and f.opened_at > :since
           and f.status not in ('resolved', 'closed') and not f.confidential and f.merged_into_id is null
           and not exists (select 1 from party p where p.case_id = f.id and p.address_id =
                            (select a.id from address a where a.kind = :kind and a.value = :value))
         order by f.opened_at desc limit :most) c
     order by c.opened_at desc limit :most
""")
_LOCKED = select(Case).where(Case.reference == bindparam("reference")).with_for_update()
_IS_PARTY = select(Party.id).where(Party.case_id == bindparam("case_id"), Party.address_id == bindparam("address_id"))
_PARTIES = table(Party)
_JOIN = (
    insert(_PARTIES).on_conflict_do_nothing(index_elements=["case_id", "address_id", "role"]).returning(_PARTIES.c.id)
)
_WAITING = (
    select(Case)
    .join(Party, Party.case_id == Case.id)
    .where(Party.role == FOLLOWER, Party.told_at.is_(None), Case.status.in_(sorted(ENDED)))
    .limit(1)
    .with_for_update(of=Case, skip_locked=True)
)
_UNTOLD = (
    select(Party, AddressRow, Thread.id)
    .join(AddressRow, AddressRow.id == Party.address_id)
    .join(Thread, Thread.address_id == AddressRow.id)
    .where(Party.case_id == bindparam("case_id"), Party.role == FOLLOWER, Party.told_at.is_(None))
    .order_by(Party.id)
    .limit(MOST_TOLD)
)


@dataclass(frozen=True, slots=True)
class Nearby:
    """A case of somebody else, by what may be told of it to anybody; its reference is for the one who follows it."""

    reference: str
    status: str
    opened_at: datetime


@dataclass(frozen=True, slots=True)
class Told:
    """How many followers of a case were dealt with, and the accounts with something to send."""

    count: int
    to_send: tuple[str, ...] = ()


def near(
    session: Session, *, service: str, places: Sequence[str], address: Address, since: datetime
) -> tuple[Nearby, ...]:
    """Return the latest open cases of a service at these places in which the address has no part; none that is
    confidential or merged into another.
    """
    who = {"kind": address.kind.value, "value": address.value}
    values = {"service": service, "places": list(places), "since": since, "most": MOST, **who}
    return tuple(Nearby(*row) for row in session.execute(_NEAR, values))


def follow(
    session: Session, reference: str, speaker: Speaker, *, channel: str, account: str, words: str = ""
) -> Case | None:
    """Make an address, which is known already, a follower of a case; None where it can be followed no more.

    Who has a part in it already stays as they are. ``words`` are what they themselves said of it. They are told of its
    end by ``account``.
    """
    case = session.scalars(_LOCKED, {"reference": reference}).one_or_none()
    if case is None or case.confidential or case.merged_into_id is not None or case.status in ENDED:
        return None
    ids = {"case_id": case.id, "address_id": speaker.address_id}
    if session.execute(_IS_PARTY, ids).first() is not None:
        return case
    at = clock.now(session)
    row = {**ids, "citizen_id": speaker.citizen_id, "role": FOLLOWER, "account": account, "since": at}
    party = session.execute(_JOIN, row).scalar_one_or_none()
    if party is not None:
        said = {"text": words} if words else {}
        record(session, case, [Happened(FOLLOWED, "citizen", {"channel": channel, "party": party}, said)], at=at)
    return case


def tell(session: Session, *, city: City) -> Told:
    """Tell followers of one case that has ended how it ended, each once until it is opened again.

    Who wants no automatic texts is not written to. A case that somebody works on now waits for the next call.
    """
    case = session.scalars(_WAITING).first()
    if case is None:
        return Told(0)
    at = clock.now(session)
    found = session.execute(_UNTOLD, {"case_id": case.id}).all()
    accounts = [_write(session, case, *row, city=city, at=at) for row in found]
    written = [one for one in accounts if one is not None]
    if written:
        record(session, case, [Happened(TOLD, "system", {"count": len(written)})], at=at)
    return Told(len(found), tuple(dict.fromkeys(written)))


def _write(
    session: Session, case: Case, party: Party, address: AddressRow, thread_id: int, *, city: City, at: datetime
) -> str | None:
    party.told_at = at
    account = reaching.carrier([party.account, *city.accounts], address.kind, city=city)
    if account is None or address.opted_out_at is not None:
        return None
    channel = city.accounts[account].channel
    language = address.language or city.organisation.default_language
    settled = "status.resolved" if case.outcome in _SETTLED else "status.closed"
    status = city.texts.render(settled, language=language, channel=channel)
    values = {"organisation": city.organisation.short_name, "status": status}
    values["reference"] = references.written(case.reference)
    words = city.texts.render("followed_ended", language=language, channel=channel, **values)
    # What its citizen called the case is not for others to read.
    head = mails.head(city, subject="", reference=case.reference) if channel == mails.CHANNEL else None
    to = Address(AddressKind(address.kind), address.value)
    how = {"automatic": True, "text_key": "followed_ended", "head": head}
    outbox.enqueue(session, outbox.Draft(thread_id, to, account, channel, words, **how), at=at)  # type: ignore[arg-type]
    return account
