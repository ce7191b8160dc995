"""The inbound story against a real database."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from cases import assignment, lifecycle, replies
from cases.errors import NotAllowed, NotFound
from cases.lifecycle import Outcome, Status
from cases.looked import NewerMessage
from cases.messages import Address, AddressKind
from cases.models import Address as AddressRow
from cases.models import Case, CodeAttempt, Event, Filing, Message, OutboxEntry, Timer
from cases.models.event import Head, verify
from cases.references import written
from contactcentre.db import Database
from tests.factories import make_agent, make_city, phone, say

CITY = make_city()


def count(db: Database, table: type) -> int:
    with db.reader() as session:
        return session.execute(select(func.count()).select_from(table)).scalar_one()


def only_case(db: Database) -> Case:
    with db.reader() as session:
        return session.scalars(select(Case)).one()


def test_a_first_message_opens_a_case_with_promise_history_and_acknowledgement(db: Database) -> None:
    received = db.run(lambda uow: say(uow.session, CITY, "The gutter is choked"))
    case = only_case(db)
    assert (case.department, case.status, case.subject) == ("desk", Status.NEW, "The gutter is choked")
    assert case.due_kind == "first_response"
    assert case.due_at == case.opened_at + timedelta(hours=24)
    assert received.to_send == ("sms-front",)
    with db.reader() as session:
        kinds = session.scalars(select(Event.kind).order_by(Event.seq)).all()
        assert kinds == ["opened", "routed", "timer_started", "acknowledged"]
        entry = session.scalars(select(OutboxEntry)).one()
        text = session.scalars(select(Message.text).where(Message.direction == "out")).one()
        assert written(case.reference) in text
        assert entry.fill is not None
        assert "{code}" in text and entry.fill["code"] not in text
        assert not verify(session, case.id, head=Head(case.id, case.event_seq, case.event_head)).faults


def test_a_burst_lands_in_one_case_with_one_acknowledgement(db: Database) -> None:
    for text in ("Gutter", "behind the market", "please hurry"):
        db.run(lambda uow, text=text: say(uow.session, CITY, text))
    assert count(db, Case) == 1
    assert count(db, OutboxEntry) == 1
    with db.reader() as session:
        assert session.scalars(select(Filing.reason).order_by(Filing.id)).all() == [
            "opened",
            "acknowledgement",
            "recent",
            "recent",
        ]


def test_the_same_external_id_is_one_message(db: Database) -> None:
    for _ in range(3):
        db.run(lambda uow: say(uow.session, CITY, "once", external_id="same"))
    assert count(db, Case) == 1
    with db.reader() as session:
        assert session.scalar(select(func.count()).where(Message.direction == "in")) == 1


def test_a_stranger_never_joins_a_case_by_its_reference(db: Database) -> None:
    db.run(lambda uow: say(uow.session, CITY, "My road"))
    reference = written(only_case(db).reference)
    received = db.run(lambda uow: say(uow.session, CITY, f"About {reference} I know more", sender=phone(2)))
    assert received.case_id != only_case_id(db, phone(1))
    assert count(db, Case) == 2


def only_case_id(db: Database, sender: Address) -> int:
    with db.reader() as session:
        return (
            session.scalars(select(Case.id).join(Message, Message.id == Case.last_message_id).order_by(Case.id)).first()
            or 0
        )


def test_a_reference_of_ones_own_brings_the_message_to_that_case(db: Database) -> None:
    db.run(lambda uow: say(uow.session, CITY, "My road"))
    first = only_case(db)
    later(db, hours=2)
    received = db.run(lambda uow: say(uow.session, CITY, f"{written(first.reference)} is still bad"))
    assert received.case_id == first.id


def later(db: Database, *, hours: float) -> None:
    """Make everything that happened so far older."""

    def work(uow: object) -> None:
        delta = timedelta(hours=hours)
        session = uow.session  # type: ignore[attr-defined]
        for case in session.scalars(select(Case)):
            case.last_message_at -= delta
            case.resolved_at = case.resolved_at and case.resolved_at - delta
        for message in session.scalars(select(Message)):
            message.created_at -= delta

    db.run(work)


def resolve(db: Database) -> None:
    def work(uow: object) -> None:
        session = uow.session  # type: ignore[attr-defined]
        viewer = make_agent(session)
        reference = session.scalars(select(Case.reference)).one()
        lifecycle.transition(
            session, viewer, reference=reference, to=Status.RESOLVED, calendars=CITY.calendars, outcome=Outcome.FIXED
        )

    db.run(work)


def test_thanks_after_the_end_changes_nothing(db: Database) -> None:
    db.run(lambda uow: say(uow.session, CITY, "My road"))
    resolve(db)
    db.run(lambda uow: say(uow.session, CITY, "Thank you!"))
    case = only_case(db)
    assert case.status == Status.RESOLVED
    assert count(db, Case) == 1


@pytest.mark.parametrize(("hours", "status", "cases"), [(71, Status.OPEN, 1), (73, Status.RESOLVED, 2)])
def test_other_words_reopen_within_the_window_and_open_a_linked_case_later(
    db: Database, hours: float, status: Status, cases: int
) -> None:
    db.run(lambda uow: say(uow.session, CITY, "My road"))
    resolve(db)
    later(db, hours=hours)
    db.run(lambda uow: say(uow.session, CITY, "It is broken again"))
    with db.reader() as session:
        found = session.scalars(select(Case).order_by(Case.id)).all()
    assert found[0].status == status
    assert len(found) == cases
    if cases == 2:
        assert found[1].may_belong_to_id == found[0].id


def test_another_service_makes_another_case(db: Database) -> None:
    from cases.routing.decisions import Rule
    from cases.routing.predicates import AccountIs

    rules = (Rule("lift", (AccountIs("sms-waste"),), "waste", "lift"), *CITY.rules)
    city = make_city(rules=rules)
    db.run(lambda uow: say(uow.session, city, "My road"))
    later(db, hours=2)
    db.run(lambda uow: say(uow.session, city, "My bin", account="sms-waste"))
    assert count(db, Case) == 2


def test_stop_ends_automatic_texts_but_not_the_case(db: Database) -> None:
    db.run(lambda uow: say(uow.session, CITY, "STOP"))
    db.run(lambda uow: say(uow.session, CITY, "The gutter is choked"))
    assert count(db, Case) == 1
    with db.reader() as session:
        keys = session.scalars(select(Message.text_key).where(Message.direction == "out")).all()
        withheld = session.scalars(select(Event).where(Event.kind == "acknowledgement_withheld")).one()
    assert keys == ["opted_out"]
    assert "no automatic texts" in withheld.values["reason"]
    db.run(lambda uow: say(uow.session, CITY, "start"))
    with db.reader() as session:
        assert session.scalars(select(AddressRow.opted_out_at)).one() is None


@pytest.mark.parametrize(
    "sender",
    [
        Address(AddressKind.SENDER_NAME, "MOMO"),
        Address(AddressKind.SHORT_CODE, "1400"),
        Address(AddressKind.PHONE, "+233302000142"),  # one of our own numbers: two machines would answer each other
    ],
)
def test_a_machine_is_stored_but_never_answered(db: Database, sender: Address) -> None:
    db.run(lambda uow: say(uow.session, CITY, "You have won", sender=sender))
    assert count(db, Case) == 1
    assert count(db, OutboxEntry) == 0


def test_at_most_five_automatic_replies_an_hour(db: Database) -> None:
    for _ in range(8):
        db.run(lambda uow: say(uow.session, CITY, "help"))
    assert count(db, OutboxEntry) == 5
    assert count(db, Message) == 13
    later(db, hours=1.1)
    db.run(lambda uow: say(uow.session, CITY, "help"))
    assert count(db, OutboxEntry) == 6


def status_answer(db: Database, text: str, sender: Address) -> str:
    db.run(lambda uow: say(uow.session, CITY, text, sender=sender))
    with db.reader() as session:
        return session.scalars(select(Message.text_key).where(Message.automatic).order_by(Message.id.desc())).first()


def test_status_by_reference_code_and_lock(db: Database) -> None:
    db.run(lambda uow: say(uow.session, CITY, "The gutter is choked"))
    case = only_case(db)
    with db.reader() as session:
        code = session.scalars(select(OutboxEntry.fill)).one()["code"]
    reference = written(case.reference)
    wrong = f"{(int(code) + 1) % 10_000:04d}"
    assert status_answer(db, f"status {reference}", phone(1)) == "status"
    assert status_answer(db, reference, phone(2)) == "code_needed"
    assert status_answer(db, f"{reference} {code}", phone(2)) == "status"
    assert [status_answer(db, f"status {reference} {wrong}", phone(3)) for _ in range(5)] == ["code_wrong"] * 5
    later(db, hours=0)
    with db.reader() as session:
        assert session.scalars(select(CodeAttempt).where(CodeAttempt.locked_until.is_not(None))).one()
    db.run(lambda uow: uow.session.execute(Message.__table__.update().values(automatic=False)))
    assert status_answer(db, f"status {reference} {code}", phone(3)) == "code_locked"
    assert status_answer(db, f"status {reference} {code}", phone(4)) == "status"


def test_a_reference_that_does_not_exist_is_answered_like_a_wrong_code(db: Database) -> None:
    unused = CITY.references.reference(9_999_999)
    assert status_answer(db, unused, phone(2)) == "code_needed"
    assert status_answer(db, f"{unused} 1234", phone(2)) == "code_wrong"


def test_a_code_in_a_message_is_not_stored_in_its_text(db: Database) -> None:
    unused = CITY.references.reference(9_999_999)
    db.run(lambda uow: say(uow.session, CITY, f"status {unused} 7351"))
    with db.reader() as session:
        assert "7351" not in session.scalars(select(Message.text).where(Message.direction == "in")).one()


def test_a_reply_meets_the_promise_and_the_next_message_finds_its_case(db: Database) -> None:
    db.run(lambda uow: say(uow.session, CITY, "My road"))
    reference = only_case(db).reference

    def answer(uow: object) -> None:
        session = uow.session  # type: ignore[attr-defined]
        viewer = make_agent(session)
        replies.reply(session, viewer, city=CITY, reference=reference, text="Which road?", wait=True)

    db.run(answer)
    case = only_case(db)
    assert (case.status, case.due_at, case.last_speaker) == (Status.WAITING_ON_CITIZEN, None, "agent")
    assert case.assignee_id is not None
    with db.reader() as session:
        assert session.scalars(select(Timer.state)).one() == "met"
    later(db, hours=5)
    db.run(lambda uow: say(uow.session, CITY, "The one by the school"))
    assert only_case(db).status == Status.OPEN


def test_a_reply_is_refused_when_the_citizen_has_written_since(db: Database) -> None:
    first = db.run(lambda uow: say(uow.session, CITY, "My road"))
    db.run(lambda uow: say(uow.session, CITY, "and my gutter"))
    reference = only_case(db).reference

    def answer(uow: object) -> None:
        session = uow.session  # type: ignore[attr-defined]
        viewer = make_agent(session)
        replies.reply(session, viewer, city=CITY, reference=reference, text="Yes", seen_message_id=first.message_id)

    with pytest.raises(NewerMessage) as refused:
        db.run(answer)
    assert refused.value.newer == ["and my gutter"]
    assert count(db, OutboxEntry) == 1


def test_who_may_do_what(db: Database) -> None:
    db.run(lambda uow: say(uow.session, CITY, "My road"))
    reference = only_case(db).reference
    cases = {("agent", "waste"): NotFound, ("executive", "*"): NotAllowed, ("administrator", "*"): NotFound}
    for role, error in cases.items():

        def answer(uow: object, role: tuple[str, str] = role) -> None:
            session = uow.session  # type: ignore[attr-defined]
            replies.reply(session, make_agent(session, "X", role), city=CITY, reference=reference, text="Hi")

        with pytest.raises(error):
            db.run(answer)


def test_a_transfer_leaves_the_case_to_the_other_department(db: Database) -> None:
    db.run(lambda uow: say(uow.session, CITY, "My bin"))
    reference = only_case(db).reference

    def work(uow: object) -> None:
        session = uow.session  # type: ignore[attr-defined]
        viewer = make_agent(session, "Desk", ("agent", "desk"))
        assignment.take(session, viewer, city=CITY, reference=reference)
        assignment.transfer(session, viewer, city=CITY, reference=reference, department="waste", reason="bins")
        with pytest.raises(NotFound):
            replies.note(session, viewer, reference=reference, text="mine?")

    db.run(work)
    case = only_case(db)
    assert (case.department, case.assignee_id) == ("waste", None)


def test_a_nul_in_the_text_is_kept_out_of_the_table_not_the_case(db: Database) -> None:
    db.run(lambda uow: say(uow.session, CITY, "gut\x00ter"))
    assert only_case(db).subject == "gut ter"


def test_an_event_that_was_changed_or_cut_off_is_noticed(db: Database) -> None:
    db.run(lambda uow: say(uow.session, CITY, "My road"))
    case = only_case(db)
    head = Head(case.id, case.event_seq, case.event_head)
    db.run(lambda uow: uow.session.execute(Event.__table__.update().where(Event.seq == 2).values(kind="other")))
    with db.reader() as session:
        assert len(verify(session, case.id, head=head).faults) == 1
    db.run(lambda uow: uow.session.execute(Event.__table__.update().where(Event.seq == 2).values(kind="routed")))
    db.run(lambda uow: uow.session.execute(Event.__table__.delete().where(Event.seq == 4)))
    with db.reader() as session:
        assert verify(session, case.id, head=head).faults
        assert not verify(session, case.id).faults
