"""The telephone exchange: carries calls out between telephones, the gateways' doubles and our hooks.

Nothing here waits for a person: who presses nothing says so, or their page does when the time is over. A telephone that
rings is let ring for as long as the document says, and a call whose telephone is never seen again is hung up.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from channels.double import Fault
from channels.voice.africastalking_double import AfricasTalkingVoiceDouble
from channels.voice.double import Post, Ring, Went
from channels.voice.twilio_double import TwilioVoiceDouble
from channels.voice.values import Reached
from channels.webhook import WebhookReply, WebhookRequest
from contactcentre.simulator.accounts import Account
from contactcentre.simulator.carrying import Carrier
from contactcentre.simulator.courier import Courier
from contactcentre.simulator.lines import RINGS, Leg, Run, VoiceDouble, leg, shown, shown_leg

#: gateway → its double, made from an account's key, its name at the gateway, and our id of it
DOUBLES: Mapping[str, Callable[[str, str, str], VoiceDouble]] = {
    "africastalking": AfricasTalkingVoiceDouble,
    "twilio": TwilioVoiceDouble,
}
#: calls that are remembered; the oldest that is over goes first
MOST = 5000
#: seconds after which a telephone that nobody asks about is thought to be switched off
FORSAKEN = 600.0
_TICK = 0.5


class NoSuchCall(LookupError):
    """No telephone is in this call, or no more."""


class Exchange:
    """All telephones and calls of one installation. Safe to use from several threads."""

    def __init__(
        self,
        *,
        clock: Callable[[], datetime],
        courier: Courier,
        fault: Callable[[str], Fault],
        forsaken: float = FORSAKEN,
    ) -> None:
        self._clock, self._fault, self._forsaken = clock, fault, forsaken
        self.carrier = Carrier(clock=clock, courier=courier, fault=fault)
        self._lock = threading.Lock()
        self._runs: dict[str, Run] = {}
        self._legs: dict[str, Run] = {}
        self._closed = threading.Event()
        self._watch = threading.Thread(target=self._watched, name="exchange", daemon=True)
        self._watch.start()

    def close(self) -> None:
        """Stop watching; calls that run are forgotten."""
        self._closed.set()
        self._watch.join(timeout=5)

    def call(self, account: Account, phone: str) -> dict[str, Any]:
        """Let a telephone call a number of ours; raises ``ValueError`` where it is in a call already."""
        if self._engaged(phone):
            raise ValueError("this telephone is in a call already; hang up first")
        double = DOUBLES[account.gateway](account.api_key, account.username, account.id)
        went = double.begin(phone, account.address, now=self._clock())
        run = self._begun(account, double, went)
        with run.lock:
            self._follow(run, went)
            return shown(run)

    def state(self, session: str) -> dict[str, Any]:
        """Return how a telephone's call stands."""
        run, found = self._find(session)
        run.seen = time.monotonic() if found is None else run.seen
        return shown(run) if found is None else shown_leg(run, found)

    def ringing(self, number: str) -> list[dict[str, Any]]:
        """Return the calls that ring on a telephone, oldest first."""
        with self._lock:
            runs = list(self._runs.values())
        legs = [(run, one) for run in runs for one in (run.leg, run.moving) if one and one.state == "ringing"]
        own = [run for run in runs if run.call.expects == "answer" and run.call.outgoing and run.call.phone == number]
        found = [{"session": run.call.session, "from": run.call.line, "to": number} for run in own]
        return found + [
            {"session": one.session, "from": one.shows, "to": number} for _, one in legs if one.number == number
        ]

    def act(self, session: str, what: str, value: Any = None) -> dict[str, Any]:
        """Let a telephone do something: ``digits``, ``wait``, ``record``, ``record_and_hangup``, ``hangup``, ``answer``
        or ``reject``; raises :class:`NoSuchCall`.
        """
        run, found = self._find(session)
        with run.lock:
            if found is not None:
                self._leg_does(run, found, what)
                return shown_leg(run, found)
            run.seen = time.monotonic()
            if run.over:
                raise NoSuchCall("this call is over")
            self._phone_does(run, what, value)
            return shown(run)

    def handle(self, account: Account, request: WebhookRequest) -> tuple[WebhookReply, float, bool]:
        """Answer a request of ours to a gateway; returns the answer, its delay in seconds, and whether it hangs."""
        double = DOUBLES[account.gateway](account.api_key, account.username, account.id)
        with self._lock:
            calls = {key: run.call for key, run in self._runs.items() if run.account.id == account.id}
        handled = double.handle(request, calls, now=self._clock(), fault=self._fault(account.gateway))
        for went in handled.went:
            known = self._runs.get(went.call.session)
            run = known or self._begun(account, double, went)
            threading.Thread(target=self._goes_on, args=(run, went), daemon=True).start()
        answer = handled.answer
        return answer.reply, answer.delay, answer.hang

    def _phone_does(self, run: Run, what: str, value: Any) -> None:
        double, call, now = run.double, run.call, self._clock()
        match what:
            case "digits" if call.answered_at:
                self._follow(run, double.press(call, str(value), now=now))
            case "wait" if call.answered_at:
                self._follow(run, double.silent(call, now=now))
            case "record" if call.answered_at:
                self._follow(run, double.record(call, int(value), now=now))
            case "record_and_hangup" if call.answered_at:
                self._follow(run, double.record(call, int(value), now=now, hangs_up=True))
            case "answer" if call.expects == "answer" and call.outgoing:
                self._follow(run, double.answered(call, now=now))
            case "reject" | "hangup" | "wait" if call.expects == "answer" and call.outgoing:
                reached: Reached = "no_answer" if what == "wait" else "refused"
                self._follow(run, double.unanswered(call, reached, now=now))
            case "hangup":
                self._follow(run, double.hang_up(call, now=now))

    def _leg_does(self, run: Run, one: Leg, what: str) -> None:
        if one.state == "over":
            raise NoSuchCall("this call is over")
        if one.state == "ringing" and what == "answer":
            one.state = "talking"
            self._answered(run, one)
        elif one.state == "ringing" and what in ("reject", "hangup", "wait"):
            self._unanswered(run, one, "no_answer" if what == "wait" else "refused")
        elif one.state == "talking" and what == "hangup":
            one.state = "over"
            self._follow(run, run.double.parted(run.call, "answered", now=self._clock()))

    def _answered(self, run: Run, one: Leg) -> None:
        now = self._clock()
        if one.moves and isinstance(run.double, AfricasTalkingVoiceDouble):
            run.leg, run.moving = one, None  # the one before is in no call any more
            self._follow(run, run.double.moved(run.call, answered=True, now=now))
            return
        self._follow(run, run.double.joined(run.call, now=now))

    def _unanswered(self, run: Run, one: Leg, reached: Reached) -> None:
        now, one.state = self._clock(), "over"
        if one.moves and isinstance(run.double, AfricasTalkingVoiceDouble):
            run.moving = None
            self._follow(run, run.double.moved(run.call, answered=False, now=now))
            return
        run.leg = None
        self._follow(run, run.double.parted(run.call, reached, now=now))

    def _goes_on(self, run: Run, went: Went) -> None:
        with run.lock:
            if not run.over:
                self._follow(run, went)

    def _follow(self, run: Run, went: Went) -> None:
        """Carry out what came of something, until the telephone must do something or the call is over."""
        first = self._fault(run.account.gateway) is Fault.REORDER_REPORTS
        while True:
            run.call, run.step = went.call, run.step + 1
            tells = went.tells[::-1] if first else went.tells
            if first:
                self._tell(run, tells)
            if went.asks is None:
                if not first:
                    self._tell(run, tells)
                break
            status, body = self.carrier.ask(run.account, run.call, went.asks)
            if not first:
                self._tell(run, tells)
            went = run.double.read(run.call, status, body, now=self._clock())
        self._ring(run)

    def _tell(self, run: Run, posts: tuple[Post, ...]) -> None:
        for post in posts:
            self.carrier.tell(run.account, run.call, post)

    def _ring(self, run: Run) -> None:
        """Let telephones ring as the call has it, and stop what it has no more."""
        at, call = run.call.at, run.call
        if run.over or not (isinstance(at, Ring)):
            for one in (run.leg, run.moving):
                if one:
                    one.state = "over"
            run.leg = run.moving = None
            return
        if run.leg is not None and not call.talks and (run.leg.state != "ringing" or run.leg.number != at.number):
            run.leg.state, run.leg = "over", None  # the call was moved away from it, and rings another one
        if run.leg is None and not call.talks:
            if self._engaged(at.number):
                self._follow(run, run.double.parted(call, "busy", now=self._clock()))
                return
            run.leg = self._placed(run, leg(at.number, at.shows or call.phone, at.seconds))
        if call.moving and run.moving is None:
            run.moving = self._placed(run, leg(call.moving, call.phone, RINGS, moves=True))

    def _placed(self, run: Run, one: Leg) -> Leg:
        with self._lock:
            self._legs[one.session] = run
            if len(self._legs) > MOST:
                del self._legs[next(iter(self._legs))]
        return one

    def _begun(self, account: Account, double: VoiceDouble, went: Went) -> Run:
        now = time.monotonic()
        run = Run(account, double, went.call, now, now + RINGS)
        with self._lock:
            self._runs[went.call.session] = run
            if len(self._runs) > MOST:
                done = next((key for key, one in self._runs.items() if one.over), next(iter(self._runs)))
                del self._runs[done]
        return run

    def _find(self, session: str) -> tuple[Run, Leg | None]:
        with self._lock:
            run = self._runs.get(session)
            if run is not None:
                return run, None
            run = self._legs.get(session)
        for one in (run.leg, run.moving) if run else ():
            if run and one and one.session == session:
                return run, one
        raise NoSuchCall("this call is over" if run else "there is no such call")

    def _engaged(self, number: str) -> bool:
        with self._lock:
            runs = [run for run in self._runs.values() if not run.over]
        return any(
            run.call.phone == number or any(one and one.number == number for one in (run.leg, run.moving))
            for run in runs
        )

    def _watched(self) -> None:
        while not self._closed.wait(_TICK):
            with self._lock:
                runs = [run for run in self._runs.values() if not run.over]
            for run in runs:
                if run.lock.acquire(blocking=False):
                    try:
                        self._overdue(run, time.monotonic())
                    finally:
                        run.lock.release()

    def _overdue(self, run: Run, now: float) -> None:
        """Let stop ringing what has rung long enough, and hang up for a telephone that is gone."""
        if run.over:
            return
        for one in (run.leg, run.moving):
            if one and one.state == "ringing" and now > one.until:
                self._unanswered(run, one, "no_answer")
        if run.call.expects == "answer" and run.call.outgoing and now > run.until:
            self._follow(run, run.double.unanswered(run.call, "no_answer", now=self._clock()))
        elif now > run.seen + self._forsaken and run.call.answered_at:
            self._follow(run, run.double.hang_up(run.call, now=self._clock()))
