"""Mail out: one connection a mail, and each refusal told by what it means (RFC 5321, 4.2; RFC 3463)."""

from __future__ import annotations

import base64
import smtplib
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email.message import EmailMessage

from cases.messages import Receipt
from channels.email.oauth import Tokens
from channels.email.settings import MailboxSettings
from channels.errors import (
    AccountFault,
    BadAddress,
    GatewayDown,
    OutcomeUnknown,
    RecipientBlocked,
    SendError,
    Throttled,
)

#: seconds to connect, and for each answer; the end of a large mail may take its server longer
TIMEOUT, TIMEOUT_OF_DATA = 15.0, 120.0
#: connections at once; servers refuse more of one client
MOST = 4
_AUTH_REFUSED = (530, 534, 535, 538)


class Sender:
    """The way out of one mailbox; used by several threads."""

    def __init__(self, settings: MailboxSettings, access: Tokens) -> None:
        self._settings, self._access = settings, access
        self._room = threading.BoundedSemaphore(MOST)
        self._pace = _Pace(settings.per_minute)

    def send(self, mail: EmailMessage, *, sender: str, recipient: str) -> Receipt:
        """Hand a mail to our server; raises :class:`channels.errors.SendError`."""
        self._pace.next()
        with self._room, self._connected() as connection:
            try:
                _command(connection, "mail", connection.mail(sender))
                _command(connection, "rcpt", connection.rcpt(recipient))
            except (smtplib.SMTPException, OSError) as error:  # nothing was handed over yet
                raise GatewayDown(type(error).__name__) from None
            try:
                if connection.sock is not None:
                    connection.sock.settimeout(TIMEOUT_OF_DATA)
                answer = connection.data(mail.as_bytes())
            except smtplib.SMTPDataError as error:
                answer = (error.smtp_code, _bytes(error.smtp_error))
            except (smtplib.SMTPException, OSError) as error:
                # It may have been taken: what was lost is the answer.
                raise OutcomeUnknown(type(error).__name__) from None
            _command(connection, "data", answer)
        return Receipt(str(mail["Message-ID"]).strip("<>"))

    @contextmanager
    def _connected(self) -> Iterator[smtplib.SMTP]:
        settings = self._settings
        context = ssl.create_default_context()
        try:
            if settings.smtp_security == "tls":
                made: smtplib.SMTP = smtplib.SMTP_SSL(
                    settings.smtp_host, settings.smtp_port, timeout=TIMEOUT, context=context
                )
            else:
                made = smtplib.SMTP(settings.smtp_host, settings.smtp_port, timeout=TIMEOUT)
        except (smtplib.SMTPException, OSError) as error:
            raise GatewayDown(type(error).__name__) from None
        try:
            self._greet(made, context)
            yield made
        finally:
            with suppress(smtplib.SMTPException, OSError):
                made.quit()
            made.close()

    def _greet(self, connection: smtplib.SMTP, context: ssl.SSLContext) -> None:
        try:
            connection.ehlo()
            if self._settings.smtp_security == "starttls":
                connection.starttls(context=context)
                connection.ehlo()
            self._log_in(connection)
        except smtplib.SMTPAuthenticationError as error:
            raise AccountFault("log-in refused", code=str(error.smtp_code)) from None
        except smtplib.SMTPNotSupportedError:
            raise AccountFault("the mail server does not offer what is configured") from None
        except (smtplib.SMTPException, OSError) as error:
            raise GatewayDown(type(error).__name__) from None

    def _log_in(self, connection: smtplib.SMTP) -> None:
        settings = self._settings
        if settings.token_url:
            told = f"user={settings.user}\x01auth=Bearer {self._access.current()}\x01\x01"
            code, words = connection.docmd("AUTH", f"XOAUTH2 {base64.b64encode(told.encode()).decode()}")
            if code == 334:  # the server says why in Base64 and waits for an empty line
                code, words = connection.docmd("")
            if code != 235:
                raise smtplib.SMTPAuthenticationError(code, words)
        elif settings.password is not None:
            try:
                connection.login(settings.user, settings.read_secret(settings.password))
            except LookupError as error:
                raise AccountFault(str(error)) from None


def _command(connection: smtplib.SMTP, name: str, answer: tuple[int, bytes]) -> None:
    code, words = answer
    if not 200 <= code < 300:
        with suppress(smtplib.SMTPException, OSError):
            connection.rset()
        raise fault(name, code, words.decode("utf-8", "replace"))


def fault(command: str, code: int, words: str) -> SendError:
    """Return what a server's refusal of a command means. ``words`` begin with an enhanced status code where there is
    one.
    """
    status = words.split(maxsplit=1)[0] if words.split() else ""
    told = f"{command} {code}"
    named = status if status.count(".") == 2 else None
    if code in _AUTH_REFUSED:
        return AccountFault(told, code=named or str(code))
    if 400 <= code < 500:
        return Throttled(told, code=named or str(code))
    subject = ".".join(status.split(".")[1:]) if named else ""
    # RFC 3463: 1.x the address, 2.x the mailbox, 7.x policy.
    if command == "rcpt" and subject.startswith("7."):
        return RecipientBlocked(told, code=named, agent_text="The citizen's mail server refuses mail from us.")
    if command == "rcpt":
        return BadAddress(told, code=named or str(code), agent_text=_ADDRESS_WORDS.get(subject, _NO_ADDRESS))
    if command == "mail":
        return AccountFault(told, code=named or str(code))
    return SendError(told, code=named or str(code), agent_text=_DATA_WORDS.get(subject, _REFUSED))


def _bytes(words: bytes | str) -> bytes:
    return words if isinstance(words, bytes) else words.encode("utf-8", "replace")


_NO_ADDRESS = "The mail server does not take this address. Ask the citizen for another one."
_REFUSED = "The mail server refused this mail."
_ADDRESS_WORDS = {
    "1.1": "There is no such mail address. Ask the citizen for another one.",
    "1.2": "The address's domain does not exist. Ask the citizen for another one.",
    "1.10": "This domain takes no mail. Ask the citizen for another address.",
    "2.1": "This mailbox is closed. Ask the citizen for another address.",
    "2.2": "The citizen's mailbox is full.",
}
_DATA_WORDS = {
    "3.4": "The mail is too large for its server. Send fewer or smaller files.",
    "2.3": "The mail is too large for the citizen's mailbox. Send fewer or smaller files.",
}


class _Pace:
    """So many a minute, evenly."""

    def __init__(self, per_minute: int) -> None:
        self._gap = 60.0 / max(1, per_minute)
        self._free, self._lock = 0.0, threading.Lock()

    def next(self) -> None:
        """Take the next turn; raises where it is not near."""
        with self._lock:
            now = time.monotonic()
            # A few may go together, as after a pause.
            turn = max(self._free, now - 10 * self._gap)
            if turn > now + 1.0:
                raise Throttled("the account's own pace", retry_after=turn - now)
            self._free = turn + self._gap
        if turn > now:
            time.sleep(turn - now)
