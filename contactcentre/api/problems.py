"""Errors of the API as problem details (RFC 9457), each naming the field and the remedy."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from flask import Response, jsonify
from pydantic import BaseModel, Field, ValidationError

from cases.errors import DomainError, Invalid, NotAllowed, NotFound, Stale, Undeliverable
from cases.looked import NewerMessage

STATUS: dict[type[DomainError], int] = {Invalid: 422, NotFound: 404, NotAllowed: 403, Stale: 409, Undeliverable: 409}
TITLES = {
    401: "A valid bearer token is needed",
    403: "Not allowed",
    404: "Not found",
    409: "The case has changed, or cannot be answered",
    422: "Something in the request cannot be used",
    429: "Too many calls",
    503: "Try again later",
}
CONTENT_TYPE = "application/problem+json"
#: seconds after which a call that found the database away or busy may be worth repeating
RETRY_AFTER = 5


class Fault(BaseModel):
    field: str
    message: str


class Problem(BaseModel):
    type: str = Field("about:blank", description="no kind of its own: the status says what it is")
    title: str
    status: int
    detail: str = Field(description="what was wrong and what to do about it")
    field: str | None = Field(None, description="the field at fault, where there is one")
    errors: list[Fault] | None = Field(None, description="every field at fault")
    newer: list[str] | None = Field(None, description="the citizen's words that had not been seen, oldest first")


def answers(*statuses: int) -> dict[int | str, Any]:
    """Return the OpenAPI descriptions of these problems."""
    schema = {"schema": {"$ref": f"#/components/schemas/{Problem.__name__}"}}
    return {status: {"description": TITLES[status], "content": {CONTENT_TYPE: schema}} for status in statuses}


def problem(status: int, detail: str, **more: Any) -> Response:
    """Build an answer of type ``application/problem+json``."""
    title = TITLES.get(status) or HTTPStatus(status).phrase
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail, **more}
    response = jsonify({key: value for key, value in body.items() if value is not None})
    response.status_code = status
    response.content_type = CONTENT_TYPE
    if status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    if status == 503:
        response.headers["Retry-After"] = str(RETRY_AFTER)
    return response


def of_domain(error: DomainError) -> Response:
    """Turn an error of the domain into an answer."""
    status = next((code for kind, code in STATUS.items() if isinstance(error, kind)), 422)
    newer = error.newer if isinstance(error, NewerMessage) else None
    errors = [{"field": error.field, "message": str(error)}] if status == 422 and error.field else None
    return problem(status, str(error), field=error.field, errors=errors, newer=newer)


def of_validation(error: ValidationError) -> Response:
    """Turn what the schema refused into an answer; the input itself is not echoed."""
    faults = [{"field": ".".join(map(str, fault["loc"])), "message": fault["msg"]} for fault in error.errors()]
    if any(not fault["field"] for fault in faults):
        return problem(422, "Send one JSON object, with Content-Type: application/json.")
    return problem(422, "See errors for each field.", field=faults[0]["field"], errors=faults)
