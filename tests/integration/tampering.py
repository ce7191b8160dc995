"""What somebody does who may write to the database: rewriting history, its details and its seals."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import delete, select, text, update
from sqlalchemy.orm import Session

from cases.models import Case, Event, EventDetail, Seal
from cases.models.event import GENESIS, detail_digest, event_hash
from cases.models.seal import seal_hash
from contactcentre.container import Container

Tamper = Callable[[Session], object]


def change(site: Container, tamper: Tamper) -> None:
    site.db.run(lambda uow: tamper(uow.session))


def history_of(session: Session, number: int) -> tuple[Case, list[Event]]:
    case = session.scalars(select(Case).order_by(Case.id).offset(number - 1).limit(1)).one()
    return case, list(session.scalars(select(Event).where(Event.case_id == case.id).order_by(Event.seq)))


def flip_a_byte(session: Session) -> None:
    _, events = history_of(session, 2)
    content = json.dumps(events[-1].values)
    flipped = content.replace("2", "3")
    assert len(flipped) == len(content)
    assert flipped != content
    events[-1].values = json.loads(flipped)


def delete_in_the_middle(session: Session) -> None:
    _, events = history_of(session, 2)
    session.delete(events[1])


def cut_the_tail(session: Session) -> None:
    case, events = history_of(session, 2)
    case.event_seq, case.event_head = events[-3].seq, events[-3].hash
    for event in events[-2:]:
        session.delete(event)


def chain_anew(session: Session, number: int) -> None:
    case, events = history_of(session, number)
    previous = GENESIS
    for event in events:
        event.previous_hash = previous
        row = {name: getattr(event, name) for name in HASHED}
        event.hash = previous = event_hash(row)
    case.event_head = previous


HASHED = ("case_id", "seq", "kind", "at", "actor", "message_id", "values", "detail_digest", "previous_hash")


def rewrite_one_history(session: Session) -> None:
    history_of(session, 2)[1][0].actor = "agent:7"
    chain_anew(session, 2)


def rewrite_everything(session: Session) -> None:
    rewrite_one_history(session)
    session.flush()
    previous = GENESIS
    for seal in session.scalars(select(Seal).order_by(Seal.number)):
        place = (Event.xid >= text(f"'{seal.first_xid}'::xid8")) & (Event.xid <= text(f"'{seal.last_xid}'::xid8"))
        hashes = session.scalars(select(Event.hash).where(place).order_by(Event.xid, Event.id)).all()
        assert len(hashes) == seal.events
        seal.previous_hash, seal.root = previous, hashlib.sha256(b"".join(hashes)).digest()
        seal.hash = previous = seal_hash(seal)


def change_a_detail(session: Session) -> None:
    detail = session.scalars(select(EventDetail).order_by(EventDetail.event_id).offset(1).limit(1)).one()
    detail.values = {"name": "Tester Number 4"}


def change_a_detail_and_its_digest(session: Session) -> None:
    change_a_detail(session)
    _, events = history_of(session, 2)
    detail = session.get_one(EventDetail, events[-1].id)
    events[-1].detail_digest = detail_digest(detail.salt, detail.values)


def slip_one_in(session: Session) -> None:
    _, events = history_of(session, 2)
    session.execute(text("insert into event (case_id, seq, kind, at, actor, plain, previous_hash, hash, xid) "
                         "select 9999, 1, kind, at, actor, plain, previous_hash, hash, xid from event where id = :id"),
                    {"id": events[0].id})  # fmt: skip


def remove_a_case_with_its_history(session: Session) -> None:
    case, events = history_of(session, 2)
    session.execute(delete(Event).where(Event.id.in_([event.id for event in events])))
    session.execute(text("delete from filing where case_id = :id"), {"id": case.id})
    session.execute(text("delete from timer where case_id = :id"), {"id": case.id})
    session.execute(text("delete from party where case_id = :id"), {"id": case.id})
    session.delete(case)


def remove_seal(number: int) -> Tamper:
    return lambda session: session.execute(delete(Seal).where(Seal.number == number))


def move_a_seal(session: Session) -> None:
    session.execute(update(Seal).where(Seal.number == 2).values(at=Seal.at - timedelta(days=1)))


def claim_another_content(session: Session) -> None:
    seal = session.get_one(Seal, 2)
    seal.at -= timedelta(days=1)
    seal.hash = seal_hash(seal)
