"""A seal: one line over the events that were committed since the seal before it, chained to that seal.

A case's own chain shows that its history fits together; a seal shows that the histories of all cases are still those
that stood there at that minute. Its hash is kept outside the database too.
"""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime

from sqlalchemy import LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from cases.base import Base


class Seal(Base):
    """One seal. Its events are those after the seal before it, up to ``last_xid`` and ``last_id``, in this order."""

    __tablename__ = "seal"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    first_xid: Mapped[int]
    first_id: Mapped[int]
    last_xid: Mapped[int]
    last_id: Mapped[int]
    events: Mapped[int]
    #: the digest of the events' hashes, in the order of transaction number and id
    root: Mapped[bytes] = mapped_column(LargeBinary)
    previous_hash: Mapped[bytes] = mapped_column(LargeBinary)
    hash: Mapped[bytes] = mapped_column(LargeBinary)


def seal_hash(seal: Seal) -> bytes:
    """Return the SHA-256 over everything that a seal says."""
    content = [
        seal.number,
        seal.at.astimezone(UTC).isoformat(timespec="microseconds"),
        seal.first_xid,
        seal.first_id,
        seal.last_xid,
        seal.last_id,
        seal.events,
        seal.root.hex(),
        seal.previous_hash.hex(),
    ]
    return hashlib.sha256(json.dumps(content, separators=(",", ":")).encode()).digest()
