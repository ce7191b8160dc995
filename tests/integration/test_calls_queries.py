"""Who reads which call, how much of its number, and in which order; who waits where; how an agent's line stands."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from sqlalchemy import update

from cases.calls import flags
from cases.departments import City
from cases.errors import Invalid, NotAllowed, NotFound
from cases.models import Case, PhoneCall, QueueStay, VoiceRecording
from cases.permissions import Viewer
from cases.queries import calls, one_call, own_line, waiting_calls
from cases.queries.calls import Which
from cases.queries.own_line import Line
from contactcentre.db import Database
from tests.factories import make_agent, make_city, phone, say
from tests.integration.telephoning import Telephones, number

CITY: City = make_city()


@pytest.fixture
def phones(db: Database) -> Telephones:
    return Telephones(db, CITY)


def agent(db: Database, *roles: tuple[str, str], name: str = "Ama") -> Viewer:
    return db.run(lambda uow: make_agent(uow.session, name, *roles))


def listed(db: Database, who: Viewer, which: Which = Which.ALL, **more: object) -> list[int]:
    with db.reader() as session:
        return [one.id for one in calls.page(session, who, which, **more).items]  # type: ignore[arg-type]


def of_case(db: Database, phones: Telephones, *, department: str, confidential: bool = False, last: int = 5) -> int:
    def work(uow: object) -> int:
        session = uow.session  # type: ignore[attr-defined]
        case_id = say(session, CITY, "The gutter is choked", sender=phone(last)).case_id
        session.execute(update(Case).where(Case.id == case_id).values(department=department, confidential=confidential))
        return int(case_id or 0)

    return phones.comes(phone(last).value, case_id=db.run(work))


@pytest.mark.parametrize(
    ("role", "stands", "seen"),
    [
        (("agent", "desk"), ("desk", False), True), (("agent", "desk"), ("desk", True), True),
        (("agent", "desk"), ("waste", False), False), (("agent", "*"), ("waste", False), True),
        (("agent", "*"), ("waste", True), False), (("auditor", "*"), ("waste", False), True),
        (("field_officer", "desk"), ("desk", True), False), (("administrator", "*"), ("desk", False), False),
    ],
)  # fmt: skip
def test_a_call_of_a_case_is_read_by_who_reads_the_case(
    db: Database, phones: Telephones, role: tuple[str, str], stands: tuple[str, bool], seen: bool
) -> None:
    who = agent(db, role)
    call_id = of_case(db, phones, department=stands[0], confidential=stands[1])
    assert listed(db, who) == ([call_id] if seen else [])
    with db.reader() as session:
        if seen:
            assert one_call.load(session, who, call_id).row.id == call_id
        else:
            with pytest.raises(NotFound):
                one_call.load(session, who, call_id)


@pytest.mark.parametrize(
    ("role", "shown"),
    [("agent", number(7)), ("supervisor", number(7)), ("auditor", "+233•••••••07"), ("executive", "+233•••••••07")],
)  # fmt: skip
def test_of_a_call_without_a_case_others_read_little_of_the_number(
    db: Database, phones: Telephones, role: str, shown: str
) -> None:
    call_id = phones.comes(number(7), note="Says that she is alone")
    with db.reader() as session:
        found = one_call.load(session, agent(db, (role, "*")), call_id)
    assert (found.row.number, found.row.whole) == (shown, shown == number(7))
    assert found.note == ("Says that she is alone" if found.row.whole else None)


def test_ones_own_call_is_read_whatever_case_it_belongs_to_but_not_the_case(db: Database, phones: Telephones) -> None:
    who = agent(db, ("agent", "desk"))
    call_id = of_case(db, phones, department="waste", confidential=True)
    db.run(lambda uow: uow.session.execute(update(PhoneCall).values(agent_id=who.id)))
    with db.reader() as session:
        found = one_call.load(session, who, call_id)
    assert (found.row.number, found.row.reference, found.row.subject) == (phone(5).value, None, None)


def test_a_list_is_read_page_by_page_without_a_gap(db: Database, phones: Telephones) -> None:
    made = [phones.comes(number(last)) for last in range(7)]
    who, cursor, found = agent(db), None, list[int]()
    for _ in range(3):
        with db.reader() as session:
            page = calls.page(session, who, cursor=cursor, limit=3)
        found += [one.id for one in page.items]
        cursor = page.next
    assert (found, cursor) == (made[::-1], None)
    with db.reader() as session, pytest.raises(Invalid, match="cursor"):
        calls.page(session, who, cursor="nonsense")


def test_lists_are_narrowed(db: Database, phones: Telephones) -> None:
    who, other = agent(db), agent(db, name="Kojo")
    mine, theirs = phones.ended(number(1), who), phones.ended(number(2), other)
    abandoned, flash, waits = phones.waits(number(3)), phones.comes(number(4)), phones.waits(number(5))
    phones.hangs_up(abandoned, seconds=60)
    db.run(lambda uow: uow.session.execute(update(PhoneCall).where(PhoneCall.id == flash).values(ended_as="flash")))
    back = phones.waits(number(6))
    kept = {"left_as": "call_back", "left_at": QueueStay.entered_at}
    db.run(lambda uow: uow.session.execute(update(QueueStay).where(QueueStay.call_id == back).values(**kept)))
    assert listed(db, who, Which.MINE) == [mine]
    assert abandoned in listed(db, who, Which.ABANDONED) and waits not in listed(db, who, Which.ABANDONED)
    assert listed(db, who, Which.FLASH) == [flash]
    assert listed(db, who, Which.CALL_BACKS) == [back]
    assert set(listed(db, who)) == {mine, theirs, abandoned, flash, waits, back}


def test_who_waits_where_and_at_which_place(db: Database, phones: Telephones) -> None:
    for last, queue in ((1, "desk"), (2, "waste"), (3, "desk"), (4, "*")):
        phones.waits(number(last), queue)
    all_over, how = agent(db), {"city": CITY, "number": number(3), "reason": "Shouts at us", "days": 3}
    db.run(lambda uow: flags.flag(uow.session, all_over, **how))  # type: ignore[arg-type]
    with db.reader() as session:
        found = waiting_calls.waiting(session, all_over)
        every = [(one.queue, one.position, one.number, one.flagged) for one in found]
        own = [one.number for one in waiting_calls.waiting(session, agent(db, ("agent", "waste"), name="Esi"))]
        none = waiting_calls.waiting(session, agent(db, ("auditor", "*"), name="Yaw"))
    assert every == [
        ("*", 1, number(4), False), ("desk", 1, number(1), False), ("desk", 2, number(3), True),
        ("waste", 1, number(2), False),
    ]  # fmt: skip
    assert own == [number(4), number(2)] and none == ()


def test_a_telephone_that_rings_is_named_beside_the_caller(db: Database, phones: Telephones) -> None:
    who = agent(db)
    phones.rings(number(1), who)
    with db.reader() as session:
        (one,) = waiting_calls.waiting(session, who)
        (line,) = waiting_calls.agents(session, who)
    assert one.rings == "Ama" and (line.name, line.state) == ("Ama", "rings")


def state(db: Database, who: Viewer) -> Line:
    with db.reader() as session:
        return own_line.own(session, who).state


def test_a_line_stands_as_its_telephone_does(db: Database, phones: Telephones) -> None:
    who = agent(db)
    assert state(db, who) is Line.NONE
    phones.has_telephone(who, takes=False)
    assert state(db, who) is Line.OFF
    phones.has_telephone(who)
    assert state(db, who) is Line.FREE
    call_id = phones.rings(number(1), who)
    assert state(db, who) is Line.RINGS
    phones.hangs_up(call_id, seconds=9)
    assert state(db, who) is Line.FREE
    call_id = phones.talks(number(2), who)
    assert state(db, who) is Line.TALKS
    phones.hangs_up(call_id, talked=9, seconds=12, as_="answered")
    assert state(db, who) is Line.WRAPS
    assert state(db, agent(db, ("auditor", "*"), name="Yaw")) is Line.NONE


def test_a_line_shows_the_callers_open_cases_as_far_as_they_may_be_read(db: Database, phones: Telephones) -> None:
    who = agent(db, ("agent", "desk"))
    of_case(db, phones, department="desk", last=5)
    of_case(db, phones, department="waste", confidential=True, last=6)
    for last, subjects in ((5, ["The gutter is choked"]), (6, [])):
        call_id = phones.rings(phone(last).value, who)
        with db.reader() as session:
            live = own_line.own(session, who).live
        assert live is not None and [one.subject for one in live.cases] == subjects
        assert live.people == () or last == 5, "who is known from confidential cases alone is nobody here"
        phones.hangs_up(call_id, seconds=5)


def test_listening_is_a_right_of_its_own_in_the_cases_department(db: Database, phones: Telephones) -> None:
    call_id = of_case(db, phones, department="waste")
    content = SimpleNamespace(sha256="0" * 64, size=3)
    recording = phones.records(call_id, content, message_id=1)
    hears, reads = agent(db, ("agent", "waste")), agent(db, ("agent", "desk"), ("auditor", "*"), name="Yaw")
    with db.reader() as session:
        assert one_call.recording(session, hears, recording)[0].id == recording
        assert one_call.load(session, hears, call_id).recordings[0].plays
        assert not one_call.load(session, reads, call_id).recordings[0].plays
        with pytest.raises(NotAllowed):
            one_call.recording(session, reads, recording)
    past = {"forgotten_at": VoiceRecording.made_at}
    db.run(lambda uow: uow.session.execute(update(VoiceRecording).values(**past)))
    with db.reader() as session, pytest.raises(NotFound):
        one_call.recording(session, hears, recording)
