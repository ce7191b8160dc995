"""Carries out documents, one operation after another, until somebody must do something or the application is asked."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from channels.voice.double import (
    Go,
    Keys,
    Operation,
    Post,
    Ring,
    Running,
    Stop,
    Tape,
    Unreadable,
    Utter,
    Uttered,
    Went,
    begun_anew,
    heard_on,
    pressed,
    spent,
)
from channels.voice.values import Reached

#: what a caller hears where the application's answer cannot be carried out
TROUBLE = Uttered("We are sorry. An application error has occurred. Goodbye.")


class Playing(ABC):
    """What a gateway does with a call that runs. It keeps no call: each is handed in, and comes back changed."""

    def read(self, call: Running, status: int, body: bytes, *, now: datetime) -> Went:
        """Carry out the application's answer."""
        try:
            operations = self.parsed(call, status, body)
        except Unreadable as error:
            return self._over(replace(call, fault=str(error), said=(*call.said, TROUBLE)), "failed", now)
        first = operations[0] if operations else None
        if call.answered_at is None and isinstance(first, Stop) and first.refuses:
            return self._over(replace(call, said=()), "busy" if first.busy else "refused", now)
        answered = call.answered_at or now
        return self._on(replace(call, rest=tuple(operations), answered_at=answered, fault=""), now)

    def answered(self, call: Running, *, now: datetime) -> Went:
        """Let the telephone that we called be answered."""
        call = replace(call, answered_at=now)
        return Went(call, self.ask(call, call.url, {}), self.states(call, "answered", now))

    def unanswered(self, call: Running, reached: Reached, *, now: datetime) -> Went:
        """Let nobody answer a call of ours."""
        return self._over(call, reached, now)

    def press(self, call: Running, keys: str, *, now: datetime) -> Went:
        """Press keys."""
        taken = pressed(call, keys)
        if not isinstance(call.at, Keys) or not taken:
            return self.silent(call, now=now)
        at, call = call.at, begun_anew(call)
        return self._asked(call, at.url, self.keyed(taken))

    def silent(self, call: Running, *, now: datetime) -> Went:
        """Do nothing until the gateway goes on by itself."""
        at = call.at
        match at:
            case Keys() if at.empty:
                call = begun_anew(call)
                return self._asked(call, at.url, self.keyed(""))
            case Keys():
                return self._on(begun_anew(call), now)
            case Tape():
                return self.unspoken(begun_anew(call), at, now)
            case Ring() if not call.talks:
                return self.parted(call, "no_answer", now=now)
        return Went(call)

    def record(self, call: Running, seconds: int, *, now: datetime, hangs_up: bool = False) -> Went:
        """Speak for so many seconds, then press the key that ends it, or hang up."""
        at = call.at
        if not isinstance(at, Tape) or seconds < 1:
            return self.hang_up(call, now=now) if hangs_up else self.silent(call, now=now)
        length = min(seconds, at.seconds or seconds)
        call = replace(begun_anew(call), recording=self.sound(call))
        return self.spoken(call, at, length, now, hangs_up=hangs_up)

    def joined(self, call: Running, *, now: datetime) -> Went:
        """Let the telephone that rings be answered."""
        call = replace(call, joined_at=now, reached="answered", said=())
        return Went(call, tells=self.ring_states(call, "answered", now))

    def parted(self, call: Running, reached: Reached, *, now: datetime) -> Went:
        """End the ringing, or the talk where ``reached`` is answered, from the other telephone's side."""
        talked = spent(call.joined_at, now) if call.joined_at else None
        tells = self.ring_states(replace(call, talked=talked), reached, now)
        at = call.at
        call = replace(call, reached=reached, talked=talked, joined_at=None, said=())
        if isinstance(at, Ring) and at.record and talked:
            call = replace(call, recording=self.sound(call))
        went = self.after_ring(call, at, now) if isinstance(at, Ring) else Went(call)
        return replace(went, tells=(*tells, *went.tells))

    def hang_up(self, call: Running, *, now: datetime) -> Went:
        """Let the telephone hang up."""
        at, talked = call.at, spent(call.joined_at, now) if call.joined_at else call.talked
        tells = self.ring_states(replace(call, talked=talked), call.reached, now) if call.talks else ()
        if isinstance(at, Ring) and at.record and talked:
            call = replace(call, recording=self.sound(call))
        how: Reached = call.reached if call.talks else "cancelled"
        call = replace(call, talked=talked, joined_at=None, reached=how if isinstance(at, Ring) else call.reached)
        went = self._over(call, "answered", now)
        return replace(went, tells=(*tells, *went.tells))

    def _on(self, call: Running, now: datetime) -> Went:
        """Carry out what follows."""
        while call.rest:
            operation, call = call.rest[0], replace(call, rest=call.rest[1:])
            match operation:
                case Utter(what):
                    call = heard_on(call, what)
                case Keys(said=said) | Tape(said=said):
                    return Went(replace(heard_on(call, *said), at=operation))
                case Ring():
                    return self.rings(replace(call, at=operation, rung=operation.number, reached="", talked=None), now)
                case Go(url):
                    return self._asked(self.redirected(call, url), url, {})
                case Stop():
                    break
        return self._over(call, "answered", now)

    def _asked(self, call: Running, url: str, more: Mapping[str, str]) -> Went:
        return Went(replace(call, rest=(), at=None), self.ask(call, url, more))

    def _over(self, call: Running, reached: Reached, now: datetime) -> Went:
        call = replace(call, ended_at=now, rest=())
        return Went(replace(call, at=None), tells=self.ended(call, reached, now))

    def redirected(self, call: Running, url: str) -> Running:
        """Return the call as a redirect leaves it."""
        return call

    def rings(self, call: Running, now: datetime) -> Went:
        """Let a telephone ring."""
        return Went(call)

    @abstractmethod
    def parsed(self, call: Running, status: int, body: bytes) -> Sequence[Operation]:
        """Read an answer; raises :class:`Unreadable`."""

    @abstractmethod
    def ask(self, call: Running, url: str, more: Mapping[str, str]) -> Post:
        """Return the request whose answer is carried out."""

    @abstractmethod
    def keyed(self, keys: str) -> Mapping[str, str]:
        """Return what a request says of keys."""

    @abstractmethod
    def sound(self, call: Running) -> str:
        """Return the address of a recording that is made now."""

    @abstractmethod
    def spoken(self, call: Running, at: Tape, seconds: int, now: datetime, *, hangs_up: bool) -> Went:
        """Go on behind a recording."""

    @abstractmethod
    def unspoken(self, call: Running, at: Tape, now: datetime) -> Went:
        """Go on where nothing was said to a recording."""

    @abstractmethod
    def after_ring(self, call: Running, at: Ring, now: datetime) -> Went:
        """Go on behind a telephone that was rung."""

    @abstractmethod
    def states(self, call: Running, word: str, now: datetime) -> tuple[Post, ...]:
        """Return what is told of how the call stands."""

    @abstractmethod
    def ring_states(self, call: Running, reached: Reached, now: datetime) -> tuple[Post, ...]:
        """Return what is told of the telephone that was rung."""

    @abstractmethod
    def ended(self, call: Running, reached: Reached, now: datetime) -> tuple[Post, ...]:
        """Return what is told at the end."""
