"""People, and the addresses they can be reached at; many to many, since a phone may be shared."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from cases import folded
from cases.base import Base, Key


class Address(Base):
    """A phone number, an e-mail or a postal address. ``value`` is E.164 for a phone.

    ``shared_at``: several people use it, as an agent marked it then.
    """

    __tablename__ = "address"

    id: Mapped[Key]
    kind: Mapped[str]
    value: Mapped[str]
    language: Mapped[str | None]
    opted_out_at: Mapped[datetime | None]
    shared_at: Mapped[datetime | None]
    shared_by: Mapped[str | None]
    created_at: Mapped[datetime]

    __table_args__ = (
        Index("uq_address_kind_value", "kind", "value", unique=True),
        Index("ix_address_reversed", text("reverse(value)")),
        Index("ix_address_postal", text("lower(value)"), postgresql_where=text("kind = 'postal'")),
    )


class Citizen(Base):
    """A person or an organisation; without a name until somebody tells it.

    ``anonymous``: they want to stay without one, so that nothing links them. ``contact_by``: how they want to be
    reached. ``name_folded`` is what names are compared by.
    """

    __tablename__ = "citizen"

    id: Mapped[Key]
    kind: Mapped[str] = mapped_column(server_default=text("'person'"))
    name: Mapped[str | None]
    language: Mapped[str | None]
    anonymous: Mapped[bool] = mapped_column(server_default=text("false"))
    contact_by: Mapped[str | None]
    name_folded: Mapped[str | None] = mapped_column(index=True)
    created_at: Mapped[datetime]

    __table_args__ = (
        Index(
            "ix_citizen_words",
            text(folded.sql("name")),
            postgresql_using="gin",
            postgresql_where=text("name is not null"),
        ),
    )


class CitizenAddress(Base):
    """Who uses an address, and how we know. ``verified_how``: ``code`` or ``agent``, see docs/privacy.md."""

    __tablename__ = "citizen_address"

    citizen_id: Mapped[int] = mapped_column(ForeignKey("citizen.id"), primary_key=True)
    address_id: Mapped[int] = mapped_column(ForeignKey("address.id"), primary_key=True, index=True)
    evidence: Mapped[str]
    linked_at: Mapped[datetime]
    verified_at: Mapped[datetime | None]
    verified_how: Mapped[str | None]
    verified_by: Mapped[str | None]
