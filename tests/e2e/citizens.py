"""A citizen of a whole day, without a page of their own: what they write and dial goes through the simulator's API."""

from __future__ import annotations

import time
from typing import Any

import requests

from tests.e2e.product import Product
from tests.e2e.talk import ACKNOWLEDGED, PATIENCE

#: the addresses of the shipped demo that take words, and the code that is dialled
SHORT_CODE, DIALLED = "1422", "*920*14#"
PAUSE = 0.2


class Citizen:
    """One phone, by its number."""

    def __init__(self, product: Product, number: str) -> None:
        self.number, self._api = number, f"{product.address}/simulator/api"

    def texts(self, words: str) -> None:
        """Send an SMS."""
        self._post("sms", {"from": self.number, "to": SHORT_CODE, "text": words})

    def dials(self, *keyed: str) -> str:
        """Dial the code and key in one answer after the other; returns the last screen."""
        shown = self._post("ussd", {"phone": self.number, "code": DIALLED})
        for said in keyed:
            shown = self._post("ussd", {"session": shown["session"], "input": said})
        return str(shown["text"])

    def acknowledged(self, *, after: int = 0) -> tuple[str, str]:
        """Wait for the acknowledgement that is the ``after``-th from the first; returns its reference and its code."""
        found = self._await(lambda said: [hit for one in said if (hit := ACKNOWLEDGED.search(one))][after:])
        return found.group(1), found.group(2)

    def reads(self, words: str) -> str:
        """Wait for an SMS with these words; returns all of it."""
        return str(self._await(lambda said: [one for one in said if words in one]))

    @property
    def read(self) -> list[str]:
        """Every SMS that this phone got, oldest first."""
        answer = requests.get(f"{self._api}/sent", params={"to": self.number}, timeout=30)
        answer.raise_for_status()
        return [one["text"] for one in answer.json()]

    def _await(self, wanted: Any) -> Any:
        until = time.monotonic() + PATIENCE / 1000
        while not (found := wanted(self.read)):
            assert time.monotonic() < until, f"{self.number} waited in vain; it got {self.read}"
            time.sleep(PAUSE)
        return found[0]

    def _post(self, path: str, form: dict[str, str]) -> Any:
        answer = requests.post(f"{self._api}/{path}", json=form, timeout=30)
        assert answer.ok, answer.text
        return answer.json()
