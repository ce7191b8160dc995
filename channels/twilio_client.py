"""The one place that touches Twilio's REST client: kept connections, time-outs, a base address, what its errors hide.

The SDK is handed a transport of ours. It sends nowhere else, logs nothing that a citizen wrote, and keeps this
thread's last answer, of which the SDK's exceptions drop the headers.
"""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter

#: seconds to connect, and between two bytes of the answer
TIMEOUT = (3.05, 20.0)
#: connections kept for one account: at least as many as the threads that send through it
CONNECTIONS = 32


@dataclass(frozen=True, slots=True)
class Answer:
    """How the gateway answered: HTTP status, its own error code where it gave one, and the wait that it asks for."""

    status: int
    code: str | None
    retry_after: float | None


class Transport:
    """Stands where the SDK expects its HTTP client, for one account and all threads that send through it."""

    is_async = False

    def __init__(self, base_url: str | None) -> None:
        self._base = base_url
        self._session = requests.Session()
        self._session.trust_env = False
        adapter = HTTPAdapter(pool_connections=1, pool_maxsize=CONNECTIONS, max_retries=0)
        self._session.mount("https://", adapter)
        self._session.mount("http://", adapter)
        self._local = threading.local()

    def request(self, method: str, url: str, **arguments: Any) -> Any:
        """Carry out a request of the SDK, never without a time-out and never to where an answer redirects."""
        from twilio.http.response import Response  # type: ignore[import-untyped]

        arguments |= {"timeout": TIMEOUT, "allow_redirects": False}
        self.forget()
        answer = self._local.last = self._session.request(method, self._aimed(url), **arguments)
        return Response(answer.status_code, answer.text, answer.headers)

    def forget(self) -> None:
        """Drop this thread's last answer."""
        self._local.last = None

    def last(self) -> Answer | None:
        """Return the answer to this thread's last call, or None where none came."""
        found: requests.Response | None = getattr(self._local, "last", None)
        if found is None:
            return None
        wait = found.headers.get("Retry-After", "")
        return Answer(found.status_code, _code(found.text), float(wait) if wait.isdecimal() else None)

    def _aimed(self, url: str) -> str:
        if self._base is None:
            return url
        parts = urlsplit(url)
        return f"{self._base}{parts.path}{'?' if parts.query else ''}{parts.query}"


@dataclass(frozen=True, slots=True)
class Service:
    """The SDK's client of one account, and the transport under it."""

    client: Any
    transport: Transport = field(repr=False)

    @property
    def messages(self) -> Any:
        """The SDK's list of messages: loading it is most of what the SDK costs."""
        return self.client.messages


def service(account_sid: str, auth_token: str, *, base_url: str | None) -> Service:
    """Build a client for one account. Nothing of it is read from the environment, as the SDK would do."""
    from twilio.rest import Client  # type: ignore[import-untyped]  # heavy: made where a message is sent

    transport = Transport(base_url)
    # An empty mapping would make the SDK read the process's own; an edge or a region there would move the host.
    settings = {"TWILIO_EDGE": "", "TWILIO_REGION": ""}
    return Service(Client(account_sid, auth_token, http_client=transport, environment=settings), transport)


def _code(text: str) -> str | None:
    try:
        found = json.loads(text)
    except ValueError:
        return None
    code = found.get("code") if isinstance(found, dict) else None
    return str(code)[:20] if isinstance(code, int | str) and code else None
