"""What can be chosen instead of being written: replies, macros and articles for one case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from flask import render_template, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from cases import canned, knowledge, macros
from cases.canned import Filled
from cases.departments import City
from cases.knowledge import Found
from cases.macro_steps import Act, Macro
from cases.permissions import Action
from cases.queries import case as case_query
from cases.queries.case import CaseView
from contactcentre.db import UnitOfWork
from contactcentre.web.context import container, viewer
from contactcentre.web.desk import blueprint, room
from contactcentre.web.desk.chosen import values_of, written
from contactcentre.web.desk.drafts import sent
from contactcentre.web.desk.keeping import sent_now
from contactcentre.web.desk.returning import back, leaves, looked, number, or_again
from contactcentre.web.permissions import requires
from contactcentre.web.posting import new_key

LONGEST_SEARCH = 100


@dataclass(frozen=True, slots=True)
class Offer:
    """What is offered for a case; ``language`` is the name of the citizen's own."""

    view: CaseView
    replies: tuple[Filled, ...]
    macros: tuple[Macro, ...]
    articles: tuple[Found, ...]
    language: str


@blueprint.get("/cases/<reference>/choose")
@requires(Action.REPLY)
def choose(reference: str) -> str:
    """Offer replies, macros and articles, those with the words of ``q``."""
    city, words = container().city, request.args.get("q", "").strip()[:LONGEST_SEARCH]
    with container().db.reader() as session:
        shown = room.load(session, viewer(), city=city)
        offer = _offer(session, reference, words, city=city)
    return render_template("desk/choose.html", room=shown, city=city, offer=offer, words=words)


@blueprint.get("/cases/<reference>/macros/<key>")
@requires(Action.REPLY)
def preview(reference: str, key: str) -> str:
    """Say what a macro will do, before it is done."""
    city = container().city
    with container().db.reader() as session:
        shown = room.load(session, viewer(), city=city)
        view = case_query.load(session, viewer(), reference, city=city)
    macro = macros.find(city, key, view.row.department)
    step = macro.step(Act.REPLY)
    text = written(view, step.value, city=city).text if step else None
    will = [macros.words(one, city) for one in macro.in_order]
    keys = {"macro": new_key()}
    return render_template(
        "desk/macro.html", room=shown, city=city, view=view, macro=macro, will=will, text=text, keys=keys
    )


@blueprint.post("/cases/<reference>/macros/<key>")
@requires(Action.REPLY)
def perform(reference: str, key: str) -> AnyResponse:
    """Do all steps of a macro, or none."""
    site = container()

    def work(uow: UnitOfWork) -> str:
        view = case_query.load(uow.session, viewer(), reference, city=site.city)
        macro = macros.find(site.city, key, view.row.department)
        asked = macros.Asked(
            viewer(),
            site.city,
            reference,
            text=request.form.get("text", ""),
            seen_message_id=number("seen_message"),
            looked=looked(),
            undo=timedelta(seconds=site.city.limits.undo_seconds),
        )
        message = macros.perform(uow.session, asked, macro)
        if message is not None:
            sent_now(uow.session, viewer(), reference=reference, kind="reply")
            leaves(uow, message.account)
        return back(reference, done="reply" if message else "")

    return or_again(reference, replace(sent("reply"), form="reply"), work)


def _offer(session: Session, reference: str, words: str, *, city: City) -> Offer:
    view = case_query.load(session, viewer(), reference, city=city)
    department, values = view.row.department, values_of(view, city=city)
    articles = knowledge.search(session, words=words, department=department, language=view.citizen.language)
    names: Mapping[str, str] = city.texts.names
    return Offer(
        view=view,
        replies=tuple(
            canned.filled(
                one,
                values,
                language=view.citizen.language,
                default=city.organisation.default_language,
                allow_drafts=city.organisation.allow_drafts,
            )
            for one in canned.offered(city.canned, department, words)
        ),
        macros=tuple(macros.offered(city.macros, department)),
        articles=tuple(articles),
        language=names.get(view.citizen.language or "", ""),
    )
