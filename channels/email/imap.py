"""A mailbox over IMAP: what is in its folder is stored, and moved aside once that is committed (RFC 3501, 2177, 6851).

There is no mark of how far we have read: what is in the folder and not stored is fetched. So neither a mailbox that was
made anew nor a number that is given twice can hide a mail.
"""

from __future__ import annotations

import select
import socket
import ssl
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, BinaryIO

import structlog

from channels.base import Inbox, Parcel
from channels.email.oauth import Tokens
from channels.email.settings import MailboxSettings
from channels.errors import AccountFault

if TYPE_CHECKING:
    from imapclient import IMAPClient

log = structlog.get_logger(__name__)
CONNECT, READ = 15.0, 60.0
#: seconds after which a wait is begun anew with a look: some servers do not tell of what came just before it, and
#: routers forget silent connections earlier than RFC 2177 says
RENEW = 60.0
#: seconds between two looks where the server cannot tell of news, and the longest that a stop is not noticed
POLL, SLICE = 60.0, 2.0
#: mails looked at together, bytes fetched together, and what is fetched of a mail that is too large
CHUNK, PIECE, BEGINNING = 200, 1024 * 1024, 256 * 1024
_IN_MEMORY = 2 * PIECE


class Vanished(Exception):
    """A mail that somebody else has removed meanwhile."""


@dataclass(frozen=True, slots=True)
class Found:
    """One mail in the folder. ``size`` in bytes, by the server's word; ``arrived_at`` in UTC."""

    uid: int
    validity: int
    size: int
    arrived_at: datetime

    @property
    def key(self) -> str:
        """What names it for ever. Validity and number should do; size and date tell one from the other where a server
        gives a number twice.
        """
        return f"{self.validity}.{self.uid}.{self.size}.{int(self.arrived_at.timestamp())}"


def listen(settings: MailboxSettings, tokens: Tokens, inbox: Inbox, stop: Callable[[], bool]) -> None:
    """Store what is in the folder, and what comes, until told to stop; raises whatever breaks the connection."""
    with _connected(settings, tokens) as client:
        folders = _folders(client, settings)
        inbox.tell("")
        while not stop():
            _empty(client, settings, folders, inbox, stop)
            _wait(client, stop)


@contextmanager
def _connected(settings: MailboxSettings, tokens: Tokens) -> Iterator[IMAPClient]:
    from imapclient import IMAPClient, SocketTimeout

    context = ssl.create_default_context()
    client = IMAPClient(
        settings.imap_host or "",
        port=settings.imap_port,
        ssl=settings.imap_security == "tls",
        ssl_context=context if settings.imap_security == "tls" else None,
        timeout=SocketTimeout(connect=CONNECT, read=READ),
    )
    try:
        client.normalise_times = False
        if settings.imap_security == "starttls":
            client.starttls(context)
        _log_in(client, settings, tokens)
        yield client
    finally:
        try:
            client.logout()
        except Exception:  # noqa: BLE001  it may be broken already; then only our own end is left to close
            with suppress(Exception):
                client.shutdown()


def _log_in(client: IMAPClient, settings: MailboxSettings, tokens: Tokens) -> None:
    from imapclient.exceptions import IMAPClientAbortError, LoginError

    try:
        if settings.token_url:
            client.oauth2_login(settings.user, tokens.current())
        elif settings.password is not None:
            client.login(settings.user, settings.read_secret(settings.password))
    except LoginError as error:  # its words may quote what we sent
        if isinstance(error.__context__, IMAPClientAbortError):  # nobody has refused us
            raise ConnectionError("the connection broke while logging in") from None
        raise AccountFault(
            "log-in refused", agent_text="The mail server refuses the user's name or password."
        ) from None


def _folders(client: IMAPClient, settings: MailboxSettings) -> Mapping[bool, str | None]:
    """Return where a mail goes that was fetched whole, and one that was not; None where no folder can be made."""
    return {True: _folder(client, settings.done_folder), False: _folder(client, settings.large_folder)}


def _folder(client: IMAPClient, name: str) -> str | None:
    from imapclient.exceptions import IMAPClientError

    # Some servers keep everything below the inbox.
    for wanted in (name, f"INBOX.{name}", f"INBOX/{name}"):
        try:
            if client.folder_exists(wanted) or client.create_folder(wanted):
                return wanted
        except IMAPClientError as error:
            _raise_where_broken(error)
    log.warning("imap.no_folder", folder=name)
    return None


