"""The simulator's mail over real sockets: the real mailbox sends through it, and mails arrive at a small server."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest
import requests
from flask import Flask, request

from cases.messages import Address, AddressKind, OutboundMessage, OutgoingMail
from channels.email import reading
from channels.email.mail import Kind
from channels.email.mailbox import Mailbox
from channels.email.settings import SIMULATED, MailboxSettings
from channels.errors import BadAddress, GatewayDown, OutcomeUnknown, RecipientBlocked, Throttled
from channels.settings import Secret
from config.settings import load
from contactcentre.engines import ports
from contactcentre.simulator import asking
from contactcentre.simulator.app import create_app
from tests.integration.test_simulator import eventually, serve

OURS, CITIZEN = "desk@assembly.example", "araba@example.com"
REFERENCE = "0123456789abcdef0123456789abcdef"


class Hook:
    """Our side's hook: keeps the mails that come, and answers what it is told."""

    def __init__(self) -> None:
        self.got: list[bytes] = []
        self.kinds: list[str | None] = []
        self.answers: list[int] = []
        app = Flask(__name__)
        app.add_url_rule("/inbound", view_func=self._take, methods=["POST"])
        self.url, self.close = serve(app)

    def _take(self) -> tuple[str, int]:
        status = self.answers.pop(0) if self.answers else 200
        if status == 200:
            self.got.append(request.get_data())
            self.kinds.append(request.content_type)
        return "", status

    def mails(self, number: int) -> list[EmailMessage]:
        """Wait for so many mails."""
        eventually(lambda: len(self.got) >= number)
        return [message_from_bytes(one, policy=policy.default) for one in self.got]  # type: ignore[misc]


class World:
    """A simulator with one mailbox, and that mailbox as the product has it."""

    def __init__(self, folder: Path, hook: Hook) -> None:
        self.folder, self.hook = folder, hook
        (folder / "simulator").mkdir(exist_ok=True)
        block = {"id": "mail", "channel": "email", "gateway": "mailbox", "address": OURS, "api_key": "", "username": ""}
        rows = [{**block, "hooks": {"inbound": f"{hook.url}/inbound"}}]
        (folder / "simulator/accounts.json").write_text(json.dumps(rows))
        self.smtp = f"127.0.0.1:{ports.free('127.0.0.1')}"
        self.begin()

    def begin(self) -> None:
        self.app = create_app(load(self.folder, {"CONTACTCENTRE_SIMULATOR_MAIL": self.smtp}))
        self.url, self._stop = serve(self.app)

    def end(self) -> None:
        asking.host_of(self.app).close()
        self._stop()

    def get(self, path: str, **query: str) -> requests.Response:
        return requests.get(f"{self.url}/simulator{path}", params=query, timeout=10)

    def post(self, path: str, **data: object) -> requests.Response:
        return requests.post(f"{self.url}/simulator/api/{path}", json=data, timeout=10)

    def writes(self, **changes: object) -> str:
        """Let the citizen write; returns the mail's id."""
        said = {"from": CITIZEN, "name": "Araba Demo", "to": OURS, "subject": "Gutter", "text": "It is choked"}
        answer = self.post("mail", **{**said, **changes})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def sends(
        self, to: str = CITIZEN, *, automatic: bool = False, reference: str = REFERENCE, answers: str = ""
    ) -> str:
        """Send a mail of ours by the real mailbox; returns its id."""
        mail = OutgoingMail("Re: Gutter", datetime.now(UTC), (answers,) if answers else (), automatic, "Desk", "")
        message = OutboundMessage("mail", Address(AddressKind.EMAIL, to), "Which street?", reference, mail=mail)
        return mailbox(self.smtp).send(message).external_id

    def misbehaves(self, mode: str, **more: object) -> None:
        assert self.post("faults", gateway="mailbox", mode=mode, **more).status_code == 200


def settings(**changes: object) -> MailboxSettings:
    values = {"id": "mail", "channel": "email", "gateway": "mailbox", "address": OURS, "user": "desk"}
    secret = Secret("file:x")
    made = MailboxSettings(
        **values, smtp_host="mail.assembly.example", imap_host="mail.assembly.example", password=secret,
        hook_secret=secret, read_secret=lambda _: "a secret that is long",
    )  # fmt: skip
    return replace(made, **changes)  # type: ignore[arg-type]


