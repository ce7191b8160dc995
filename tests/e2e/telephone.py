"""Telephones of the simulator, by its addresses for scripts: they call a line, press keys, speak, and are rung."""

from __future__ import annotations

import re
import time
from typing import Any

import requests

LINES = {"africastalking": "+233312000142", "twilio": "+447700900142"}
#: seconds until something that a worker or the ticker does has happened
PATIENCE = 60.0


class Telephone:
    """One telephone; ``heard`` is everything that was said to it."""

    def __init__(self, site: str, number: str) -> None:
        self.number, self._site = number, site
        self.session, self.heard = "", ""
        self.state: dict[str, Any] = {}

    def calls(self, line: str) -> Telephone:
        """Call a line of ours."""
        return self._post({"from": self.number, "to": line})

    def keys(self, *keys: str) -> Telephone:
        """Press keys, one answer after the other."""
        for one in keys:
            self.does(digits=one)
        return self

    def chooses(self, label: str) -> Telephone:
        """Press the key that was said to stand for something, listening to more choices until it is offered."""
        for _ in range(6):
            found = re.search(rf"{re.escape(label)}[^.]*?press (\d)", str(self.state["say"]))
            if found:
                return self.keys(found[1])
            more = re.search(r"For more choices, press (\d)", str(self.state["say"]))
            assert more, self.state
            self.keys(more[1])
        raise AssertionError(f"{label} was never offered")

    def does(self, **what: Any) -> Telephone:
        """Do something in the call: ``digits``, ``record``, ``wait``, ``hangup``, ``answer``, ``reject``."""
        return self._post({"session": self.session, **what})

    def now(self) -> Telephone:
        """Look how the call stands, pressing nothing where a question or a wait is over."""
        answer = self.asks_now()
        assert answer.status_code == 200, answer.text
        return self._is(answer.json())

    def asks_now(self) -> requests.Response:
        """Ask how the call stands; refused where the telephone is in none any more."""
        return requests.get(f"{self._site}/simulator/api/call", params={"session": self.session}, timeout=20)

    def awaits(self, expects: str) -> Telephone:
        """Wait until the call stands so, as a caller does who holds the line."""
        until = time.monotonic() + PATIENCE
        while self.now().state["expects"] != expects:
            assert time.monotonic() < until, self.state
            assert not self.state["ended"], self.state
            if self.state["expects"] in ("digits", "wait"):
                self.does(wait=True)
            time.sleep(0.3)
        return self

    def is_rung(self) -> Telephone:
        """Wait until it rings."""
        until = time.monotonic() + PATIENCE
        while True:
            answer = requests.get(f"{self._site}/simulator/api/ringing", params={"number": self.number}, timeout=20)
            if found := answer.json():
                self.session = str(found[0]["session"])
                return self
            assert time.monotonic() < until, f"{self.number} was never rung"
            time.sleep(0.3)

    def reads_out(self, what: str) -> str:
        """Return the digits that were said behind some words, as one number."""
        found = re.search(rf"{what} ((?:\d ?)+(?:, (?:\d ?)+)*)", self.heard)
        assert found, self.heard
        return re.sub(r"\D", "", found[1])

    def _post(self, data: dict[str, Any]) -> Telephone:
        answer = requests.post(f"{self._site}/simulator/api/call", json=data, timeout=20)
        assert answer.status_code == 200, answer.text
        return self._is(answer.json())

    def _is(self, state: dict[str, Any]) -> Telephone:
        self.state, self.session = state, state["session"]
        said = str(state["say"])
        if not self.heard.endswith(said):
            self.heard += f"\n{said}"
        return self
