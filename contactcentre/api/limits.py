"""How many calls a token may make in a minute: counted in Redis for all processes, here alone while Redis is away."""

from __future__ import annotations

import hashlib
import math
import threading
import time
from dataclasses import dataclass
from typing import cast

import structlog
from flask import Response, current_app, g
from redis import Redis
from redis.exceptions import RedisError

from contactcentre.api.problems import problem

log = structlog.get_logger(__name__)

EXTENSION = "contactcentre.limits"
WINDOW = 60.0
#: a call waits this long for Redis at most, spread over connecting, logging in and asking
PATIENCE = 0.045
STEPS = 3
REST_AFTER_FAILURE = 5.0
#: tokens that one process counts by itself; strangers' inventions must not fill its memory
MOST_KEPT = 10_000
# One script, so that a count which has just lapsed cannot begin again without its end.
_COUNT = """
local count = redis.call('incr', KEYS[1])
if count == 1 then redis.call('pexpire', KEYS[1], ARGV[1]) end
return {count, redis.call('pttl', KEYS[1])}
"""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a token stands after a call; ``reset`` is in seconds from now."""

    limit: int
    count: int
    reset: int

    @property
    def remaining(self) -> int:
        """Return how many more calls the window takes."""
        return max(self.limit - self.count, 0)

    @property
    def exceeded(self) -> bool:
        """Tell whether this call was one too many."""
        return self.count > self.limit


class Limits:
    """The windows of all tokens. A window begins with a token's first call and lasts a minute."""

    def __init__(self, redis_url: str, per_minute: int, *, patience: float = PATIENCE) -> None:
        self.per_minute = per_minute
        self._redis_url = redis_url
        self._step = patience / STEPS
        self._redis: Redis | None = None
        self._rest_until = 0.0
        self._kept: dict[str, tuple[float, int]] = {}
        self._lock = threading.Lock()

    def take(self, token: str) -> Standing | None:
        """Count one call of a token; None where calls are not limited. Never raises."""
        if self.per_minute <= 0:
            return None
        key = hashlib.sha256(token.encode()).hexdigest()
        count, seconds = self._together(key) or self._alone(key)
        return Standing(self.per_minute, count, max(math.ceil(seconds), 1))

    def _together(self, key: str) -> tuple[int, float] | None:
        if time.monotonic() < self._rest_until:
            return None
        try:
            found = self._connection().eval(_COUNT, 1, f"contactcentre:calls:{key}", str(int(WINDOW * 1000)))
        except RedisError as error:
            self._rest_until = time.monotonic() + REST_AFTER_FAILURE
            log.warning("limits.counting_alone", error=type(error).__name__)
            return None
        count, milliseconds = cast(list[int], found)
        return count, milliseconds / 1000

    def _alone(self, key: str) -> tuple[int, float]:
        now = time.monotonic()
        with self._lock:
            ends, count = self._kept.get(key, (0.0, 0))
            if ends <= now:
                self._make_room(now)
                ends, count = now + WINDOW, 0
            self._kept[key] = (ends, count + 1)
        return count + 1, ends - now

    def _make_room(self, now: float) -> None:
        if len(self._kept) < MOST_KEPT:
            return
        self._kept = {key: kept for key, kept in self._kept.items() if kept[0] > now}
        if len(self._kept) >= MOST_KEPT:
            del self._kept[next(iter(self._kept))]

    def _connection(self) -> Redis:
        with self._lock:
            if self._redis is None:
                self._redis = Redis.from_url(
                    self._redis_url,
                    socket_timeout=self._step,
                    socket_connect_timeout=self._step,
                    retry=None,
                    # Each greeting of the client's would be one more answer to wait for.
                    protocol=2,
                    driver_info=None,
                )
            return self._redis


def admit(token: str) -> Response | None:
    """Count this request for its token; the answer that turns it away, or None where it may go on."""
    standing: Standing | None = current_app.extensions[EXTENSION].take(token)
    g.standing = standing
    if standing is None or not standing.exceeded:
        return None
    refused = problem(429, f"This token may make {standing.limit} calls a minute. Wait {standing.reset} seconds.")
    refused.headers["Retry-After"] = str(standing.reset)
    return refused


def show(response: Response) -> Response:
    """Tell the caller where its token stands, as the IETF's draft on RateLimit header fields has it."""
    standing: Standing | None = g.get("standing")
    if standing is not None:
        response.headers["RateLimit-Limit"] = str(standing.limit)
        response.headers["RateLimit-Remaining"] = str(standing.remaining)
        response.headers["RateLimit-Reset"] = str(standing.reset)
    return response
