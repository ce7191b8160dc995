"""The one place that reaches into Africa's Talking's SDK: kept connections, a base address, and the status it hides.

The SDK opens a connection for each call and drops the HTTP status of an error. Both are mended by giving its module
an object that looks like ``requests`` and uses this thread's session; a test notices when the SDK changes.
"""

from __future__ import annotations

import threading
from typing import Any

import requests

from channels.http import Client


class Transport:
    """Stands in for the ``requests`` module inside the SDK, for all accounts of the process."""

    def __init__(self) -> None:
        self._client = Client()
        self._local = threading.local()

    def get(self, **arguments: Any) -> requests.Response:
        """Send a GET as the SDK asks for it."""
        return self._call("GET", arguments)

    def post(self, **arguments: Any) -> requests.Response:
        """Send a POST as the SDK asks for it."""
        return self._call("POST", arguments)

    def forget(self) -> None:
        """Forget this thread's last answer, so that it is not taken for the answer to what comes now."""
        self._local.last = None

    def last(self) -> requests.Response | None:
        """Return the answer to this thread's last call, or None where none came."""
        found: requests.Response | None = getattr(self._local, "last", None)
        return found

    def _call(self, method: str, arguments: dict[str, Any]) -> requests.Response:
        self.forget()
        url = arguments.pop("url")
        answer = self._client.session().request(method, url, allow_redirects=False, **arguments)
        self._local.last = answer
        return answer


_transport = Transport()


def service(username: str, api_key: str, *, base_url: str | None) -> Any:
    """Build an SMS service of the SDK for one account; no globals of the SDK's ``initialize`` are used."""
    import africastalking.Service  # heavy: made where a message is sent
    from africastalking.SMS import SMSService

    africastalking.Service.requests = _transport
    made = SMSService(username, api_key)
    if base_url is not None:
        made._baseUrl = made._contentUrl = f"{base_url}/version1"
    return made


def forget() -> None:
    """Forget the answer to this thread's last call."""
    _transport.forget()


def last_answer() -> requests.Response | None:
    """Return the gateway's answer to this thread's last call."""
    return _transport.last()
