"""What the doubles of all USSD gateways share: their sessions, and what they check in an answer."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from channels.double import Shown

#: what is shown of an answer at most; more was cut off by some operators, and is a mistake everywhere
LONGEST = 182


@dataclass(slots=True)
class Talk:
    """One session: whose it is, the code that was dialled, what was keyed in so far."""

    phone: str
    code: str
    keyed: list[str] = field(default_factory=list)
    screen: str = ""
    over: bool = False


class Talks:
    """The sessions of one account at the gateway."""

    def __init__(self, prefix: str = "") -> None:
        self._prefix = prefix
        self._known: dict[str, Talk] = {}

    def begin(self, phone: str, code: str) -> str:
        """Begin a session and return its id."""
        session = f"{self._prefix}{uuid.uuid4().hex}"
        self._known[session] = Talk(phone, code)
        if len(self._known) > 10_000:
            del self._known[next(iter(self._known))]
        return session

    def going_on(self, session: str) -> Talk:
        """Return a session that is not over; raises ``LookupError``."""
        found = self._known.get(session)
        if found is None or found.over:
            raise LookupError("this session is over; dial again")
        return found

    def find(self, session: str) -> Talk | None:
        """Return a session, over or not."""
        return self._known.get(session)


def packed(value: Mapping[str, Any]) -> bytes:
    """Return a request's JSON."""
    return json.dumps(value).encode()


def unpacked(status: int, body: bytes, *needed: str) -> Mapping[str, Any] | str:
    """Return the fields of an answer in JSON, or what is wrong with it."""
    if status != 200:
        return f"the application answered {status}"
    try:
        found = json.loads(body)
    except ValueError:
        return "the application's answer is no JSON"
    missing = [name for name in needed if not isinstance(found, dict) or name not in found]
    return f"the answer lacks {', '.join(missing)}" if missing else found


def shown(talk: Talk, text: str, *, ends: bool) -> Shown:
    """Return a screen as the phone shows it."""
    talk.over, talk.screen = ends, text
    if len(text) > LONGEST:
        return Shown(text[:LONGEST], ends, f"the screen has {len(text)} characters; {LONGEST} are shown")
    return Shown(text, ends)


def broken(talk: Talk, fault: str) -> Shown:
    """Return what the phone shows where the application's answer is none."""
    talk.over = True
    return Shown("Connection problem or invalid MMI code.", ends=True, fault=fault)
