"""Posts the gateways' callbacks to our hooks, each when it is due, and again until it is taken."""

from __future__ import annotations

import heapq
import itertools
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import requests

from channels.http import Client

WORKERS = 4
#: callbacks that may wait at once
MOST = 20_000
#: seconds before the next try; the last one repeats. Long enough for our side to be restarted and upgraded
PAUSES = (0.5, 1.0, 2.0, 5.0, 10.0)
TRIES = 200


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one try ended. ``answer`` is the HTTP status, 0 without one; ``final``: it will not be tried again."""

    answer: int
    ms: int
    tries: int
    final: bool

    @property
    def taken(self) -> bool:
        """Tell whether our hook took it."""
        return 200 <= self.answer < 300


@dataclass(frozen=True, slots=True)
class Errand:
    """One callback to carry; ``url`` is asked before each try, since it may have changed; None: nobody to call.

    ``sign`` returns what the gateway adds to its headers for that address. ``body`` gives what is posted in the form's
    place, as ``content_type``.
    """

    url: Callable[[], str | None]
    form: Mapping[str, str]
    done: Callable[[Outcome], None]
    sign: Callable[[str], Mapping[str, str]] | None = None
    body: Callable[[], bytes] | None = None
    content_type: str = ""


class Courier:
    """A few threads that share one list of what is due."""

    def __init__(self) -> None:
        self._client = Client()
        self._due: list[tuple[float, int, Errand, int]] = []
        self._order = itertools.count()
        self._awake = threading.Condition()
        self._closed = False
        self._threads = [threading.Thread(target=self._work, name=f"courier-{n}", daemon=True) for n in range(WORKERS)]
        for thread in self._threads:
            thread.start()

    def add(self, errand: Errand, *, after: float = 0.0) -> bool:
        """Take an errand that is due in ``after`` seconds; False where too many wait already."""
        with self._awake:
            if len(self._due) >= MOST:
                return False
            self._put(errand, after, tries=0)
            return True

    def close(self) -> None:
        """Stop; what waits is dropped."""
        with self._awake:
            self._closed = True
            self._awake.notify_all()
        for thread in self._threads:
            thread.join(timeout=5)

    def _put(self, errand: Errand, after: float, *, tries: int) -> None:
        heapq.heappush(self._due, (time.monotonic() + after, next(self._order), errand, tries))
        self._awake.notify()

    def _work(self) -> None:
        while (found := self._next()) is not None:
            errand, tries = found
            outcome = self._post(errand, tries + 1)
            errand.done(outcome)
            if not outcome.final:
                with self._awake:
                    self._put(errand, PAUSES[min(tries, len(PAUSES) - 1)], tries=tries + 1)

    def _next(self) -> tuple[Errand, int] | None:
        with self._awake:
            while not self._closed:
                wait = self._due[0][0] - time.monotonic() if self._due else None
                if wait is not None and wait <= 0:
                    _, _, errand, tries = heapq.heappop(self._due)
                    return errand, tries
                self._awake.wait(wait)
            return None

    def _post(self, errand: Errand, tries: int) -> Outcome:
        started, answer, url = time.monotonic(), 0, errand.url()
        if url is not None:
            try:
                headers = dict(errand.sign(url)) if errand.sign else {}
                data = errand.body() if errand.body else dict(errand.form)
                if errand.body:
                    headers["Content-Type"] = errand.content_type
                reply = self._client.session().post(
                    url, data=data, headers=headers, timeout=(3.05, 10.0), allow_redirects=False
                )
                answer = reply.status_code
            except requests.RequestException:
                answer = 0  # our side is down: tried again like any other answer that is not 2xx
        ms = round((time.monotonic() - started) * 1000)
        return Outcome(answer, ms, tries, final=200 <= answer < 300 or tries >= TRIES or url is None)
