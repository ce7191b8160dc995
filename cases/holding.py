"""Whether a file may be given out: what a scanner said of it, and what was found when it was looked into. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Scan(StrEnum):
    """What a virus scanner said of a content. Where there is no scanner, all stay ``pending`` and are unscanned."""

    PENDING = "pending"
    CLEAN = "clean"
    INFECTED = "infected"


class Held(StrEnum):
    """Why a file is not given out."""

    PENDING = "pending"
    INFECTED = "infected"
    ASIDE = "aside"


@dataclass(frozen=True, slots=True)
class Hold:
    """A file that is not given out. ``short`` stands beside its name, ``words`` say why and what to do."""

    why: Held
    short: str
    words: str


UNSCANNED = "Not checked for viruses: this installation has no virus scanner. Open it with care."


def hold(*, scan: str, note: str | None, trouble: str | None, scanning: bool) -> Hold | None:
    """Return what keeps a file back, or None. ``scanning``: a scanner is configured. Nobody overrides an infection.

    ``note`` is the virus's name or why the scanner could not read it, ``trouble`` why it was kept aside.
    """
    if scan == Scan.INFECTED:
        words = f"The virus scanner found {note or 'a virus'} in this file. It is kept as evidence and given to nobody."
        return Hold(Held.INFECTED, "infected", words)
    if trouble is not None:
        return Hold(Held.ASIDE, "kept aside", f"{trouble} It is kept and not given out.")
    if scanning and scan == Scan.PENDING:
        words = "The virus scanner has not looked at this file yet. Try again in some minutes."
        return Hold(Held.PENDING, "being checked", f"{note} {words}" if note else words)
    return None
