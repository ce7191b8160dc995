"""Posts what voice gateways ask and tell to our hooks, in order, and keeps what passed."""

from __future__ import annotations

import re
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import partial
from typing import Any
from urllib.parse import urlencode

import requests

from channels.double import Fault
from channels.http import Client
from channels.voice.double import Post, Running
from contactcentre.simulator.accounts import Account
from contactcentre.simulator.courier import Courier, Errand

#: seconds that a gateway waits for our answer
PATIENCE = 15.0
KEPT = 2000
FORM = "application/x-www-form-urlencoded"
_TRIES = re.compile(r"#(?:.*&)?rc=(\d)")


@dataclass(frozen=True, slots=True)
class Carried:
    """One request as the gateway saw it, with our answer."""

    number: int
    account: str
    gateway: str
    session: str
    phone: str
    line: str
    at: str
    event: str
    asked: str
    answer: int
    ms: int
    answered: str
    reads: bool


class Carrier:
    """Carries requests for all voice gateways. Safe to use from several threads."""

    def __init__(self, *, clock: Callable[[], datetime], courier: Courier, fault: Callable[[str], Fault]) -> None:
        self._clock, self._courier, self._fault = clock, courier, fault
        self._client = Client()
        self._lock = threading.Lock()
        self._carried: deque[Carried] = deque(maxlen=KEPT)
        self._number = 0

    def ask(self, account: Account, call: Running, post: Post) -> tuple[int, bytes]:
        """Ask what to do next, again where the address says so; twice where the gateway shall repeat itself."""
        tries = int(found[1]) if (found := _TRIES.search(self._url(account, post))) else 0
        status, body = self._posted(account, call, post, reads=True)
        if self._fault(account.gateway) is Fault.DUPLICATE_REPORTS:
            status, body = self._posted(account, call, post, reads=True)
        while tries and not 200 <= status < 500:
            tries -= 1
            status, body = self._posted(account, call, post, reads=True)
        return status, body

    def tell(self, account: Account, call: Running, post: Post) -> None:
        """Tell something whose answer nobody reads; again until it is taken."""
        fault = self._fault(account.gateway)
        if fault is Fault.LOSE_REPORTS or not self._url(account, post):
            return
        if post.after_seconds:
            self._later(account, post, post.after_seconds)
            return
        status, _ = self._posted(account, call, post, reads=False)
        if fault is Fault.DUPLICATE_REPORTS:
            status, _ = self._posted(account, call, post, reads=False)
        if not 200 <= status < 300:
            self._later(account, post, 1.0)

    def carried(self, phone: str | None, after: int) -> list[dict[str, Any]]:
        """Return the requests behind the number ``after``, oldest first."""
        with self._lock:
            return [asdict(one) for one in self._carried if one.number > after and phone in (None, one.phone)]

    def _later(self, account: Account, post: Post, seconds: float) -> None:
        url = self._url(account, post)
        errand = Errand(lambda: url or None, post.form, lambda _: None, post.sign)
        self._courier.add(errand, after=seconds)

    def _url(self, account: Account, post: Post) -> str:
        return post.url or account.hooks.get(post.event, "")

    def _posted(self, account: Account, call: Running, post: Post, *, reads: bool) -> tuple[int, bytes]:
        began, url = time.monotonic(), self._url(account, post)
        headers = {"Content-Type": FORM, **(post.sign(url) if post.sign else {})}
        sent = partial(self._client.session().post, allow_redirects=False, timeout=(3.05, PATIENCE))
        try:
            reply = sent(url, data=urlencode(post.form), headers=headers)
            status, body = reply.status_code, reply.content
        except requests.RequestException:
            status, body = 0, b""
        ms = round((time.monotonic() - began) * 1000)
        with self._lock:
            self._number += 1
            one = Carried(
                number=self._number,
                account=account.id,
                gateway=account.gateway,
                session=call.session,
                phone=call.phone,
                line=call.line,
                at=self._clock().isoformat(),
                event=post.event,
                asked=urlencode(post.form),
                answer=status,
                ms=ms,
                answered=body.decode("utf-8", "replace"),
                reads=reads,
            )
            self._carried.append(one)
        return status, body
