"""Answers, updates and notices by mail: by the citizen's way, with files, and taken back with them."""

from __future__ import annotations

import pytest
from sqlalchemy import insert, select

from cases import attachments, clock, followers, following, messages, reaching, replies, trials, undoing
from cases.departments import City
from cases.errors import Invalid
from cases.filing import audience, incidents, updates
from cases.lifecycle import Outcome
from cases.messages import KeptFile
from cases.models import (
    Address,
    Attachment,
    Case,
    CitizenAddress,
    MailRow,
    Message,
    OutboxEntry,
    Party,
    StoredFile,
    Thread,
)
from cases.permissions import Viewer
from contactcentre.db import Database
from tests.factories import make_agent, make_city, phone, say
from tests.integration.mailing import AMA, KOFI, arrives, case_of, mail, with_mailbox

PLAN = KeptFile("a" * 64, 20, "application/pdf", "plan.pdf")


@pytest.fixture
def city() -> City:
    return with_mailbox(make_city())


@pytest.fixture
def agent(db: Database) -> Viewer:
    return db.run(lambda uow: make_agent(uow.session, "Ama", ("supervisor", "*")))


def answer(db: Database, city: City, agent: Viewer, case: Case, **how: object) -> Message:
    said = {"city": city, "reference": case.reference, "text": "We come", **how}
    return db.run(lambda uow: replies.reply(uow.session, agent, **said))  # type: ignore[arg-type]


def files_of(db: Database, message_id: int) -> list[str]:
    with db.reader() as session:
        return list(session.scalars(select(Attachment.name).where(Attachment.message_id == message_id)))


def latest(db: Database) -> tuple[Message, MailRow | None, OutboxEntry]:
    query = select(Message, MailRow, OutboxEntry).join(OutboxEntry, OutboxEntry.message_id == Message.id)
    query = query.outerjoin(MailRow, MailRow.message_id == Message.id).order_by(Message.id.desc()).limit(1)
    with db.reader() as session:
        message, head, entry = session.execute(query).one()
        return message, head, entry


def test_files_leave_with_a_reply_and_those_of_the_case_too(db: Database, city: City, agent: Viewer) -> None:
    case = case_of(db, arrives(db, city, mail()).case_id)
    first = answer(db, city, agent, case, files=[PLAN])
    with db.reader() as session:
        own = session.scalars(select(Attachment.id)).one()
    second = answer(db, city, agent, case, along=[own], files=[KeptFile("b" * 64, 9, "image/png", "../x/map.png")])
    assert files_of(db, first.id) == ["plan.pdf"]
    assert sorted(files_of(db, second.id)) == ["map.png", "plan.pdf"]


@pytest.mark.parametrize(
    ("how", "says"),
    [
        ({"files": [PLAN] * 1 + [KeptFile(f"{n:064x}", 1, "image/png", f"{n}.png") for n in range(10)]}, "At most 10"),
        ({"files": [KeptFile("c" * 64, attachments.MOST_BYTES + 1, "image/png", "x.png")]}, "larger than 15 MB"),
        ({"along": [999]}, "not in this case"),
    ],
)
def test_too_many_files_or_another_cases_are_refused(
    how: dict[str, object], says: str, db: Database, city: City, agent: Viewer
) -> None:
    case = case_of(db, arrives(db, city, mail()).case_id)
    with pytest.raises(Invalid, match=says):
        answer(db, city, agent, case, **how)


def test_a_file_of_another_case_cannot_be_sent_along(db: Database, city: City, agent: Viewer) -> None:
    case = case_of(db, arrives(db, city, mail()).case_id)
    other = case_of(db, arrives(db, city, mail("Light", sender=KOFI, identifier="2@example.org")).case_id)
    answer(db, city, agent, case, files=[PLAN])
    with db.reader() as session:
        own = session.scalars(select(Attachment.id)).one()
    with pytest.raises(Invalid, match="not in this case"):
        answer(db, city, agent, other, along=[own])


