"""What files would do if they were the configuration: looked at before anybody decides. Nothing is changed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from cases import clock
from cases.departments import City
from cases.permissions import Viewer
from cases.sla import recalculating, whatif
from cases.sla.recalculating import Touched
from cases.sla.whatif import Effect
from config import loader
from config.loader import Raw
from contactcentre import rerouting
from contactcentre.configuration_drafts import changed
from contactcentre.configurations import Version
from contactcentre.db import Database
from contactcentre.orphans import orphans
from contactcentre.rerouting import Rerouted, Said

#: of a difference on one page, in characters and lines; the whole is given as a file
LONGEST_DIFFERENCE, MOST_LINES = 25_000, 800
MOST_FAULTS = 200
_EXAMPLE = re.compile(r"examples\[\d+\]\.")


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong; ``file`` and ``key`` are empty where it is not in a file."""

    file: str
    key: str
    what: str

    @property
    def of_example(self) -> bool:
        """Tell whether it is an example that would go elsewhere than its department says."""
        return bool(_EXAMPLE.match(self.key))


@dataclass(frozen=True, slots=True)
class Touching:
    """What a change would do to work that is there: promises by policy, deadlines by calendar, what it would lose."""

    effects: tuple[Effect, ...]
    more: bool
    moved: Touched
    orphans: tuple[str, ...]
    rerouted: Rerouted
    #: departments by key as they would be called
    names: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Look:
    """Files beside the active ones. ``touching`` is None where there are faults: nothing could go by such files."""

    difference: str
    cut: bool
    changed: tuple[str, ...]
    faults: tuple[Fault, ...]
    touching: Touching | None

    @property
    def refused(self) -> bool:
        """Tell whether these files cannot be activated."""
        return self.touching is None or bool(self.touching.orphans)


def look(db: Database, viewer: Viewer, raw: Raw, active: Version, *, before: City | None = None) -> Look:
    """Look at files. ``before`` is the city of the active version where it is known; reading it again takes a while.

    The database is asked apart from what is reckoned, so that no transaction stands idle.
    """
    whole = loader.diff(active.raw, raw)
    faults = tuple(read_faults(loader.faults(raw)))
    touching = None if faults else _touching(db, viewer, loader.draft(raw), before or loader.draft(active.raw))
    names = tuple(changed(active.raw, raw))
    shown = cut(whole)
    return Look(shown, shown != whole, names, faults[:MOST_FAULTS], touching)


def read_faults(lines: Iterable[str]) -> list[Fault]:
    """Return faults, written as ``file: key: what``, in their parts."""
    split = [line.split(": ", 2) for line in lines]
    return [Fault(*parts) if len(parts) == 3 else Fault("", "", ": ".join(parts)) for parts in split]


def cut(difference: str) -> str:
    """Return as much of a difference as one page carries."""
    return "".join(difference[:LONGEST_DIFFERENCE].splitlines(keepends=True)[:MOST_LINES])


def _touching(db: Database, viewer: Viewer, after: City, before: City) -> Touching:
    with db.reader() as session:
        said, numbers = _asked(session, viewer, after, before)
    effects, more, moved, lost = numbers
    names = {key: one.name for key, one in after.departments.items()}
    return Touching(effects, more, moved, lost, rerouting.compare(said, before, after), names)


def _asked(
    session: Session, viewer: Viewer, after: City, before: City
) -> tuple[list[Said], tuple[tuple[Effect, ...], bool, Touched, tuple[str, ...]]]:
    at = clock.now(session)
    found = whatif.preview(session, after, at=at, before=before)
    touched = tuple(one for one in found.effects if one.earlier or one.later or one.dropped)
    moved = recalculating.count(session, before.calendars, after.calendars, at=at)
    lost = tuple(sentence for _, sentence in orphans(session, after))
    return rerouting.sample(session, viewer, at=at), (touched, found.more, moved, lost)
