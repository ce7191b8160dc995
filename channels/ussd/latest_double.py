"""Doubles of the gateways that send the latest input alone, as JSON: Arkesel, Nalo, Hubtel. Pure, as all doubles."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from channels.double import Asked, Shown
from channels.ussd.double import Talk, Talks, broken, packed, shown, unpacked

JSON = "application/json"


class _Latest(ABC):
    """What the three have in common."""

    gateway = ""

    def __init__(self, account: str) -> None:
        self._account, self._talks = account, Talks()

    def dial(self, phone: str, code: str) -> Asked:
        """Begin a session: the input is the code."""
        session = self._talks.begin(phone, code)
        return Asked(session, packed(self._request(session, self._talks.going_on(session), code, first=True)), JSON)

    def key(self, session: str, said: str) -> Asked:
        """Send the latest input."""
        talk = self._talks.going_on(session)
        talk.keyed.append(said)
        return Asked(session, packed(self._request(session, talk, said, first=False)), JSON)

    def read(self, session: str, status: int, body: bytes) -> Shown:
        """Read an answer."""
        talk, words = self._talks.going_on(session), self._words
        found = unpacked(status, body, *words)
        if isinstance(found, str):
            return broken(talk, found)
        return shown(talk, str(found[words[0]]), ends=not self._goes_on(found[words[1]]))

    def hang_up(self, session: str, *, now: datetime) -> Asked | None:
        """Tell nobody."""
        talk = self._talks.find(session)
        if talk is not None:
            talk.over = True
        return None

    _words = ("", "")

    def _goes_on(self, value: Any) -> bool:
        return value is True

    @abstractmethod
    def _request(self, session: str, talk: Talk, said: str, *, first: bool) -> Mapping[str, Any]:
        """Return a request as this gateway writes it."""


class ArkeselDouble(_Latest):
    """One code at Arkesel."""

    gateway = "arkesel"
    _words = ("message", "continueSession")

    def _request(self, session: str, talk: Talk, said: str, *, first: bool) -> Mapping[str, Any]:
        number = talk.phone.removeprefix("+")
        request = {"sessionID": session, "userID": self._account, "newSession": first, "msisdn": number}
        return {**request, "userData": said, "network": "MTN"}


class NaloDouble(_Latest):
    """One code at Nalo."""

    gateway = "nalo"
    _words = ("MSG", "MSGTYPE")

    def _request(self, session: str, talk: Talk, said: str, *, first: bool) -> Mapping[str, Any]:
        request = {"USERID": self._account, "MSISDN": talk.phone.removeprefix("+"), "USERDATA": said}
        return {**request, "MSGTYPE": first, "NETWORK": "MTN", "SESSIONID": session}


class HubtelDouble(_Latest):
    """One code at Hubtel, which also tells when somebody hangs up."""

    gateway = "hubtel"
    _words = ("Message", "Type")

    def hang_up(self, session: str, *, now: datetime) -> Asked | None:
        """Tell that the session was left, where it was not over."""
        talk = self._talks.find(session)
        if talk is None or talk.over:
            return None
        talk.over = True
        request = {**self._request(session, talk, "", first=False), "Type": "Release"}
        return Asked(session, packed(request), JSON)

    def _goes_on(self, value: Any) -> bool:
        return str(value).casefold() == "response"

    def _request(self, session: str, talk: Talk, said: str, *, first: bool) -> Mapping[str, Any]:
        return {
            "Mobile": talk.phone.removeprefix("+"),
            "SessionId": session,
            "ServiceCode": talk.code.strip("*#").split("*")[0],
            "Type": "Initiation" if first else "Response",
            "Message": said,
            "Operator": "mtn",
            "Sequence": len(talk.keyed) + 1,
            "ClientState": "",
        }
