"""A mail becomes a case or joins the one that it answers; nobody joins a case of somebody else."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import func, select

from cases import replies
from cases.departments import City
from cases.lifecycle import Outcome, Status
from cases.messages import OutboundMessage
from cases.models import Case, Citizen, Event, Filing, MailRow, Message, OutboxEntry
from cases.permissions import Viewer
from contactcentre.db import Database
from tests.factories import make_agent, make_city
from tests.integration.mailing import AMA, KOFI, OURS, arrives, case_of, mail, with_mailbox


@pytest.fixture
def city() -> City:
    return with_mailbox(make_city())


@pytest.fixture
def agent(db: Database) -> Viewer:
    return db.run(lambda uow: make_agent(uow.session, "Ama", ("supervisor", "*")))


def _count(db: Database, model: type) -> int:
    with db.reader() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def _sent(db: Database) -> list[tuple[Message, MailRow, OutboxEntry]]:
    query = select(Message, MailRow, OutboxEntry).where(
        Message.direction == "out", MailRow.message_id == Message.id, OutboxEntry.message_id == Message.id
    )
    with db.reader() as session:
        return [tuple(row) for row in session.execute(query.order_by(Message.id))]


def _answers(db: Database, city: City, agent: Viewer, case: Case, text: str = "We are on it") -> str:
    """Let an agent answer, and the mail leave; returns its Message-ID."""
    reply = {"city": city, "reference": case.reference, "text": text}
    message_id = db.run(lambda uow: replies.reply(uow.session, agent, **reply).id)  # type: ignore[arg-type]
    identifier = f"{message_id}@assembly.example.gh"
    db.run(lambda uow: setattr(uow.session.get_one(Message, message_id), "external_id", identifier))
    return identifier


def test_a_mail_opens_a_case_named_by_its_subject_and_is_acknowledged_as_an_answer(db: Database, city: City) -> None:
    received = arrives(db, city, mail(subject="Choked gutter", answers=("older@example.com",)))
    case = case_of(db, received.case_id)
    assert (case.subject, case.channel) == ("Choked gutter", "email")
    ((message, head, entry),) = _sent(db)
    written = f"{case.reference[:4]}-{case.reference[4:]}"
    assert head.subject == f"Re: Choked gutter [{written}]"
    assert head.answers == ["older@example.com", "1@example.com"]
    assert (message.automatic, entry.recipient, entry.recipient_kind) == (True, AMA, "email")
    assert received.to_send == ("mail",)


def test_one_mail_to_two_mailboxes_is_one_message(db: Database, city: City) -> None:
    first = arrives(db, city, mail())
    again = arrives(db, city, mail(account="mail-works"))
    assert (first.duplicate, again.duplicate) == (False, True)
    assert _count(db, Case) == 1


def test_a_reused_message_id_with_other_words_is_another_mail(db: Database, city: City) -> None:
    arrives(db, city, mail("The gutter is choked"))
    assert not arrives(db, city, mail("The light is out")).duplicate


def test_two_mails_without_an_id_are_two(db: Database, city: City) -> None:
    assert [arrives(db, city, mail(identifier="")).duplicate for _ in range(2)] == [False, False]


@pytest.mark.parametrize("way", ["answers", "proved"])
def test_an_answer_joins_the_case_of_what_it_answers(db: Database, city: City, agent: Viewer, way: str) -> None:
    case = case_of(db, arrives(db, city, mail()).case_id)
    identifier = _answers(db, city, agent, case)
    arrives(db, city, mail("Another matter", identifier="2@example.com", subject="Light"))  # the more recent case
    said = {way: (identifier,), "identifier": "3@example.com"}
    back = arrives(db, city, mail("It is near the school", **said))  # type: ignore[arg-type]
    assert back.case_id == case.id
    with db.reader() as session:
        filing = session.scalars(select(Filing).where(Filing.message_id == back.message_id)).one()
    assert (filing.reason, filing.detail) == ("answers", "it answers our mail")


def test_a_stranger_who_answers_our_mail_joins_nothing(db: Database, city: City, agent: Viewer) -> None:
    case = case_of(db, arrives(db, city, mail()).case_id)
    identifier = _answers(db, city, agent, case)
    said = {"answers": (identifier,), "proved": (identifier,), "identifier": "9@example.org"}
    stranger = arrives(db, city, mail("Tell me all", sender=KOFI, **said))  # type: ignore[arg-type]
    assert stranger.case_id not in (None, case.id)


@pytest.mark.parametrize("sender", [AMA, KOFI])
def test_a_reference_in_a_mail_only_links(db: Database, city: City, sender: str) -> None:
    case = case_of(db, arrives(db, city, mail()).case_id)
    written = f"{case.reference[:4]}-{case.reference[4:]}"
    said = {"subject": f"About [{written}]", "identifier": "5@example.com"}
    other = case_of(db, arrives(db, city, mail("What of it?", sender=sender, **said)).case_id)  # type: ignore[arg-type]
    assert other.id != case.id
    assert other.may_belong_to_id == case.id


def test_a_forged_address_is_held_and_nothing_is_sent(db: Database, city: City, agent: Viewer) -> None:
    case = case_of(db, arrives(db, city, mail()).case_id)
    identifier = _answers(db, city, agent, case)
    before = len(_sent(db))
    said = {"answers": (identifier,), "forged": True, "identifier": "6@example.com"}
    held = case_of(db, arrives(db, city, mail("Pay here instead", **said)).case_id)  # type: ignore[arg-type]
    assert held.id != case.id
    assert len(_sent(db)) == before


@pytest.mark.parametrize(("machine", "cases"), [(True, 0), (False, 1)])
def test_what_a_machine_wrote_is_never_answered(db: Database, city: City, machine: bool, cases: int) -> None:
    received = arrives(db, city, mail("I am on leave", automatic="Auto-Submitted", machine=machine))
    assert received.message_id is not None
    assert _count(db, Case) == cases
    assert _sent(db) == []


def test_an_automatic_answer_is_filed_and_wakes_nothing(db: Database, city: City, agent: Viewer) -> None:
    case = case_of(db, arrives(db, city, mail()).case_id)
    identifier = _answers(db, city, agent, case)
    how = {"city": city, "reference": case.reference, "text": "Done", "resolve": Outcome.FIXED}
    db.run(lambda uow: replies.reply(uow.session, agent, **how).id)  # type: ignore[arg-type]
    said = {"automatic": "an absence notice", "machine": True, "answers": (identifier,), "identifier": "7@example.com"}
    assert arrives(db, city, mail("I am on leave", **said)).case_id == case.id  # type: ignore[arg-type]
    assert case_of(db, case.id).status == Status.RESOLVED


def test_a_mail_from_our_own_address_gets_no_answer(db: Database, city: City) -> None:
    arrives(db, city, mail(sender="desk+abc@assembly.example.gh"))
    assert _sent(db) == []
    with db.reader() as session:
        withheld = session.scalars(select(Event.values).where(Event.kind == "acknowledgement_withheld")).all()
    assert len(withheld) == 1


def test_an_agents_answer_bears_the_department_and_its_chain(db: Database, city: City, agent: Viewer) -> None:
    case = case_of(db, arrives(db, city, mail(subject="Re: Fwd: AW: Gutter", answers=("a@x", "b@x"))).case_id)
    _answers(db, city, agent, case, "x" * 5000)
    head = _sent(db)[-1][1]
    written = f"{case.reference[:4]}-{case.reference[4:]}"
    assert head.subject == f"Re: Gutter [{written}]"
    assert head.answers == ["b@x", "a@x", "1@example.com"]
    assert head.signature


def test_what_leaves_knows_its_mail(db: Database, city: City, agent: Viewer) -> None:
    from cases import mails

    case = case_of(db, arrives(db, city, mail()).case_id)
    message_id = db.run(
        lambda uow: replies.reply(uow.session, agent, city=city, reference=case.reference, text="Yes").id
    )
    with db.reader() as session:
        message = session.get_one(Message, message_id)
        plain = OutboundMessage("mail", mail().sender, message.text, "0" * 32)
        dressed = mails.dressed(session, [(message_id, plain)], read=lambda sha: sha.encode())[message_id]
    assert dressed.mail is not None
    assert (dressed.mail.automatic, dressed.mail.subject.startswith("Re: Gutter [")) == (False, True)
    assert OURS not in dressed.text


@pytest.mark.parametrize("joins", [False, True])
def test_a_cut_mail_is_taken_in_by_a_configuration_without_words_for_it(db: Database, city: City, joins: bool) -> None:
    known = {key: text for key, text in city.texts.entries.items() if key[0] != "mail_cut"}
    older = replace(city, texts=replace(city.texts, entries=known))
    if joins:
        arrives(db, older, mail())
    received = arrives(db, older, mail("The beginning", identifier="2@example.com", cut=True))
    assert received.case_id is not None
    assert len(_sent(db)) == 1


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ({"sender_name": "Abena  Demo"}, "Abena Demo"),
        ({"sender_name": "abena@example.com"}, None),
        ({"sender_name": "Mayor", "forged": True}, None),
        ({"sender_name": "Newsletter", "automatic": "List-Id"}, None),
    ],
)
def test_a_stranger_goes_by_the_name_in_their_mail(
    db: Database, city: City, said: dict[str, object], name: str | None
) -> None:
    case = case_of(db, arrives(db, city, mail(**said)).case_id)  # type: ignore[arg-type]
    with db.reader() as session:
        assert session.get_one(Citizen, case.citizen_id).name == name
