"""A keyed letter is a message like any other: it opens a case or joins the one that a person chose."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from cases.departments import City
from cases.errors import Invalid, NotFound, Stale
from cases.intake import Received
from cases.letters import keying, rearranging
from cases.letters.candidates import Candidates, candidates
from cases.letters.keying import Keyed
from cases.messages import NEW_CASE, PageCode
from cases.models import Address as AddressRow
from cases.models import Attachment, Case, Citizen, CitizenAddress, Event, Filing, LetterRow, Message, ScanRow, Timer
from cases.permissions import Viewer
from cases.queries import one_letter, one_scan, register
from cases.queries.register import LetterLine, RegisterFilter
from contactcentre.db import Database, UnitOfWork
from tests.factories import make_agent, make_city, say
from tests.integration.lettering import arrives, is_read, kept, letters, page, scan, with_letters

BOX = "P. O. Box TK 418,\n Takoradi."


@pytest.fixture
def city() -> City:
    return with_letters(make_city())


@pytest.fixture
def agent(db: Database) -> Viewer:
    return db.run(lambda uow: make_agent(uow.session, "Ama", ("supervisor", "*")))


def _letter(db: Database, city: City, *, found: dict[str, object] | None = None, **said: object) -> LetterRow:
    arrives(db, city, scan(page(), single=True, **said))
    is_read(db, found=found)
    return letters(db)[-1]


def _key(db: Database, city: City, viewer: Viewer, letter: LetterRow, **said: object) -> tuple[LetterRow, Received]:
    keyed = Keyed(**{"text": "The gutter is choked", "into": NEW_CASE, **said})  # type: ignore[arg-type]
    how = {"city": city, "register_number": letter.register_number, "keyed": keyed, "version": letter.version}
    return db.run(lambda uow: keying.key(uow.session, viewer, **how))  # type: ignore[arg-type]


def _case(db: Database, case_id: int | None) -> Case:
    with db.reader() as session:
        return session.get_one(Case, case_id)


def test_a_keyed_letter_opens_a_case_with_its_pages(db: Database, city: City, agent: Viewer) -> None:
    letter = _letter(db, city)
    said = {"subject": "CHOKED GUTTER", "sender_name": "Kwesi Demo", "postal": BOX, "signed_by": "K. Demo"}
    row, received = _key(db, city, agent, letter, **said, dated=date(2026, 1, 2))
    case = _case(db, received.case_id)
    assert (case.channel, case.account, case.subject, case.status) == ("letters", "letters", "CHOKED GUTTER", "new")
    assert (row.state, row.case_id, row.keyed_by) == ("keyed", case.id, agent.id)
    assert (row.subject, row.sender_name, row.dated) == ("CHOKED GUTTER", "Kwesi Demo", date(2026, 1, 2))
    with db.reader() as session:
        message = session.get_one(Message, received.message_id)
        attachment = session.scalars(select(Attachment)).one()
        address = session.scalars(select(AddressRow)).one()
        citizen = session.get_one(Citizen, case.citizen_id)
        kinds = list(session.scalars(select(Event.kind).where(Event.case_id == case.id).order_by(Event.seq)))
        timers = list(session.scalars(select(Timer.kind)))
        opened = session.scalars(select(Event.values).where(Event.kind == "opened")).one()
    assert (message.text, message.channel, message.external_id) == (
        "The gutter is choked", "letters", f"letter:{row.register_number}"
    )  # fmt: skip
    assert (attachment.name, attachment.message_id) == (f"{row.register_number}.pdf", message.id)
    assert (address.kind, address.value, citizen.name) == ("postal", "P.O. Box TK 418\nTakoradi", "Kwesi Demo")
    assert kinds[0] == "opened"
    assert {"acknowledgement_withheld", "letter_keyed"} <= set(kinds)
    assert opened["letter"] == row.register_number
    assert "first_response" in timers


def test_a_letter_joins_the_case_that_its_keyer_chose(db: Database, city: City, agent: Viewer) -> None:
    received = db.run(lambda uow: say(uow.session, city, "The gutter is choked"))
    case = _case(db, received.case_id)
    _, joined = _key(db, city, agent, _letter(db, city), into=case.reference, postal=BOX)
    assert joined.case_id == case.id
    with db.reader() as session:
        filing = session.scalars(select(Filing).where(Filing.message_id == joined.message_id)).one()
    assert (filing.reason, filing.detail) == ("answers", "whoever keyed the letter chose this case")


def test_a_case_that_its_keyer_may_not_know_of_is_not_found_but_where_the_letter_names_it(
    db: Database, city: City, agent: Viewer
) -> None:
    received = db.run(lambda uow: say(uow.session, city, "Somebody asked me for money"))
    case = _case(db, received.case_id)
    db.run(lambda uow: uow.session.execute(update(Case).values(confidential=True, department="waste")))
    letter = _letter(db, city)
    with pytest.raises(NotFound):
        _key(db, city, agent, letter, into=case.reference)
    named = _letter(db, city, found={"reference": {"value": case.reference, "confidence": 90}})
    assert _ask(db, agent, named).unseen == case.reference
    row, joined = _key(db, city, agent, named, into=case.reference)
    assert joined.case_id == case.id
    with db.reader() as session:
        line = next(one for one in _lines(session, agent) if one.register_number == row.register_number)
        assert (line.shut, line.name, line.subject, line.reference) == (True, None, None, None)
        with pytest.raises(NotFound):
            one_letter.load(session, agent, row.register_number)
        with pytest.raises(NotFound):
            one_scan.picture(session, agent, row.scan_id or 0, 1)
        assert _lines(session, agent, words="gutter") == ()


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"text": " ", "subject": ""}, "subject"),
        ({"into": ""}, "into"),
        ({"into": "4821"}, "into"),
        ({"dated": date(2999, 1, 1)}, "dated"),
        ({"received_on": date(1900, 1, 1)}, "received_on"),
        ({"sender_name": "x" * 121}, "sender_name"),
        ({"postal": "\n".join("abcdefghi")}, "postal"),
        ({"postal": "x" * 81}, "postal"),
    ],
)
def test_what_cannot_be_right_is_refused_by_field(
    db: Database, city: City, agent: Viewer, said: dict[str, object], field: str
) -> None:
    letter = _letter(db, city)
    with pytest.raises(Invalid) as error:
        _key(db, city, agent, letter, **said)
    assert error.value.field == field
    assert letters(db)[0].state == "to_key"


def test_two_who_key_the_same_letter_make_one_case(db: Database, city: City, agent: Viewer) -> None:
    letter = _letter(db, city)
    _key(db, city, agent, letter)
    with pytest.raises(Stale):
        _key(db, city, agent, letter)
    with db.reader() as session:
        assert len(session.scalars(select(Case)).all()) == 1


def test_another_name_at_a_known_address_is_another_citizen(db: Database, city: City, agent: Viewer) -> None:
    names = ["Kofi Demo", "Ama Demo", "kofi  demo", ""]
    cases = []
    for name in names:
        _, received = _key(db, city, agent, _letter(db, city), sender_name=name, postal=BOX.upper())
        cases.append(_case(db, received.case_id).citizen_id)
    assert cases[0] == cases[2] != cases[1]
    with db.reader() as session:
        address = session.scalars(select(AddressRow)).one()
        users = session.scalars(select(CitizenAddress.citizen_id)).all()
    assert address.shared_at is not None
    assert len(users) == 3  # who gave no name at an address of two is somebody of their own


def test_a_letter_without_an_address_has_a_thread_of_its_own(db: Database, city: City, agent: Viewer) -> None:
    found = [_key(db, city, agent, _letter(db, city), sender_name="Ama Demo")[1].case_id for _ in range(2)]
    threads = {_case(db, one).thread_id for one in found}
    assert len(threads) == 2


def test_a_known_citizen_is_chosen_as_the_sender(db: Database, city: City, agent: Viewer) -> None:
    received = db.run(lambda uow: say(uow.session, city, "The gutter is choked"))
    known = _case(db, received.case_id).citizen_id
    _, keyed = _key(db, city, agent, _letter(db, city), citizen_id=known, postal=BOX, sender_name="Ama Demo")
    assert _case(db, keyed.case_id).citizen_id == known
    with pytest.raises(NotFound):
        _key(db, city, agent, _letter(db, city), citizen_id=known + 999)


def test_who_and_where_is_offered(db: Database, city: City, agent: Viewer) -> None:
    _, first = _key(db, city, agent, _letter(db, city), sender_name="Ama Demo", postal=BOX)
    _, other = _key(db, city, agent, _letter(db, city), sender_name="Kofi Demo")
    case, kofis = _case(db, first.case_id), _case(db, other.case_id)
    letter = _letter(
        db,
        city,
        found={
            "sender_name": {"value": "AMA DEMO", "confidence": 80},
            "postal": {"value": "po box tk 418\ntakoradi", "confidence": 80},
            "reference": {"value": kofis.reference, "confidence": 95},
        },
    )
    found = _ask(db, agent, letter)
    assert [(one.citizen_id, one.why) for one in found.senders] == [(case.citizen_id, "the same name and address")]
    assert [(one.reference, one.why) for one in found.cases] == [
        (kofis.reference, "it names this reference"),
        (case.reference, "an open case of a likely sender"),
    ]
    assert _ask(db, agent, _letter(db, city)) == Candidates()


def test_promises_count_from_the_scan_or_from_an_earlier_stamp(db: Database, city: City, agent: Viewer) -> None:
    letter = _letter(db, city)
    scanned = db.run(lambda uow: uow.session.get_one(ScanRow, letter.scan_id).received_at)
    stamp = scanned.date() - timedelta(days=2)
    _, early = _key(db, city, agent, letter, received_on=stamp)
    _, now = _key(db, city, agent, _letter(db, city))
    with db.reader() as session:
        started = {
            one.case_id: one.started_at for one in session.scalars(select(Timer).where(Timer.kind == "first_response"))
        }
    assert started[early.case_id or 0].date() == stamp
    assert started[now.case_id or 0] >= scanned


def test_a_letter_with_our_code_files_itself(db: Database, city: City, agent: Viewer) -> None:
    _, received = _key(db, city, agent, _letter(db, city), postal=BOX, sender_name="Ama Demo")
    case = _case(db, received.case_id)
    message = _ours(db, city, agent, case)
    code = PageCode("reply", reference=case.reference, message_id=message)
    arrives(db, city, scan(page(code), single=True))
    is_read(db, "Thank you, Tuesday suits us")
    letter = letters(db)[-1]
    assert letter.proves == message
    filed = db.run(
        lambda uow: keying.file_itself(
            uow.session, uow.session.get_one(LetterRow, letter.id), city=city, answer="Thank you, Tuesday suits us"
        )
    )
    assert filed is not None
    assert filed.case_id == case.id
    row = letters(db)[-1]
    assert (row.state, row.keyed_by, row.case_id) == ("keyed", None, case.id)
    with db.reader() as session:
        filing = session.scalars(select(Filing).where(Filing.message_id == filed.message_id)).one()
        line = _lines(session, agent)[0]
        keyed = session.scalars(select(Event).where(Event.kind == "letter_keyed").order_by(Event.id.desc())).first()
    assert filing.detail == "it bears the code of a letter of ours"
    assert line.keyed_at is not None
    assert line.keyer is None
    assert keyed is not None
    assert keyed.actor == "system"


@pytest.mark.parametrize("why", ["no message", "in no case", "perhaps two letters"])
def test_a_code_that_proves_nothing_for_sure_waits_for_a_person(
    db: Database, city: City, agent: Viewer, why: str
) -> None:
    _, received = _key(db, city, agent, _letter(db, city), postal=BOX)
    message = _ours(db, city, agent, _case(db, received.case_id))
    if why == "in no case":
        db.run(lambda uow: uow.session.execute(delete(Filing).where(Filing.message_id == message)))
    number = 999 if why == "no message" else message
    arrives(db, city, scan(page(PageCode("reply", reference="48217736", message_id=number)), single=True))
    is_read(db, "COVER SHEET" if why == "perhaps two letters" else "Yes")
    letter = letters(db)[-1]

    def work(uow: UnitOfWork) -> Received | None:
        return keying.file_itself(uow.session, uow.session.get_one(LetterRow, letter.id), city=city, answer="Yes")

    assert db.run(work) is None
    assert letters(db)[-1].state == "to_key"


def test_a_letter_is_put_aside_and_taken_back(db: Database, city: City, agent: Viewer) -> None:
    letter = _letter(db, city)
    number = letter.register_number

    def act(name: str, **more: object) -> LetterRow:
        version = letters(db)[0].version
        how = {"register_number": number, "version": version, **more}
        return db.run(lambda uow: getattr(keying, name)(uow.session, agent, **how))  # type: ignore[no-any-return]

    with pytest.raises(Invalid):
        act("cannot_be_read", reason=" ")
    act("cannot_be_read", reason="Torn; the paper lies in tray 3")
    assert (letters(db)[0].state, letters(db)[0].trouble) == ("unreadable", "Torn; the paper lies in tray 3")
    act("take_back")
    act("private")
    assert (letters(db)[0].state, letters(db)[0].text, letters(db)[0].found) == ("private", None, {})
    with db.reader() as session:
        with pytest.raises(NotFound):
            one_scan.picture(session, agent, letter.scan_id or 0, 1)
        assert one_letter.load(session, agent, number)[0].pages == ()
        assert _lines(session, agent)[0].shut
    with pytest.raises(Invalid, match="private"):
        _key(db, city, agent, letters(db)[0])
    act("take_back")
    assert is_read(db, "The gutter") == 1
    assert letters(db)[0].text == "The gutter"
    _key(db, city, agent, letters(db)[0])


def test_what_was_entered_by_hand_has_its_scan_as_its_file(db: Database, city: City, agent: Viewer) -> None:
    found = arrives(db, city, scan(refused="It is broken.", name="odd.pdf", same_as="odd"))
    db.run(lambda uow: rearranging.enter(uow.session, agent, city=city, scan_id=found, version=1))
    _key(db, city, agent, letters(db)[0])
    with db.reader() as session:
        attachment = session.scalars(select(Attachment)).one()
    assert (attachment.name, attachment.sha256) == ("odd.pdf", kept("odd").sha256)


def _lines(session: Session, viewer: Viewer, *, words: str = "") -> tuple[LetterLine, ...]:
    return register.page(session, viewer, RegisterFilter(words)).items


def _ask(db: Database, viewer: Viewer, letter: LetterRow) -> Candidates:
    with db.reader() as session:
        return candidates(session, viewer, session.get_one(LetterRow, letter.id))


def _ours(db: Database, city: City, agent: Viewer, case: Case) -> int:
    """Let the office have written a letter in a case; returns the message."""

    def work(uow: UnitOfWork) -> int:
        session, at = uow.session, case.opened_at
        message = Message(
            thread_id=case.thread_id, direction="out", channel="letters", account="letters", text="When?",
            agent_id=agent.id, status="sent", created_at=at,
        )  # fmt: skip
        session.add(message)
        session.flush()
        session.add(Filing(message_id=message.id, case_id=case.id, reason="agent", detail="", filed_at=at))
        return int(message.id)

    return db.run(work)
