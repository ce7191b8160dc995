"""What officers did: sent by a phone, some at a time and photos one by one, or by a plain form."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace

from flask import Response, jsonify, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from cases import clock
from cases.errors import Changed, DomainError, Invalid, NotFound
from cases.field import acts, doing, meanwhile
from cases.field.acts import Act, ActKind
from cases.field.answers import Answer, Conflict, State, of_error
from cases.messages import KeptFile
from cases.permissions import Action
from contactcentre.db import UnitOfWork
from contactcentre.web.context import container, viewer
from contactcentre.web.desk import blueprint, field_view
from contactcentre.web.desk.field import job_page
from contactcentre.web.permissions import requires

#: bytes of one request with acts alone
LARGEST = 256 * 1024
_PICTURES = frozenset({"image/jpeg", "image/png", "image/webp"})


@blueprint.post("/field/acts")
@requires(Action.NOTE)
def field_acts() -> tuple[Response, int]:
    """Do acts, each in a unit of work of its own, and answer each."""
    if (request.content_length or 0) > LARGEST:
        return _not_so(413, f"This is too much at once; at most {LARGEST // 1024} KB.")
    sent = request.get_json(silent=True)
    if not isinstance(sent, dict) or not isinstance(sent.get("acts"), list):
        return _not_so(422, "Send an object with the list acts.")
    if sent.get("agent") != viewer().id:
        return _not_so(409, _OF_ANOTHER)
    if len(sent["acts"]) > acts.MOST_ACTS:
        return _not_so(422, f"These are {len(sent['acts'])} acts; send at most {acts.MOST_ACTS} at once.")
    return jsonify({"answers": _shown([_done(one) for one in sent["acts"]])}), 200


@blueprint.post("/field/photos")
@requires(Action.NOTE)
def field_photo() -> tuple[Response, int]:
    """Take one photo and the act that it belongs to."""
    try:
        sent = json.loads(request.form.get("act", ""))
    except ValueError:
        return _not_so(422, "The field act must hold an act.")
    if request.form.get("agent") != str(viewer().id):
        return _not_so(409, _OF_ANOTHER)
    try:
        photo = _stored(sent)
    except Invalid as error:
        return jsonify({"answers": _shown([of_error(acts.key_of(sent), error)])}), 200
    return jsonify({"answers": _shown([_done(sent, photo)])}), 200


@blueprint.post("/field/<int:task_id>")
@requires(Action.NOTE)
def field_form(task_id: int) -> AnyResponse:
    """Do one act by a plain form; what cannot be done comes back with the form as it was filled in."""
    sent = {**request.form.to_dict(), "task": str(task_id)}
    kind = str(sent.get("kind", ""))
    try:
        act = acts.read(sent)
        photo = _stored(sent) if act.kind is ActKind.PHOTO else None
        container().db.run(lambda uow: doing.do(uow.session, viewer(), _now(uow, act), photo=photo))
    except NotFound:
        raise
    except Conflict as error:
        lines = field_view.sentences(error.meanwhile, _names([of_error("", error)]))
        return job_page(task_id, status=409, kind=kind, error=str(error), meanwhile=tuple(lines))
    except DomainError as error:
        return job_page(task_id, status=422, kind=kind, error=str(error))
    return redirect(url_for("desk.field_jobs", done=act.kind.value) + f"#job-{task_id}", 303)


_OF_ANOTHER = "These acts are of somebody else than who is logged in now. Log in as the one who did them."


def _now(uow: UnitOfWork, act: Act) -> Act:
    return replace(act, phone_at=clock.now(uow.session))


def _done(sent: object, photo: KeptFile | None = None) -> Answer:
    key = acts.key_of(sent)
    try:
        act = acts.read(sent)
        return container().db.run(lambda uow: doing.do(uow.session, viewer(), act, photo=photo))
    except DomainError as error:
        return of_error(key, error)
    except Changed:
        return Answer(key, State.LATER)


def _stored(sent: object) -> KeptFile:
    """Put a photo into the store, where it is inspected as every file is; raises ``Invalid``."""
    file = request.files.get("photo")
    if file is None or not file.filename:
        raise Invalid("Choose a photo.", field="photo")
    if (request.content_length or 0) > acts.LARGEST_PHOTO + LARGEST:
        raise Invalid(f"The photo is larger than {acts.LARGEST_PHOTO // 1024 // 1024} MB.", field="photo")
    moment = sent.get("moment") if isinstance(sent, Mapping) else None
    name = f"{'after' if moment == 'after' else 'before'}.jpg"
    content = container().files.put(file.stream, name=name)  # type: ignore[arg-type]
    if content.media_type not in _PICTURES:
        raise Invalid("This is no photo: send a JPEG, PNG or WebP picture.", field="photo")
    ending = content.media_type.partition("/")[2].replace("jpeg", "jpg")
    return KeptFile(content.sha256, content.size, content.media_type, f"{name.partition('.')[0]}.{ending}")


def _shown(told: list[Answer]) -> list[dict[str, object]]:
    names = _names(told)
    return [field_view.answer(one, names) for one in told]


def _names(told: list[Answer]) -> dict[int, str]:
    lines = [line for one in told for line in one.meanwhile]
    if not lines:
        return {}
    with container().db.reader() as session:
        return dict(meanwhile.names(session, lines))


def _not_so(status: int, error: str) -> tuple[Response, int]:
    return jsonify({"error": error}), status
