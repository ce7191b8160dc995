"""Gateways that call our hooks at a steady rate, and again where they were not told 2xx; all they were told is kept."""

from __future__ import annotations

import heapq
import http.client
import itertools
import threading
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

#: a gateway waits so long for an answer
PATIENCE = 15.0
HEADERS = {"Content-Type": "application/x-www-form-urlencoded"}
#: tries of one callback at most, and seconds between two of them: each pause is twice the one before, up to this
TRIES, LONGEST = 60, 4.0


@dataclass(frozen=True)
class Told:
    """One try and its answer; ``status`` is 0 where none came, ``at`` when it came, by the monotonic clock."""

    id: str
    at: float
    status: int
    seconds: float

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300


class Senders:
    """Posts every form once, ``rate`` a second (None: as fast as it goes).

    What is not told 2xx is posted again ``again`` seconds later, and then less and less often.
    """

    def __init__(
        self,
        address: str,
        path: str,
        forms: Sequence[Mapping[str, str]],
        *,
        rate: float | None,
        clients: int = 16,
        again: float | None = None,
    ) -> None:
        self.told: list[Told] = []
        self._address, self._path, self._forms, self._again = address, path, forms, again
        self._lock = threading.Condition()
        self._order = itertools.count()
        self._left = len(forms)
        self._due: list[tuple[float, int, int, int]] = []
        self._closed = False
        began = time.monotonic()
        for number in range(len(forms)):
            self._put(began + (number / rate if rate else 0.0), number, tries=1)
        self._threads = [threading.Thread(target=self._post_all, daemon=True) for _ in range(clients)]
        for thread in self._threads:
            thread.start()

    @property
    def done(self) -> bool:
        """Tell whether nothing is to be posted any more."""
        return self._left == 0

    @property
    def acked(self) -> set[str]:
        """The ids that were told 2xx at least once."""
        return {one.id for one in list(self.told) if one.ok}

    @property
    def offered(self) -> set[str]:
        """All ids, each once."""
        return {form["id"] for form in self._forms}

    @property
    def answers(self) -> Counter[int]:
        """How often each status was told."""
        return Counter(one.status for one in list(self.told))

    @property
    def seconds(self) -> list[float]:
        """How long each 2xx took, sorted."""
        return sorted(one.seconds for one in list(self.told) if one.ok)

    def slowest(self, until: float, share: float = 0.99) -> float:
        """Return the seconds that all but the slowest took of those answered before an instant."""
        took = sorted(one.seconds for one in list(self.told) if one.ok and one.at < until)
        return took[min(int(len(took) * share), len(took) - 1)] if took else 0.0

    def first_ok(self, after: float) -> float | None:
        """Return when a callback was first told 2xx behind an instant."""
        return min((one.at for one in list(self.told) if one.ok and one.at > after), default=None)

    def close(self) -> None:
        """Stop posting."""
        with self._lock:
            self._closed = True
            self._lock.notify_all()
        for thread in self._threads:
            thread.join(PATIENCE + 1)

    def _put(self, due: float, number: int, *, tries: int) -> None:
        heapq.heappush(self._due, (due, next(self._order), number, tries))

    def _rest(self, tries: int) -> float:
        pause: float = (self._again or 0.0) * 2 ** (tries - 1)
        return min(pause, LONGEST)

    def _next(self) -> tuple[int, int] | None:
        with self._lock:
            while not self._closed and self._left:
                wait = self._due[0][0] - time.monotonic() if self._due else None
                if wait is not None and wait <= 0:
                    _, _, number, tries = heapq.heappop(self._due)
                    return number, tries
                self._lock.wait(wait)
            return None

    def _post_all(self) -> None:
        host, _, port = self._address.partition(":")
        line = http.client.HTTPConnection(host, int(port), timeout=PATIENCE)
        while (found := self._next()) is not None:
            number, tries = found
            told = self._post(line, self._forms[number])
            again = not told.ok and self._again is not None and tries < TRIES
            with self._lock:
                self.told.append(told)
                if again:
                    self._put(time.monotonic() + self._rest(tries), number, tries=tries + 1)
                else:
                    self._left -= 1
                self._lock.notify_all()
        line.close()

    def _post(self, line: http.client.HTTPConnection, form: Mapping[str, str]) -> Told:
        began = time.monotonic()
        try:
            line.request("POST", self._path, urlencode(form), HEADERS)
            answer = line.getresponse()
            answer.read()
            status = answer.status
        except (OSError, http.client.HTTPException):
            line.close()
            status = 0
        ended = time.monotonic()
        return Told(form["id"], ended, status, ended - began)
