"""Phones that dial codes: carries each turn between the gateways' doubles and our hook, and keeps what passed."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import requests

from channels.double import Asked, Callback, DialogueDouble, Shown
from channels.http import Client
from channels.ussd.africastalking_double import AfricasTalkingUssdDouble
from channels.ussd.latest_double import ArkeselDouble, HubtelDouble, NaloDouble
from contactcentre.simulator.accounts import Account

#: gateway → its double, made from our id of the account
DOUBLES: Mapping[str, Callable[[str], DialogueDouble]] = {
    "africastalking": AfricasTalkingUssdDouble,
    "arkesel": ArkeselDouble,
    "hubtel": HubtelDouble,
    "nalo": NaloDouble,
}
#: seconds that a gateway waits for our answer
PATIENCE = 10.0
KEPT, MOST_SESSIONS = 2000, 10_000


@dataclass(frozen=True, slots=True)
class Passed:
    """One turn as the gateway saw it: its request, our answer, and what the phone showed of it."""

    number: int
    account: str
    gateway: str
    session: str
    phone: str
    code: str
    at: str
    asked: str
    answer: int
    ms: int
    answered: str
    shown: str
    ends: bool
    fault: str


class Switch:
    """All USSD gateways of one installation. Safe to use from several threads."""

    def __init__(self, *, clock: Callable[[], datetime], call_back: Callable[[str, Callback], object]) -> None:
        self._clock, self._call_back = clock, call_back
        self._client = Client()
        self._lock = threading.Lock()
        self._doubles: dict[str, DialogueDouble] = {}
        self._whose: dict[str, tuple[Account, str, str]] = {}
        self._passed: deque[Passed] = deque(maxlen=KEPT)
        self._number = 0

    def dial(self, account: Account, phone: str, code: str, *, twice: bool = False) -> tuple[str, Shown]:
        """Dial a code; returns the session and the first screen."""
        with self._lock:
            double = self._double(account)
            asked = double.dial(phone, code)
            self._whose[asked.session] = (account, phone, code)
            if len(self._whose) > MOST_SESSIONS:
                del self._whose[next(iter(self._whose))]
        return asked.session, self._carried(asked, twice=twice)

    def key(self, session: str, said: str, *, twice: bool = False) -> Shown:
        """Key something in; raises ``LookupError`` for a session that is over or was never there."""
        if session not in self._whose:
            raise LookupError("there is no such session; dial first")
        with self._lock:
            asked = self._double(self._whose[session][0]).key(session, said)
        return self._carried(asked, twice=twice)

    def hang_up(self, session: str) -> None:
        """Leave a session; the gateway tells us, where it does so."""
        if session not in self._whose:
            raise LookupError("there is no such session; dial first")
        account = self._whose[session][0]
        with self._lock:
            told = self._double(account).hang_up(session, now=self._clock())
        if isinstance(told, Callback):
            self._call_back(account.id, told)
        elif told is not None:
            self._posted(account, told)

    def passed(self, phone: str | None, after: int) -> list[dict[str, Any]]:
        """Return the turns behind the number ``after``, oldest first."""
        with self._lock:
            return [asdict(one) for one in self._passed if one.number > after and phone in (None, one.phone)]

    def _carried(self, asked: Asked, *, twice: bool) -> Shown:
        account = self._whose[asked.session][0]
        status, body, ms = self._posted(account, asked)
        if twice:
            status, body, ms = self._posted(account, asked)
        with self._lock:
            shown = self._double(account).read(asked.session, status, body)
            self._keep(asked, shown, status, body, ms)
        if shown.ends:
            self.hang_up(asked.session)
        return shown

    def _posted(self, account: Account, asked: Asked) -> tuple[int, bytes, int]:
        began = time.monotonic()
        try:
            reply = self._client.session().post(
                account.hooks.get("session", ""),
                data=asked.body,
                headers={"Content-Type": asked.content_type},
                timeout=(3.05, PATIENCE),
                allow_redirects=False,
            )
            status, body = reply.status_code, reply.content
        except requests.RequestException:
            status, body = 0, b""
        return status, body, round((time.monotonic() - began) * 1000)

    def _keep(self, asked: Asked, shown: Shown, status: int, body: bytes, ms: int) -> None:
        account, phone, code = self._whose[asked.session]
        self._number += 1
        self._passed.append(
            Passed(
                number=self._number,
                account=account.id,
                gateway=account.gateway,
                session=asked.session,
                phone=phone,
                code=code,
                at=self._clock().isoformat(),
                asked=asked.body.decode("utf-8", "replace"),
                answer=status,
                ms=ms,
                answered=body.decode("utf-8", "replace"),
                shown=shown.text,
                ends=shown.ends,
                fault=shown.fault,
            )
        )

    def _double(self, account: Account) -> DialogueDouble:
        return self._doubles.setdefault(account.id, DOUBLES[account.gateway](account.id))
