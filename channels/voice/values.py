"""What is said and done in a call, and what a gateway tells of one: values that every gateway's XML is made of."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from cases.messages import Address

#: seconds in which a caller may begin to press a key; never fewer, for people who look for the key with a finger
LEAST_SECONDS = 8
#: the callbacks of a gateway that carries calls
EVENTS = ("call", "status", "recording", "dequeue")


@dataclass(frozen=True, slots=True)
class Prompt:
    """One thing said. ``audio`` is the public address of a recording of it; without one the gateway reads ``text``."""

    text: str
    language: str = "en"
    audio: str = ""


@dataclass(frozen=True, slots=True)
class Speak:
    """Say, and go on."""

    prompts: tuple[Prompt, ...]


@dataclass(frozen=True, slots=True)
class Ask:
    """Say, and wait for keys: so many ``digits``, or (0) any number of them up to ``finish``.

    A caller who presses nothing is heard as :attr:`What.SILENT`, at every gateway.
    """

    prompts: tuple[Prompt, ...]
    digits: int = 1
    finish: str = ""
    seconds: int = LEAST_SECONDS


@dataclass(frozen=True, slots=True)
class Record:
    """Say, sound a tone and record until the hash key, a silence, or ``seconds``."""

    prompts: tuple[Prompt, ...]
    seconds: int = 120
    silence: int = 5


@dataclass(frozen=True, slots=True)
class Wait:
    """Say, then play ``audio`` (empty: silence) for about ``seconds``; one key ends it. Then we are asked again."""

    prompts: tuple[Prompt, ...] = ()
    audio: str = ""
    seconds: int = 10


@dataclass(frozen=True, slots=True)
class Connect:
    """Ring a telephone (E.164) and join it with this call. Where it is not reached we are asked again.

    ``shows`` is the number that the telephone shows, one of ours. ``record``: both sides, until they part.
    """

    number: str
    seconds: int = 20
    shows: str = ""
    record: bool = False


@dataclass(frozen=True, slots=True)
class HangUp:
    """End the call."""


@dataclass(frozen=True, slots=True)
class Reject:
    """Refuse a call that has not been answered yet; it costs nobody anything. It stands alone."""

    busy: bool = False


Step = Speak | Ask | Record | Wait | Connect | HangUp | Reject


@dataclass(frozen=True, slots=True)
class VoicePage:
    """Our answer to one request: steps in order; none at all: nothing is to be done.

    ``turn`` numbers the request that will answer it; it stands in the address that the gateway calls next, so that
    what comes twice or late is known.
    """

    steps: tuple[Step, ...] = ()
    turn: int = 1


class What(StrEnum):
    """What one request tells."""

    BEGUN = "begun"  # a call has come, or one of ours was answered
    KEYED = "keyed"  # keys were pressed
    SILENT = "silent"  # nothing was pressed, or nothing said to a recording
    RECORDED = "recorded"  # a recording was made (Record)
    PARTED = "parted"  # a telephone that was to be joined was not reached, or hung up again
    TAKEN = "taken"  # an operator took a caller out of the gateway's own queue
    JOINED = "joined"  # the telephone that was rung has answered
    ENDED = "ended"  # the call is over
    KEPT = "kept"  # a recording that was announced before lies ready
    OTHER = "other"  # a state in between


#: how a telephone that was rung came to be: our words for every gateway's
Reached = Literal["", "answered", "busy", "no_answer", "refused", "failed", "cancelled"]


@dataclass(frozen=True, slots=True)
class CallHeard:
    """One request about a call. ``session`` is the gateway's id of it.

    ``line`` is the number of ours (E.164), ``caller`` who is at the other end, None where the number is withheld.
    ``outgoing``: we placed it. ``turn`` is the one that stood in the address, None where the address had none.
    ``keys`` were pressed, without the finish key. ``recording`` is where the gateway keeps the sound and
    ``recorded_seconds`` how long it is. ``reached`` and ``talked`` (seconds) tell of the telephone that was rung;
    ``number`` which it was. ``cause`` is the gateway's own word for the end, ``ended_as`` ours, ``seconds`` the length
    of the whole call, ``cost`` in ``currency``. ``tag`` is ours, where the gateway returns it.
    """

    what: What
    session: str
    line: str
    caller: Address | None = None
    outgoing: bool = False
    turn: int | None = None
    keys: str = ""
    recording: str = ""
    recorded_seconds: int | None = None
    reached: Reached = ""
    talked: int | None = None
    number: str = ""
    cause: str = ""
    ended_as: Reached = ""
    seconds: int | None = None
    cost: str = ""
    currency: str = ""
    tag: str = ""
