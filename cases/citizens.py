"""What people behind addresses chose (language, no automatic texts), and what they are called."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from cases.arrivals import Speaker
from cases.base import table
from cases.identity.names import fold
from cases.models import Address, Citizen
from cases.routing.decisions import Rule
from cases.routing.facts import PERSON
from cases.routing.rules import asks_who_writes

_ADDRESSES = table(Address)
_ONE = update(_ADDRESSES).where(_ADDRESSES.c.id == bindparam("id_"))
_OPT = _ONE.values(opted_out_at=bindparam("at"))
_KIND = select(Citizen.kind).where(Citizen.id == bindparam("id_"))
_LANGUAGE = _ONE.values(language=bindparam("language"))


def set_opted_out(session: Session, address_id: int, *, opted_out: bool, at: datetime) -> None:
    """Record STOP or START: it ends or resumes automatic texts, and changes no case."""
    session.execute(_OPT, {"id_": address_id, "at": at if opted_out else None})


def set_language(session: Session, address_id: int, language: str) -> None:
    """Record in which language this address wants to be written to."""
    session.execute(_LANGUAGE, {"id_": address_id, "language": language})


def kind_for(session: Session, speaker: Speaker, rules: Sequence[Rule]) -> str:
    """Return what the speaker is, as these rules need to know it: a person where none of them asks."""
    if speaker.is_new or not asks_who_writes(rules):
        return PERSON
    return session.scalar(_KIND, {"id_": speaker.citizen_id}) or PERSON


def name_citizen(session: Session, citizen_id: int, name: str) -> None:
    """Record what a citizen is called."""
    session.execute(update(Citizen).where(Citizen.id == citizen_id).values(name=name, name_folded=fold(name)))
