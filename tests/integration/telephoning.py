"""Calls as the domain itself makes them, for tests of what agents see and do: somebody waits, talks, hangs up."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from cases import clock, profiles
from cases.calls import ending, finding, legs, queueing
from cases.calls.ending import Told
from cases.calls.states import CallState, move
from cases.departments import Account, City
from cases.models import Agent, IncomingMedia, PhoneCall, StoredFile, VoiceRecording
from cases.permissions import Viewer
from contactcentre.db import Database

_sessions = itertools.count(1)
LINE, ACCOUNT = "+233302000199", "voice-test"


def number(last: int) -> str:
    """Return the n-th test phone's number."""
    return f"+23320{last:07d}"


@dataclass
class Telephones:
    """A city's telephones, with a line where it has none. Each step is a transaction of its own."""

    db: Database
    city: City

    def __post_init__(self) -> None:
        texts = next(one.id for one in self.city.accounts.values() if one.channel == "sms")
        line = Account(ACCOUNT, "voice", "africastalking", LINE, answers_by=texts)
        self.city = replace(self.city, accounts={**self.city.accounts, ACCOUNT: line})

    def comes(self, caller: str | None, *, case_id: int | None = None, **more: Any) -> int:
        """A call comes in and hears the menu; returns its id."""

        def work(uow: Any) -> int:
            session: Session = uow.session
            call = finding.opened(
                session, account=ACCOUNT, line=LINE, name=f"s-{next(_sessions)}", number=caller, language="en",
                at=clock.now(session),
            )  # fmt: skip
            call.case_id = case_id
            for name, value in more.items():
                setattr(call, name, value)
            session.add(call)
            session.flush()
            return call.id

        return self.db.run(work)

    def waits(self, caller: str | None, queue: str = "*", *, ago: int = 0, **more: Any) -> int:
        """A caller waits in a queue, since so many seconds."""
        call_id = self.comes(caller, **more)

        def work(uow: Any) -> None:
            call, at = uow.session.get_one(PhoneCall, call_id), clock.now(uow.session)
            queueing.enter(uow.session, call, queue, at=at - timedelta(seconds=ago))
            move(call, CallState.WAITING, at=at)

        self.db.run(work)
        return call_id

    def rings(self, caller: str | None, viewer: Viewer, queue: str = "*", **more: Any) -> int:
        """A caller waits, and an agent's telephone rings for them."""
        call_id = self.waits(caller, queue, **more)
        self.has_telephone(viewer)

        def work(uow: Any) -> None:
            call, at = uow.session.get_one(PhoneCall, call_id), clock.now(uow.session)
            leg = legs.reserve(uow.session, call, viewer.id or 0, number(900), city=self.city, at=at)
            assert leg is not None
            move(call, CallState.RINGING, at=at)

        self.db.run(work)
        return call_id

    def talks(self, caller: str | None, viewer: Viewer, queue: str = "*", **more: Any) -> int:
        """An agent has picked up."""
        call_id = self.rings(caller, viewer, queue, **more)
        self.picks_up(call_id)
        return call_id

    def picks_up(self, call_id: int) -> None:
        """The agent whose telephone rings picks it up."""

        def work(uow: Any) -> None:
            call = uow.session.get_one(PhoneCall, call_id)
            leg, stay = legs.current(uow.session, call), queueing.current(uow.session, call)
            assert leg is not None
            legs.answered(call, leg, stay, at=clock.now(uow.session))

        self.db.run(work)

    def ended(self, caller: str | None, viewer: Viewer, queue: str = "*", *, seconds: int = 90, **more: Any) -> int:
        """People spoke and have hung up."""
        call_id = self.talks(caller, viewer, queue, **more)
        self.hangs_up(call_id, talked=seconds, seconds=seconds + 20, as_="answered")
        return call_id

    def hangs_up(self, call_id: int, **told: Any) -> None:
        """The gateway tells that a call is over."""

        def work(uow: Any) -> None:
            call = uow.session.get_one(PhoneCall, call_id)
            ending.end(uow.session, call, Told(**told), city=self.city, at=clock.now(uow.session))

        self.db.run(work)

    def has_telephone(self, viewer: Viewer, *, takes: bool = True) -> None:
        """An agent has a telephone in their profile, and takes calls."""

        def work(uow: Any) -> None:
            uow.session.get_one(Agent, viewer.id).phone = number(900 + (viewer.id or 0))
            profiles.stored(uow.session, viewer.id or 0).takes_calls = takes

        self.db.run(work)

    def records(self, call_id: int, content: Any, *, message_id: int, media_type: str = "audio/mpeg") -> int:
        """What a caller said was recorded and fetched; ``content`` is what the file store knows of it."""

        def work(uow: Any) -> int:
            session, at = uow.session, clock.now(uow.session)
            session.merge(StoredFile(sha256=content.sha256, size=content.size, media_type=media_type, created_at=at))
            made = VoiceRecording(
                call_id=call_id, kind="message", url=f"https://gateway.invalid/{call_id}.mp3", seconds=42, made_at=at,
                message_id=message_id, forget_at=at + timedelta(days=90),
            )  # fmt: skip
            session.add(made)
            session.add(
                IncomingMedia(
                    message_id=message_id, account=ACCOUNT, position=0, url=made.url, media_type=media_type,
                    name="recording.mp3", state="stored", sha256=content.sha256,
                )
            )  # fmt: skip
            session.flush()
            return made.id

        return self.db.run(work)

    def call(self, call_id: int) -> PhoneCall:
        """Return a call as it stands."""
        with self.db.reader() as session:
            return session.get_one(PhoneCall, call_id)
