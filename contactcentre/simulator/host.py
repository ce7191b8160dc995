"""Carries out what the doubles say: answers, delays and faults, the ledger, and callbacks to our hooks."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from pathlib import Path

from channels.double import Callback, DoubleAnswer, Fault, LedgerLine, Remembers, TextDouble
from channels.sms.africastalking_double import AfricasTalkingDouble
from channels.sms.twilio_double import TwilioDouble
from channels.webhook import WebhookReply, WebhookRequest
from contactcentre.simulator import post
from contactcentre.simulator.accounts import Account, Accounts
from contactcentre.simulator.courier import Courier, Errand, Outcome
from contactcentre.simulator.exchange import Exchange
from contactcentre.simulator.ledger import DELIVERED, Entry, Ledger
from contactcentre.simulator.mail_server import MailServer
from contactcentre.simulator.post import Post
from contactcentre.simulator.switch import Switch

#: seconds that a hanging answer is held; longer than our own time-out
HANG = 30.0
#: gateway → its double, made from an account's key, its name at the gateway, and our id of it
DOUBLES: Mapping[str, Callable[[str, str, str], TextDouble]] = {
    "africastalking": AfricasTalkingDouble,
    "twilio": TwilioDouble,
}


class Busy(Exception):
    """Too many callbacks wait for our hooks."""


class Host:
    """All gateways of one installation. ``data`` is the installation's data folder."""

    def __init__(self, data: Path, *, clock: Callable[[], datetime]) -> None:
        folder = data / "simulator"
        #: each account's scanner puts its files into a folder of its name below
        self.scans = folder / "scanner"
        self.accounts = Accounts(folder / "accounts.json")
        self.ledger = Ledger(folder / "ledger.jsonl")
        self._clock = clock
        self._courier = Courier()
        self._doubles: dict[str, tuple[Account, TextDouble]] = {}
        self._lock = threading.Lock()
        self._faults: dict[str, tuple[Fault, float]] = {}
        self._delays: dict[str, float] = {}
        self._faults_set = threading.Condition()
        self.switch = Switch(clock=clock, call_back=self._call_back)
        self.exchange = Exchange(clock=clock, courier=self._courier, fault=lambda gateway: self.fault(gateway)[0])

        def mail_fault() -> Fault:
            return self.fault(post.GATEWAY)[0]

        self.post = Post(
            folder / "mail",
            accounts=self.accounts,
            ledger=self.ledger,
            courier=self._courier,
            clock=clock,
            fault=mail_fault,
        )
        self.mail_server = MailServer(self.post, fault=mail_fault, delay=lambda: self._delays.get(post.GATEWAY))

    def resume(self) -> None:
        """Take up the citizens' messages that our hooks had not taken when the last process ended."""
        for entry in self.ledger.received():
            line, account = entry.line, self.accounts.all().get(entry.line.account)
            if entry.state != DELIVERED and account is not None and account.gateway in DOUBLES:
                again = self._double(account).incoming(
                    line.sender, line.recipient, text=line.text, now=line.at, external_id=line.id
                )
                self._call_back(account.id, again)
        self.post.resume()

    def close(self) -> None:
        """Stop the threads and close the ledger."""
        with self._faults_set:
            self._faults_set.notify_all()
        self.mail_server.close()
        self.exchange.close()
        self._courier.close()
        self.ledger.close()

    def gateways(self) -> tuple[str, ...]:
        """Return the gateways that have an account here and a double."""
        return tuple(sorted({a.gateway for a in self.accounts.all().values() if a.gateway in DOUBLES}))

    def set_fault(self, gateway: str, fault: Fault, *, seconds: float, delay: float | None = None) -> None:
        """Let a gateway misbehave for a while; answers that hang are let go, since the fault is another now.

        ``delay`` is how long a slow gateway takes for each answer, where the double's own slowness is not wanted.
        """
        with self._faults_set:
            self._faults[gateway] = (fault, time.monotonic() + seconds)
            self._delays.pop(gateway, None)
            if delay is not None:
                self._delays[gateway] = delay
            self._faults_set.notify_all()

    def fault(self, gateway: str) -> tuple[Fault, float]:
        """Return how a gateway misbehaves now, and for how many seconds more."""
        fault, until = self._faults.get(gateway, (Fault.OK, 0.0))
        left = until - time.monotonic()
        return (Fault.OK, 0.0) if fault is Fault.OK or left <= 0 else (fault, left)

    def handle(self, gateway: str, account_id: str, request: WebhookRequest) -> WebhookReply | None:
        """Answer a request of ours to a gateway, as slowly as it says; None where there is no such account."""
        account = self.accounts.all().get(account_id)
        if account is None or account.gateway != gateway or gateway not in DOUBLES:
            return None
        if account.channel == "voice":
            reply, delay, hang = self.exchange.handle(account, request)
            self._linger(gateway, delay, hang=hang)
            return reply
        double = self._double(account)
        with self._lock:
            answer = double.handle(request, now=self._clock(), fault=self.fault(gateway)[0])
        self._record(account, request, answer)
        self._linger(gateway, answer.delay, hang=answer.hang)
        return answer.reply

    def _linger(self, gateway: str, delay: float, *, hang: bool) -> None:
        if hang:
            with self._faults_set:
                self._faults_set.wait(HANG)
        elif delay:
            time.sleep(self._delays.get(gateway, delay))

    def receive(self, account: Account, *, sender: str, text: str) -> Entry:
        """Let a citizen write to an account; raises :class:`Busy`."""
        double, now = self._double(account), self._clock()
        with self._lock:
            callback = double.incoming(sender, account.address, text=text, now=now)
        entry = Entry(
            "in", LedgerLine(callback.line, account.id, account.gateway, sender, account.address, text, now), "new"
        )
        self.ledger.add(entry)
        if not self._call_back(account.id, callback):
            self.ledger.update(callback.line, state="lost")
            raise Busy
        return entry

    def _record(self, account: Account, request: WebhookRequest, answer: DoubleAnswer) -> None:
        for line in answer.ledger:
            self.ledger.add(Entry("out", line, "accepted"))
        for callback in answer.callbacks:
            self._call_back(account.id, callback)
        refused, form = list(answer.refused), {name.lower(): value for name, value in request.form.items()}
        if (
            not refused
            and request.method == "POST"
            and (answer.reply.status >= 400 or answer.hang and not answer.ledger)
        ):
            why = "no answer" if answer.hang else f"answered {answer.reply.status}"
            refused.append((form.get("to", ""), why))
        for recipient, why in refused:
            sender = form.get("from", "")
            line = LedgerLine(
                f"refused-{uuid.uuid4().hex}", account.id, account.gateway, sender, recipient, "", self._clock()
            )
            self.ledger.add(Entry("refused", line, why))

    def _call_back(self, account_id: str, callback: Callback) -> bool:
        hook, done = partial(self._hook, account_id, callback.event), partial(self._tried, callback)
        errand = Errand(hook, callback.form, done, callback.sign)
        return self._courier.add(errand, after=callback.after_seconds)

    def _hook(self, account_id: str, event: str) -> str | None:
        account = self.accounts.all().get(account_id)
        return account.hooks.get(event) if account else None

    def _tried(self, callback: Callback, outcome: Outcome) -> None:
        entry = self.ledger.find(callback.line)
        if entry is None:
            return
        state = callback.state if outcome.taken else entry.state
        if outcome.final and not outcome.taken and entry.direction == "in":
            state = "lost"
        self.ledger.update(callback.line, state=state, answer=outcome.answer, ms=outcome.ms, tries=outcome.tries)

    def _double(self, account: Account) -> TextDouble:
        with self._lock:
            known = self._doubles.get(account.id)
            if known is not None and known[0] == account:
                return known[1]
            double = DOUBLES[account.gateway](account.api_key, account.username, account.id)
            for line in (entry.line for entry in self.ledger.received(account=account.id)):
                double.incoming(line.sender, line.recipient, text=line.text, now=line.at, external_id=line.id)
            if isinstance(double, Remembers):
                for line in self.ledger.taken(account=account.id):
                    double.remember(line)
            self._doubles[account.id] = (account, double)
            return double
