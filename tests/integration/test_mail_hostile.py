"""Mails from people who mean harm, or whose programs do: nothing is done in somebody else's name, and all are kept."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select, text

from cases.models import Address, Case, Event, MailRow, Message, OutboxEntry, RawRequest
from cases.models.raw import RawState
from config.settings import Settings
from contactcentre.container import Container
from contactcentre.db import Database
from tests.factories import make_city
from tests.integration.mailboxes import OURS, mail_city, put, raw_mail, read_all
from tests.integration.mailing import AMA, arrives, mail, with_mailbox

LONG = "a" * 5000


@pytest.fixture
def container(settings: Settings, db: Database, tmp_path: Path) -> Iterator[Container]:
    with mail_city(settings, db, tmp_path) as made:
        yield made


def _count(db: Database, model: type) -> int:
    with db.reader() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


@pytest.mark.parametrize("words", ["STATUS", "HELP", "STOP", "LANG en", "4821-7736", "The gutter is choked"])
@pytest.mark.parametrize("how", [{"forged": True}, {"genuine": False}])
def test_a_mail_in_another_name_is_not_answered_whatever_it_says(
    db: Database, words: str, how: dict[str, bool]
) -> None:
    arrives(db, with_mailbox(make_city()), mail(words, **how))
    with db.reader() as session:
        assert session.scalars(select(Address.opted_out_at)).all() == [None]
    assert (_count(db, OutboxEntry), _count(db, Case)) == (0, 1)


def test_a_mail_in_another_name_joins_nothing_unless_it_bears_our_token(db: Database) -> None:
    city = with_mailbox(make_city())
    first = arrives(db, city, mail())
    other = arrives(db, city, mail("Pay here", identifier="2@example.com", genuine=False))
    assert other.case_id != first.case_id
    with db.reader() as session:
        why = session.scalars(select(Event.values).where(Event.kind == "acknowledgement_withheld")).all()
        ours = session.scalars(select(Message).where(Message.automatic)).one()
    assert len(why) == 1
    db.run(lambda uow: setattr(uow.session.get_one(Message, ours.id), "external_id", "o@assembly.example.gh"))
    said = {"identifier": "3@example.com", "genuine": False, "proved": ("o@assembly.example.gh",)}
    assert arrives(db, city, mail("Beach Road", **said)).case_id == first.case_id  # type: ignore[arg-type]


def test_stop_by_mail_is_heard(db: Database) -> None:
    arrives(db, with_mailbox(make_city()), mail("STOP"))
    with db.reader() as session:
        assert session.scalars(select(Address.opted_out_at).where(Address.value == AMA)).one() is not None
    assert _count(db, Case) == 0


ODD = {
    "no sender": {"sender": ""},
    "an empty sender": {"sender": "<>"},
    "a name alone": {"sender": "Ama"},
    "NUL in a name alone": {"sender": "=?utf-8?q?A=00ma?="},
    "NUL in an address": {"sender": "=?utf-8?q?a=00?=@example.com"},
    "a raw NUL in an address": {"sender": "a\0ma@example.com"},
    "a long address": {"sender": f"{LONG}@example.com"},
    "a long name alone": {"sender": LONG},
    "a long name": {"sender": f"{LONG} <ama@example.com>"},
    "NUL in the subject": {"Subject": "=?utf-8?q?G=00utter?="},
    "half a surrogate": {"Subject": "=?utf-16?q?=D8=00?="},
    "half a surrogate in UTF-8": {"Subject": "=?utf-8?q?=ED=A0=80?="},
    "NUL in an id": {"Message_ID": "<a\0b@example.com>"},
    "a long id": {"Message_ID": f"<{LONG}@example.com>"},
    "NUL in who gets it": {"To": "=?utf-8?q?d=00?= <d@example.com>"},
    "NUL in what it answers": {"In_Reply_To": "<a\0b@example.com>"},
    "no words": {"text": ""},
    "no words, no subject": {"text": "", "Subject": ""},
    "no subject": {"Subject": ""},
    "NUL in the words": {"text": "a\0b"},
    "NUL in quoted words": {"text": "Yes\r\n\r\nOn Mon, Ama wrote:\r\n> a\0b"},
    "NUL in what says that it is automatic": {"Auto_Submitted": "auto-replied; a\0b"},
    "a date before all dates": {"Date": "Mon, 01 Jan 0001 00:00:00 +1400"},
    "a date after all dates": {"Date": "Fri, 31 Dec 9999 23:59:59 -1200"},
    "our own address": {"sender": OURS},
}


@pytest.mark.parametrize("odd", ODD)
def test_an_odd_mail_is_a_message(container: Container, db: Database, odd: str) -> None:
    said = {"text": "The gutter is choked", **ODD[odd]}
    put(container, raw_mail(**said))
    read_all()
    with db.reader() as session:
        rows = session.execute(select(RawRequest.state, RawRequest.reason)).all()
    assert rows == [(RawState.APPLIED, None)]
    assert _count(db, Message) > 0


@pytest.mark.parametrize("name", ["=?utf-8?q?a=00b.png?=", "x" * 5000 + ".png", "=?utf-8?q?=E2=80=AEgnp=2Eexe?=", ""])
def test_files_alone_with_odd_names_are_a_message(container: Container, db: Database, name: str) -> None:
    head = (
        f'Content-Type: image/png\r\nContent-Disposition: attachment; filename="{name}"\r\nContent-ID: <a\0b>\r\n\r\n'
    )
    parts = f"--b\r\n{head}\x89PNG\r\n\x1a\n\r\n--b--".encode("latin-1")
    lines = "From: ama@example.com\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
    put(container, lines.encode() + parts)
    read_all()
    with db.reader() as session:
        rows = session.execute(select(RawRequest.state, RawRequest.reason)).all()
    assert rows == [(RawState.APPLIED, None)]
    assert _count(db, Case) == 1


@pytest.mark.parametrize("piece", ["<!--", "a_", "~/", "w{} "])
def test_long_words_that_hurt_searching_are_kept_whole_and_found(db: Database, piece: str) -> None:
    words = "gutter " + "".join(piece.format(number) for number in range(1_500_000 // len(piece)))
    received = arrives(db, with_mailbox(make_city()), mail(words))
    query = text("select count(*) from message_words where id = :id and words @@ 'gutter'::tsquery")
    with db.reader() as session:
        assert session.scalar(query, {"id": received.message_id}) == 1
        assert session.get_one(MailRow, received.message_id).whole == words
        assert session.get_one(Message, received.message_id).text == words[:5000]
