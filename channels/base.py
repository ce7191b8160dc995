"""What a channel can be asked to do: one class, and only the abilities it has.

A channel is a class with ``kind`` (sms, ussd, …) and ``gateway`` (africastalking, …), built from one account
block of the configuration. Kinds are text: a new channel needs no migration and no change outside its folder.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, BinaryIO, ClassVar, Protocol, runtime_checkable

from cases.messages import Address, Inbound, InboundMessage, KeptFile, OutboundMessage, Receipt
from channels.dialogue.pages import Budget
from channels.settings import AccountSettings
from channels.voice.values import CallHeard, VoicePage
from channels.webhook import Route, WebhookReply, WebhookRequest


class Channel(Protocol):
    """One configured account of a gateway. ``settings_class`` says which keys its account block may hold.

    A channel may also have ``hook_suffix``, which stands behind each of its addresses that is entered at the gateway,
    ``warm()``, which makes whatever is heavy before a worker forks, ``needs`` (:class:`channels.needs.Needs`), what an
    administrator does at the gateway, and ``rehearses``, true where the account reaches nobody's telephone.
    """

    kind: ClassVar[str]
    gateway: ClassVar[str]
    settings_class: ClassVar[type[AccountSettings]]
    #: longest text that the channel carries in one message, in characters; None: no limit of its own
    max_characters: ClassVar[int | None]

    def __init__(self, settings: Any) -> None: ...


@runtime_checkable
class Receives(Protocol):
    """Takes callbacks over HTTP."""

    def routes(self) -> Sequence[Route]: ...


@runtime_checkable
class Signs(Protocol):
    """Its gateway signs callbacks. Asked before anything is stored; raises :class:`channels.errors.BadSignature`."""

    def verify(self, request: WebhookRequest) -> None: ...


@runtime_checkable
class Sends(Protocol):
    """Sends one message; called from a small thread pool with no transaction and no connection held.

    Returns the receipt or raises :class:`channels.errors.SendError`.
    """

    def send(self, message: OutboundMessage) -> Receipt: ...


@runtime_checkable
class Finds(Protocol):
    """Can look up whether the gateway took a message, so that an unknown outcome is settled without sending twice.

    ``since`` is when the attempt began. None: the gateway knows of no such message. Raises
    :class:`channels.errors.SendError` where the gateway does not say.
    """

    def find(self, message: OutboundMessage, since: datetime) -> Receipt | None: ...


@runtime_checkable
class Lists(Protocol):
    """Can list what citizens wrote from ``since`` on, oldest first, so that what our hooks missed is found again.

    A message has the ``external_id`` that its callback had, or one that begins with ``cases.messages.FETCHED`` where
    the gateway's list has numbers of its own. Raises :class:`channels.errors.SendError` as above.
    """

    def inbox(self, since: datetime) -> Iterator[InboundMessage]: ...


@runtime_checkable
class HoldsMedia(Protocol):
    """Its gateway holds the files that come with messages. ``fetch`` is a context that gives one file's bytes.

    Raises :class:`channels.media.MediaFault`.
    """

    def fetch(self, url: str) -> AbstractContextManager[BinaryIO]: ...


@dataclass(frozen=True, slots=True)
class Heard:
    """One request of a dialogue's gateway.

    ``said`` is what was keyed in, None where somebody has just begun; where ``whole`` is there instead, the gateway
    repeats everything keyed in so far, and what is new is what it adds. ``turn`` numbers or names this
    turn where the gateway does: what comes twice is answered twice the same. ``hung_up``: nobody reads the answer.
    """

    session: str
    address: Address
    said: str | None = None
    whole: str | None = None
    turn: str | None = None
    hung_up: bool = False


@runtime_checkable
class Converses(Protocol):
    """Holds a dialogue over one callback, ``session``: whatever happens, the answer is one that the gateway shows.

    ``hear`` raises :class:`channels.errors.Refused`. ``menu`` is the key of the dialogue, ``answers_by`` the account
    that carries texts to the same people. ``say`` wraps a screen as the gateway wants it; ``heard`` is None where the
    request could not be read. ``hide`` gives the request as it is stored: ``spans`` are the places of codes in what was
    keyed in, each from its first character to the one after its last.
    """

    kind: ClassVar[str]
    menu: str
    answers_by: str
    budget: Budget

    def hear(self, request: WebhookRequest) -> Heard: ...

    def say(self, heard: Heard | None, screen: str, *, ends: bool, step: str = "") -> WebhookReply: ...

    def hide(self, request: WebhookRequest, spans: Sequence[Sequence[int]]) -> WebhookRequest: ...


@runtime_checkable
class TakesCalls(Protocol):
    """Answers telephone calls over the callbacks ``call`` (asks what to say), ``status`` (tells how a call stands),
    ``recording`` and ``dequeue``: whatever happens, ``call`` is answered with a document that the gateway carries out.

    ``menu`` is the key of the dialogue, ``answers_by`` the account that carries texts to the same people. ``hear``
    raises :class:`channels.errors.Refused`. ``say`` renders a page; ``heard`` is None where the request could not be
    read, and ``callback`` is the public address of the callback ``call``, to which the page's turn is added. ``hide``
    gives the request as it is stored: with dots in place of keys that were pressed.
    """

    kind: ClassVar[str]
    menu: str
    answers_by: str
    line: str

    def hear(self, event: str, request: WebhookRequest) -> CallHeard: ...

    def say(self, heard: CallHeard | None, page: VoicePage, *, callback: str) -> WebhookReply: ...

    def hide(self, request: WebhookRequest) -> WebhookRequest: ...


@runtime_checkable
class PlacesCalls(Protocol):
    """Can call a telephone; once it is answered, the callback ``call`` is asked what to say.

    Called with no transaction and no connection held. Returns the gateway's id of the call or raises
    :class:`channels.errors.SendError`. ``callbacks`` are the public addresses of ours by event.
    """

    def place(self, number: str, *, tag: str, callbacks: Mapping[str, str]) -> str: ...


@runtime_checkable
class MovesCalls(Protocol):
    """Can take a citizen out of a running conversation. ``asks_anew``: the citizen's call then asks the callback
    ``call`` again (``to`` is ignored); otherwise it rings ``to``, a telephone. Raises as above.
    """

    asks_anew: ClassVar[bool]

    def move(self, session: str, *, to: str, callbacks: Mapping[str, str]) -> None: ...


#: the one series of all ways by which scans come to an account: the same bytes that come twice are two scans
SCANS = "scan"


@dataclass(frozen=True, slots=True)
class Parcel:
    """One thing that a source holds (a mail, a scan), as bytes that nobody has read yet.

    ``key`` names it at its source for ever. Within one ``series`` two keys are two things; a source that was made anew
    gives the same things again under another. ``arrived_at`` is the source's own word, in UTC. ``whole`` is false where
    it is too large and ``content`` is only its beginning. ``name`` is the file's own, as data; ``came_by`` how it came
    here, in one word; ``single``: whoever sent it says that it is one thing, whatever it looks like.
    """

    key: str
    series: str
    content: BinaryIO
    arrived_at: datetime | None = None
    whole: bool = True
    name: str = ""
    came_by: str = ""
    single: bool = False


class Inbox(Protocol):
    """Where what a source holds is stored; whoever listens is given one."""

    def missing(self, keys: Sequence[str]) -> list[str]:
        """Return those of the keys that are not stored yet, in their order."""
        ...

    def take(self, parcel: Parcel) -> None:
        """Store; once this returns it is committed, and the source may let go of it."""
        ...

    def tell(self, trouble: str) -> None:
        """Say how the connection stands, in words for administrators; empty: well."""
        ...


@runtime_checkable
class Listens(Protocol):
    """Holds a long connection (IMAP IDLE, a scan folder) until ``stop()`` is true; raises whatever breaks it.

    ``listens`` is false where this account has nothing to listen to.
    """

    @property
    def listens(self) -> bool: ...

    def run(self, inbox: Inbox, stop: Callable[[], bool]) -> None: ...


@runtime_checkable
class Reads(Protocol):
    """Understands what came as bytes. The bytes are read in a bounded child process, by the function ``reader``
    (``package.module:function``), see :mod:`contactcentre.bounded`; ``understand`` makes of its values what they mean.

    ``read`` has what the reader returned and what came with the parcel (``whole``, ``name``, ``came_by``, ``single``);
    ``files`` are those that the reader left, in their order. Raises :class:`channels.errors.Refused`.
    """

    reader: str

    def understand(self, read: Mapping[str, Any], files: Sequence[KeptFile]) -> Sequence[Inbound]: ...


@runtime_checkable
class KeepsUnread(Protocol):
    """Has a use for what cannot be read: a person looks at it. ``told`` is what came with the parcel, ``words`` say why
    it cannot be read.
    """

    def unread(self, told: Mapping[str, Any], words: str) -> Sequence[Inbound]: ...
