"""What a page of the desk without the queue shows around itself: the bell, the keys, whether letters wait."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from cases import bulletins, clock, preferences, together
from cases.bulletins import Written
from cases.permissions import Viewer
from cases.queries import notices, register
from cases.together import Found


@dataclass(frozen=True, slots=True)
class Frame:
    """Stands for the room where a page shows no queue."""

    now: datetime
    unread: int
    keys_off: bool
    letters_wait: bool
    bulletins: tuple[Written, ...] = ()

    @property
    def bell(self) -> str:
        """How many notices are unread, as the bell shows it; empty for none."""
        return f"{notices.MOST_COUNTED - 1}+" if self.unread >= notices.MOST_COUNTED else str(self.unread or "")


def parts(viewer: Viewer) -> together.Parts:
    """Return the reads of a frame, to ride with others of its page."""
    return {
        "unread": notices.unread_part(viewer),
        "preferences": preferences.part(viewer),
        "letters_wait": register.waits_part(viewer),
        "bulletins": bulletins.part(viewer, now=together.NOW),
    }


def of_parts(found: Found, *, now: datetime) -> Frame:
    """Return the frame, of the rows of :func:`parts`."""
    liked = next(iter(found["preferences"]), None)
    return Frame(
        now,
        found["unread"][0].number,
        bool(liked and liked.keys_off),
        waits(found),
        bulletins.of_part(found["bulletins"]),
    )


def waits(found: Found) -> bool:
    """Tell whether a letter is to be keyed, or a scan to be split, that the viewer may work on."""
    return bool(found["letters_wait"] and found["letters_wait"][0].waits)


def load(session: Session, viewer: Viewer) -> Frame:
    """Read a frame by itself."""
    now = clock.now(session)
    return of_parts(together.read(session, together.kept(parts, viewer), {"now": now}), now=now)
