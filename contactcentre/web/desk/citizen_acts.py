"""What is done with a citizen's record: a reason to look, what is known, links, addresses, who spoke."""

from __future__ import annotations

from collections.abc import Callable

from flask import request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from cases import reads, reasons
from cases.errors import DomainError, Invalid, NotFound
from cases.identity import addresses, changes, likely, records, speakers, verdicts
from cases.permissions import Action
from cases.reads import Kind
from contactcentre.db import UnitOfWork
from contactcentre.web.context import container, viewer
from contactcentre.web.desk import blueprint
from contactcentre.web.desk.citizens import show
from contactcentre.web.desk.drafts import sent
from contactcentre.web.permissions import requires
from contactcentre.web.posting import change


@blueprint.post("/citizens/<int:citizen_id>/look")
@requires(Action.READ)
def look(citizen_id: int) -> AnyResponse:
    """Look at a record outside one's queue for the reason that was given."""

    def work(session: Session) -> None:
        reason = reasons.read(request.form.get("why", ""), request.form.get("words", ""))
        records.find(session, viewer(), citizen_id=citizen_id)
        reads.note(session, viewer(), Kind.CITIZEN, citizen_id=citizen_id, reason=reason)

    return _done(citizen_id, "look", work)


@blueprint.post("/citizens/<int:citizen_id>/details")
@requires(Action.NOTE)
def know(citizen_id: int) -> AnyResponse:
    """Change what is known of a citizen."""
    form, city = request.form, container().city
    values = {name: form.get(name, "") for name in ("name", "language", "contact_by")}
    anonymous = form.get("anonymous") == "yes"
    return _done(
        citizen_id,
        "details",
        lambda session: changes.edit(
            session, viewer(), city=city, citizen_id=citizen_id, anonymous=anonymous, **values
        ),
    )


@blueprint.post("/citizens/<int:citizen_id>/link")
@requires(Action.NOTE)
def link_citizens(citizen_id: int) -> AnyResponse:
    """Say that another record is the same person."""
    city, reason = container().city, request.form.get("reason", "")

    def work(session: Session) -> None:
        other = _number("other")
        found = likely.candidates(session, viewer(), citizen_id, city=city)
        signs = next(([sign.value for sign in one.evidence.signs] for one in found if one.citizen_id == other), [])
        verdicts.link(session, viewer(), one=citizen_id, other=other, reason=reason, evidence=signs)

    return _done(citizen_id, "link", work)


@blueprint.post("/citizens/<int:citizen_id>/not-same")
@requires(Action.NOTE)
def not_same(citizen_id: int) -> AnyResponse:
    """Say that another record is not the same person."""
    return _done(
        citizen_id, "link", lambda session: verdicts.refuse(session, viewer(), one=citizen_id, other=_number("other"))
    )


@blueprint.post("/citizens/<int:citizen_id>/take-back")
@requires(Action.NOTE)
def take_back(citizen_id: int) -> AnyResponse:
    """Take back what was decided of two records."""
    reason = request.form.get("reason", "")
    return _done(
        citizen_id,
        "take_back",
        lambda session: verdicts.take_back(session, viewer(), one=_number("of"), other=_number("other"), reason=reason),
    )


@blueprint.post("/citizens/<int:citizen_id>/addresses/<int:address_id>/verified")
@requires(Action.NOTE)
def verify_address(citizen_id: int, address_id: int) -> AnyResponse:
    """Record that an address was made sure to be theirs."""
    how = request.form.get("how", "")
    return _done(
        citizen_id,
        "address",
        lambda session: addresses.confirm(session, viewer(), citizen_id=_number("of"), address_id=address_id, how=how),
    )


@blueprint.post("/citizens/<int:citizen_id>/addresses/<int:address_id>/shared")
@requires(Action.NOTE)
def share_address(citizen_id: int, address_id: int) -> AnyResponse:
    """Mark that several people use a phone, or take the mark back."""
    shared = request.form.get("shared") == "yes"
    return _done(
        citizen_id,
        "address",
        lambda session: addresses.share(
            session, viewer(), citizen_id=_number("of"), address_id=address_id, shared=shared
        ),
    )


@blueprint.post("/citizens/<int:citizen_id>/messages/<int:message_id>/speaker")
@requires(Action.NOTE)
def name_speaker(citizen_id: int, message_id: int) -> AnyResponse:
    """Say who spoke a message of a shared phone."""
    form = request.form
    reference = form.get("case", "")

    def work(session: Session) -> None:
        who = _number("speaker") if form.get("speaker") else None
        speakers.name_speaker(session, viewer(), reference=reference, message_id=message_id, citizen_id=who)

    return _done(citizen_id, "speaker", work)


def _done(citizen_id: int, form: str, work: Callable[[Session], object]) -> AnyResponse:
    """Do ``work`` once and go back to the record; where the domain refuses it, show the form again."""

    def once(uow: UnitOfWork) -> str:
        work(uow.session)
        return url_for("desk.citizen", citizen_id=citizen_id)

    try:
        return change(once)
    except NotFound:
        raise
    except DomainError as error:
        return show(citizen_id, sent(form).refused(error))


def _number(name: str) -> int:
    text = request.form.get(name, "").strip()
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise Invalid(f"{name.capitalize()} must be the number of a citizen.", field=name)
    return int(text)
