"""What an act on several cases is: one table of them is made of these."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from cases import access
from cases.departments import City
from cases.errors import Invalid
from cases.models import Case
from cases.permissions import Action, Viewer

Chosen = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Doing:
    """One act on one case: whose, in which city, on the case as it was seen, with what was chosen in the form."""

    viewer: Viewer
    city: City
    reference: str
    version: int
    chosen: Chosen


@dataclass(frozen=True, slots=True)
class Act:
    """An act. ``fields`` are those of its form. ``puts_back`` takes it back, where it can be."""

    words: str
    action: Action
    fields: tuple[str, ...]
    do: Callable[[Session, Doing], Mapping[str, Any]]
    puts_back: Callable[[Session, Doing, Mapping[str, Any]], None] | None = None


def seen(session: Session, doing: Doing, action: Action) -> Case:
    """Return the case, locked and as it was seen; raises ``Stale`` where it changed."""
    return access.for_change(session, doing.viewer, action, reference=doing.reference, version=doing.version)


def unchanged(now: object, then: object) -> None:
    """Raise ``Invalid`` where an undo would take back what somebody else has done since."""
    if now != then:
        raise Invalid("Somebody has changed this since; it was left as it is.", field="version")
