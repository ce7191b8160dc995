"""Two installations answer each other for a day, and so does a machine that bears no sign of being one."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

from cases import clock
from cases.clock import TestClock, set_test_clock
from contactcentre.app import create_app
from tests.channels.smtp_server import Server, serving
from tests.faults.figures import Figures
from tests.faults.mail_office import ACCOUNT, Office, letter, office
from workers import deliver

NORTH, SOUTH, ROBOT = "desk@northport.example", "desk@southport.example", "robot@elsewhere.example"
STEP, STEPS = timedelta(minutes=30), 48
_CAP = 5
_SIGNS = re.compile(rb"^(?:Auto-Submitted|X-Auto-Response-Suppress|Precedence|Return-Path):.*\r\n", re.MULTILINE)
_AUTOMATIC = "select count(*) from message where direction = 'out' and automatic"
_FLAGGED = (
    "select (select count(*) from mail where automatic is not null) "
    "+ (select count(*) from event where kind = 'acknowledgement_withheld')"
)
_MOST_AN_HOUR = """
select coalesce(max(n), 0) from (select count(*) over (order by created_at range between interval '59 minutes' preceding
and current row) as n from message where direction = 'out' and automatic) as windows
"""


@dataclass
class End:
    """One end of the wire: an installation, where its mail arrives, and how much of that was carried on."""

    office: Office
    sink: Server
    carried: int = 0

    def leaves(self) -> list[bytes]:
        """Let all leave that waits; returns the mails as the other's server would store them."""
        deliver.use(self.office.container)
        deliver.drain(ACCOUNT)
        new = self.sink.taken[self.carried :]
        self.carried = len(self.sink.taken)
        return [f"Return-Path: <{sender}>\r\nDelivered-To: {to[0]}\r\n".encode() + raw for sender, to, raw in new]

    def comes(self, content: bytes) -> None:
        """Let a mail come by the callback, and be read."""
        container = self.office.container
        secret = container.read_secret(container.account_settings[ACCOUNT].hook_secret)
        answer = create_app(container).test_client().post(f"/hooks/{ACCOUNT}/{secret}/inbound", data=content)
        assert answer.status_code == 200, answer.status_code
        self.office.read_all()


def wired(folder: Path, found: Figures, *, short: bool) -> None:
    """Wire two installations to each other for a day, with and without the signs of automatic mail on the way."""
    for stripped in (False, True):
        with (
            serving() as north,
            serving() as south,
            office(folder / "north", smtp_port=north.port) as one,
            office(folder / "south", smtp_port=south.port, address=SOUTH) as other,
        ):
            ends = End(one, north), End(other, south)
            ends[0].comes(letter(1, "Is anybody there?", sender=f"Desk <{SOUTH}>"))
            for _ in _hours(one, STEPS // 4 if short else STEPS):
                for here, there in (ends, ends[::-1]):
                    for content in here.leaves():
                        there.comes(_SIGNS.sub(b"", content) if stripped else content)
            sent = sum(end.office.count(_AUTOMATIC) for end in ends)
            flagged = sum(end.office.count(_FLAGGED) for end in ends)
            words = "wired, signs taken off" if stripped else "wired"
            found.more[words] = f"{sent} automatic answers in all, flagged {flagged}"
            found.promise(f"{words}: two automatic answers at most", sent <= 2, sent)
            found.promise(f"{words}: the loop is flagged", stripped or flagged > 0, flagged)


def robots(folder: Path, found: Figures, *, short: bool) -> None:
    """A machine without any sign answers every mail at once, naming what it answers or not."""
    for naming in (True, False):
        with serving() as sink, office(folder, smtp_port=sink.port) as one:
            end, answered = End(one, sink), 0
            end.comes(letter(1, "Hello", sender=f"Robot <{ROBOT}>"))
            for _ in _hours(one, STEPS // 8 if short else STEPS):
                for _ in range(_CAP + 2):
                    for content in end.leaves():
                        answered += 1
                        end.comes(_answer(content, answered, naming=naming))
            most, flagged = one.count(_MOST_AN_HOUR), one.count(_FLAGGED)
            words = f"robot {'naming' if naming else 'not naming'} what it answers"
            found.more[words] = f"{one.count(_AUTOMATIC)} automatic answers, {most} in an hour, flagged {flagged}"
            found.promise(f"{words}: no more than the hour's cap", most <= _CAP, most)
            found.promise(f"{words}: it is shown", naming or flagged > 0, flagged)


def forged(folder: Path, found: Figures, *, short: bool) -> None:
    """An agent's address answers in the right thread with a wrong token: it is held, and nothing is sent."""
    del short
    with serving() as sink, office(folder, smtp_port=sink.port) as one:
        end = End(one, sink)
        end.comes(letter(1))
        (acknowledgement,) = (_parsed(content) for content in end.leaves())
        before = one.count("select count(*) from outbox")
        local, _, domain = str(acknowledgement["Reply-To"]).rpartition("@")
        wrong = f"{local[:-1]}{'a' if local[-1] != 'a' else 'b'}@{domain}"
        thread = {"In_Reply_To": str(acknowledgement["Message-ID"]), "Subject": str(acknowledgement["Subject"])}
        sender = "Agent <agent@northport.example>"
        for number, words in ((2, "Pay to this account"), (3, "STATUS"), (4, "HELP"), (5, "Thank you")):
            end.comes(letter(number, words, sender=sender, To=wrong, **thread))
        late = end.leaves()
        queued = one.count("select count(*) from outbox") - before
        found.promise("a forged answer: nothing is sent", (len(late), queued) == (0, 0), (len(late), queued))
        joined = one.count("select count(*) from filing where case_id = 1") - 2
        found.promise("a forged answer joins nothing", joined == 0, joined)
        held = one.count("select count(*) from mail where forged")
        found.promise("each is held and marked", held == 4, held)
        end.comes(letter(6, "Pay here", sender=sender, **thread))
        to = one.count("select count(*) from outbox where recipient = 'ama1@example.com'")
        joined = one.count("select count(*) from filing where case_id = 1") - 2
        found.promise("without a token it is a stranger's", (to, joined) == (1, 0), (to, joined))


def _hours(one: Office, steps: int) -> Iterable[None]:
    with one.container.db.reader() as session:
        anchor = clock.now(session)
    try:
        for step in range(steps):
            set_test_clock(TestClock(anchor, STEP * step))
            yield
    finally:
        set_test_clock(None)


def _parsed(content: bytes) -> EmailMessage:
    return message_from_bytes(content, policy=policy.default)  # type: ignore[return-value]


def _answer(content: bytes, number: int, *, naming: bool) -> bytes:
    to = _parsed(content)
    said = {"In_Reply_To": str(to["Message-ID"])} if naming else {}
    subject = f"Re: {to['Subject']}"
    robot = {"sender": f"Robot <{ROBOT}>", "Message_ID": f"<r{number}@elsewhere.example>", "Subject": subject}
    return letter(
        number, f"We got it. Our number is {number}.", To=str(to["Reply-To" if naming else "From"]), **robot, **said
    )
