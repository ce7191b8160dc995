"""A second factor: codes by time (TOTP, RFC 6238), made by a telephone; each is good once, for about a minute."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from cases import clock, logins, staff_changes
from cases.base import table
from cases.errors import Invalid
from cases.models import SecondFactor
from cases.permissions import Viewer
from contactcentre.auth import recovery, sealed

#: seconds that one code lasts, and how many codes before and after now count: telephones' clocks differ
STEP_SECONDS, AROUND = 30, 1
DIGITS = 6
_ROWS = table(SecondFactor)


def begin(session: Session, key: bytes, agent_id: int) -> None:
    """Make a new secret, which waits for its first code; the one that is in use goes on until then."""
    import pyotp

    pending = sealed.seal(key, pyotp.random_base32(), agent_id=agent_id)
    new = insert(_ROWS).values(agent_id=agent_id, pending=pending)
    session.execute(new.on_conflict_do_update(index_elements=["agent_id"], set_={"pending": pending}))


def pending(session: Session, key: bytes, agent_id: int) -> str | None:
    """Return the secret that waits for its first code, in base 32."""
    row = session.get(SecondFactor, agent_id)
    return sealed.open_sealed(key, row.pending, agent_id=agent_id) if row is not None and row.pending else None


def confirm(session: Session, key: bytes, agent_id: int, code: str) -> list[str]:
    """Put the waiting secret into use by its first code; returns new recovery codes. Raises ``Invalid``."""
    row = session.get(SecondFactor, agent_id, with_for_update=True, populate_existing=True)
    at = clock.now(session)
    secret = sealed.open_sealed(key, row.pending, agent_id=agent_id) if row is not None and row.pending else None
    if row is None or secret is None:
        raise Invalid("Nothing waits for a code. Begin once more.", field="code")
    step = _step_of(secret, code, at)
    if step is None:
        raise Invalid(
            "This code does not belong to that key. Is the telephone's clock right? Type the code that it shows now.",
            field="code",
        )
    row.secret, row.pending, row.confirmed_at, row.last_step = row.pending, None, at, step
    return recovery.renew(session, key, agent_id)


def is_on(session: Session, agent_id: int) -> bool:
    """Tell whether an agent's log-in asks for a code."""
    row = session.get(SecondFactor, agent_id)
    return row is not None and row.confirmed_at is not None


def check(session: Session, key: bytes, agent_id: int, code: str) -> bool:
    """Tell whether a code, or a recovery code, is right, and use it up.

    The row is locked, so that the same code sent twice at once counts once.
    """
    row = session.get(SecondFactor, agent_id, with_for_update=True, populate_existing=True)
    if row is None or row.confirmed_at is None or row.secret is None:
        return False
    digits = "".join(code.split())
    if not (len(digits) == DIGITS and digits.isascii() and digits.isdigit()):
        return recovery.use(session, key, agent_id, code)
    secret = sealed.open_sealed(key, row.secret, agent_id=agent_id)
    step = _step_of(secret, digits, clock.now(session)) if secret is not None else None
    if step is None or (row.last_step is not None and step <= row.last_step):
        return False
    row.last_step = step
    return True


def take_off(session: Session, agent_id: int) -> None:
    """Forget an agent's second factor and its recovery codes."""
    session.execute(delete(SecondFactor).where(SecondFactor.agent_id == agent_id))
    recovery.forget(session, agent_id)


def reset(session: Session, viewer: Viewer, agent_id: int) -> None:
    """Take somebody's second factor off, whose telephone is lost: their log-ins end, and the trace says who did it."""
    if not is_on(session, agent_id):
        raise Invalid("There is no second factor to take off.", field="factor")
    take_off(session, agent_id)
    logins.end_all(session, agent_id)
    staff_changes.note(session, viewer, agent_id, "second_factor_reset", {})


def address(secret: str, *, username: str, organisation: str) -> str:
    """Return what a telephone reads from the picture: an ``otpauth`` address."""
    import pyotp

    return str(pyotp.TOTP(secret).provisioning_uri(name=username, issuer_name=organisation))


def _step_of(secret: str, code: str, at: datetime) -> int | None:
    """Return the step whose code this is, the newest that counts now first."""
    import pyotp

    digits, now = "".join(code.split()), int(at.timestamp()) // STEP_SECONDS
    codes = pyotp.HOTP(secret)  # TOTP's own reckoning goes by way of the machine's local time
    for step in range(now + AROUND, now - AROUND - 1, -1):
        if pyotp.utils.strings_equal(codes.at(step), digits):
            return step
    return None
