"""The mail between citizens and our mailboxes: taken from our SMTP, brought to our hook, kept as it was sent."""

from __future__ import annotations

import hashlib
import os
import random
import uuid
from collections import deque
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from pathlib import Path

from channels.double import Fault, LedgerLine
from channels.email import mailbox_double as double
from channels.email.mailbox_double import Failure, Written
from contactcentre.simulator.accounts import Account, Accounts
from contactcentre.simulator.courier import Courier, Errand, Outcome
from contactcentre.simulator.ledger import DELIVERED, Entry, Ledger

GATEWAY, EVENT = "mailbox", "inbound"
CONTENT_TYPE = "message/rfc822"
#: mails kept as they were sent; of older ones the ledger's words remain
KEPT = 2000
#: seconds within which mails overtake one another while the order is mixed
SPREAD = 6.0
#: what a second copy of one mail begins with: it came by another way
_ANOTHER_WAY = b"Received: from other-way.invalid by mx.simulator.invalid\r\n"


class Unknown(Exception):
    """There is no such mail, or it cannot be answered in the way that was asked; the message says which."""


class Post:
    """The mail of all mailboxes of one installation. Safe to use from several threads."""

    def __init__(
        self,
        folder: Path,
        *,
        accounts: Accounts,
        ledger: Ledger,
        courier: Courier,
        clock: Callable[[], datetime],
        fault: Callable[[], Fault],
    ) -> None:
        self._folder, self._accounts, self._ledger = folder, accounts, ledger
        self._courier, self._clock, self._fault = courier, clock, fault
        found = sorted(folder.glob("*.eml"), key=lambda path: path.stat().st_mtime_ns) if folder.is_dir() else []
        self._files = deque(found)

    def mailboxes(self) -> list[Account]:
        """Return the mailboxes that can be written to."""
        every = self._accounts.all().values()
        return [one for one in every if one.channel == "email" and one.gateway == GATEWAY and EVENT in one.hooks]

    def mailbox(self, address: str) -> Account | None:
        """Return the mailbox of an address, with or without what stands behind a plus sign."""
        local, _, domain = address.lower().rpartition("@")
        plain = f"{local.partition('+')[0]}@{domain}"
        return next((one for one in self.mailboxes() if one.address.lower() == plain), None)

    def take(self, sender: str, recipient: str, content: bytes) -> None:
        """Keep a mail of ours that a citizen's server has taken; ``sender`` is the envelope's, empty for nobody."""
        envelope = f"Return-Path: <{sender}>\r\nDelivered-To: {recipient}\r\n".encode()
        mail = double.parsed(content)
        own = double.identifier(mail) or uuid.uuid4().hex
        number, copies = own, 1
        while self._ledger.find(number) is not None:  # a server that gets one mail twice keeps both
            copies += 1
            number = f"{own}#{copies}"
        self._keep(number, envelope + content)
        between = (str(mail.get("From") or ""), recipient)
        self._add("out", number, between=between, words=double.words_of(mail), state="accepted")
        self._ledger.update(number, state=DELIVERED)

    def refuse(self, sender: str, recipient: str, why: str) -> None:
        """Note a mail of ours that was not taken."""
        number = f"refused-{uuid.uuid4().hex}"
        self._add("refused", number, between=(sender, recipient), words="", state=why)

    def write(self, account: Account, said: Written) -> Entry:
        """Let a citizen write to a mailbox; raises ``ValueError`` for a header that cannot be."""
        number = f"sim-{uuid.uuid4().hex}"
        return self._bring(account, double.write(said, number=number, at=self._clock()), said.sender, said.text)

    def bounce(self, identifier: str, why: Failure) -> Entry:
        """Let a mail of ours come back, with a notice to its envelope sender; raises :class:`Unknown`."""
        entry, ours, sender, account = self._answerable(identifier)
        number, citizen = f"sim-{uuid.uuid4().hex}", entry.line.recipient
        made = double.notice(ours, why=why, recipient=citizen, to=sender, number=number, at=self._clock())
        return self._bring(account, made, citizen, f"Came back: {why.diagnostic}")

    def away(self, identifier: str) -> Entry:
        """Let the citizen's mailbox answer a mail of ours by itself; raises :class:`Unknown`."""
        entry, ours, sender, account = self._answerable(identifier)
        number, citizen = f"sim-{uuid.uuid4().hex}", entry.line.recipient
        made = double.away(ours, by=citizen, to=sender, number=number, at=self._clock())
        return self._bring(account, made, citizen, double.words_of(double.parsed(made)))

    def raw(self, identifier: str) -> bytes | None:
        """Return a mail as it was sent, None for one that is not kept."""
        try:
            return self._place(identifier).read_bytes()
        except FileNotFoundError:
            return None

    def resume(self) -> None:
        """Bring the mails that our hook had not taken when the last process ended."""
        for entry in self._ledger.received():
            if entry.line.gateway == GATEWAY and entry.state not in (DELIVERED, "lost"):
                self._carry(entry.line.account, entry.line.id, after=0.0)

    def _answerable(self, identifier: str) -> tuple[Entry, bytes, str, Account]:
        entry, ours = self._ledger.find(identifier), self.raw(identifier)
        if entry is None or ours is None or entry.direction != "out":
            raise Unknown("is no mail of the Assembly that is kept here")
        sender = str(double.parsed(ours)["Return-Path"]).strip("<> ")
        if not sender:
            raise Unknown("was sent by a machine, with an empty envelope sender: nothing ever answers it")
        account = self.mailbox(sender)
        if account is None:
            raise Unknown("has an envelope sender that is no mailbox here")
        return entry, ours, sender, account

    def _bring(self, account: Account, content: bytes, citizen: str, words: str) -> Entry:
        identifier = double.identifier(double.parsed(content))
        self._keep(identifier, content)
        entry = self._add("in", identifier, between=(citizen, account.address), words=words, state="new")
        fault = self._fault()
        after = random.uniform(0, SPREAD) if fault is Fault.REORDER_REPORTS else 0.0  # noqa: S311  no secret
        self._carry(account.id, identifier, after=after)
        if fault is Fault.DUPLICATE_REPORTS:
            self._carry(account.id, identifier, after=after, before=_ANOTHER_WAY)
        return entry

    def _carry(self, account: str, identifier: str, *, after: float, before: bytes = b"") -> None:
        def body() -> bytes:
            return before + (self.raw(identifier) or b"")

        hook, done = partial(self._hook, account), partial(self._tried, identifier)
        if not self._courier.add(Errand(hook, {}, done, body=body, content_type=CONTENT_TYPE), after=after):
            self._ledger.update(identifier, state="lost")

    def _hook(self, account: str) -> str | None:
        found = self._accounts.all().get(account)
        return found.hooks.get(EVENT) if found else None

    def _tried(self, identifier: str, outcome: Outcome) -> None:
        state: Mapping[str, str] = {}
        if outcome.taken:
            state = {"state": DELIVERED}
        elif outcome.final:
            state = {"state": "lost"}
        self._ledger.update(identifier, answer=outcome.answer, ms=outcome.ms, tries=outcome.tries, **state)

    def _add(self, direction: str, number: str, *, between: tuple[str, str], words: str, state: str) -> Entry:
        sender, recipient = (double.address_in(one) for one in between)
        account = self.mailbox(recipient if direction == "in" else sender)
        reference = number.partition("@")[0] if direction == "out" else None
        own = account.id if account else ""
        entry = Entry(
            direction, LedgerLine(number, own, GATEWAY, sender, recipient, words, self._clock(), reference), state
        )
        self._ledger.add(entry)
        return entry

    def _keep(self, identifier: str, content: bytes) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        place = self._place(identifier)
        with os.fdopen(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(content)
        self._files.append(place)
        while len(self._files) > KEPT:
            self._files.popleft().unlink(missing_ok=True)

    def _place(self, identifier: str) -> Path:
        return self._folder / f"{hashlib.sha256(identifier.encode()).hexdigest()[:32]}.eml"
