"""A mail of ours has exactly the headers that are meant, whatever its words and names hold."""

from __future__ import annotations

from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest

from cases.messages import Address, AddressKind, OutboundMessage, OutgoingFile, OutgoingMail
from channels.email import building, tokens
from channels.email.settings import MailboxSettings
from channels.errors import BadAddress
from channels.settings import Secret

KEY, AT = b"key", datetime(2026, 3, 2, 10, 13, 2, tzinfo=UTC)
REFERENCE = "0123456789abcdef0123456789abcdef"
ALWAYS = ["From", "To", "Reply-To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type"]
ENDS = ("\r\n", "\n", "\r", "\x00", "\x0b", "\x0c", "\x85", "\u2028", "\u2029", "\r\n ")
SMUGGLED = "Bcc: thief@example.org"


def _settings(**changed: object) -> MailboxSettings:
    values = {
        "id": "mail", "channel": "email", "gateway": "mailbox", "address": "desk@assembly.example.gh", "user": "desk",
        "hook_secret": Secret("env:HOOK"), "read_secret": lambda _: "", "smtp_host": "127.0.0.1",
    }  # fmt: skip
    return MailboxSettings(**{**values, **changed})  # type: ignore[arg-type]


def _built(text: str = "We are on it.", *, to: str = "ama@example.com", **mail: object) -> EmailMessage:
    """Return a mail as its reader's program parses it."""
    outgoing = OutgoingMail(**{"subject": "Re: Gutter", "at": AT, **mail})  # type: ignore[arg-type]
    message = OutboundMessage("mail", Address(AddressKind.EMAIL, to), text, REFERENCE, outgoing)
    made = building.build(message, _settings(), key=KEY)
    return message_from_bytes(made.as_bytes(), policy=policy.default)  # type: ignore[return-value]


def test_words_signature_and_simple_html() -> None:
    made = _built("Wɔ <b>dɛn</b>?\n\nYaw & Ama", signature="Works\nThe Assembly", sender_name="Works, STMA")
    plain, page = made.get_body(("plain",)), made.get_body(("html",))
    assert plain is not None
    assert page is not None
    assert plain.get_content().replace("\r", "") == "Wɔ <b>dɛn</b>?\n\nYaw & Ama\n\n-- \nWorks\nThe Assembly\n"
    assert "<p>Wɔ &lt;b&gt;dɛn&lt;/b&gt;?</p>" in page.get_content()
    assert str(made["From"]) == '"Works, STMA" <desk@assembly.example.gh>'
    assert str(made["Date"]) == "Mon, 02 Mar 2026 10:13:02 +0000"
    assert str(made["Message-ID"]) == f"<{REFERENCE}@assembly.example.gh>"


def test_the_address_that_answers_go_to_proves_what_they_answer() -> None:
    answer_to = str(_built()["Reply-To"])
    assert tokens.read(answer_to, "desk@assembly.example.gh", key=KEY) == REFERENCE
    with pytest.raises(tokens.Forged):
        tokens.read(answer_to, "desk@assembly.example.gh", key=b"another")
    assert tokens.read("desk+news@assembly.example.gh", "desk@assembly.example.gh", key=KEY) is None


def test_what_a_machine_sends_says_so_and_takes_no_notices() -> None:
    made = _built(automatic=True)
    assert (made["Auto-Submitted"], made["X-Auto-Response-Suppress"]) == ("auto-replied", "All")
    message = OutboundMessage(
        "mail", Address(AddressKind.EMAIL, "ama@example.com"), "", REFERENCE, OutgoingMail("x", AT, automatic=True)
    )
    assert building.envelope_sender(message, _settings(), key=KEY) == ""
    assert _built()["Auto-Submitted"] is None


def test_what_is_answered_is_named_and_a_long_chain_is_shortened() -> None:
    made = _built(answers=tuple(f"{n}@example.com" for n in range(40)))
    assert made["In-Reply-To"] == "<39@example.com>"
    chain = str(made["References"]).split()
    assert (chain[0], chain[-1], len(chain)) == ("<0@example.com>", "<39@example.com>", building.MOST_REFERENCES)


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("where", ["subject", "sender_name", "answers", "file"])
def test_nothing_can_be_smuggled_into_the_headers(where: str, end: str) -> None:
    words = f"Gutter{end}{SMUGGLED}{end}{end}<script>"
    said: dict[str, object] = {where: words}
    if where == "answers":
        said = {"answers": (f"1@example.com>{end}{SMUGGLED}", "2@example.com")}
    if where == "file":
        said = {"files": (OutgoingFile(words, "text/plain", lambda: b"x"),)}
    made = _built(**said)
    wanted = [*ALWAYS, "In-Reply-To", "References"] if where == "answers" else ALWAYS
    assert sorted(made.keys()) == sorted(wanted)
    assert str(made["To"]) == "ama@example.com"
    for part in made.walk():
        assert {name.lower() for name in part.keys()} <= {name.lower() for name in [*wanted, *_OF_PARTS]}  # noqa: SIM118


@pytest.mark.parametrize("end", [*ENDS, " ", ",", ";"])
def test_a_recipient_is_one_address_or_none(end: str) -> None:
    with pytest.raises(BadAddress):
        _built(to=f"ama@example.com{end}thief@example.org")


def test_a_file_goes_with_it() -> None:
    made = _built(files=(OutgoingFile("Pläne.pdf", "application/pdf", lambda: b"%PDF-1"),))
    (file,) = made.iter_attachments()
    assert (file.get_filename(), file.get_content_type(), file.get_content()) == (
        "Pläne.pdf",
        "application/pdf",
        b"%PDF-1",
    )


_OF_PARTS = ("Content-Transfer-Encoding", "Content-Disposition", "Content-Type", "MIME-Version")
