"""Recovery codes: ten, shown once, each good once in place of a code by telephone; stored as keyed hashes."""

from __future__ import annotations

import hashlib
import secrets

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from cases import clock
from cases.models import RecoveryCode

NUMBER = 10
#: letters and digits that nobody takes for one another; ten of them are 49 bits
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
_LENGTH = 10


def renew(session: Session, key: bytes, agent_id: int) -> list[str]:
    """Make ten new codes and return them, the only time that they can be read; the ones before end."""
    session.execute(delete(RecoveryCode).where(RecoveryCode.agent_id == agent_id))
    codes = ["".join(secrets.choice(_LETTERS) for _ in range(_LENGTH)) for _ in range(NUMBER)]
    session.add_all(RecoveryCode(agent_id=agent_id, code_hash=_hash(key, agent_id, one)) for one in codes)
    return [f"{one[:5]}-{one[5:]}" for one in codes]


def use(session: Session, key: bytes, agent_id: int, code: str) -> bool:
    """Use a code up; false for one that is unknown or was used before."""
    ours = RecoveryCode.agent_id == agent_id, RecoveryCode.code_hash == _hash(key, agent_id, code)
    query = update(RecoveryCode).where(*ours, RecoveryCode.used_at.is_(None)).values(used_at=clock.now(session))
    return session.execute(query.returning(RecoveryCode.agent_id)).one_or_none() is not None


def left(session: Session, agent_id: int) -> int:
    """Return how many codes are still good."""
    query = select(func.count()).where(RecoveryCode.agent_id == agent_id, RecoveryCode.used_at.is_(None))
    return int(session.execute(query).scalar_one())


def forget(session: Session, agent_id: int) -> None:
    """Remove all codes of an agent."""
    session.execute(delete(RecoveryCode).where(RecoveryCode.agent_id == agent_id))


def _hash(key: bytes, agent_id: int, code: str) -> str:
    plain = "".join(one for one in code.lower() if one.isalnum())
    return hashlib.blake2b(f"{agent_id}:{plain}".encode(), key=key, digest_size=32).hexdigest()
