"""The pages that are no step of a menu: who waits, is put through, will be called back; the end, and our trouble."""

from __future__ import annotations

import math
from dataclasses import replace
from zoneinfo import ZoneInfo

from cases import references
from cases.calls import queueing
from cases.calls.taking import Crew
from cases.models import QueueStay
from channels.dialogue import spoken
from channels.dialogue.spoken import Texts
from channels.dialogue.values import Turn
from channels.voice.values import Connect, HangUp, Speak, VoicePage
from contactcentre.calling.turn import On, Work

#: of so many pages of who waits, one tells their place
TELL_EVERY = 3


def waiting(on: On, stay: QueueStay, *, crew: Crew | None = None) -> VoicePage:
    """Return the next page of who waits: now and then, and to who presses nine, with place and expected wait.

    ``crew``: who takes calls, where it has just been read.
    """
    waits = int(on.dialogue.get("waits", 0))
    on.note(waits=waits + 1)
    wanted = waits % TELL_EVERY == 0 or on.heard.keys == spoken.AGAIN
    found = queueing.standing(on.session, stay, city=on.city, at=on.at, crew=crew) if wanted else None
    seconds = found.expected_seconds if found else None
    return spoken.wait_page(
        _texts(on),
        position=found.position if found else None,
        minutes=max(math.ceil(seconds / 60), 1) if seconds is not None else None,
        number=on.number,
        recorded=on.work.recorded,
        first=waits == 0,
    )


def music(on: On) -> VoicePage:
    """Return the page of who is on hold."""
    return spoken.hold_page(_texts(on), number=on.number, recorded=on.work.recorded)


def connect(on: On, number: str, *, seconds: int) -> VoicePage:
    """Say that the caller is put through, and ring a telephone, which sees our own number."""
    said = spoken.say(_texts(on), "connecting", recorded=on.work.recorded)
    return VoicePage((Speak(said), _rung(on, number, seconds)), on.number)


def connect_citizen(on: On, number: str, *, seconds: int) -> VoicePage:
    """Say to the agent who picked up what this call is, and ring the citizen."""
    texts = replace(_texts(on), language=on.city.organisation.default_language)
    reference = references.written(on.call.reference) if on.call.reference else ""
    said = spoken.say(texts, "agent_call", recorded=on.work.recorded, reference=reference)
    return VoicePage((Speak(said), _rung(on, number, seconds)), on.number)


def after_words(on: On, turn: Turn, page: VoicePage) -> VoicePage:
    """Return a page with the words of the menu's step before it."""
    words = spoken.say(_texts(on), *turn.keys, recorded=on.work.recorded, **turn.values)
    return replace(page, steps=(Speak(words), *page.steps)) if words else page


def called_back(on: On) -> VoicePage:
    """Return the last page of who will be called back."""
    return spoken.called_back(_texts(on), number=on.number, recorded=on.work.recorded)


def after_refusal(on: On, page: VoicePage) -> VoicePage:
    """Return a page before which a caller hears that their number is not put through for now."""
    said = spoken.say(_texts(on), "refused", recorded=on.work.recorded)
    return replace(page, steps=(Speak(said), *page.steps))


def goodbye(on: On) -> VoicePage:
    """Return the last page of a call."""
    return spoken.goodbye(_texts(on), number=on.number, recorded=on.work.recorded)


def nothing(number: int = 1) -> VoicePage:
    """Return the page that asks nothing of the gateway."""
    return VoicePage((), number)


def hang_up(number: int) -> VoicePage:
    """Return the page that only ends the call."""
    return VoicePage((HangUp(),), number)


def trouble(work: Work) -> VoicePage:
    """Return the last page of a call in which we failed."""
    texts = Texts(work.menu, work.city.organisation.default_language, work.facts)
    return spoken.trouble(texts, number=(work.heard.turn or 0) + 1, recorded=work.recorded)


def opens(on: On, queue: str) -> str:
    """Return when a queue is answered again, in words."""
    at = queueing.opens_at(on.city, queue, at=on.at)
    return at.astimezone(ZoneInfo(on.city.organisation.timezone)).strftime("%A %d %B, %H:%M")


def _rung(on: On, number: str, seconds: int) -> Connect:
    return Connect(number, seconds, on.call.line, on.city.calls.record_talks)


def _texts(on: On) -> Texts:
    return Texts(on.work.menu, on.call.language, on.work.facts)
