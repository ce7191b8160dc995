"""Access tokens for mail servers that take no passwords (RFC 6749), kept until shortly before they end."""

from __future__ import annotations

import threading
import time

import requests

from channels.email.settings import MailboxSettings
from channels.errors import AccountFault, GatewayDown
from channels.http import TIMEOUT, Client

#: seconds before its end at which a token is not used any more
_MARGIN = 120.0
_USUAL = 3600.0


class Tokens:
    """The access token of one account."""

    def __init__(self, settings: MailboxSettings, client: Client) -> None:
        self._settings, self._client = settings, client
        self._lock = threading.Lock()
        self._token, self._until = "", 0.0

    def current(self) -> str:
        """Return a token that is valid for a while; raises :class:`channels.errors.SendError` where none is given."""
        with self._lock:
            if time.monotonic() >= self._until:
                self._token, lasts = self._asked()
                self._until = time.monotonic() + lasts - _MARGIN
            return self._token

    def _asked(self) -> tuple[str, float]:
        url = self._settings.token_url or ""
        try:
            self._client.check(url)
            answer = self._client.session().post(url, data=self._form(), timeout=TIMEOUT)
            found = answer.json() if answer.status_code < 500 else {}
        except (requests.RequestException, OSError) as error:
            raise GatewayDown(type(error).__name__) from None
        except ValueError:
            found = {}
        if "access_token" not in found:
            if answer.status_code >= 500:
                raise GatewayDown(str(answer.status_code))
            raise AccountFault("no token was given", code=str(found.get("error", answer.status_code))[:80])
        return str(found["access_token"]), float(found.get("expires_in", _USUAL))

    def _form(self) -> dict[str, str]:
        settings = self._settings
        form = {"client_id": settings.client_id or "", "scope": settings.scope or ""}
        if settings.client_secret is not None:
            form["client_secret"] = settings.read_secret(settings.client_secret)
        if settings.refresh_token is not None:
            return {
                **form,
                "grant_type": "refresh_token",
                "refresh_token": settings.read_secret(settings.refresh_token),
            }
        return {**form, "grant_type": "client_credentials"}
