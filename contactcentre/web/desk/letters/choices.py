"""What a keyer chooses from: cases that a letter may belong to, and citizens who may have sent it, in words."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from cases.letters.candidates import Candidates, candidates
from cases.models import LetterRow
from cases.permissions import Viewer
from cases.queries.one_letter import OneLetter


@dataclass(frozen=True, slots=True)
class CaseChoice:
    """A case that the letter may belong to, and why."""

    reference: str
    subject: str
    why: str


@dataclass(frozen=True, slots=True)
class SenderChoice:
    """A citizen who may have sent it, and why."""

    id: int
    name: str
    why: str


@dataclass(frozen=True, slots=True)
class Offered:
    """All that is offered. ``sure``: the letter itself names the first case, so that it is chosen beforehand;
    ``citizen`` likewise is the sender of that name at that address.
    """

    words: str = "Where does it belong?"
    cases: tuple[CaseChoice, ...] = ()
    senders: tuple[SenderChoice, ...] = ()
    sure: bool = False
    citizen: int | None = None


def load(session: Session, viewer: Viewer, letter: OneLetter, *, name: str = "") -> Offered:
    """Return what is offered for a letter; ``name`` is the sender as somebody has written it so far."""
    known = letter.values, letter.found
    row = LetterRow(proves=letter.proves, reference_found=letter.reference_found, found=dict(known[1]))
    row.sender_name, row.postal = known[0].get("sender_name"), known[0].get("postal")
    return of(candidates(session, viewer, row, name=name), letter.reference_found)


def of(found: Candidates, named: str | None) -> Offered:
    """Return the candidates as choices; ``named`` is the reference that the letter itself bears, as digits."""
    cases = [CaseChoice(one.reference, one.subject, one.why) for one in found.cases]
    if found.unseen:
        cases.insert(0, CaseChoice(found.unseen, "", "it names this reference, of a case that is not yours to read"))
    sure = bool(cases) and (cases[0].reference == named or bool(found.cases and found.cases[0].proved))
    senders = tuple(
        SenderChoice(one.citizen_id, one.name or "Somebody without a name", one.why) for one in found.senders
    )
    at_home = next((one.id for one in senders if "name and address" in one.why), None)
    return Offered(_words(cases, sure=sure), tuple(cases), senders, sure, at_home)


def _words(cases: list[CaseChoice], *, sure: bool) -> str:
    if sure:
        return "The letter itself names a case."
    return "It may belong to a case that is open." if cases else "Where does it belong?"