def test_no_files_go_with_a_text_message(db: Database, city: City, agent: Viewer) -> None:
    case = case_of(db, db.run(lambda uow: say(uow.session, city, "The gutter is choked").case_id))
    with pytest.raises(Invalid, match="with a mail only"):
        answer(db, city, agent, case, files=[PLAN])


def test_taking_a_reply_back_takes_its_files(db: Database, city: City, agent: Viewer) -> None:
    from datetime import timedelta

    case = case_of(db, arrives(db, city, mail()).case_id)
    message = answer(db, city, agent, case, files=[PLAN], undo=timedelta(seconds=10))
    who = {"city": city, "reference": case.reference, "message_id": message.id}
    db.run(lambda uow: undoing.undo(uow.session, agent, **who))  # type: ignore[arg-type]
    assert files_of(db, message.id) == []


def verified_mail(db: Database, case: Case, value: str = AMA, *, verified: bool = True, shared: bool = False) -> None:
    """Let a citizen have a mail address of their own too, which has written before."""

    def work(uow: object) -> None:
        session = uow.session  # type: ignore[attr-defined]
        at = clock.now(session)
        row = Address(kind="email", value=value, created_at=at, shared_at=at if shared else None)
        session.add(row)
        session.flush()
        session.add(Thread(address_id=row.id, created_at=at))
        use = {"citizen_id": case.citizen_id, "address_id": row.id, "evidence": "agent", "linked_at": at}
        session.add(CitizenAddress(**use, verified_at=at if verified else None))

    db.run(work)


@pytest.mark.parametrize("how", ["verified", "only said", "shared"])
def test_a_citizen_with_both_can_be_answered_by_both(how: str, db: Database, city: City) -> None:
    case = case_of(db, db.run(lambda uow: say(uow.session, city, "The gutter is choked").case_id))
    verified_mail(db, case, verified=how != "only said", shared=how == "shared")
    with db.reader() as session:
        ways = reaching.reach(session, session.get_one(Case, case.id), city=city).ways
    channels = {one.account.channel for one in ways}
    assert channels == ({"sms", "email"} if how == "verified" else {"sms"})
    assert ways[0].account.channel == "sms"


def test_an_answer_by_the_other_way_comes_back_into_the_case(db: Database, city: City, agent: Viewer) -> None:
    case = case_of(db, db.run(lambda uow: say(uow.session, city, "The gutter is choked").case_id))
    verified_mail(db, case)
    message = answer(db, city, agent, case, account="mail", text="x" * 5_000)
    assert message.channel == "email" and message.thread_id != case.thread_id
    _, head, entry = latest(db)
    assert head is not None and entry.recipient == AMA
    assert head.subject == f"Re: {case.subject} [{case.reference[:4]}-{case.reference[4:]}]"
    db.run(lambda uow: setattr(uow.session.get_one(Message, message.id), "external_id", "m1@ours"))
    back = arrives(db, city, mail("Thank you, it is near the school", identifier="9@example.com", answers=("m1@ours",)))
    assert back.case_id == case.id


def test_the_sender_of_a_mail_that_was_too_large_is_told_once(db: Database, city: City) -> None:
    case = case_of(db, arrives(db, city, mail(cut=True)).case_id)
    first, head, _ = latest(db)
    assert head is not None and first.text.count("mail_cut") == 1 and "acknowledgement" in first.text
    joined = arrives(db, city, mail("More", cut=True, identifier="2@example.com"))
    second, head, _ = latest(db)
    assert joined.case_id == case.id and second.id != first.id
    assert second.text_key == "mail_cut" and head is not None
    before = second.id
    arrives(db, city, mail("And more", identifier="3@example.com"))
    assert latest(db)[0].id == before


