"""Field work: what officers tell late is done once, beside what others did meanwhile, or the officer is asked."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from sqlalchemy import select

from cases import assignment, replies, tasks
from cases.field.answers import State
from cases.lifecycle import Outcome, Status
from cases.messages import KeptFile
from cases.models import Attachment, Event, EventDetail, Notice
from cases.models.event import Head, verify
from cases.permissions import Viewer
from cases.sla.policy import Policy, Unit
from cases.task_promises import Promised
from contactcentre.db import Database
from tests.factories import phone
from tests.integration.field_street import Street, opened
from tests.integration.office import Office, hours, office, when, words

USUAL = Policy("usual", {"first_response": hours(4), "resolution": hours(16)}, "office")
MORNING, NOON = "2026-03-03 10:00", "2026-03-03 12:00"
PICTURE = KeptFile("ab" * 32, 1200, "image/jpeg", "before.jpg")


@pytest.fixture
def desk(db: Database) -> Iterator[Office]:
    with office(db, USUAL) as made:
        made.at(MORNING).says()
        yield made


@pytest.fixture
def street(desk: Office) -> Street:
    return opened(desk)


def details(desk: Office, kind: str) -> list[dict[str, object]]:
    with desk.db.reader() as session:
        query = (
            select(Event.values, EventDetail.values)
            .outerjoin(EventDetail, EventDetail.event_id == Event.id)
            .where(Event.case_id == desk.case_id, Event.kind == kind)
            .order_by(Event.seq)
        )
        return [{**plain, **(personal or {})} for plain, personal in session.execute(query)]


def test_a_job_is_done_with_both_clocks(street: Street) -> None:
    street.desk.at(NOON)
    told = street.sends("done", words="Lifted and cleaned", at="2026-03-03T11:20:00Z")
    assert (told.state, told.open) == (State.DONE, False)
    task = street.row()
    assert (task.state, task.result, words(task.ended_at)) == ("done", "Lifted and cleaned", NOON)
    (done,) = details(street.desk, "task_done")
    assert done["acted_at"] == "2026-03-03T11:20:00+00:00" and "clock" not in done
    (kept,) = street.kept()
    assert (words(kept.acted_at), words(kept.phone_at), words(kept.at)) == ("2026-03-03 11:20",) * 2 + (NOON,)
    assert (kept.clock, kept.task_id, kept.case_id) == (None, task.id, street.desk.case_id)
    with street.desk.db.reader() as session:
        case = street.desk.case
        assert verify(session, case.id, head=Head(case.id, case.event_seq, case.event_head)).faults == ()


@pytest.mark.parametrize(
    ("said", "flag", "acted"),
    [("2027-01-01T00:00:00Z", "ahead", NOON), ("1970-01-01T00:00:00Z", "behind", MORNING), ("soon", "none", NOON)],
)
def test_a_clock_that_is_wrong_is_flagged(street: Street, said: str, flag: str, acted: str) -> None:
    street.desk.at(NOON)
    assert street.sends("done", at=said).state is State.DONE
    (done,) = details(street.desk, "task_done")
    (kept,) = street.kept()
    assert (done["clock"], kept.clock, words(kept.acted_at)) == (flag, flag, acted)


def test_a_tasks_promise_counts_as_usual(desk: Office) -> None:
    street = opened(desk, promised=Promised(60, Unit.MINUTES))
    desk.at(NOON)  # the phone says that it was in time, and we heard of it too late
    assert street.sends("done", at="2026-03-03T10:30:00Z").state is State.DONE
    timer = desk.timer("task")
    assert (words(timer.met_at), words(timer.breached_at), words(timer.due_at)) == (
        NOON, "2026-03-03 11:00", "2026-03-03 11:00",
    )  # fmt: skip


def test_the_same_act_is_done_once_however_often_it_comes(street: Street) -> None:
    first = street.sends("note", key="phone-of-kofi-1", words="The slab is broken")
    again = street.sends("note", key="phone-of-kofi-1", words="The slab is broken")
    assert (first.state, again.state, again.seen) == (State.DONE, State.ALREADY, first.seen)
    other = street.sends("note", key="phone-of-kofi-1", words="Something else")
    assert (other.state, other.field) == (State.REFUSED, "key")
    ama = street.hires("Ama", ("agent", "*"))
    assert street.sends("note", key="phone-of-kofi-1", words="The same key", viewer=ama).state is State.DONE
    assert [one["text"] for one in details(street.desk, "note")] == ["The slab is broken", "The same key"]


def test_the_same_act_twice_at_once(street: Street) -> None:
    gate, told = threading.Barrier(4), list[State]()

    def send() -> None:
        gate.wait()
        told.append(street.sends("done", key="phone-at-once", words="Done").state)

    threads = [threading.Thread(target=send) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(told) == [State.ALREADY] * 3 + [State.DONE]
    assert len(details(street.desk, "task_done")) == len(street.kept()) == 1


def test_two_people_finish_the_same_job_and_the_second_is_asked(street: Street) -> None:
    desk = street.desk
    ama = street.hires("Ama", ("agent", "*"))
    desk.at(NOON)
    reference = desk.case.reference
    desk.db.run(
        lambda uow: tasks.finish(uow.session, ama, reference=reference, task_id=street.task.id, result="By the crew")
    )
    before = desk.case.version
    told = street.sends("done", words="I lifted it", at="2026-03-03T11:00:00Z")
    assert (told.state, told.open, told.said) == (State.CONFLICT, False, "This job is done already.")
    assert [(one.kind, one.actor_name, one.personal["result"]) for one in told.meanwhile] == [
        ("task_done", "Ama", "By the crew")
    ]
    assert (desk.case.version, street.kept(), street.row().result) == (before, [], "By the crew")
    kept = street.sends("note", words="I lifted it as well", seen=told.seen)
    assert kept.state is State.DONE
    assert details(desk, "note")[-1]["text"] == "I lifted it as well"


def test_two_people_finish_it_at_once(street: Street) -> None:
    ama = street.hires("Ama", ("field_officer", "desk"))
    gate, told = threading.Barrier(2), dict[str, State]()

    def send(who: Viewer) -> None:
        gate.wait()
        told[who.name] = street.sends("done", words=f"By {who.name}", viewer=who).state

    threads = [threading.Thread(target=send, args=(who,)) for who in (street.officer, ama)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(told.values()) == [State.CONFLICT, State.DONE]
    winner = next(name for name, state in told.items() if state is State.DONE)
    assert [one["result"] for one in details(street.desk, "task_done")] == [f"By {winner}"]


def test_a_job_that_was_given_away_asks_and_may_be_insisted_on(street: Street) -> None:
    desk, ama = street.desk, street.hires("Ama", ("field_officer", "desk"))
    desk.db.run(
        lambda uow: tasks.assign(
            uow.session, desk.agent, reference=desk.case.reference, task_id=street.task.id, agent_id=ama.id
        )
    )
    told = street.sends("not_done", reason="not_safe", words="Live wire")
    assert (told.state, told.open) == (State.CONFLICT, True)
    assert street.row().assignee_id == ama.id
    assert street.sends("not_done", reason="not_safe", words="Live wire", seen=told.seen).state is State.DONE


def test_what_others_wrote_meanwhile_is_kept_beside_it(street: Street) -> None:
    desk = street.desk
    desk.db.run(lambda uow: replies.note(uow.session, desk.agent, reference=desk.case.reference, text="Mind the dog"))
    desk.says("It smells now")
    told = street.sends("done", words="Lifted")
    assert told.state is State.DONE
    assert [(one.kind, one.personal.get("text")) for one in told.meanwhile if one.kind == "note"] == [
        ("note", "Mind the dog")
    ]
    assert "message_received" in [one.kind for one in told.meanwhile]
    assert not [one for one in told.meanwhile if one.kind.startswith("timer_")]


def test_acts_of_ones_own_stand_against_nothing(street: Street) -> None:
    seen = street.seen
    for kind, more in (("on_my_way", {}), ("note", {"words": "Here"}), ("done", {"words": "Done"})):
        told = street.sends(kind, seen=seen, **more)
        assert (told.state, list(told.meanwhile)) == (State.DONE, []), kind


def test_on_my_way_takes_a_job_that_nobody_has(desk: Office) -> None:
    street = opened(desk, own=False)
    assert [one.id for one in street.jobs().to_take] == [street.task.id]
    assert street.sends("on_my_way").state is State.DONE
    assert street.row().assignee_id == street.officer.id
    jobs = street.jobs()
    assert ([one.id for one in jobs.own], list(jobs.to_take)) == ([street.task.id], [])
    assert jobs.own[0].tried is not None and jobs.own[0].tried.kind == "on_my_way"
    ama = street.hires("Ama", ("field_officer", "desk"))
    assert street.sends("on_my_way", viewer=ama).state is State.DONE
    assert street.row().assignee_id == street.officer.id, "who came second does not take it away"


def test_not_done_goes_back_to_its_department_and_the_cases_agent_is_told(street: Street) -> None:
    desk, efua = street.desk, street.hires("Efua", ("agent", "desk"))
    desk.db.run(lambda uow: assignment.assign(
        uow.session, desk.agent, city=desk.city, reference=desk.case.reference, agent_id=efua.id
    ))  # fmt: skip
    street.looks()
    told = street.sends("not_done", reason="nobody_there", words="Knocked twice")
    assert (told.state, told.open) == (State.DONE, True)
    task = street.row()
    assert (task.state, task.assignee_id) == ("open", None)
    (line,) = details(desk, "field_not_done")
    assert (line["reason"], line["words"], line["title"]) == ("nobody_there", "Knocked twice", "Lift the slab")
    tried = street.jobs().to_take[0].tried
    assert tried is not None and (tried.kind, tried.why_not, tried.name) == ("not_done", "nobody_there", "Kofi")
    with desk.db.reader() as session:
        assert [(one.agent_id, one.kind) for one in session.scalars(select(Notice))] == [(efua.id, "job_not_done")]


def test_late_acts_after_the_case_was_resolved_and_closed(street: Street) -> None:
    desk = street.desk
    desk.at(NOON).moves(Status.RESOLVED, Outcome.FIXED)
    desk.moves(Status.CLOSED)
    told = street.sends("done", words="Lifted", at="2026-03-03T11:00:00Z")
    assert (told.state, told.open) == (State.CONFLICT, False)
    assert {"task_cancelled", "status_changed"} <= {one.kind for one in told.meanwhile}
    for kind, more in (("note", {"words": "Lifted at eleven"}), ("on_my_way", {})):
        assert street.sends(kind, **more).state is State.DONE
    assert street.sends("photo", moment="after", photo=PICTURE).state is State.DONE
    assert (desk.case.status, street.row().state) == (Status.CLOSED, "cancelled")


def test_late_acts_after_the_case_moved_to_another_department(street: Street) -> None:
    desk = street.desk
    wide = street.hires("Esi", ("field_officer", "*"))
    desk.db.run(lambda uow: assignment.transfer(
        uow.session, desk.agent, city=desk.city, reference=desk.case.reference, department="waste", reason="Theirs"
    ))  # fmt: skip
    told = street.sends("done", words="Lifted", viewer=wide)
    assert (told.state, told.open) == (State.CONFLICT, True)
    assert [one.kind for one in told.meanwhile] == ["transferred"]
    # Whose department it was alone may neither read it nor write into it any more, and learns no more than that.
    gone, absent = street.sends("note", words="Lifted"), street.sends("note", words="Lifted", reference="00000000")
    assert gone.state is absent.state is State.REFUSED
    assert (gone.said, gone.field) == (absent.said, absent.field)
    assert street.kept() == [] and street.jobs().own == []


@pytest.mark.parametrize("seen", [10_000, 2**62])
def test_a_forged_version_is_refused(street: Street, seen: int) -> None:
    for kind in ("done", "note", "on_my_way"):
        told = street.sends(kind, words="x", seen=seen)
        assert (told.state, told.field) == (State.REFUSED, "seen")
    assert street.kept() == [] and street.row().state == "open"


def test_a_job_of_another_case_is_not_found(street: Street) -> None:
    desk, first = street.desk, street.desk.case.reference
    desk.says("Another matter", number=2)
    told = street.sends("note", words="Words", reference=desk.case.reference)
    assert (told.state, told.field) == (State.REFUSED, "task")
    assert street.sends("note", words="Words", reference=first, task=2**62).state is State.REFUSED


def test_a_photo_hangs_on_a_note_and_needs_its_picture(street: Street) -> None:
    assert street.sends("photo", moment="before").field == "photo"
    assert street.sends("note", words="x", photo=PICTURE).field == "photo"
    assert street.sends("photo", moment="before", words="Mud", photo=PICTURE).state is State.DONE
    (note,) = details(street.desk, "note")
    assert (note["text"], note["photo"]) == ("Photo before the work. Mud", "before")
    with street.desk.db.reader() as session:
        (file,) = session.scalars(select(Attachment)).all()
        event = session.get_one(Event, file.event_id)
    assert (file.case_id, event.kind, file.name) == (street.desk.case_id, "note", "before.jpg")


ROLES = {
    ("field_officer", "desk"): State.DONE,
    ("field_officer", "waste"): State.REFUSED,
    ("agent", "desk"): State.DONE,
    ("counter_clerk", "*"): State.DONE,
    ("executive", "*"): State.REFUSED,
    ("auditor", "*"): State.REFUSED,
    ("administrator", "*"): State.REFUSED,
    ("assembly_member", "*"): State.REFUSED,
}


@pytest.mark.parametrize(("grant", "state"), ROLES.items(), ids=str)
def test_who_may_write_notes_may_do_jobs(street: Street, grant: tuple[str, str], state: State) -> None:
    who = street.hires("Somebody", grant)
    assert street.sends("note", words="Words", viewer=who).state is state
    assert street.sends("done", viewer=who).state is state


@pytest.mark.parametrize(
    ("grant", "shown", "phone_shown"),
    [
        (("field_officer", "desk"), True, False),
        (("agent", "desk"), True, True),
        (("field_officer", "waste"), False, False),
        (("auditor", "*"), False, False),
    ],
    ids=str,
)
def test_who_sees_a_job_and_the_citizens_phone(
    desk: Office, grant: tuple[str, str], shown: bool, phone_shown: bool
) -> None:
    street = opened(desk, own=False)
    jobs = street.jobs(street.hires("Somebody", grant)).to_take
    assert [one.id for one in jobs] == ([street.task.id] if shown else [])
    for one in jobs:
        assert (one.words, one.phone) == ("The gutter is choked", phone(1).value if phone_shown else None)


def test_a_confidential_case_is_on_no_officers_list(desk: Office) -> None:
    street = opened(desk)
    street.change(confidential=True)
    assert list(street.jobs().own) == []
    assert street.sends("note", words="Words").state is State.REFUSED


def test_jobs_come_by_due_and_call_backs_are_no_jobs_for_everybody(desk: Office) -> None:
    street = opened(desk)
    for title, more in (
        ("later", {"due": when("2026-03-05 10:00")}),
        ("soon", {"promised": Promised(30, Unit.MINUTES)}),
        ("call", {"kind": tasks.TaskKind.CALL_BACK, "assignee_id": None}),
    ):
        values = {"assignee_id": street.officer.id, **more}
        values |= {"city": desk.city, "reference": desk.case.reference, "title": title}
        desk.db.run(lambda uow, values=values: tasks.open(uow.session, desk.agent, **values))
    jobs = street.jobs()
    assert [one.title for one in jobs.own] == ["soon", "later", "Lift the slab"]
    assert list(jobs.to_take) == []


def test_the_lists_are_bounded_and_say_so(desk: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    from cases.queries import field

    monkeypatch.setattr(field, "MOST_TO_TAKE", 2)
    street = opened(desk, own=False)
    assert not street.jobs().more
    for title in ("two", "three"):
        desk.db.run(
            lambda uow, title=title: tasks.open(
                uow.session, desk.agent, city=desk.city, reference=desk.case.reference, title=title
            )
        )
    jobs = street.jobs()
    assert (len(jobs.to_take), jobs.more) == (2, True)


def test_hostile_words_are_kept_as_they_are(street: Street) -> None:
    text = "<script>alert(1)</script> @nobody-here {{7*7}} '; drop table task; --"
    assert street.sends("note", words=text).state is State.DONE
    assert street.sends("done", words=text).state is State.DONE
    assert (details(street.desk, "note")[0]["text"], street.row().result) == (text, text)
