"""Calls of a token are counted: in Redis for all processes, by each process alone while Redis is away."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from redis import Redis

from contactcentre.api import limits
from contactcentre.api.limits import EXTENSION, Limits
from contactcentre.db import Database
from tests.web.api_caller import CALLS, callers, is_problem

if TYPE_CHECKING:
    from flask import Flask

NOBODY = "redis://127.0.0.1:1/0"
#: seconds; these tests ask what is counted, and a busy machine must not change that
PATIENT = 30.0


@pytest.fixture
def redis(redis_url: str) -> Iterator[Redis]:
    with Redis.from_url(redis_url) as client:
        yield client
        client.flushdb()


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that the limits believe in."""
    moment = [1000.0]
    monkeypatch.setattr(limits, "time", SimpleNamespace(monotonic=lambda: moment[0]))
    return moment


def counts(one: Limits, token: str, calls: int) -> list[int]:
    found = [one.take(token) for _ in range(calls)]
    return [standing.count for standing in found if standing is not None]


def test_two_processes_count_together_in_redis(redis_url: str, redis: Redis) -> None:
    one, two = (Limits(redis_url, 3, patience=PATIENT) for _ in range(2))
    assert counts(one, "a", 2) + counts(two, "a", 2) == [1, 2, 3, 4]
    assert counts(two, "b", 1) == [1]
    standing = two.take("a")
    assert standing is not None
    assert standing.exceeded and standing.remaining == 0
    assert 0 < standing.reset <= 60


def test_a_window_in_redis_ends_by_itself_and_holds_no_token(redis_url: str, redis: Redis) -> None:
    one = Limits(redis_url, 3, patience=PATIENT)
    assert counts(one, "cc_a-secret", 2) == [1, 2]
    (key,) = redis.keys()  # type: ignore[misc]
    assert b"secret" not in key
    assert 0 < redis.pttl(key) <= 60_000
    redis.delete(key)  # as its end does
    assert counts(one, "cc_a-secret", 1) == [1]
    assert redis.pttl(key) > 0


def test_without_redis_a_process_counts_alone_and_the_window_ends(at: list[float]) -> None:
    one = Limits(NOBODY, 2)
    assert counts(one, "a", 3) == [1, 2, 3]
    assert counts(one, "b", 1) == [1]
    at[0] += 59.5
    standing = one.take("a")
    assert standing is not None
    assert (standing.exceeded, standing.reset) == (True, 1)
    at[0] += 0.5
    assert counts(one, "a", 1) == [1]


def test_a_server_that_does_not_answer_is_asked_once_in_five_seconds(at: list[float]) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=16) as server:
        server.setblocking(False)
        one = Limits(f"redis://127.0.0.1:{server.getsockname()[1]}", 9)
        assert counts(one, "a", 3) == [1, 2, 3]
        assert connections(server) == 1
        at[0] += 4.9
        assert counts(one, "a", 1) == [4]
        assert connections(server) == 0
        at[0] += 0.2
        assert counts(one, "a", 1) == [5]
        assert connections(server) == 1


def connections(server: socket.socket) -> int:
    found = 0
    while True:
        try:
            server.accept()[0].close()
        except BlockingIOError:
            return found
        found += 1


def test_a_call_waits_less_than_50_milliseconds_whatever_redis_does() -> None:
    kwargs = Limits("redis://user:word@127.0.0.1:1/0", 9)._connection().connection_pool.connection_kwargs
    # One step to connect, one to log in, one to ask; nothing is asked besides and nothing is tried again.
    longest = kwargs["socket_connect_timeout"] + 2 * kwargs["socket_timeout"]
    assert longest < 0.05
    assert (kwargs["retry"], kwargs["protocol"], kwargs["driver_info"]) == (None, 2, None)


def test_redis_is_counted_in_again_when_it_is_back(at: list[float], redis_url: str, redis: Redis) -> None:
    one = Limits(redis_url, 9, patience=PATIENT)
    there, one._redis = one._connection(), Redis.from_url(NOBODY)
    assert counts(one, "a", 2) == [1, 2]
    one._redis = there
    assert counts(one, "a", 1) == [3]
    at[0] += 5.1
    assert counts(one, "a", 1) == [1]
    assert len(redis.keys()) == 1  # type: ignore[arg-type]


def test_what_strangers_invent_does_not_fill_the_memory(at: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MOST_KEPT", 5)
    one = Limits(NOBODY, 9)
    for number in range(20):
        one.take(f"invented-{number}")
        assert len(one._kept) <= 5
    at[0] += 61
    one.take("later")
    assert len(one._kept) == 1


def test_nought_is_no_limit() -> None:
    assert Limits(NOBODY, 0).take("a") is None


@pytest.mark.parametrize("server", ["redis", "away"])
def test_one_call_too_many_is_429_and_says_when_to_come_back(
    app: Flask, db: Database, redis_url: str, server: str
) -> None:
    app.extensions[EXTENSION] = Limits(redis_url if server == "redis" else NOBODY, 2, patience=PATIENT)
    one, other = (callers(app, db)() for _ in range(2))
    standings = []
    for path in ("/cases", "/departments"):
        answer = one.get(path)
        assert answer.status_code == 200
        standings.append([answer.headers[f"RateLimit-{name}"] for name in ("Limit", "Remaining")])
        assert 0 < int(answer.headers["RateLimit-Reset"]) <= 60
    assert standings == [["2", "1"], ["2", "0"]]
    for call in CALLS:  # reading or changing, whatever its body
        refused = one.call(call)
        assert "2 calls a minute" in is_problem(refused, 429)["detail"]
        assert refused.headers["Retry-After"] == refused.headers["RateLimit-Reset"]
        assert refused.headers["RateLimit-Remaining"] == "0"
    assert other.get("/cases").status_code == 200
    assert app.test_client().get("/api/v1/openapi.json").status_code == 200


def test_the_limit_is_a_setting_and_600_by_default(app: Flask, db: Database) -> None:
    assert callers(app, db)().get("/cases").headers["RateLimit-Limit"] == "600"
    assert app.extensions[EXTENSION].per_minute == app.extensions["contactcentre"].settings.api_limit == 600
