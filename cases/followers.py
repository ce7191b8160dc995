"""The rows of followers: how many a case has, and that all of them wait for its end again once it is reopened."""

from __future__ import annotations

from sqlalchemy import ScalarSelect, bindparam, select, update
from sqlalchemy.orm import Session

from cases.base import table
from cases.models import Case, Party
from cases.queries import newest
from cases.together import Number

#: the role of a party who did not report the case and wants to hear of its end
FOLLOWER = "follower"
_PARTIES = table(Party)
_AGAIN = (
    update(_PARTIES)
    .where(_PARTIES.c.case_id == bindparam("of_case"), _PARTIES.c.role == FOLLOWER, _PARTIES.c.told_at.is_not(None))
    .values(told_at=None)
)


def counted(case_id: Number) -> ScalarSelect[int]:
    """Return the number of a case's followers as part of another statement, a thousand at most."""
    return newest.counted(select(Party.id).where(Party.case_id == case_id, Party.role == FOLLOWER))


def wait_again(session: Session, case: Case) -> None:
    """Let the followers of a case that is opened again hear of its next end too."""
    session.execute(_AGAIN, {"of_case": case.id})
