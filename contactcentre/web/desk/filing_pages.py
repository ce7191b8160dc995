"""The pages of filing: where a message belongs, what is split off, which case goes into which, what is related.

Each has an address of its own, so that a case's page reads nothing for them, and works without scripts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flask import make_response, render_template, request
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as AnyResponse

from cases import access, references
from cases.errors import DomainError
from cases.filing import audience
from cases.filing.links import CHOICES, WORDS
from cases.lifecycle import Outcome
from cases.permissions import Action
from cases.queries import duplicates, filing, queue
from cases.queries import related as related_query
from cases.queries.queue import CaseRow, QueueFilter
from contactcentre.web.context import container, viewer
from contactcentre.web.desk import blueprint
from contactcentre.web.desk.narrowing import LONGEST
from contactcentre.web.desk.returning import STATUS
from contactcentre.web.permissions import requires
from contactcentre.web.posting import Keys, new_key

#: cases that a search for the other one shows
MOST_FOUND = 10
_NOTHING: MultiDict[str, str] = MultiDict()


@blueprint.get("/cases/<reference>/messages/<int:message_id>/refile")
@requires(Action.READ)
def refile_form(reference: str, message_id: int) -> str:
    """Ask where a message belongs."""
    return show_refile(reference, message_id)


@blueprint.get("/cases/<reference>/split")
@requires(Action.READ)
def split_form(reference: str) -> str:
    """Ask which messages are another matter."""
    return show_split(reference)


@blueprint.get("/cases/<reference>/merge")
@requires(Action.READ)
def merge_form(reference: str) -> str:
    """Look for the case that is the same matter."""
    chosen = [digits for one in request.args.getlist("others") if (digits := references.parse(one.partition(".")[0]))]
    return show_merge(reference, request.args.get("find", ""), chosen=chosen[:MOST_FOUND])


@blueprint.get("/cases/<reference>/related")
@requires(Action.READ)
def related(reference: str) -> str:
    """Show links, incident and duplicates: a page, or with ``part`` what the case's page loads of it."""
    return show_related(reference, whole="part" not in request.args)


@blueprint.get("/cases/<reference>/incident")
@requires(Action.READ)
def incident(reference: str) -> str:
    """Show who an update of an incident would go to, and what it costs."""
    return show_incident(reference)


def show_refile(reference: str, message_id: int, asked: Mapping[str, str] = _NOTHING, wrong: str = "") -> str:
    """Render the form, with what was wrong with it."""
    with container().db.reader() as session:
        found = filing.movable(session, viewer(), reference, message_id=message_id)
    return render_template(
        "desk/filing/refile.html",
        back=found.case.reference,
        movable=found,
        message=found.message(message_id),
        asked=asked,
        wrong=wrong,
        key=new_key(),
    )


def show_split(reference: str, asked: MultiDict[str, str] = _NOTHING, wrong: str = "") -> str:
    """Render the form, with what was wrong with it."""
    with container().db.reader() as session:
        found = filing.movable(session, viewer(), reference)
    chosen = {"messages": asked.getlist("messages"), "reason": asked.get("reason", "")}
    names = {"back": found.case.reference, "movable": found, "asked": chosen, "wrong": wrong, "key": new_key()}
    return render_template("desk/filing/split.html", **names)


def show_merge(reference: str, find: str, *, chosen: Sequence[str] = (), reason: str = "", wrong: str = "") -> str:
    """Render the search and what it found, with what was wrong."""
    words = find.replace("\x00", "").strip()[:LONGEST]
    with container().db.reader() as session:
        own = access.for_reading(session, viewer(), reference=reference)
        looked_for = [*chosen, *([words] if words and words not in chosen else [])]
        found = [row for one in looked_for for row in _open_cases(session, one)]
    return render_template(
        "desk/filing/merge.html",
        back=own.reference,
        row=own,
        find=words,
        found=list({one.id: one for one in found if one.id != own.id}.values()),
        chosen=chosen,
        reason=reason,
        wrong=wrong,
        key=new_key(),
        city=container().city,
    )


def _open_cases(session: Session, words: str) -> tuple[CaseRow, ...]:
    return queue.page(session, viewer(), QueueFilter(view="open", q=words), limit=MOST_FOUND).items


def show_related(reference: str, asked: Mapping[str, str] = _NOTHING, wrong: str = "", *, whole: bool = True) -> str:
    """Render what a case hangs together with."""
    with container().db.reader() as session:
        found = related_query.load(session, viewer(), reference)
        suggested = duplicates.suggest(session, viewer(), reference)
    return render_template(
        "desk/filing/related.html" if whole else "desk/filing/related_part.html",
        back=found.case.reference,
        related=found,
        suggested=suggested,
        kinds=[(one.value, WORDS[one][0]) for one in CHOICES],
        asked=asked,
        wrong=wrong,
        keys=Keys(),
    )


def show_incident(reference: str, asked: Mapping[str, str] = _NOTHING, wrong: str = "") -> str:
    """Render an incident, and who would be told."""
    city = container().city
    with container().db.reader() as session:
        found = related_query.load(session, viewer(), reference)
        shown = audience.preview(session, viewer(), city=city, incident=reference)
    default, names = city.organisation.default_language, city.texts.languages()
    languages = sorted(names.items(), key=lambda one: (one[0] != default, one[1]))
    return render_template(
        "desk/filing/incident.html",
        back=found.case.reference,
        related=found,
        shown=shown,
        languages=languages or [(default, default)],
        outcomes=list(Outcome),
        asked=asked,
        wrong=wrong,
        keys=Keys(),
    )


def refused(page: str, error: DomainError) -> AnyResponse:
    """Answer a form that the domain refused with its page."""
    code = next((code for kind, code in STATUS.items() if isinstance(error, kind)), 422)
    return make_response(page, code)
