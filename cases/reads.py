"""The log of reads: who looked at personal data, when, and why. It is only added to, and forgotten by age.

A look is written in the transaction that reads, and that transaction's commit does not wait for the disk: a page costs
so a fraction of a millisecond, none is shown without its line, and a crash of the database's server itself may lose
what was written in its last half second.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import bindparam, exists, select, text
from sqlalchemy.orm import Session

from cases import clock
from cases.models import Read
from cases.permissions import Viewer, ViewerKind
from cases.reasons import Reason


class Kind(StrEnum):
    """What was looked at."""

    CASE = "case"
    CITIZEN = "citizen"
    FILE = "file"
    RECORDING = "recording"
    MAIL = "mail"
    EXPORT = "export"
    LETTER = "letter"


#: a page that is loaded again within this time is still the same look
SAME_LOOK = timedelta(minutes=10)
#: the log never forgets what is younger, whatever the configuration says
KEPT_AT_LEAST = timedelta(days=30)
_FORGET = text("select forget_reads(:before)")
_NOTE = text(
    """
    insert into read_log (at, actor, kind, case_id, citizen_id, item_id, why, words)
    select :at, :actor, :kind, :case_id, :citizen_id, :item_id, :why, :words
    from set_config('synchronous_commit', 'off', true)
    where not exists (
        select 1 from read_log r
        where r.actor = :actor and r.at > :since and r.kind = :kind
          and r.case_id is not distinct from :case_id and r.citizen_id is not distinct from :citizen_id
          and r.item_id is not distinct from :item_id and r.why is not distinct from :why
          and r.words is not distinct from :words
    )
    """
).bindparams(
    *(bindparam(name, type_=getattr(Read, name).type) for name in ("at", "actor", "kind", "case_id", "citizen_id")),
    *(bindparam(name, type_=getattr(Read, name).type) for name in ("item_id", "why", "words")),
    bindparam("since", type_=Read.at.type),
)
_NOTE_CASES = text(
    """
    insert into read_log (at, actor, kind, case_id)
    select :at, :actor, :kind, one.id
    from set_config('synchronous_commit', 'off', true), unnest(cast(:case_ids as bigint[])) as one(id)
    where not exists (
        select 1 from read_log r
        where r.actor = :actor and r.at > cast(:since as timestamptz) and r.kind = :kind and r.case_id = one.id
          and r.citizen_id is null and r.item_id is null and r.why is null and r.words is null
    )
    """
).bindparams(*(bindparam(name, type_=getattr(Read, name).type) for name in ("at", "actor", "kind")))
_GIVEN = select(
    exists().where(
        Read.actor == bindparam("actor"),
        Read.citizen_id == bindparam("citizen_id"),
        Read.kind == Kind.CITIZEN.value,
        Read.why.is_not(None),
        Read.at > bindparam("since"),
    )
)


def note(
    session: Session,
    viewer: Viewer,
    kind: Kind,
    *,
    case_id: int | None = None,
    citizen_id: int | None = None,
    item_id: int | None = None,
    reason: Reason | None = None,
) -> None:
    """Write down that the viewer looked at something; one statement. The system's own reads are nobody's."""
    if viewer.kind not in (ViewerKind.AGENT, ViewerKind.TOKEN):
        return
    at = clock.now(session)
    given = (reason.why.value, reason.words) if reason else (None, None)
    row = {"case_id": case_id, "citizen_id": citizen_id, "item_id": item_id, "why": given[0], "words": given[1]}
    session.execute(_NOTE, {"at": at, "since": at - SAME_LOOK, "actor": viewer.actor, "kind": kind.value, **row})


def note_cases(session: Session, viewer: Viewer, case_ids: Sequence[int]) -> None:
    """Write down that the viewer looked at several cases on one page; one statement, however many."""
    if viewer.kind not in (ViewerKind.AGENT, ViewerKind.TOKEN) or not case_ids:
        return
    at = clock.now(session)
    row = {"at": at, "since": at - SAME_LOOK, "actor": viewer.actor, "kind": Kind.CASE.value}
    session.execute(_NOTE_CASES, {**row, "case_ids": sorted(set(case_ids))})


def reason_holds(session: Session, viewer: Viewer, *, citizen_id: int, minutes: int) -> bool:
    """Tell whether the viewer gave a reason to look at a citizen's record within the last ``minutes``."""
    since = clock.now(session) - timedelta(minutes=minutes)
    return bool(session.scalar(_GIVEN, {"actor": viewer.actor, "citizen_id": citizen_id, "since": since}))


def forget(session: Session, *, days: int, at: datetime) -> int:
    """Forget what is older than ``days``, 30 at least; returns how many lines. Only the owner's function can."""
    before = at - max(timedelta(days=days), KEPT_AT_LEAST)
    return int(session.execute(_FORGET, {"before": before}).scalar_one())
