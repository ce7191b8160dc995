"""The least that a route can do and still ask the database: one indexed SELECT. What dialogues are measured beside."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import Any

from sqlalchemy import create_engine, text

_engine = create_engine(os.environ.get("DATABASE_URL", "postgresql+psycopg://"), pool_size=40)
_ONE = text("select id from case_file where reference = :reference")


def app(environ: dict[str, Any], start_response: Callable[[str, list[tuple[str, str]]], object]) -> Iterable[bytes]:
    """Answer any request."""
    environ["wsgi.input"].read()
    with _engine.connect() as connection:
        connection.execute(_ONE, {"reference": "00000000"}).first()
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "2")])
    return [b"ok"]
