"""What people behind addresses chose (language, no automatic texts), and what they are called."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import bindparam, update
from sqlalchemy.orm import Session

from cases.base import table
from cases.models import Address, Citizen

_ADDRESSES = table(Address)
_ONE = update(_ADDRESSES).where(_ADDRESSES.c.id == bindparam("id_"))
_OPT = _ONE.values(opted_out_at=bindparam("at"))
_LANGUAGE = _ONE.values(language=bindparam("language"))


def set_opted_out(session: Session, address_id: int, *, opted_out: bool, at: datetime) -> None:
    """Record STOP or START: it ends or resumes automatic texts, and changes no case."""
    session.execute(_OPT, {"id_": address_id, "at": at if opted_out else None})


def set_language(session: Session, address_id: int, language: str) -> None:
    """Record in which language this address wants to be written to."""
    session.execute(_LANGUAGE, {"id_": address_id, "language": language})


def name_citizen(session: Session, citizen_id: int, name: str) -> None:
    """Record what a citizen is called."""
    session.execute(update(Citizen).where(Citizen.id == citizen_id).values(name=name))
