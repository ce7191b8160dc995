"""Proof that a case is somebody's: their address is on it, or they know its code.

Guessing is locked out, never told apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import bindparam, exists, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from cases import survivors
from cases.departments import Limits
from cases.identity import addresses
from cases.models import Case, CodeAttempt, Party
from cases.references import References

_CASE = select(Case).where(Case.reference == bindparam("reference"))
_IS_PARTY = select(exists().where(Party.case_id == bindparam("case_id"), Party.address_id == bindparam("address_id")))
#: wrong codes of one reference from everywhere together, so that many phones cannot share the guessing
_EVERYWHERE = "*"
_TOGETHER = 5  # times the limit of one source


class Proof(StrEnum):
    """What came of a claim to a case."""

    PROVED = "proved"
    CODE_NEEDED = "code_needed"
    CODE_WRONG = "code_wrong"
    LOCKED = "locked"


@dataclass(frozen=True, slots=True)
class Claim:
    """Somebody at an address who names a reference, with or without its code."""

    address_id: int
    reference: str
    code: str | None


def prove(
    session: Session, claim: Claim, *, references: References, limits: Limits, now: datetime, by_code: bool = False
) -> tuple[Proof, Case | None]:
    """Check a claim. A reference that does not exist is answered like one whose code is wrong, and counted the same.

    Reference and code of a case that was merged prove the one that it went into.

    ``by_code``: an address on the case is not enough, for numbers can be forged.
    """
    case = session.scalars(_CASE, {"reference": claim.reference}).one_or_none()
    if case is not None and not by_code:
        party = session.execute(_IS_PARTY, {"case_id": case.id, "address_id": claim.address_id}).scalar_one()
        if party:
            return Proof.PROVED, survivors.of(session, case.id)
    if claim.code is None:
        return Proof.CODE_NEEDED, None
    sources = (f"address:{claim.address_id}", _EVERYWHERE)
    attempts = [_attempt(session, claim.reference, source) for source in sources]
    if any(one.locked_until is not None and one.locked_until > now for one in attempts):
        return Proof.LOCKED, None
    if case is not None and references.code_matches(case.reference, claim.code, case.code_hash):
        attempts[0].failures = 0
        addresses.answered_code(session, citizen_id=case.citizen_id, address_id=claim.address_id, at=now)
        return Proof.PROVED, survivors.of(session, case.id)
    for one, allowed in zip(attempts, (limits.code_attempts, limits.code_attempts * _TOGETHER), strict=True):
        _count(one, allowed=allowed, minutes=limits.code_lock_minutes, now=now)
    return Proof.CODE_WRONG, None


def _attempt(session: Session, reference: str, source: str) -> CodeAttempt:
    new = insert(CodeAttempt).values(reference=reference, source=source, failures=0, last_failure_at=_EPOCH)
    session.execute(new.on_conflict_do_nothing())
    key = {"reference": reference, "source": source}
    return session.get_one(CodeAttempt, key, with_for_update=True)


def _count(attempt: CodeAttempt, *, allowed: int, minutes: int, now: datetime) -> None:
    if now - attempt.last_failure_at > timedelta(minutes=minutes):
        attempt.failures = 0  # an honest slip long ago is not held against anybody
    attempt.failures += 1
    attempt.last_failure_at = now
    if attempt.failures >= allowed:
        attempt.locked_until, attempt.failures = now + timedelta(minutes=minutes), 0


_EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