def mailbox(smtp: str) -> Mailbox:
    return Mailbox(settings().simulated("http://127.0.0.1:9", mail=smtp, scans=""))


@pytest.fixture
def hook() -> Iterator[Hook]:
    made = Hook()
    yield made
    made.close()


@pytest.fixture
def world(tmp_path: Path, hook: Hook) -> Iterator[World]:
    made = World(tmp_path, hook)
    yield made
    made.end()


def test_what_a_citizen_writes_comes_to_the_hook_as_a_mail(world: World, hook: Hook) -> None:
    file = {"name": "gutter.txt", "type": "text/plain", "content": base64.b64encode(b"a picture").decode()}
    number = world.writes(html="<p>It is <b>choked</b></p>", files=[file])
    (mail,) = hook.mails(1)
    assert hook.kinds == ["message/rfc822"]
    assert str(mail["From"]) == f"Araba Demo <{CITIZEN}>"
    assert str(mail["Message-ID"]) == f"<{number}>"
    assert mail.get_body(("plain",)).get_content().strip() == "It is choked"  # type: ignore[union-attr]
    assert "<b>choked</b>" in mail.get_body(("html",)).get_content()  # type: ignore[union-attr]
    assert [one.get_filename() for one in mail.iter_attachments()] == ["gutter.txt"]
    assert str(mail["Authentication-Results"]) == f"{SIMULATED}; dmarc=pass"
    eventually(lambda: world.get("/api/mails", citizen=CITIZEN).json()["items"][0]["state"] == "delivered")


def test_ours_is_taken_kept_and_listed_with_its_own_values(world: World) -> None:
    number = world.sends()
    (sent,) = world.get("/api/sent", to=CITIZEN).json()
    assert {name: sent[name] for name in ("id", "account", "gateway", "from", "to", "text", "client_reference")} == {
        "id": number, "account": "mail", "gateway": "mailbox", "from": OURS, "to": CITIZEN, "text": "Which street?",
        "client_reference": REFERENCE,
    }  # fmt: skip
    (shown,) = world.get("/api/mails", citizen=CITIZEN).json()["items"]
    assert shown["subject"] == "Re: Gutter"
    assert shown["envelope"].startswith("desk+")
    assert shown["answer_to"] == shown["envelope"]
    assert "Message-ID" in world.get("/api/mail", id=number).text
    assert world.get("/api/mails", citizen="other@example.com").json()["items"] == []


def test_an_answer_goes_to_our_reply_to_with_the_words_quoted(world: World, hook: Hook) -> None:
    first = world.writes()
    ours = world.sends(answers=first)
    world.writes(to="", subject="", answers=ours, text="Beach Road", quote=True)
    answer = hook.mails(2)[1]
    shown = {one["id"]: one for one in world.get("/api/mails", citizen=CITIZEN).json()["items"]}
    assert str(answer["To"]) == shown[ours]["answer_to"]
    assert str(answer["Subject"]) == "Re: Gutter"
    assert str(answer["In-Reply-To"]) == f"<{ours}>"
    assert answer["References"].split() == [f"<{first}>", f"<{ours}>"]
    assert reading.parse(hook.got[1]).new_text.strip() == "Beach Road"
    assert "> Which street?" in reading.parse(hook.got[1]).text
    assert {one["thread"] for one in shown.values()} == {first}


@pytest.mark.parametrize(
    ("reason", "read_as", "hard"),
    [
        ("no-such-address", "no_such_address", True),
        ("mailbox-full", "mailbox_full", False),
        ("blocked", "policy", False),
    ],
)
def test_a_mail_comes_back_with_a_notice_to_its_envelope_sender(
    world: World, hook: Hook, reason: str, read_as: str, hard: bool
) -> None:
    ours = world.sends()
    assert world.post("mail/bounce", id=ours, reason=reason).status_code == 201
    hook.mails(1)
    read = reading.parse(hook.got[0])
    assert (read.kind, read.return_path) == (Kind.BOUNCE, "")
    assert read.bounce is not None
    (recipient,) = read.bounce.recipients
    assert (recipient.address, recipient.reason, recipient.hard) == (CITIZEN, read_as, hard)
    assert read.bounce.original_message_id == ours
    first, second = world.get("/api/mails", citizen=CITIZEN).json()["items"]
    assert str(message_from_bytes(hook.got[0])["To"]) == first["envelope"]
    assert first["thread"] == second["thread"]


