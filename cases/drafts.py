"""What an agent has written and not sent, kept here: one for each agent, case and form.

Every save carries a number that grows: a save that comes late, or from a page that has not seen the newest, changes
nothing and gets the newest back. What was sent leaves an empty draft with a higher number, so that no late save brings
it back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ScalarSelect, bindparam, delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from cases import access, clock
from cases.errors import Invalid, NotAllowed
from cases.models import Case, KeptDraft
from cases.permissions import Action, Viewer, ViewerKind, may

#: which forms keep drafts, and what their writer must be allowed
KINDS: Mapping[str, Action] = {"reply": Action.REPLY, "note": Action.NOTE, "contact": Action.NOTE}
LONGEST = 50_000
#: so far apart that no save which is still on its way reaches a draft that was sent
_BEYOND = 10
_SAVE = insert(KeptDraft)
_NEWER = _SAVE.on_conflict_do_update(
    index_elements=["agent_id", "case_id", "kind"],
    set_={name: _SAVE.excluded[name] for name in ("text", "seq", "seen_message_id", "saved_at")},
    where=KeptDraft.seq < _SAVE.excluded.seq,
).returning(KeptDraft.seq)
_SENT = _SAVE.on_conflict_do_update(
    index_elements=["agent_id", "case_id", "kind"],
    set_={"text": "", "seq": KeptDraft.seq + _BEYOND, "saved_at": _SAVE.excluded.saved_at, "seen_message_id": None},
)
_PUT_BACK = _SAVE.on_conflict_do_update(
    index_elements=["agent_id", "case_id", "kind"],
    set_={"text": _SAVE.excluded.text, "seq": KeptDraft.seq + _BEYOND, "saved_at": _SAVE.excluded.saved_at},
)
_ONE = select(KeptDraft).where(
    KeptDraft.agent_id == bindparam("agent_id"),
    KeptDraft.case_id == bindparam("case_id"),
    KeptDraft.kind == bindparam("kind"),
)
_OLD = delete(KeptDraft).where(KeptDraft.saved_at < bindparam("before"))


@dataclass(frozen=True, slots=True)
class Kept:
    """A draft as it is kept. ``saved`` tells whether it is the one that was given; else it is a newer one."""

    text: str
    seq: int
    saved_at: datetime
    saved: bool = True


def save(session: Session, viewer: Viewer, *, reference: str, kind: str, text: str, seq: int) -> Kept:
    """Keep what is written, unless something newer is kept already; the case itself is not touched."""
    if kind not in KINDS:
        raise Invalid(f"{kind!r} keeps no drafts; one of {', '.join(sorted(KINDS))}.", field="kind")
    if len(text) > LONGEST:
        raise Invalid(f"This is {len(text)} characters long; {LONGEST} is the most.", field="text")
    case = access.for_reading(session, viewer, reference=reference)
    if viewer.kind is not ViewerKind.AGENT or not may(viewer, KINDS[kind], case):
        raise NotAllowed("Your role does not allow this on a case of this department.")
    at, words = clock.now(session), text.replace("\x00", "").replace("\r\n", "\n")
    row = _row(viewer, case.id, kind, words, at=at)
    newest = session.execute(_NEWER, {**row, "seq": seq, "seen_message_id": case.seen_message_id}).first()
    if newest is not None:
        return Kept(words, seq, at)
    found = session.scalars(_ONE, {"agent_id": viewer.id, "case_id": case.id, "kind": kind}).one()
    return Kept(found.text, found.seq, found.saved_at, saved=False)


def forget(session: Session, viewer: Viewer, *, case_id: int, kind: str, at: datetime) -> None:
    """Empty the draft of what has just been sent."""
    if viewer.kind is ViewerKind.AGENT:
        session.execute(_SENT, {**_row(viewer, case_id, kind, "", at=at), "seq": _BEYOND, "seen_message_id": None})


def put_back(session: Session, viewer: Viewer, *, reference: str, text: str) -> None:
    """Let what was sent and taken back be a draft again; what was begun meanwhile stands below it."""
    case, at = access.for_reading(session, viewer, reference=reference), clock.now(session)
    found = session.scalars(_ONE, {"agent_id": viewer.id, "case_id": case.id, "kind": "reply"}).one_or_none()
    both = "\n\n".join(one for one in (text, found.text if found else "") if one)[:LONGEST]
    session.execute(_PUT_BACK, {**_row(viewer, case.id, "reply", both, at=at), "seq": _BEYOND, "seen_message_id": None})


def of_case(viewer: Viewer) -> ScalarSelect[Any]:
    """Return the viewer's drafts of a case as one JSON value, for a statement that reads the case row anyway."""
    fields = func.json_build_object(
        "kind", KeptDraft.kind, "text", KeptDraft.text, "seq", KeptDraft.seq, "saved_at", KeptDraft.saved_at
    )
    mine = KeptDraft.agent_id == (viewer.id if viewer.kind is ViewerKind.AGENT else None)
    query = select(func.json_agg(fields)).where(mine, KeptDraft.case_id == Case.id)
    return query.correlate(Case).scalar_subquery()


def read(found: list[dict[str, Any]] | None) -> dict[str, Kept]:
    """Read what :func:`of_case` gave, by the form."""
    return {one["kind"]: Kept(one["text"], one["seq"], datetime.fromisoformat(one["saved_at"])) for one in found or ()}


def sweep(session: Session, *, before: datetime) -> int:
    """Forget drafts that nobody has touched since an instant; returns how many."""
    return int(session.execute(_OLD, {"before": before}).rowcount)  # type: ignore[attr-defined]


def _row(viewer: Viewer, case_id: int, kind: str, text: str, *, at: datetime) -> dict[str, Any]:
    return {"agent_id": viewer.id, "case_id": case_id, "kind": kind, "text": text, "saved_at": at}
