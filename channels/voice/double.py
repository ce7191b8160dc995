"""What the doubles of all voice gateways share: a running call as a value, and how a document is carried out.

A gateway's own double reads its XML into the operations here, and says what is requested when.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from channels.double import DoubleAnswer
from channels.voice.values import Reached


@dataclass(frozen=True, slots=True)
class Uttered:
    """One thing that the telephone plays: words read out, or a sound at an address."""

    text: str = ""
    audio: str = ""


@dataclass(frozen=True, slots=True)
class Utter:
    """Say or play, and go on."""

    what: Uttered


@dataclass(frozen=True, slots=True)
class Keys:
    """Say and take keys: ``count`` of them (0: any number), until ``finish``, or ``seconds`` in which none comes.

    ``url`` is asked then. ``empty``: also where none was pressed; otherwise what follows is carried out.
    """

    said: tuple[Uttered, ...]
    url: str
    count: int = 0
    finish: str = ""
    seconds: int = 0
    empty: bool = False


@dataclass(frozen=True, slots=True)
class Tape:
    """Say and record up to ``seconds``, until ``finish`` or ``silence``; ``kept_url`` is told where the sound lies."""

    said: tuple[Uttered, ...]
    url: str
    seconds: int = 0
    silence: int = 0
    finish: str = ""
    kept_url: str = ""


@dataclass(frozen=True, slots=True)
class Ring:
    """Ring a telephone and join it. ``url`` is asked when that is over; without one what follows is carried out."""

    number: str
    seconds: int
    shows: str = ""
    url: str = ""
    record: bool = False
    state_url: str = ""
    states: tuple[str, ...] = ()
    kept_url: str = ""


@dataclass(frozen=True, slots=True)
class Go:
    """Ask another address what to do."""

    url: str


@dataclass(frozen=True, slots=True)
class Stop:
    """End the call; ``busy``: it is refused before it was answered."""

    refuses: bool = False
    busy: bool = False


Operation = Utter | Keys | Tape | Ring | Go | Stop


class Unreadable(Exception):
    """An answer that the gateway cannot carry out, in words."""


@dataclass(frozen=True, slots=True)
class Running:
    """One call. ``phone`` is the citizen's telephone, or ours where we placed the call; ``url`` is asked next.

    ``at`` is where it stands, ``rest`` what follows. ``said`` is what the telephone has heard since somebody last did
    something. ``leg`` is the gateway's id of the telephone that was rung; ``joined_at`` when that one answered.
    """

    session: str
    phone: str
    line: str
    began_at: datetime
    url: str = ""
    outgoing: bool = False
    tag: str = ""
    state_url: str = ""
    states: tuple[str, ...] = ()
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    at: Operation | None = None
    rest: tuple[Operation, ...] = ()
    said: tuple[Uttered, ...] = ()
    leg: str = ""
    rung: str = ""
    joined_at: datetime | None = None
    talked: int | None = None
    reached: Reached = ""
    recording: str = ""
    fault: str = ""
    #: a telephone that rings in place of the one that was joined
    moving: str = ""

    @property
    def talks(self) -> bool:
        """Tell whether two telephones are joined."""
        return self.joined_at is not None and self.ended_at is None

    @property
    def expects(self) -> str:
        """Return what is waited for: digits, recording, ringing (another telephone), talk, answer (this one), or
        nothing, where it is over.
        """
        if self.ended_at is not None:
            return ""
        if self.answered_at is None:
            return "answer"
        if self.talks:
            return "talk"
        match self.at:
            case Keys():
                return "digits"
            case Tape():
                return "recording"
            case Ring():
                return "ringing"
        return "wait"

    @property
    def seconds(self) -> int:
        """Return after how many seconds without anything the gateway goes on; 0: never."""
        match self.at:
            case Keys(seconds=seconds) | Ring(seconds=seconds) if not self.talks:
                return seconds
            case Tape(silence=silence):
                return silence
        return 0


@dataclass(frozen=True, slots=True)
class Post:
    """One request of the gateway. Without ``url`` it goes to the callback ``event`` that is entered there.

    ``sign`` returns what is added to the headers for the address.
    """

    form: Mapping[str, str]
    event: str = "call"
    url: str = ""
    after_seconds: float = 0.0
    sign: Callable[[str], Mapping[str, str]] | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Went:
    """What came of something: the call, the request whose answer is carried out next, and what is only told."""

    call: Running
    asks: Post | None = None
    tells: tuple[Post, ...] = ()


@dataclass(frozen=True, slots=True)
class Handled:
    """What the gateway does about one request of ours: its answer, and the calls that begin or go on by it."""

    answer: DoubleAnswer
    went: tuple[Went, ...] = ()


def pressed(call: Running, keys: str) -> str:
    """Return what the gateway takes of the keys that were pressed."""
    at = call.at
    if not isinstance(at, Keys):
        return ""
    taken = keys.partition(at.finish)[0] if at.finish else keys
    return taken[: at.count] if at.count else taken


def spent(since: datetime | None, now: datetime) -> int:
    """Return whole seconds, at least one where something has begun."""
    return max(1, round((now - since).total_seconds())) if since else 0


def heard_on(call: Running, *said: Uttered) -> Running:
    """Return the call with more that its telephone has heard."""
    return replace(call, said=(*call.said, *said))


def begun_anew(call: Running) -> Running:
    """Return the call as somebody has just done something: what was said before is heard, and forgotten."""
    return replace(call, said=(), at=None)


def texts(said: Sequence[Uttered]) -> str:
    """Return what was said as words; a sound that was played stands as its address."""
    return " ".join(one.text or f"({one.audio})" for one in said)
