"""How a form's change runs: one unit of work under the form's idempotency key, then a redirect that may be repeated."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from typing import TypeVar

from flask import abort, redirect, request
from werkzeug.wrappers import Response

from contactcentre import idempotency
from contactcentre.db import UnitOfWork
from contactcentre.idempotency import Answer
from contactcentre.web.context import container, viewer

KEY_FIELD = "key"
#: what may differ between two sendings of the same form; and what must leave no trace here, not even as a quick hash
_NOT_ASKED = {"csrf", KEY_FIELD, "password", "repeated", "old", "code"}
Result = TypeVar("Result")


def change(work: Callable[[UnitOfWork], str]) -> Response:
    """Do ``work`` once, which returns where to go next; the same form sent again gets that answer and does nothing.

    An error of the domain undoes the key too, so that the mended form can be sent again with it.
    """
    who, key, asked = viewer(), _key(), _asked()

    def once(uow: UnitOfWork) -> Answer:
        given = idempotency.begin(uow.session, who, key=key, request=asked)
        if given is not None:
            return given
        answer = Answer(303, location=work(uow))
        idempotency.finish(uow.session, who, key=key, answer=answer)
        return answer

    answer = container().db.run(once)
    return redirect(answer.location or "/", answer.status)


def first_time(work: Callable[[UnitOfWork], Result]) -> Result | None:
    """Do ``work`` once, whose answer is shown once and kept nowhere; None for the same form sent again."""
    who, key, asked = viewer(), _key(), _asked()

    def once(uow: UnitOfWork) -> Result | None:
        if idempotency.begin(uow.session, who, key=key, request=asked) is not None:
            return None
        result = work(uow)
        idempotency.finish(uow.session, who, key=key, answer=Answer(200))
        return result

    return container().db.run(once)


def new_key() -> str:
    """Return a key for one form."""
    return secrets.token_urlsafe(18)


def _key() -> str:
    key = request.form.get(KEY_FIELD, "")
    if not key or len(key) > idempotency.LONGEST:
        abort(400, "This form is incomplete. Load the page again and repeat it.")
    return key


class Keys(dict[str, str]):
    """A key for each form that a page has, made when it is asked for."""

    def __missing__(self, form: str) -> str:
        return self.setdefault(form, new_key())


def _asked() -> bytes:
    fields = sorted((name, value) for name, value in request.form.items(multi=True) if name not in _NOT_ASKED)
    files = [(name, file.filename, _digest(file.stream)) for name, file in request.files.items(multi=True)]
    return repr((request.method, request.path, fields, files)).encode()


def _digest(stream: object) -> str:
    digest = hashlib.sha256()
    while chunk := stream.read(65536):  # type: ignore[attr-defined]
        digest.update(chunk)
    stream.seek(0)  # type: ignore[attr-defined]
    return digest.hexdigest()