def test_a_follower_by_mail_is_told_by_mail_and_not_what_the_citizen_called_it(
    db: Database, city: City, agent: Viewer
) -> None:
    case = case_of(db, arrives(db, city, mail(subject="My neighbour Kwame")).case_id)
    arrives(db, city, mail("Light", sender=KOFI, identifier="2@example.org"))

    def follow(uow: object) -> None:
        session = uow.session  # type: ignore[attr-defined]
        address = session.scalars(select(Address).where(Address.value == KOFI)).one()
        row = {"case_id": case.id, "address_id": address.id, "role": followers.FOLLOWER}
        session.add(Party(**row, account="mail", since=clock.now(session)))

    db.run(follow)
    answer(db, city, agent, case, resolve=Outcome.FIXED)
    assert db.run(lambda uow: following.tell(uow.session, city=city)).to_send == ("mail",)
    message, head, entry = latest(db)
    assert (message.text_key, entry.recipient, entry.recipient_kind) == ("followed_ended", KOFI, "email")
    assert head is not None and "Kwame" not in head.subject and not head.subject.startswith("Re:")


def test_an_update_goes_to_phones_and_mail_addresses(db: Database, city: City, agent: Viewer) -> None:
    whole = case_of(db, arrives(db, city, mail(subject="No water")).case_id)
    part = case_of(db, db.run(lambda uow: say(uow.session, city, "No water", sender=phone(7)).case_id))
    how = {"incident": whole.reference, "cases": [part.reference]}
    db.run(lambda uow: incidents.attach(uow.session, agent, **how))  # type: ignore[arg-type]
    with db.reader() as session:
        found = audience.preview(session, agent, city=city, incident=whole.reference)
    assert {one.address.kind for one in found.recipients} == {"phone", "email"}
    assert found.unreachable == 0
    texts = {city.organisation.default_language: "The pipe is mended."}
    told = db.run(lambda uow: updates.tell(uow.session, agent, city=city, incident=whole.reference, texts=texts))
    assert told.messages == 2 and "mail" in told.accounts
    with db.reader() as session:
        heads = session.execute(select(MailRow.subject).join(Message, Message.id == MailRow.message_id).where(
            Message.text == "The pipe is mended.")).scalars().all()  # fmt: skip
    assert heads == [f"Re: No water [{whole.reference[:4]}-{whole.reference[4:]}]"]


def test_a_mailbox_is_tried_with_a_mail(db: Database, city: City) -> None:
    admin = db.run(lambda uow: make_agent(uow.session, "Efua", ("administrator", "*")))
    db.run(
        lambda uow: trials.send(
            uow.session, admin, city=city, account="mail", to=messages.Address(messages.AddressKind.EMAIL, KOFI)
        )
    )
    message, head, entry = latest(db)
    assert (message.channel, entry.recipient_kind, entry.recipient) == ("email", "email", KOFI)
    assert head is not None and head.subject == city.organisation.name


def test_an_infected_file_goes_to_nobody(db: Database, city: City, agent: Viewer) -> None:
    received = arrives(db, city, mail())
    with db.reader() as session:
        case = session.get_one(Case, received.case_id)
    row = {"sha256": PLAN.sha256, "size": 1, "media_type": "application/pdf", "created_at": case.opened_at}
    place = {"case_id": case.id, "message_id": received.message_id, "sha256": PLAN.sha256, "name": "plan.pdf"}
    db.run(lambda uow: uow.session.execute(insert(StoredFile).values(**row, scan="infected")))
    add = insert(Attachment).values(**place, added_at=case.opened_at).returning(Attachment.id)
    attachment_id = db.run(lambda uow: uow.session.execute(add).scalar_one())
    how = {"city": city, "reference": case.reference, "text": "As you sent it", "along": (attachment_id,)}
    with pytest.raises(Invalid, match="given to nobody"):
        db.run(lambda uow: replies.reply(uow.session, agent, **how).id)  # type: ignore[arg-type]
