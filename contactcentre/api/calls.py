"""How a call of the API runs: token, limit, permission, one unit of work, idempotency. All go by one of two ways."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from flask import Response, current_app, request
from flask_openapi3 import APIBlueprint, Tag
from pydantic import BaseModel
from sqlalchemy.orm import Session

from cases import clock
from cases.errors import NotAllowed
from cases.models import ApiToken
from cases.permissions import Action, Viewer, may
from contactcentre import idempotency
from contactcentre.api import limits
from contactcentre.api.problems import answers, problem
from contactcentre.auth import tokens
from contactcentre.container import Container
from contactcentre.db import UnitOfWork
from contactcentre.idempotency import Answer

Out = TypeVar("Out", bound=BaseModel)
JSON = "application/json"
SECURITY: list[dict[str, list[str]]] = [{"token": []}]


class Unauthorized(Exception):
    """No token, or none that is valid."""


def blueprint(name: str, about: str) -> APIBlueprint:
    """Make one part of the API; what holds for all calls stands here."""
    made = APIBlueprint(
        f"api_{name}",
        __name__,
        url_prefix="/api/v1",
        abp_tags=[Tag(name=name, description=about)],
        abp_security=SECURITY,
        abp_responses=answers(401, 403, 422, 429, 503),
        operation_id_callback=_named,
    )
    made.before_request(_admit)
    made.after_request(limits.show)
    return made


def container() -> Container:
    """Return this application's container."""
    found: Container = current_app.extensions["contactcentre"]
    return found


def reads(work: Callable[[Session, Viewer], BaseModel]) -> Response:
    """Answer a reading call with what ``work`` returns."""
    with container().db.reader() as session:
        viewer, token = _caller(session)
        body = work(session, viewer).model_dump_json()
        unnoted = _use_unnoted(session, token)
    return _read(body, token, unnoted=unnoted)


def reads_and_notes(work: Callable[[Session, Viewer], BaseModel]) -> Response:
    """Answer a reading call whose look at personal data is written down."""
    with container().db.recorder() as session:
        viewer, token = _caller(session)
        body = work(session, viewer).model_dump_json()
        unnoted = _use_unnoted(session, token)
    return _read(body, token, unnoted=unnoted)


def _read(body: str, token: ApiToken, *, unnoted: bool) -> Response:
    if unnoted:
        container().db.run(lambda uow: _note_use(uow.session, uow.session.get_one(ApiToken, token.id)))
    return Response(body, 200, content_type=JSON)


def changes(work: Callable[[UnitOfWork, Viewer], BaseModel | Answer], *, status: int = 200) -> Response:
    """Answer a changing call in one transaction; with an Idempotency-Key a repeat gets the first answer.

    ``work`` returns what is answered with ``status``, or the whole answer.
    """
    key = request.headers.get("Idempotency-Key")

    def once(uow: UnitOfWork) -> Answer:
        viewer, token = _caller(uow.session)
        _note_use(uow.session, token)
        if key is not None:
            asked = f"{request.method} {request.path}\n".encode() + request.get_data()
            given = idempotency.begin(uow.session, viewer, key=key, request=asked)
            if given is not None:
                return given
        done = work(uow, viewer)
        answer = done if isinstance(done, Answer) else Answer(status, body=done.model_dump_json().encode())
        if key is not None:
            idempotency.finish(uow.session, viewer, key=key, answer=answer)
        return answer

    answer = container().db.run(once)
    headers = {"Location": answer.location} if answer.location else {}
    return Response(answer.body or b"", answer.status, headers, content_type=JSON)


def refuse_caller() -> Response:
    """Answer a call without a valid token."""
    return problem(401, "Send `Authorization: Bearer TOKEN`; an administrator makes tokens with `token create`.")


def _named(*, name: str, path: str, method: str) -> str:
    return name  # a call is named as its function is


def _admit() -> Response | None:
    # Before anything is looked at, so that neither a stranger nor a caller gone wild costs a query.
    token = _token()
    return refuse_caller() if token is None else limits.admit(token)


def _token() -> str | None:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None


def _caller(session: Session) -> tuple[Viewer, ApiToken]:
    token = _token()
    found = tokens.find(session, token) if token else None
    if found is None:
        raise Unauthorized
    asked = getattr(current_app.view_functions[request.endpoint or ""], "permission", None)
    if not isinstance(asked, Action) or not may(found[0], asked):
        raise NotAllowed("The role of this token does not allow this call.")
    return found


def _use_unnoted(session: Session, token: ApiToken) -> bool:
    return token.last_used_at is None or clock.now(session) - token.last_used_at > tokens.USE_NOTED_EVERY


def _note_use(session: Session, token: ApiToken) -> None:
    if _use_unnoted(session, token):
        token.last_used_at = clock.now(session)
