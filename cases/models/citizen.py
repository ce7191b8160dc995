"""People, and the addresses they can be reached at; many to many, since a phone may be shared."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from cases.base import Base, Key


class Address(Base):
    """A phone number, an e-mail or a postal address. ``value`` is E.164 for a phone."""

    __tablename__ = "address"

    id: Mapped[Key]
    kind: Mapped[str]
    value: Mapped[str]
    language: Mapped[str | None]
    opted_out_at: Mapped[datetime | None]
    created_at: Mapped[datetime]

    __table_args__ = (Index("uq_address_kind_value", "kind", "value", unique=True),)


class Citizen(Base):
    """A person or an organisation; without a name until somebody tells it."""

    __tablename__ = "citizen"

    id: Mapped[Key]
    kind: Mapped[str] = mapped_column(server_default=text("'person'"))
    name: Mapped[str | None]
    language: Mapped[str | None]
    created_at: Mapped[datetime]


class CitizenAddress(Base):
    """Who uses an address, and how we know."""

    __tablename__ = "citizen_address"

    citizen_id: Mapped[int] = mapped_column(ForeignKey("citizen.id"), primary_key=True)
    address_id: Mapped[int] = mapped_column(ForeignKey("address.id"), primary_key=True, index=True)
    evidence: Mapped[str]
    linked_at: Mapped[datetime]
