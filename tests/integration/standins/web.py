"""Answers 200 with its process id while PostgreSQL and Valkey answer too, 503 otherwise."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import Any

import psycopg
from redis import Redis
from redis.exceptions import RedisError

from config import settings


def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    found = settings.load()
    try:
        with psycopg.connect(found.database_url.replace("+psycopg", "")) as connection:
            count = connection.execute("select count(*) from starts").fetchone()
        with Redis.from_url(found.redis_url) as redis:
            redis.ping()
    except (psycopg.Error, RedisError) as error:
        start_response("503 Service Unavailable", [("Content-Type", "text/plain")])
        return [type(error).__name__.encode()]
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [f"{os.getpid()} {count[0] if count else 0}".encode()]
