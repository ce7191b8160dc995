"""Drafts of the configuration: files that are looked at first, kept until their owner activates or discards them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Select, delete, select
from sqlalchemy.orm import Session

from cases import clock
from cases.errors import Invalid, NotFound, Stale
from cases.models import ConfigurationDraft
from cases.permissions import Viewer
from config.loader import Raw
from contactcentre import configurations
from contactcentre.configurations import Version

KEPT = timedelta(days=7)
#: of one owner; an older one makes room
MOST = 10
LONGEST_REASON = 200


@dataclass(frozen=True, slots=True)
class Draft:
    """Files made from the version ``parent``, as they were kept; ``hash`` identifies them."""

    id: int
    parent: int
    raw: Raw
    hash: str
    created_at: datetime
    expires_at: datetime


def keep(session: Session, viewer: Viewer, raw: Raw, *, base: Version) -> int:
    """Keep files that were made from ``base``; returns the draft's number. ``Invalid`` where nothing would change."""
    if dict(raw) == dict(base.raw):
        raise Invalid(f"Nothing would change: the files are those of version {base.number}.")
    at = clock.now(session)
    forget(session)
    row = ConfigurationDraft(
        owner=viewer.actor,
        parent=base.number,
        content={"files": dict(raw)},
        hash=configurations.digest(raw),
        created_at=at,
        expires_at=at + KEPT,
    )
    session.add(row)
    session.flush()
    newest = select(ConfigurationDraft.id).where(ConfigurationDraft.owner == viewer.actor)
    old = newest.order_by(ConfigurationDraft.id.desc()).offset(MOST)
    session.execute(delete(ConfigurationDraft).where(ConfigurationDraft.id.in_(old)))
    return row.id


def find(session: Session, viewer: Viewer, number: int) -> Draft:
    """Return a draft of the viewer's own; raises ``NotFound`` for another's, and for one past its time."""
    query = _own(session, viewer).where(ConfigurationDraft.id == number)
    row = session.scalars(query).one_or_none() if 0 < number < 2**63 else None
    if row is None:
        raise NotFound(f"There is no draft {number} of yours. It may have expired; send the files again.")
    files: Raw = row.content["files"]
    return Draft(row.id, row.parent, files, row.hash, row.created_at, row.expires_at)


def own(session: Session, viewer: Viewer) -> Sequence[ConfigurationDraft]:
    """Return the viewer's drafts, the newest first."""
    return session.scalars(_own(session, viewer).order_by(ConfigurationDraft.id.desc())).all()


def activate(session: Session, viewer: Viewer, number: int, *, shown: str, reason: str) -> int:
    """Make a draft the active configuration; returns the number of that version. ``shown``: the hash that was seen.

    Raises ``Stale`` where the files are others than those, or another version is active by now.
    """
    said = " ".join(reason.split())
    if not 1 <= len(said) <= LONGEST_REASON:
        raise Invalid(f"Say why, in at most {LONGEST_REASON} characters; it stays with the version.", field="reason")
    draft = find(session, viewer, number)
    if not shown == draft.hash == configurations.digest(draft.raw):
        raise Stale("These are not the files that you have looked at; look at the draft again.")
    made = configurations.add(session, draft.raw, parent=draft.parent, author=viewer.actor, reason=said)
    discard(session, viewer, number)
    return made


def carry_over(session: Session, viewer: Viewer, number: int) -> int:
    """Make a draft's changes anew from the version that is active now; returns the number of the new draft.

    Raises ``Stale`` with the names of files that were changed on both sides: those are for a person to join.
    """
    draft, current = find(session, viewer, number), configurations.active(session)
    if current is None:
        raise configurations.NoConfiguration(configurations.NONE_YET)
    before = configurations.numbered(session, draft.parent).raw
    mine, theirs = changed(before, draft.raw), changed(before, current.raw)
    both = [name for name in mine if name in theirs and draft.raw.get(name) != current.raw.get(name)]
    if both:
        raise Stale(
            f"Version {current.number} has changed the same files as this draft: {', '.join(both)}. "
            "Open them as they are now, make your change there, and look at it again."
        )
    kept = {name: text for name, text in current.raw.items() if name not in mine}
    joined = {**kept, **{name: draft.raw[name] for name in mine if name in draft.raw}}
    made = keep(session, viewer, joined, base=current)
    discard(session, viewer, number)
    return made


def changed(before: Raw, after: Raw) -> list[str]:
    """Return the names of files that are there on one side alone, or differ."""
    return sorted(name for name in {*before, *after} if before.get(name) != after.get(name))


def discard(session: Session, viewer: Viewer, number: int) -> None:
    """Throw a draft of the viewer's own away."""
    mine = ConfigurationDraft.owner == viewer.actor
    session.execute(delete(ConfigurationDraft).where(ConfigurationDraft.id == number, mine))


def forget(session: Session) -> None:
    """Remove drafts that are past their time."""
    session.execute(delete(ConfigurationDraft).where(ConfigurationDraft.expires_at <= clock.now(session)))


def _own(session: Session, viewer: Viewer) -> Select[ConfigurationDraft]:
    mine = ConfigurationDraft.owner == viewer.actor
    return select(ConfigurationDraft).where(mine, ConfigurationDraft.expires_at > clock.now(session))
