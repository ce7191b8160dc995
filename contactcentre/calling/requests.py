"""One request about a call in one unit of work: the row, what follows and the page that is said commit together.

A row lock keeps the requests of a call in order. What comes twice gets the stored page. A request that does not end in
time, or fails, is undone, and the caller hears that we have trouble.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

import structlog

from channels.base import TakesCalls
from channels.voice.values import CallHeard, VoicePage, What
from channels.webhook import WebhookReply, WebhookRequest
from contactcentre import raw
from contactcentre.calling import asking, notifying, saying, telling, turn
from contactcentre.calling.turn import Work
from contactcentre.container import Container
from contactcentre.db import UnitOfWork, in_time
from contactcentre.prompts import Prompts

log = structlog.get_logger(__name__)
CALL, STATUS, RECORDING, DEQUEUE = "call", "status", "recording", "dequeue"
EVENTS = (CALL, STATUS, RECORDING, DEQUEUE)
#: what wants a page; all else only tells
_ASKS = (What.BEGUN, What.KEYED, What.SILENT, What.RECORDED, What.PARTED)


@dataclass(frozen=True, slots=True)
class Said:
    """The answer to the gateway, the accounts with something to send, and those whose gateway holds files for us."""

    reply: WebhookReply
    to_send: tuple[str, ...] = ()
    to_fetch: tuple[str, ...] = ()


def takes(channel: object, event: str) -> bool:
    """Tell whether a callback of an account is one about calls."""
    return event in EVENTS and isinstance(channel, TakesCalls)


def answer(container: Container, account: str, event: str, request: WebhookRequest) -> Said:
    """Answer one request of a gateway about a call. Never raises: whatever happens, there is a document for it."""
    channel: TakesCalls = container.accounts[account]
    callback, heard = _callback(container, account), None
    try:
        heard = channel.hear(event, request)
        work = _work(container, account, event, heard, request)
        return container.db.run(lambda uow: _taken(uow, work, callback))
    except Exception as error:  # noqa: BLE001  somebody waits with a telephone at their ear
        trouble = error
    log.error("call.failed", account=account, call_event=event, error=type(trouble).__name__)
    try:
        hidden = _hidden(channel, request)
        container.db.run(lambda uow: _refused(uow, account, event, hidden, trouble))
    except Exception as error:  # noqa: BLE001  the database is away: nothing can be kept, and the caller is told
        log.error("call.not_kept", account=account, error=type(error).__name__)
    page = saying.nothing()
    if event == CALL and (heard is None or heard.what in _ASKS):
        page = saying.trouble(_work(container, account, event, heard or _NOBODY, request, recorded=False))
    return Said(channel.say(heard, page, callback=callback))


def _hidden(channel: TakesCalls, request: WebhookRequest) -> WebhookRequest:
    """Return a request as it may be stored; of one in which keys cannot be found nothing but its address is kept."""
    try:
        return channel.hide(request)
    except Exception:  # noqa: BLE001  it is refused already, and must not be lost for this
        return WebhookRequest(request.method, request.url, {}, {}, {}, b"")


_NOBODY = CallHeard(What.OTHER, "", "")


def _work(
    container: Container, account: str, event: str, heard: CallHeard, request: WebhookRequest, *, recorded: bool = True
) -> Work:
    channel: TakesCalls = container.accounts[account]
    menu = container.menus[channel.menu]
    found = Prompts(container).addresses(menu) if recorded else {}
    return Work(account, channel, menu, container.city, event, heard, request, found)


def _callback(container: Container, account: str) -> str:
    return container.hook_url(container.account_settings[account], CALL)


def _refused(uow: UnitOfWork, account: str, event: str, request: WebhookRequest, trouble: Exception) -> None:
    in_time(uow.session, turn.DEADLINE)
    raw.keep_refused(uow, account, event, request, trouble)


def _taken(uow: UnitOfWork, work: Work, callback: str) -> Said:
    session = uow.session
    at, page = in_time(session, turn.DEADLINE), saying.nothing()
    work.to_send, work.to_fetch, work.agents, work.asked = {}, {}, set(), 0  # it may be begun anew
    if work.event == CALL and work.heard.what in _ASKS:
        page = asking.page(session, work, at=at)
    else:
        telling.take_in(session, work, at=at)
    raw.keep(session, work.account, work.event, work.channel.hide(work.request), key=_key(work), at=at)
    notifying.ring(session, work.agents)
    return _said(work, page, callback)


def _said(work: Work, page: VoicePage, callback: str) -> Said:
    reply = work.channel.say(work.heard, page, callback=callback)
    return Said(reply, tuple(work.to_send), tuple(work.to_fetch))


def _key(work: Work) -> str:
    """Return what names a request among all of its account: the same one twice is stored once."""
    heard = work.heard
    told = hashlib.blake2b(repr(replace(heard, keys="")).encode(), digest_size=8).hexdigest()
    return f"{heard.session} {heard.turn if heard.turn is not None else '-'} {heard.what} {told}"
