"""What a citizen may ask a machine, and the answer: the status of a case, help, opting out, a language."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from cases import citizens, commands, proofs, references, undoing
from cases.arrivals import Speaker
from cases.automatic import Say
from cases.commands import Command
from cases.departments import City
from cases.lifecycle import ENDED
from cases.models import Case
from cases.sla.timers import TimerKind, live

_REFUSALS = {
    proofs.Proof.CODE_NEEDED: "code_needed",
    proofs.Proof.CODE_WRONG: "code_wrong",
    proofs.Proof.LOCKED: "code_locked",
}


def answer(session: Session, command: Command, speaker: Speaker, *, city: City, at: datetime) -> tuple[Say, Speaker]:
    """Do what a command asks and return what to say, and the speaker as the command has left them."""
    organisation = city.organisation
    match command:
        case commands.StatusOf(reference=reference, code=code):
            return _status(session, speaker, reference, code, city=city, at=at), speaker
        case commands.Stop():
            citizens.set_opted_out(session, speaker.address_id, opted_out=True, at=at)
            return Say("opted_out", {"organisation": organisation.short_name}, asked_for=True), speaker
        case commands.Start():
            citizens.set_opted_out(session, speaker.address_id, opted_out=False, at=at)
            say = Say("opted_in", {"organisation": organisation.short_name}, asked_for=True)
            return say, replace(speaker, opted_out=False)
        case commands.SetLanguage(language=language):
            return _language(session, speaker, language, city=city)
        case _:
            values = {"organisation": organisation.short_name, "emergency": organisation.emergency_number}
            return Say("help", values, asked_for=True), speaker


def _status(
    session: Session, speaker: Speaker, reference: str | None, code: str | None, *, city: City, at: datetime
) -> Say:
    if reference is None:
        return Say("reference_needed", asked_for=True)
    assert city.references is not None
    claim = proofs.Claim(speaker.address_id, reference, code)
    proof, case = proofs.prove(session, claim, references=city.references, limits=city.limits, now=at)
    written = references.written(reference)
    if case is None:
        values = {"reference": written} if proof is proofs.Proof.CODE_NEEDED else {}
        return Say(_REFUSALS[proof], values, asked_for=True)
    stands = undoing.told(session, case, at=at)
    return _status_of(written, stands, speaker, promised(session, case, stands), city=city)


def promised(session: Session, case: Case, stands: undoing.Told) -> datetime | None:
    """Return the nearest deadline of what was promised to the citizen: a task's is the office's own."""
    if stands.due_kind != TimerKind.TASK:
        return stands.due_at
    nearest = (timer.due_at for timer in live(session, case) if timer.kind != TimerKind.TASK)
    return next((due for due in nearest if due is not None), None)


def _status_of(written: str, stands: undoing.Told, speaker: Speaker, due: datetime | None, *, city: City) -> Say:
    language = speaker.language or city.organisation.default_language
    status = city.texts.render(f"status.{stands.status}", language=language, channel=None)
    values = {"reference": written, "status": status}
    if due is None:
        return Say("status_closed" if stands.status in ENDED else "status_open", values, asked_for=True)
    promised = due.astimezone(ZoneInfo(city.organisation.timezone)).strftime("%d %b %H:%M")
    return Say("status", {**values, "promised": promised}, asked_for=True)


def _language(session: Session, speaker: Speaker, language: str | None, *, city: City) -> tuple[Say, Speaker]:
    known = city.texts.languages()
    if language is None or language not in known:
        names = ", ".join(known.values())
        return Say("language_unknown", {"languages": names}, asked_for=True), speaker
    citizens.set_language(session, speaker.address_id, language)
    say = Say("language_set", {"chosen": known[language]}, asked_for=True)
    return say, replace(speaker, language=language)
