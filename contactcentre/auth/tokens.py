"""Bearer tokens of machines: 256 random bits, of which only the SHA-256 is stored."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from cases import clock
from cases.errors import Invalid, NotFound
from cases.models import ApiToken
from cases.permissions import ANY_DEPARTMENT, Role, Viewer, ViewerKind

PREFIX = "cc_"  # so that a leaked one can be recognised by scanners
#: the last use is written this often at most: a token's every call must not be a write
USE_NOTED_EVERY = timedelta(minutes=5)
_FIND = select(ApiToken).where(ApiToken.token_hash == bindparam("hash"), ApiToken.revoked_at.is_(None))


def create(session: Session, *, name: str, role: str, department: str | None = None) -> str:
    """Make a token and return it, the only time that it can be read; raises ``Invalid`` for an unknown role."""
    if role not in set(Role):
        raise Invalid(f"There is no role {role!r}; one of {', '.join(Role)}.", field="role")
    token = PREFIX + secrets.token_urlsafe(32)
    row = ApiToken(
        name=name,
        token_hash=digest(token),
        role=role,
        department=department or ANY_DEPARTMENT,
        created_at=clock.now(session),
    )
    session.add(row)
    return token


def find(session: Session, token: str) -> tuple[Viewer, ApiToken] | None:
    """Return who a token stands for, or None for one that is unknown or revoked."""
    row = session.scalars(_FIND, {"hash": digest(token)}).one_or_none()
    if row is None:
        return None
    return Viewer(ViewerKind.TOKEN, row.id, row.name, frozenset({(row.role, row.department)})), row


def listed(session: Session) -> Sequence[ApiToken]:
    """Return all tokens, the oldest first, revoked ones too: history names them."""
    return session.scalars(select(ApiToken).order_by(ApiToken.id)).all()


def revoke(session: Session, token_id: int) -> ApiToken:
    """End a token: its next call is refused. Raises ``NotFound``; nothing happens to one that was revoked before."""
    row = session.get(ApiToken, token_id, with_for_update=True)
    if row is None:
        raise NotFound(f"There is no token {token_id}; see: token list")
    row.revoked_at = row.revoked_at or clock.now(session)
    return row


def digest(token: str) -> str:
    """Return what is stored of a token."""
    return hashlib.sha256(token.encode()).hexdigest()
