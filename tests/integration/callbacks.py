"""Callbacks as the test city's gateway sends them, and what they leave in the tables."""

from __future__ import annotations

from collections import Counter

from sqlalchemy import func, select

from cases.base import Base
from cases.histories import BEYOND, batch_end, verify_cases
from cases.models import Message, RawRequest
from contactcentre.container import Container
from contactcentre.db import Database
from tests.factories import phone

#: what an installation holds before anybody has written to it, and what nobody's words stand in
OWN = {"configuration_version", "configuration_active", "lease", "agent", "agent_role", "hook_seen"}


def hook(container: Container, event: str = "incoming", *, account: str = "sms-front") -> str:
    """Return the address that the gateway calls."""
    secret = container.read_secret(container.account_settings[account].hook_secret)
    return f"/hooks/{account}/{secret}/{event}"


def sms(text: str, *, number: int = 1, external_id: str | None = "1") -> dict[str, str]:
    """Return the form of a citizen's SMS."""
    form = {"from": phone(number).value, "to": "4404", "text": text, "date": "2026-03-02 08:00:00"}
    return form if external_id is None else {**form, "id": external_id}


def rows(db: Database) -> dict[str, int]:
    """Return how many rows each table holds that anybody's words could have filled; empty ones are left out."""
    with db.reader() as session:
        counted = {
            name: session.execute(select(func.count()).select_from(table)).scalar_one()
            for name, table in Base.metadata.tables.items()
            if name not in OWN
        }
    return {name: number for name, number in counted.items() if number}


def raw_rows(db: Database) -> list[RawRequest]:
    """Return the stored callbacks, oldest first."""
    with db.reader() as session:
        return list(session.scalars(select(RawRequest).order_by(RawRequest.id)))


def states(db: Database) -> dict[str, int]:
    """Return how many callbacks stand in each state."""
    with db.reader() as session:
        return Counter(session.scalars(select(RawRequest.state)))


def came_in(db: Database) -> list[str]:
    """Return citizens' words, oldest first."""
    with db.reader() as session:
        return list(session.scalars(select(Message.text).where(Message.direction == "in").order_by(Message.id)))


def faults_of_histories(db: Database) -> list[str]:
    """Return what is wrong with the history of any case."""
    faults: list[str] = []
    last = 0
    while last < BEYOND:
        with db.reader() as session:  # one for each batch: there may be many cases
            first, last = last + 1, batch_end(session, last, size=500)
            faults += [fault for one in verify_cases(session, first=first, last=last) for fault in one.verified.faults]
    return faults
