"""Failed log-ins are counted for each user name and each network; too many rest for a while.

Codes of the second factor are counted apart from passwords: a right password must not wash their failures off.

An attempt is counted **before** its password is looked at and taken back afterwards when it was right. So guesses sent
at the same moment cannot slip past the count, and an attempt whose end is lost counts as a failure.
"""

from __future__ import annotations

import hashlib
import ipaddress
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from sqlalchemy import case, delete, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from cases import clock
from cases.models import LoginAttempt

PER_USER = 5
PER_NETWORK = 20
REST = timedelta(minutes=15)
PASSWORD, CODE = "user", "code"


def count(session: Session, *, username: str, network: str, of: str = PASSWORD) -> bool:
    """Count an attempt at a password or a code; tells whether it may go on."""
    at = clock.now(session)
    # Always in this order, so that two attempts never wait for each other.
    allowed = [
        _count(session, _network_key(network), PER_NETWORK, at),
        _count(session, _user_key(username, of), PER_USER, at),
    ]
    return all(allowed)


def forgive(session: Session, *, username: str, network: str, of: str = PASSWORD) -> None:
    """Take back an attempt that was right. The network's others stay: one known log-in must not wash them off."""
    fewer = LoginAttempt.failures - 1
    ours = update(LoginAttempt).where(LoginAttempt.key == _network_key(network), LoginAttempt.failures > 0)
    session.execute(ours.values(failures=fewer, locked_until=None))
    session.execute(delete(LoginAttempt).where(LoginAttempt.key == _user_key(username, of)))


def rests_until(session: Session, usernames: Iterable[str]) -> Mapping[str, datetime]:
    """Return until when the passwords or codes of these names are not looked at; those that are tried are left out."""
    names = {_user_key(name, of): name for name in usernames for of in (PASSWORD, CODE)}
    query = select(LoginAttempt.key, LoginAttempt.locked_until).where(LoginAttempt.key.in_(names))
    rows = session.execute(query.where(LoginAttempt.locked_until > clock.now(session)).order_by("locked_until"))
    return {names[key]: until for key, until in rows if until is not None}


def unlock(session: Session, username: str) -> None:
    """Let a name be tried again at once. Its networks go on resting: others' names were tried from there too."""
    keys = [_user_key(username, of) for of in (PASSWORD, CODE)]
    session.execute(delete(LoginAttempt).where(LoginAttempt.key.in_(keys)))


def plain(username: str) -> str:
    """Return a user name as it is looked up and counted: the same for all ways of typing it."""
    return username.replace("\x00", "").strip().lower()


def _count(session: Session, key: str, limit: int, at: datetime) -> bool:
    """Add a failure unless the key rests; the one that reaches the limit is still looked at, and starts the rest."""
    fresh = insert(LoginAttempt).values(key=key, failures=1, last_failure_at=at)
    over = or_(LoginAttempt.locked_until <= at, LoginAttempt.last_failure_at <= at - REST)
    failures = case((over, 1), else_=LoginAttempt.failures + 1)
    counted = fresh.on_conflict_do_update(
        index_elements=["key"],
        set_={
            "failures": failures,
            "last_failure_at": at,
            "locked_until": case((failures >= limit, at + REST), else_=None),
        },
        where=or_(LoginAttempt.locked_until.is_(None), LoginAttempt.locked_until <= at),
    ).returning(LoginAttempt.failures)
    return session.execute(counted).scalar_one_or_none() is not None


def _user_key(username: str, of: str) -> str:
    # Hashed: people type their password into this field now and then.
    return f"{of}:" + hashlib.sha256(plain(username).encode(errors="replace")).hexdigest()


def _network_key(address: str) -> str:
    """Return an address's key: one IPv4 address, or an IPv6 network of 64 bits, which is what one customer gets."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "network:unknown"
    mapped = getattr(parsed, "ipv4_mapped", None)
    if mapped is not None or parsed.version == 4:
        return f"network:{mapped or parsed}"
    return f"network:{ipaddress.ip_network((parsed, 64), strict=False)}"