def test_a_mailbox_answers_by_itself_and_nothing_answers_a_machine(world: World, hook: Hook) -> None:
    assert world.post("mail/away", id=world.sends()).status_code == 201
    hook.mails(1)
    assert reading.parse(hook.got[0]).kind is Kind.AUTO_REPLY
    machine = world.sends(automatic=True, reference="f" * 32)
    for path in ("mail/away", "mail/bounce"):
        refused = world.post(path, id=machine)
        assert (refused.status_code, refused.json()["field"]) == (409, "id")


@pytest.mark.parametrize(
    ("recipient", "error"),
    [("nobody@example.com", BadAddress), ("full@example.com", BadAddress), ("blocked@example.com", RecipientBlocked)],
)
def test_some_addresses_are_refused_at_once(world: World, recipient: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        world.sends(recipient)
    assert world.get("/api/sent", to=recipient).json() == []
    (shown,) = world.get("/api/mails", citizen=recipient).json()["items"]
    assert shown["direction"] == "refused"


@pytest.mark.parametrize("mode", ["http500", "http429"])
def test_a_server_that_refuses_takes_nothing(world: World, mode: str) -> None:
    world.misbehaves(mode)
    with pytest.raises(Throttled):
        world.sends()
    assert world.get("/api/sent").json() == []
    world.misbehaves("ok")
    world.sends()
    assert len(world.get("/api/sent").json()) == 1


def test_a_server_that_says_nothing_has_taken_it_or_not(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("contactcentre.simulator.mail_server.HANG", 0.3)
    world.misbehaves("accept-then-hang")
    with pytest.raises(OutcomeUnknown):
        world.sends()
    world.misbehaves("timeout")
    with pytest.raises(GatewayDown):
        world.sends()
    assert len(world.get("/api/sent").json()) == 1
    world.misbehaves("slow", delay=0.05)
    world.sends()  # the same mail again: a citizen gets it twice
    assert [one["id"].partition("#")[2] for one in world.get("/api/sent").json()] == ["", "2"]


def test_one_mail_comes_twice_by_two_ways(world: World, hook: Hook) -> None:
    world.misbehaves("duplicate-reports")
    world.writes()
    first, second = hook.mails(2)
    assert first["Message-ID"] == second["Message-ID"]
    assert hook.got[0] != hook.got[1]


def test_what_was_not_taken_is_brought_after_a_new_start(world: World, hook: Hook) -> None:
    hook.answers = [503] * 3
    number = world.writes()
    eventually(lambda: len(hook.answers) < 3)
    world.end()
    hook.answers = []
    world.begin()
    (mail,) = hook.mails(1)
    assert str(mail["Message-ID"]) == f"<{number}>"
    assert world.get("/api/mails", citizen=CITIZEN).json()["items"][0]["subject"] == "Gutter"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"from": "araba"}, "from"),
        ({"to": "other@assembly.example"}, "to"),
        ({"subject": "two\r\nBcc: all@example.com"}, "subject"),
        ({"subject": 7}, "subject"),
        ({"text": "x" * 1_000_001}, "text"),
        ({"files": "one"}, "files"),
        ({"files": [{"name": "a", "content": "***"}]}, "files"),
        ({"answers": "unknown"}, "answers"),
    ],
)
def test_what_cannot_be_written_is_refused_by_field(
    world: World, hook: Hook, changes: dict[str, object], field: str
) -> None:
    said = {"from": CITIZEN, "to": OURS, "subject": "Gutter", "text": "It is choked"}
    answer = world.post("mail", **{**said, **changes})
    assert (answer.status_code, answer.json()["field"]) == (400, field)
    assert hook.got == []


def test_with_a_simulator_no_mailbox_speaks_to_its_own_server() -> None:
    made = settings(token_url="https://login.example/token", client_id="x").simulated(
        "http://127.0.0.1:9", mail="", scans=""
    )
    assert (made.smtp_host, made.smtp_port, made.smtp_security) == ("127.0.0.1", 9, "none")
    assert (made.imap_host, made.password, made.token_url) == (None, None, None)
    assert made.trusted_server == SIMULATED
