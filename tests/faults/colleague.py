"""One agent at a browser without a browser: logs in by the form, reads pages, sends forms, and keeps what was told."""

from __future__ import annotations

import http.client
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from http.cookies import SimpleCookie
from urllib.parse import urlencode

from cases.clock import wall
from tests.faults import forms
from tests.faults.forms import Form

PATIENCE = 30.0
HEADERS = {"Content-Type": "application/x-www-form-urlencoded"}
REDIRECTS = (301, 302, 308)
_OPEN = re.compile(r'<div class="open" id="open"[^>]*data-reference="(\d{8})" data-version="(\d+)"')
_ROW = re.compile(r'class="qrow[^"]*" href="[^"]*" data-reference="(\d{8})"')


@dataclass(frozen=True, slots=True)
class Shown:
    """A page as it came; ``reference`` and ``version`` are those of the case that is open on it."""

    path: str
    status: int
    text: str
    at: datetime

    @property
    def reference(self) -> str:
        return found.group(1) if (found := _OPEN.search(self.text)) else ""

    @property
    def version(self) -> int:
        return int(found.group(2)) if (found := _OPEN.search(self.text)) else 0

    @property
    def rows(self) -> list[str]:
        """The references in the queue."""
        return _ROW.findall(self.text)

    def form(self, action: str) -> Form | None:
        """Return a form of the page, see :func:`forms.find`."""
        return forms.find(self.text, action)


@dataclass(frozen=True, slots=True)
class Told:
    """One request and its answer, 0 where none came: by whom, on which page as it was shown, between which instants.

    ``body`` is kept of what nobody should ever be told.
    """

    agent: int
    act: str
    status: int
    seconds: float
    began: datetime
    ended: datetime
    shown_at: datetime
    reference: str = ""
    version: int = 0
    text: str = ""
    location: str = ""
    body: str = ""


@dataclass
class Colleague:
    """An agent with a connection that is kept and a cookie of their own."""

    address: str
    agent: int
    told: list[Told] = field(default_factory=list)
    _cookies: SimpleCookie = field(default_factory=SimpleCookie)
    _line: http.client.HTTPConnection | None = None

    def log_in(self, username: str, password: str) -> bool:
        """Log in by the form; tells whether that went well."""
        page = self.get("/login", act="log in: page")
        form = page.form("/login")
        if form is None:
            return False
        return self.send(page, form, "log in", username=username, password=password).status == 303

    def get(self, path: str, *, act: str) -> Shown:
        """Load a page, wherever its address leads."""
        for _ in range(5):
            told, text = self._ask("GET", path, act)
            if told.status not in REDIRECTS:
                break
            path = told.location
        return Shown(path, told.status, text, told.ended)

    def send(self, page: Shown, form: Form, act: str, **values: str) -> Told:
        """Send a form of a page with what was filled in."""
        return self._ask("POST", form.action, act, page, {**form.hidden, **values})[0]

    def close(self) -> None:
        """Hang up."""
        if self._line is not None:
            self._line.close()

    def _ask(
        self, method: str, path: str, act: str, page: Shown | None = None, form: Mapping[str, str] | None = None
    ) -> tuple[Told, str]:
        began = wall()
        status, location, text = self._exchange(method, path, urlencode(form) if form is not None else None)
        ended = wall()
        told = Told(
            agent=self.agent,
            act=act,
            status=status,
            seconds=(ended - began).total_seconds(),
            began=began,
            ended=ended,
            shown_at=page.at if page else began,
            reference=page.reference if page else "",
            version=page.version if page else 0,
            text=(form or {}).get("text", ""),
            location=location,
            body=text if not 200 <= status < 500 else "",
        )
        self.told.append(told)
        return told, text

    def _exchange(self, method: str, path: str, body: str | None) -> tuple[int, str, str]:
        host, _, port = self.address.partition(":")
        for tries in (1, 2):  # a kept connection may have been closed meanwhile; a form's key makes the second harmless
            self._line = self._line or http.client.HTTPConnection(host, int(port), timeout=PATIENCE)
            try:
                cookie = "; ".join(f"{name}={one.value}" for name, one in self._cookies.items())
                self._line.request(method, path.partition("#")[0], body, {**HEADERS, "Cookie": cookie})
                answer = self._line.getresponse()
                text = answer.read().decode()
            except (OSError, http.client.HTTPException) as error:
                self._line.close()
                self._line = None
                if tries == 2:
                    return 0, "", repr(error)
                continue
            for line in answer.headers.get_all("Set-Cookie") or ():
                self._cookies.load(line)
            return answer.status, answer.headers.get("Location") or "", text
        raise AssertionError("unreachable")
