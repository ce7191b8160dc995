"""What a dialogue may ask about a case and do to it: status, proof by code, words, withdrawing, rating."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, exists, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from cases import clock, forms, proofs, references, survivors, undoing
from cases.answers import Answer, Arguments
from cases.base import table
from cases.conversation import promised
from cases.departments import City
from cases.followers import FOLLOWER
from cases.forms import Asker
from cases.lifecycle import ENDED, Outcome, Status, move
from cases.models import Case, Party, Rating
from cases.models.event import Happened, record
from cases.writes import Writes

_RATINGS = table(Rating)
_RATE = insert(_RATINGS).on_conflict_do_nothing(index_elements=["case_id", "settled_at"]).returning(_RATINGS.c.id)
_SETTLED = (
    select(Case)
    .join(Party, Party.case_id == Case.id)
    .where(Party.address_id == bindparam("address_id"), Party.role != FOLLOWER, Case.resolved_at.is_not(None))
    .order_by(Case.resolved_at.desc())
    .limit(1)
)
_RATED = select(exists().where(Rating.case_id == bindparam("case_id"), Rating.settled_at == bindparam("settled_at")))
SCORES = range(1, 6)
#: a promise's day and hour as a screen has room for them, and as they are read out
_INSTANT = ("%d %b %H:%M", "%A %d %B, %H:%M")
_PROOFS = {
    proofs.Proof.CODE_NEEDED: "code_needed",
    proofs.Proof.CODE_WRONG: "wrong",
    proofs.Proof.LOCKED: "locked",
}


def track(session: Session, arguments: Arguments, asker: Asker, city: City) -> Answer:
    """Tell how a case stands to a phone that is on it; to any other only that its code is needed, there or not."""
    reference = references.parse(arguments.get("reference", ""))
    if reference is None:
        return Answer("code_needed")
    asker.reference, asker.proved = reference, False
    proof, case = _claim(session, asker, None, city)
    return _standing(session, case, asker, city) if case is not None else Answer(_PROOFS[proof])


def prove(session: Session, arguments: Arguments, asker: Asker, city: City) -> Answer:
    """Take a code for the case that was named: it is proved for the rest of the session."""
    given = references.parse(arguments.get("reference", ""))
    if given is not None and given != asker.reference:
        asker.reference, asker.proved = given, False
    if asker.reference is None:
        return Answer("wrong")
    proof, case = _claim(session, asker, arguments.get("code", ""), city)
    if case is None:
        return Answer(_PROOFS[proof])
    asker.proved = True
    return _standing(session, case, asker, city)


def settled(session: Session, arguments: Arguments, asker: Asker, city: City) -> Answer:
    """Find the last settled case of this phone, without telling anything of it."""
    speaker = forms.arrive(session, asker, city=city).speaker
    case = session.scalars(_SETTLED, {"address_id": speaker.address_id}).one_or_none()
    if case is None:
        return Answer("none")
    asker.reference, asker.proved = case.reference, False
    rated = session.execute(_RATED, {"case_id": case.id, "settled_at": case.resolved_at}).scalar_one()
    return Answer("rated" if rated else "found")


def add(session: Session, arguments: Arguments, asker: Asker, city: City) -> Answer:
    """Put more words into the proved case; they reopen it in time."""
    case = proved(session, asker)
    if case is None:
        return Answer("refused")
    if is_over(session, case, city):
        return Answer("closed")
    forms.join(session, asker, case, arguments["words"], city=city)
    return Answer("done")


def withdraw(session: Session, arguments: Arguments, asker: Asker, city: City) -> Answer:
    """End the proved case as withdrawn by its citizen."""
    case = proved(session, asker)
    if case is None:
        return Answer("refused")
    if case.status in ENDED:
        return Answer("ended")
    if case.reference != asker.reference and not _opened_by(session, case, asker, city):
        return Answer("refused")  # others wait for what this case was merged into
    at, reason = clock.now(session), arguments.get("words") or "the citizen withdrew it"
    moved = move(
        session,
        case,
        Status.RESOLVED,
        calendars=city.calendars,
        at=at,
        actor="citizen",
        outcome=Outcome.WITHDRAWN,
        reason=reason,
    )
    record(session, case, moved, at=at)
    asker.case_id = case.id
    return Answer("done")


def rate(session: Session, arguments: Arguments, asker: Asker, city: City) -> Answer:
    """Keep what the citizen thinks of how the proved case was settled, once for each time that it was."""
    case, score = proved(session, asker), arguments.get("score", "")
    if case is None or case.resolved_at is None or score not in map(str, SCORES):
        return Answer("refused")
    at, reason = clock.now(session), arguments.get("words") or None
    row = {"case_id": case.id, "settled_at": case.resolved_at, "score": int(score), "reason": reason}
    if session.execute(_RATE, {**row, "channel": asker.channel, "rated_at": at}).scalar_one_or_none() is None:
        return Answer("already")
    said = Happened("rated", "citizen", {"score": int(score)}, {"reason": reason} if reason else {})
    record(session, case, [said], at=at)
    asker.case_id = case.id
    return Answer("done")


def _claim(session: Session, asker: Asker, code: str | None, city: City) -> tuple[proofs.Proof, Case | None]:
    assert city.references is not None
    assert asker.reference is not None
    writes = Writes()
    # Who guesses must be the same one the next time: a stranger becomes known with the first code.
    speaker = forms.arrive(session, asker, city=city, writes=writes if code is not None else None).speaker
    writes.flush(session)
    claim = proofs.Claim(speaker.address_id, asker.reference, code)
    now = clock.now(session)
    how = {"references": city.references, "limits": city.limits, "now": now}
    return proofs.prove(session, claim, by_code=code is not None, **how)  # type: ignore[arg-type]


def _standing(session: Session, case: Case, asker: Asker, city: City) -> Answer:
    language = asker.language or city.organisation.default_language
    stands = undoing.told(session, case, at=clock.now(session))
    status = city.texts.render(f"status.{stands.status}", language=language, channel=asker.channel)
    values = {"reference": references.written(asker.reference or case.reference), "status": status}
    asker.case_id = case.id
    if stands.status in ENDED:
        return Answer("ended", values)
    due = promised(session, case, stands)
    if due is None:
        return Answer("open", values)
    until = due.astimezone(ZoneInfo(city.organisation.timezone)).strftime(_INSTANT[asker.channel == "voice"])
    return Answer("promised", {**values, "promised": until})


def proved(session: Session, asker: Asker) -> Case | None:
    """Return the case whose code was right in this session, locked, or the one that it was merged into.

    A phone's number alone proves nothing here.
    """
    if not asker.proved or asker.reference is None:
        return None
    return survivors.lock(session, asker.reference)


def _opened_by(session: Session, case: Case, asker: Asker, city: City) -> bool:
    return forms.arrive(session, asker, city=city).speaker.citizen_id == case.citizen_id


def is_over(session: Session, case: Case, city: City) -> bool:
    """Tell whether no more words can join a case."""
    if case.status == Status.RESOLVED and case.resolved_at is not None:
        return clock.now(session) - case.resolved_at > timedelta(hours=city.limits.reopen_hours)
    return case.status == Status.CLOSED
