"""The pages that are no step of a menu: who waits, who will be called back, the end, our trouble."""

from __future__ import annotations

import math

from cases.calls import queueing
from cases.calls.queueing import Standing
from cases.models import QueueStay
from channels.dialogue import spoken
from channels.voice.values import Connect, HangUp, VoicePage
from contactcentre.calling.turn import On, Work

#: of so many pages of who waits, one tells their place
TELL_EVERY = 3


def waiting(on: On, stay: QueueStay | None) -> VoicePage:
    """Return the next page of who waits: now and then with their place and how long it takes."""
    waits = int(on.dialogue.get("waits", 0))
    on.note(waits=waits + 1)
    found = None
    if stay is not None and waits % TELL_EVERY == 0:
        found = queueing.standing(on.session, stay, city=on.city, at=on.at)
    return _wait(on, found)


def music(on: On) -> VoicePage:
    """Return the page of who is on hold."""
    return _wait(on, None)


def connect(on: On, number: str, *, seconds: int) -> VoicePage:
    """Return the page that rings a telephone, which sees our own number."""
    return VoicePage((Connect(number, seconds, on.call.line, on.city.calls.record_talks),), on.number)


def called_back(on: On) -> VoicePage:
    """Return the last page of who will be called back."""
    return spoken.called_back(on.work.menu, on.call.language, number=on.number, recorded=on.work.recorded)


def goodbye(on: On) -> VoicePage:
    """Return the last page of a call."""
    return spoken.goodbye(on.work.menu, on.call.language, number=on.number, recorded=on.work.recorded)


def nothing(number: int = 1) -> VoicePage:
    """Return the page that asks nothing of the gateway."""
    return VoicePage((), number)


def hang_up(number: int) -> VoicePage:
    """Return the page that only ends the call."""
    return VoicePage((HangUp(),), number)


def trouble(work: Work) -> VoicePage:
    """Return the last page of a call in which we failed."""
    organisation = work.city.organisation
    return spoken.trouble(
        work.menu,
        organisation.default_language,
        number=(work.heard.turn or 0) + 1,
        recorded=work.recorded,
        emergency=organisation.emergency_number,
    )


def _wait(on: On, found: Standing | None) -> VoicePage:
    seconds = found.expected_seconds if found else None
    return spoken.wait_page(
        on.work.menu,
        on.call.language,
        position=found.position if found else None,
        minutes=max(math.ceil(seconds / 60), 1) if seconds is not None else None,
        number=on.number,
        recorded=on.work.recorded,
    )
