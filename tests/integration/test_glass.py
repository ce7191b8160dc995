"""Confidential cases: their own people read them, others with a reason that is told of, and some nobody else at all."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from cases import access, assignment, attachments, clock, conduct, glass, replies
from cases.clock import TestClock, set_test_clock
from cases.departments import Account, City, Department
from cases.errors import Invalid, NotAllowed, NotFound
from cases.models import Attachment, Case, Event, EventDetail, Glass, Notice, StoredFile
from cases.models.event import verify
from cases.permissions import Action, Viewer, ViewerKind
from cases.queries import case as case_query
from cases.queries import notices as notice_query
from cases.queries import queue
from cases.queries.queue import QueueFilter
from cases.reasons import Reason, Why, read
from cases.routing.decisions import Rule
from cases.routing.predicates import AccountIs
from contactcentre.db import Database
from tests.factories import inbound, make_agent, make_city, phone
from tests.integration.office import when

REASON = Reason(Why.ASKED, "She is at the counter")


def city() -> City:
    usual = make_city()
    keys = ("families", "conduct")
    secret = {
        "families": Department("families", "Families", "Families", confidential=True),
        "conduct": Department("conduct", "Conduct", "Conduct", confidential=True, conduct=True),
    }
    accounts = {key: Account(f"sms-{key}", "sms", "africastalking", f"1{n}42", key) for n, key in enumerate(keys)}
    return make_city(
        departments={**usual.departments, **secret},
        accounts={**usual.accounts, **{one.id: one for one in accounts.values()}},
        rules=(*usual.rules, *(Rule(key, (AccountIs(accounts[key].id),), key) for key in keys)),
    )


class Desk:
    def __init__(self, db: Database) -> None:
        self.db, self.city = db, city()

    def writes(self, department: str = "families", number: int = 1) -> Case:
        from cases import intake

        message = inbound("My husband beats me", sender=phone(number), account=f"sms-{department}")
        received = self.db.run(lambda uow: intake.receive(uow.session, message, city=self.city))
        return self.case(received.case_id or 0)

    def case(self, case_id: int) -> Case:
        with self.db.reader() as session:
            return session.get_one(Case, case_id)

    def agent(self, *roles: tuple[str, str], name: str = "Ama") -> Viewer:
        return self.db.run(lambda uow: make_agent(uow.session, name, *roles))

    def breaks(self, who: Viewer, case: Case) -> None:
        how = {"reference": case.reference, "reason": REASON, "city": self.city}
        self.db.run(lambda uow: glass.break_(uow.session, who, **how))  # type: ignore[arg-type]

    def offered(self, who: Viewer, case: Case) -> bool:
        with self.db.reader() as session:
            return glass.offered(session, who, reference=case.reference, city=self.city)

    def reads(self, who: Viewer, case: Case) -> bool:
        with self.db.reader() as session:
            try:
                access.for_reading(session, who, reference=case.reference)
            except NotFound:
                return False
            return True

    def listed(self, who: Viewer, **narrowed: str) -> list[str]:
        with self.db.reader() as session:
            return [one.reference for one in queue.page(session, who, QueueFilter(**narrowed)).items]  # type: ignore[arg-type]


@pytest.fixture
def desk(db: Database) -> Iterator[Desk]:
    set_test_clock(TestClock(when("2026-03-03 10:00"), speed=0.0))
    yield Desk(db)
    set_test_clock(None)


def test_everywhere_is_not_a_unit_of_ones_own(desk: Desk) -> None:
    case = desk.writes()
    own, everywhere = desk.agent(("agent", "families")), desk.agent(("supervisor", "*"))
    assert desk.reads(own, case) and desk.listed(own) == [case.reference]
    assert not desk.reads(everywhere, case)
    assert desk.listed(everywhere) == []
    assert desk.listed(everywhere, view="all", q=case.reference) == []
    assert desk.listed(everywhere, view="all", q="husband") == []
    assert desk.listed(everywhere, view="all", q="0200000001") == []
    with desk.db.reader() as session:
        assert (counted(session, everywhere), counted(session, own)) == (0, 1)


def counted(session: Session, viewer: Viewer) -> int:
    """Return how many cases the queue says that it holds."""
    part = queue.count_part(viewer, QueueFilter(), now=clock.now(session))
    return int(session.execute(part).scalar_one())


def test_a_reason_opens_the_case_at_its_address_alone(desk: Desk) -> None:
    case, who = desk.writes(), desk.agent(("agent", "*"))
    assert desk.offered(who, case)
    desk.breaks(who, case)
    assert desk.reads(who, case) and not desk.offered(who, case)
    with desk.db.reader() as session:
        view = case_query.load(session, who, case.reference, city=desk.city)
    assert view.can == {Action.READ, Action.NOTE, Action.KEEP_REGISTER}, "the register is no act on a case"
    assert view.glass_until == when("2026-03-03 18:00")
    assert desk.listed(who, view="all") == [] and desk.listed(who, view="all", q=case.reference) == []
    with desk.db.reader() as session:
        assert counted(session, who) == 0


def test_it_lets_them_note_and_nothing_else(desk: Desk) -> None:
    case, who = desk.writes(), desk.agent(("agent", "*"))
    desk.breaks(who, case)
    desk.db.run(lambda uow: replies.note(uow.session, who, reference=case.reference, text="She rang us"))
    with pytest.raises(NotAllowed):
        desk.db.run(lambda uow: assignment.take(uow.session, who, city=desk.city, reference=case.reference))


def test_it_is_this_agents_and_this_cases_and_for_some_hours(desk: Desk) -> None:
    case, other = desk.writes(), desk.writes(number=2)
    who, colleague = desk.agent(("agent", "*")), desk.agent(("agent", "*"))
    desk.breaks(who, case)
    assert not desk.reads(colleague, case)
    assert not desk.reads(who, other)
    set_test_clock(TestClock(when("2026-03-03 18:00") + timedelta(seconds=1), speed=0.0))
    assert not desk.reads(who, case) and desk.offered(who, case)


def test_the_history_says_so_and_the_head_of_the_unit_is_told(desk: Desk) -> None:
    case, who = desk.writes(), desk.agent(("agent", "*"))
    head, member = desk.agent(("supervisor", "families")), desk.agent(("agent", "families"))
    elsewhere = desk.agent(("supervisor", "*"))
    desk.breaks(who, case)
    with desk.db.reader() as session:
        event = session.scalars(select(Event).where(Event.kind == "glass_broken")).one()
        said = session.get_one(EventDetail, event.id)
        assert (event.actor, event.values["why"], said.values) == (who.actor, "asked", {"words": REASON.words})
        assert verify(session, case.id).faults == ()
        told = {one.agent_id: one.kind for one in session.scalars(select(Notice))}
        assert told == {head.id: "glass"}
        assert [one.readable for one in notice_query.page(session, head)] == [True]
        assert (member.id, elsewhere.id) == (member.id, elsewhere.id)


def test_without_a_head_all_who_work_there_are_told(desk: Desk) -> None:
    case, who = desk.writes(), desk.agent(("agent", "*"))
    member, auditor = desk.agent(("agent", "families")), desk.agent(("auditor", "families"))
    desk.breaks(who, case)
    with desk.db.reader() as session:
        assert list(session.scalars(select(Notice.agent_id))) == [member.id]
    assert auditor.id != member.id


@pytest.mark.parametrize(
    ("role", "may_break"),
    [
        ("agent", True),
        ("supervisor", True),
        ("information_officer", True),
        ("counter_clerk", True),
        ("field_officer", True),
        ("executive", True),
        ("auditor", True),
        ("prcc_member", False),
        ("editor", False),
        ("assembly_member", False),
        ("administrator", False),
        ("integration", False),
    ],
)
def test_who_may_break_it(desk: Desk, role: str, may_break: bool) -> None:
    case = desk.writes()
    everywhere, elsewhere = desk.agent((role, "*")), desk.agent((role, "waste"))
    assert desk.offered(everywhere, case) == may_break
    assert not desk.offered(elsewhere, case), "who reads none of that unit's cases meets a case that does not exist"
    assert not desk.reads(everywhere, case)
    for who in (elsewhere, *(() if may_break else (everywhere,))):
        with pytest.raises(NotFound):
            desk.breaks(who, case)
    token = Viewer(ViewerKind.TOKEN, 1, "Machine", frozenset({(role, "*")}))
    assert not desk.offered(token, case)


@pytest.mark.parametrize(
    "role", ["agent", "supervisor", "information_officer", "auditor", "executive", "administrator", "counter_clerk"]
)
def test_complaints_about_staff_are_opened_by_no_reason(desk: Desk, role: str) -> None:
    case, who = desk.writes("conduct"), desk.agent((role, "*"))
    assert not desk.reads(who, case) and not desk.offered(who, case)
    with pytest.raises(NotFound):
        desk.breaks(who, case)
    member = desk.agent(("prcc_member", "conduct"))
    assert desk.reads(member, case) and desk.listed(member) == [case.reference]
    assert not desk.reads(desk.agent(("executive", "conduct")), case)
    assert not desk.reads(desk.agent(("prcc_member", "*")), case)


def test_a_member_reads_complaints_and_no_other_case(desk: Desk) -> None:
    plain = desk.db.run(lambda uow: _plain(uow, desk.city))
    member = desk.agent(("prcc_member", "conduct"), ("prcc_member", "desk"))
    assert not desk.reads(member, desk.case(plain)) and desk.listed(member) == []


def _plain(uow: object, here: City) -> int:
    from cases import intake

    received = intake.receive(uow.session, inbound("The gutter is choked", sender=phone(9)), city=here)  # type: ignore[attr-defined]
    assert received.case_id is not None
    return received.case_id


def test_whom_a_complaint_names_does_not_see_it(desk: Desk) -> None:
    case = desk.writes("conduct")
    chair = desk.agent(("prcc_member", "conduct"))
    named, of_unit = desk.agent(("prcc_member", "conduct")), desk.agent(("prcc_member", "conduct"), ("agent", "waste"))
    assert desk.reads(named, case) and desk.reads(of_unit, case)
    how = {"city": desk.city, "reference": case.reference}
    desk.db.run(
        lambda uow: conduct.name_about(uow.session, chair, agents=[named.id or 0], units=["waste"], **how)  # type: ignore[arg-type]
    )
    for who in (named, of_unit):
        assert not desk.reads(who, case) and desk.listed(who, view="all") == []
        with desk.db.reader() as session:
            assert counted(session, who) == 0
    assert desk.reads(chair, case) and desk.listed(chair) == [case.reference]
    with desk.db.reader() as session:
        event = session.scalars(select(Event).where(Event.kind == "about_named")).one()
        assert event.values == {}, "whom it names stands in the part that can be forgotten"
        assert verify(session, case.id).faults == ()
    transfer = {"department": "families", "reason": "", **how}
    with pytest.raises(Invalid, match="stays here"):
        desk.db.run(lambda uow: assignment.transfer(uow.session, chair, **transfer))  # type: ignore[arg-type]
    desk.db.run(lambda uow: conduct.name_about(uow.session, chair, agents=[], units=[], **how))  # type: ignore[arg-type]
    desk.db.run(lambda uow: assignment.transfer(uow.session, chair, **transfer))  # type: ignore[arg-type]
    assert desk.case(case.id).department == "families"


@pytest.mark.parametrize(
    ("agents", "units", "field"), [([], ["conduct"], "unit"), ([], ["moon"], "unit"), ([999_999], [], "agent")]
)
def test_who_cannot_be_named(desk: Desk, agents: list[int], units: list[str], field: str) -> None:
    case, chair = desk.writes("conduct"), desk.agent(("prcc_member", "conduct"))
    how = {"city": desk.city, "reference": case.reference, "agents": agents, "units": units}
    with pytest.raises(Invalid) as refused:
        desk.db.run(lambda uow: conduct.name_about(uow.session, chair, **how))  # type: ignore[arg-type]
    assert refused.value.field == field


def test_only_a_complaint_about_staff_names_somebody(desk: Desk) -> None:
    case, own = desk.writes(), desk.agent(("agent", "families"))
    how = {"city": desk.city, "reference": case.reference, "agents": [], "units": ["waste"]}
    with pytest.raises(NotFound):
        desk.db.run(lambda uow: conduct.name_about(uow.session, own, **how))  # type: ignore[arg-type]


def test_a_transfer_ends_what_was_opened(desk: Desk) -> None:
    case, who, own = desk.writes(), desk.agent(("agent", "*")), desk.agent(("agent", "families"))
    desk.breaks(who, case)
    how = {"city": desk.city, "reference": case.reference, "department": "conduct", "reason": "about a guard"}
    desk.db.run(lambda uow: assignment.transfer(uow.session, own, **how))  # type: ignore[arg-type]
    assert not desk.reads(who, case) and not desk.offered(who, case)


def test_a_file_is_given_out_as_its_case_is(desk: Desk) -> None:
    case, who = desk.writes(), desk.agent(("agent", "*"))

    def attach(uow: object) -> int:
        session = uow.session  # type: ignore[attr-defined]
        session.add(StoredFile(sha256="ab", size=1, media_type="text/plain", created_at=when("2026-03-03 10:00")))
        session.flush()
        row = Attachment(case_id=case.id, sha256="ab", name="a.txt", added_at=when("2026-03-03 10:00"))
        session.add(row)
        session.flush()
        return int(row.id)

    file = desk.db.run(attach)
    with desk.db.reader() as session, pytest.raises(NotFound):
        attachments.fetch(session, who, attachment_id=file)
    desk.breaks(who, case)
    with desk.db.reader() as session:
        assert attachments.fetch(session, who, attachment_id=file)[0].name == "a.txt"


@pytest.mark.parametrize(
    ("why", "words", "field"),
    [("", "long enough", "why"), ("curious", "long enough", "why"), ("asked", " no ", "words")],
)
def test_a_reason_must_say_something(why: str, words: str, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        read(why, words)
    assert refused.value.field == field


def test_nothing_is_kept_of_a_refused_one(desk: Desk) -> None:
    case, who = desk.writes("conduct"), desk.agent(("agent", "*"))
    with pytest.raises(NotFound):
        desk.breaks(who, case)
    with desk.db.reader() as session:
        assert session.scalars(select(Glass)).all() == []
