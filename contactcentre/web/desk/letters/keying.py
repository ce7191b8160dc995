"""The screen on which a letter is keyed: pages, what was read of them, where it belongs. A refused form comes back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import partial

from flask import Response, jsonify, make_response, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from cases import clock, reads, together
from cases.errors import DomainError, Invalid, NotFound
from cases.letters import keyers, keying
from cases.letters.keying import Keyed
from cases.letters.rearranging import OPEN
from cases.messages import NEW_CASE
from cases.permissions import Action, Viewer
from cases.queries import one_letter
from cases.queries.one_letter import FIELDS
from cases.queries.register import number_of
from cases.reads import Kind
from contactcentre.db import UnitOfWork
from contactcentre.web.context import container, viewer
from contactcentre.web.desk import blueprint, frame, room
from contactcentre.web.desk.drafts import Draft, sent
from contactcentre.web.desk.letters import choices, lines, screens
from contactcentre.web.desk.letters.listing import words
from contactcentre.web.desk.returning import STATUS, nudge, number
from contactcentre.web.permissions import requires
from contactcentre.web.posting import Keys, change


@blueprint.get("/letters/<register_number>")
@requires(Action.KEEP_REGISTER)
def letter(register_number: str) -> str:
    """Show a letter: to be keyed, or what was keyed."""
    return show(register_number, Draft("key"))


@blueprint.post("/letters/<register_number>/key")
@requires(Action.KEEP_REGISTER)
def key_letter(register_number: str) -> AnyResponse:
    """Take in a letter as it was written down, and go on to the next."""

    def work(uow: UnitOfWork) -> str:
        values = {"register_number": register_number, "keyed": _keyed(), "version": number("version") or 0}
        row, received = keying.key(uow.session, viewer(), city=container().city, **values)  # type: ignore[arg-type]
        keyers.leave(uow.session, viewer(), letter_id=row.id)
        for account in received.to_send:
            uow.after_commit(partial(nudge, account))
        return _next(uow.session, register_number)

    return _or_again(register_number, "key", work)


@blueprint.post("/letters/<register_number>/unreadable")
@requires(Action.KEEP_REGISTER)
def letter_unreadable(register_number: str) -> AnyResponse:
    """Put aside what nobody can read here."""

    def work(uow: UnitOfWork) -> str:
        values = {"version": number("version") or 0, "reason": request.form.get("reason", "")}
        keying.cannot_be_read(uow.session, viewer(), register_number=register_number, **values)  # type: ignore[arg-type]
        return _next(uow.session, register_number)

    return _or_again(register_number, "unreadable", work)


@blueprint.post("/letters/<register_number>/private")
@requires(Action.KEEP_REGISTER)
def letter_private(register_number: str) -> AnyResponse:
    """Put aside what is not for the organisation."""

    def work(uow: UnitOfWork) -> str:
        version = number("version") or 0
        keying.private(uow.session, viewer(), register_number=register_number, version=version)
        return _next(uow.session, register_number)

    return _or_again(register_number, "private", work)


@blueprint.post("/letters/<register_number>/back")
@requires(Action.KEEP_REGISTER)
def letter_back(register_number: str) -> AnyResponse:
    """Let a letter that was put aside wait to be keyed again."""

    def work(uow: UnitOfWork) -> str:
        version = number("version") or 0
        keying.take_back(uow.session, viewer(), register_number=register_number, version=version)
        return url_for("desk.letter", register_number=register_number)

    return _or_again(register_number, "back", work)


@blueprint.post("/letters/<register_number>/keying")
@requires(Action.KEEP_REGISTER)
def keying_beat(register_number: str) -> Response:
    """Take a heartbeat and answer who else keys this. A heartbeat that comes twice is one, so this needs no key."""

    def work(uow: UnitOfWork) -> list[str]:
        row = one_letter.row(uow.session, viewer(), register_number)
        if request.form.get("gone") == "yes":
            keyers.leave(uow.session, viewer(), letter_id=row.id)
        else:
            keyers.beat(uow.session, viewer(), letter_id=row.id)
        return list(keyers.others(uow.session, viewer(), letter_id=row.id))

    return jsonify({"others": container().db.run(work)})


def show(register_number: str, draft: Draft) -> str:
    """Render a letter with what was written of it; raises ``NotFound``."""
    city, who = container().city, viewer()
    with container().db.recorder() as session:
        found, beside = one_letter.load(session, who, register_number, also=together.kept(_also, who))
        reads.note(session, who, Kind.LETTER, item_id=found.id)
        now = clock.now(session)
        screen = None
        if found.state in OPEN:
            offered = choices.load(session, who, found, name=draft.values.get("sender_name", ""))
            others = keyers.of_letter(beside["keyers"], found.id)
            screen = screens.of(
                found, draft, offered=offered, others=others, city=city, now=now, zone=room.zone_of(city)
            )
    around = frame.of_parts(beside, now=now)
    shared = {"room": around, "letter": found, "draft": draft, "keys": Keys(), "city": city, "said": _said(), **words()}
    if screen is not None:
        return render_template("desk/letters/key.html", screen=screen, **shared)
    mine = {name: draft.values.get(name, "") for name in FIELDS} if draft.fault("key") else None
    return render_template("desk/letters/letter.html", field_words=lines.FIELD_WORDS, mine=mine, **shared)


def _also(who: Viewer) -> together.Parts:
    return {**frame.parts(who), "keyers": keyers.by_letter(who, now=together.NOW)}


def _or_again(register_number: str, form: str, work: Callable[[UnitOfWork], str]) -> AnyResponse:
    try:
        return change(work)
    except DomainError as error:
        if isinstance(error, NotFound) and error.field not in ("into", "citizen"):
            raise
        code = next((code for kind, code in STATUS.items() if isinstance(error, kind)), 422)
        return make_response(show(register_number, sent(form).refused(error)), code)


def _keyed() -> Keyed:
    form = request.form
    into = form.get("into", "")
    chosen = form.get("other_case", "").strip() if into == "other" else NEW_CASE if into == "new" else into
    if into == "other" and not chosen:
        raise Invalid("Write the reference of the case that the letter belongs to.", field="into")
    texts = {name: form.get(name, "") for name in ("text", "subject", "sender_name", "signed_by", "postal")}
    return Keyed(
        **texts,
        dated=_day("dated"),
        received_on=_day("received_on"),
        citizen_id=number("citizen"),
        into=chosen,
    )


def _day(name: str) -> date | None:
    text = request.form.get(name, "").strip()
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise Invalid("Write a day such as 2026-11-24.", field=name) from None


def _next(session: Session, register_number: str) -> str:
    following = one_letter.next_to_key(session, register_number)
    if following:
        return url_for("desk.letter", register_number=following, done=register_number)
    return url_for("desk.letters", done=register_number)


def _said() -> str:
    done = request.args.get("done", "")
    return f"{done} is done. Here is the next." if done and number_of(done) == done else ""