def _empty(
    client: IMAPClient,
    settings: MailboxSettings,
    folders: Mapping[bool, str | None],
    inbox: Inbox,
    stop: Callable[[], bool],
) -> None:
    validity = int(client.select_folder(settings.folder)[b"UIDVALIDITY"])
    uids, largest = sorted(client.search("ALL")), settings.largest_megabytes * 1024 * 1024
    for begin in range(0, len(uids), CHUNK):
        found = _looked_at(client, validity, uids[begin : begin + CHUNK])
        missing = set(inbox.missing([one.key for one in found]))
        for one in found:
            if stop():
                return
            whole = one.size <= largest
            if one.key in missing:
                try:
                    whole = _store(client, one, inbox, largest=largest)
                except Vanished:
                    continue
            _move(client, one.uid, folders[whole])


def _looked_at(client: IMAPClient, validity: int, uids: Sequence[int]) -> list[Found]:
    answer = client.fetch(uids, ["RFC822.SIZE", "INTERNALDATE"])
    # A server may tell of other mails too, and of fewer where some were removed.
    rows = ((uid, answer[uid]) for uid in uids if b"RFC822.SIZE" in answer.get(uid, {}))
    return [Found(uid, validity, int(row[b"RFC822.SIZE"]), _instant(row.get(b"INTERNALDATE"))) for uid, row in rows]


def _instant(told: Any) -> datetime:
    return told.astimezone(UTC) if isinstance(told, datetime) else datetime.fromtimestamp(0, UTC)


def _store(client: IMAPClient, one: Found, inbox: Inbox, *, largest: int) -> bool:
    """Store a mail, or the beginning of one that is too large; returns whether it is whole."""
    with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as file:
        whole = one.size <= largest
        size = _fetch(client, one.uid, file, most=largest + 1 if whole else BEGINNING)  # type: ignore[arg-type]
        if size > largest:  # the server's word for its size was wrong
            whole = False
            file.truncate(BEGINNING)
        file.seek(0)
        arrived = one.arrived_at if one.arrived_at.year > 1970 else None
        inbox.take(Parcel(one.key, str(one.validity), file, arrived, whole))  # type: ignore[arg-type]
    return whole


def _fetch(client: IMAPClient, uid: int, into: BinaryIO, *, most: int) -> int:
    """Fetch in pieces, so that a large mail is never held in memory; returns how many bytes came."""
    begin = 0
    while begin < most:
        wanted = min(PIECE, most - begin)
        row = client.fetch([uid], [f"BODY.PEEK[]<{begin}.{wanted}>"]).get(uid, {})
        piece = next((value for name, value in row.items() if name.startswith(b"BODY[]")), None)
        if piece is None:
            if begin:
                break
            raise Vanished(uid)
        into.write(piece)
        begin += len(piece)
        if len(piece) < wanted:
            break
    return begin


def _move(client: IMAPClient, uid: int, folder: str | None) -> None:
    """Move a stored mail aside. Where that is not possible it stays, and is known by its key."""
    from imapclient.exceptions import IMAPClientError

    if folder is None:
        return
    try:
        if client.has_capability("MOVE"):
            client.move([uid], folder)
        elif client.has_capability("UIDPLUS"):  # without it, others' deleted mails would go as well
            client.copy([uid], folder)
            client.add_flags([uid], [b"\\Deleted"], silent=True)
            client.uid_expunge([uid])
    except IMAPClientError as error:
        _raise_where_broken(error)
        log.warning("imap.not_moved", error=type(error).__name__)


def _raise_where_broken(error: Exception) -> None:
    from imapclient.exceptions import IMAPClientAbortError

    if isinstance(error, IMAPClientAbortError):
        raise error


def _wait(client: IMAPClient, stop: Callable[[], bool]) -> None:
    """Wait until there may be something new. A server must tell in IDLE what came since the last search."""
    idles, until = client.has_capability("IDLE"), time.monotonic() + RENEW
    if not idles:
        until = time.monotonic() + POLL
        while not stop() and time.monotonic() < until:
            time.sleep(min(SLICE, POLL))
        client.noop()
        return
    client.idle()
    while not stop() and time.monotonic() < until and not _readable(client.socket(), SLICE):
        pass
    client.idle_done()  # reads to the end of a line, however it comes; raises where the connection is gone
    client.noop()


def _readable(sock: socket.socket, seconds: float) -> bool:
    """Wait until a server has said something, or is gone. The library's own check reads as it waits and breaks on half
    a line, which is what a slow network brings.
    """
    if isinstance(sock, ssl.SSLSocket) and sock.pending():
        return True
    poll = select.poll()
    poll.register(sock, select.POLLIN)
    return bool(poll.poll(seconds * 1000))
