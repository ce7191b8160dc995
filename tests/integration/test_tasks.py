"""Tasks: their promises run, are kept, end and are told of, beside those of their case and never instead of them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import select, update

from cases import access, conversation, notices, tasks
from cases.arrivals import arrive
from cases.commands import StatusOf
from cases.departments import City
from cases.errors import DomainError, Invalid, NotAllowed, NotFound
from cases.lifecycle import Outcome, Status
from cases.models import Case, Event, EventDetail, Notice, Task, Timer
from cases.models.event import verify
from cases.permissions import Action, Viewer, ViewerKind
from cases.queries import case as case_query
from cases.queries import notices as notice_query
from cases.sla import changes, recalculating
from cases.sla.policy import Policy, Step, Unit
from cases.task_promises import Promised
from cases.tasks import TaskKind
from contactcentre.db import Database
from tests.factories import make_agent, phone
from tests.integration.office import Office, calendar, hours, now, office, when, words

CITIZEN = Status.WAITING_ON_CITIZEN
STEPS = (Step("75%", ("assignee",)), Step("due", ("assignee", "supervisor")))
USUAL = Policy(
    "usual", {"first_response": hours(4), "resolution": hours(16)}, "office",
    pauses={"resolution": ("waiting_on_citizen",)}, steps=STEPS,
)  # fmt: skip


@pytest.fixture
def desk(db: Database) -> Iterator[Office]:
    """An office with 4 hours to the first answer and 16 to the fix, and a case of Tuesday 3 March at 10:00."""
    with office(db, USUAL) as opened:
        opened.at("2026-03-03 10:00").says()
        yield opened


def opens(
    desk: Office, title: str = "Look at the gutter", amount: int = 2, unit: Unit = Unit.MINUTES, **more: object
) -> Task:
    """Open a task with a promise of so many hours (of other units: so many of them)."""
    promised = Promised(amount * 60 if unit is Unit.MINUTES else amount, unit) if amount else None
    values = {"city": desk.city, "reference": desk.case.reference, "title": title, "promised": promised, **more}
    return desk.db.run(lambda uow: tasks.open(uow.session, desk.agent, **values))  # type: ignore[arg-type]


def does(desk: Office, what: str, task: Task, viewer: Viewer | None = None, **values: object) -> Task:
    """Do one of the things that are done to an open task."""
    act, who = getattr(tasks, what), viewer or desk.agent
    case_reference = desk.case.reference
    found: Task = desk.db.run(lambda uow: act(uow.session, who, reference=case_reference, task_id=task.id, **values))
    return found


def hired(desk: Office, name: str, *roles: tuple[str, str]) -> Viewer:
    return desk.db.run(lambda uow: make_agent(uow.session, name, *roles))


def task_of(desk: Office, task: Task) -> Task:
    with desk.db.reader() as session:
        return session.get_one(Task, task.id)


def timer_of(desk: Office, task: Task) -> Timer:
    with desk.db.reader() as session:
        return session.scalars(select(Timer).where(Timer.task_id == task.id)).one()


def view(desk: Office, viewer: Viewer | None = None) -> case_query.CaseView:
    with desk.db.reader() as session:
        return case_query.load(session, viewer or desk.agent, desk.case.reference, city=desk.city)


def test_a_task_promises_by_its_department_s_calendar_with_the_ladder_of_the_case(desk: Office) -> None:
    task = opens(desk, kind=TaskKind.FIELD_JOB, assignee_id=desk.agent.id)
    timer = timer_of(desk, task)
    assert (timer.kind, timer.state, words(timer.due_at)) == ("task", "running", "2026-03-03 12:00")
    terms = {"amount": 120, "unit": "minutes", "calendar": "office", "pauses": [], "version": desk.city.version}
    assert timer.policy | terms == timer.policy
    assert timer.policy["steps"] == [["75%", ["assignee"]], ["due", ["assignee", "supervisor"]]]
    assert (task.department, task.state, task.created_by) == ("desk", "open", desk.agent.actor)
    opened, started = desk.history("task_opened")[0], desk.history("timer_started")[-1]
    assert (opened["task"], opened["task_kind"], opened["due_at"]) == (
        task.id,
        "field_job",
        "2026-03-03T12:00:00+00:00",
    )
    assert (started["timer"], started["task"]) == ("task", task.id)


def test_a_task_is_the_nearest_deadline_while_it_is_and_no_longer(desk: Office) -> None:
    assert (desk.case.due_kind, words(desk.case.due_at)) == ("first_response", "2026-03-03 15:00")
    near, far = opens(desk), opens(desk, "Measure again", 3, Unit.WORKING_DAYS)
    assert (desk.case.due_kind, words(desk.case.due_at)) == ("task", "2026-03-03 12:00")
    assert words(timer_of(desk, far).due_at) == "2026-03-09 17:00"
    does(desk, "finish", near, result="Cleared")
    assert (desk.case.due_kind, words(desk.case.due_at)) == ("first_response", "2026-03-03 15:00")
    assert {one.task for one in view(desk).timers} == {None, "Look at the gutter", "Measure again"}


def test_a_citizen_who_asks_is_told_the_promise_made_to_them(desk: Office) -> None:
    opens(desk)
    assert desk.case.due_kind == "task"
    asked = StatusOf(reference=desk.case.reference, code=None)
    with desk.db.reader() as session:
        speaker = arrive(session, phone(1)).speaker
        say, _ = conversation.answer(session, asked, speaker, city=desk.city, at=now())
    assert (say.key, say.values["promised"]) == ("status", "03 Mar 15:00")


def test_a_finished_task_keeps_its_promise_and_no_other(desk: Office) -> None:
    mine, other = opens(desk), opens(desk, "Tell the foreman")
    desk.at("2026-03-03 11:30")
    does(desk, "finish", mine, result="Cleared with two shovels")
    done = task_of(desk, mine)
    assert (done.state, done.result, words(done.ended_at)) == ("done", "Cleared with two shovels", "2026-03-03 11:30")
    assert (timer_of(desk, mine).state, words(timer_of(desk, mine).met_at)) == ("met", "2026-03-03 11:30")
    assert (timer_of(desk, other).state, desk.timer("first_response").state) == ("running", "running")
    (met,) = desk.history("timer_met")
    assert met == {**met, "timer": "task", "instance": 1, "late": False, "task": mine.id}
    assert (view(desk).tasks[0].open, view(desk).tasks[1].open) == (False, True)


def test_a_cancelled_task_ends_its_promise_without_keeping_it(desk: Office) -> None:
    task = opens(desk)
    does(desk, "cancel", task, reason="The owner did it")
    assert (timer_of(desk, task).state, timer_of(desk, task).met_at) == ("ended", None)
    assert timer_of(desk, task).next_wake_at is None
    assert (task_of(desk, task).state, task_of(desk, task).result) == ("cancelled", "The owner did it")
    cancelled, ended = desk.history("task_cancelled", "timer_ended")
    assert cancelled == {"kind": "task_cancelled", "task": task.id, "task_kind": "other", "why": "cancelled"}
    assert ended == {**ended, "kind": "timer_ended", "timer": "task", "why": "cancelled", "task": task.id}
    assert desk.case.due_kind == "first_response"


def test_a_task_that_is_cancelled_late_was_late_all_the_same(desk: Office) -> None:
    task = opens(desk)
    desk.at("2026-03-03 14:00")
    does(desk, "cancel", task, reason="Forgotten")
    assert (timer_of(desk, task).state, words(timer_of(desk, task).breached_at)) == ("ended", "2026-03-03 12:00")
    desk.wakes()
    assert [one["timer"] for one in desk.history("timer_breached")] == ["task"]


def test_its_breach_is_at_its_own_instant_and_goes_to_whoever_has_it(desk: Office) -> None:
    crew = hired(desk, "Kofi", ("field_officer", "desk"))
    desk.at("2026-03-03 10:00")
    task = opens(desk, assignee_id=crew.id)
    desk.at("2026-03-03 12:40").wakes()
    timer = timer_of(desk, task)
    assert (timer.state, words(timer.breached_at)) == ("breached", "2026-03-03 12:00")
    assert [(one["step"], one["to"]) for one in desk.history("escalated")] == [
        ("75%", ["assignee"]), ("due", ["assignee", "supervisor"]),
    ]  # fmt: skip
    desk.db.run(lambda uow: notices.address(uow.session, city=desk.city, at=now()))
    with desk.db.reader() as session:
        told = session.execute(select(Notice.step, Notice.agent_id).order_by(Notice.step, Notice.agent_id)).all()
    assert [tuple(one) for one in told] == sorted(
        [("75%", crew.id), ("due", desk.agent.id), ("due", crew.id)], key=lambda one: (one[0], one[1] or 0)
    )
    desk.db.run(lambda uow: notices.tell(uow.session, city=desk.city, at=when("2026-03-03 14:00")))
    with desk.db.reader() as session:
        assert {one.task for one in notice_query.page(session, crew)} == {"Look at the gutter"}
    does(desk, "finish", task, result="Cleared")
    assert (timer_of(desk, task).state, words(timer_of(desk, task).breached_at)) == ("met", "2026-03-03 12:00")


def test_a_task_of_nobody_is_told_to_whoever_has_the_case(desk: Office) -> None:
    owner = hired(desk, "Esi", ("agent", "desk"))
    desk.db.run(lambda uow: uow.session.execute(update(Case).values(assignee_id=owner.id)))
    opens(desk)
    desk.at("2026-03-03 11:40").wakes()
    desk.db.run(lambda uow: notices.address(uow.session, city=desk.city, at=now()))
    with desk.db.reader() as session:
        assert session.scalars(select(Notice.agent_id)).all() == [owner.id]


def test_it_does_not_stand_still_while_the_case_waits(desk: Office) -> None:
    task = opens(desk, amount=6)
    desk.at("2026-03-03 10:30").moves(CITIZEN)
    assert (desk.timer("resolution").state, timer_of(desk, task).state) == ("paused", "running")
    assert (desk.case.due_kind, desk.case.status) == ("first_response", "waiting_on_citizen")
    desk.at("2026-03-04 15:00").moves(Status.OPEN)
    assert words(timer_of(desk, task).due_at) == "2026-03-03 17:00"


def test_another_policy_of_the_case_leaves_it_alone(db: Database) -> None:
    urgent = Policy("urgent", {"first_response": hours(1), "task": hours(1)}, "office", priority="urgent")
    with office(db, USUAL, urgent) as desk:
        desk.at("2026-03-03 10:00").says()
        task = opens(desk, amount=6)
        desk.prioritises("urgent")
        assert desk.due("first_response") == "2026-03-03 11:00"
        assert words(timer_of(desk, task).due_at) == "2026-03-03 17:00"
        assert timer_of(desk, task).policy["policy"] == "usual"


def test_a_changed_calendar_moves_it_like_every_promise(desk: Office) -> None:
    task = opens(desk, amount=3, unit=Unit.WORKING_DAYS)
    closed = calendar(when("2026-03-06 00:00").date(), when("2026-03-05 00:00").date())
    with desk.db.reader() as session:
        timer = session.scalars(select(Timer).where(Timer.task_id == task.id)).one()
        changes.recalculate(session, timer, calendars={"office": closed}, at=now(), why="a new holiday")
        assert words(timer.due_at) == "2026-03-10 17:00"
    assert recalculating.changed(desk.city.calendars, {"office": closed}) == {"office"}


def test_resolving_cancels_what_is_open_and_ends_its_promises(desk: Office) -> None:
    done, left, dated = opens(desk), opens(desk, "Measure"), opens(desk, "Ring", 0, due=when("2026-03-04 09:00"))
    does(desk, "finish", done, result="Cleared")
    desk.at("2026-03-03 11:00").moves(Status.RESOLVED, Outcome.FIXED)
    assert [task_of(desk, one).state for one in (done, left, dated)] == ["done", "cancelled", "cancelled"]
    assert task_of(desk, left).result == "resolved"
    assert (timer_of(desk, done).state, timer_of(desk, left).state) == ("met", "ended")
    (ended,) = [one for one in desk.history("timer_ended") if one["timer"] == "task"]
    assert ended == {**ended, "why": "resolved", "task": left.id}
    assert desk.case.due_at is None
    desk.at("2026-03-03 12:30").says("Not done at all")
    assert (desk.case.status, task_of(desk, left).state) == ("open", "cancelled")
    assert words(timer_of(desk, left).ended_at) == "2026-03-03 11:00"
    with pytest.raises(Invalid, match="cancelled already"):
        does(desk, "finish", left, result="After all")


def test_a_resolved_case_takes_no_task(desk: Office) -> None:
    desk.moves(Status.RESOLVED, Outcome.FIXED)
    with pytest.raises(Invalid, match="open it again first"):
        opens(desk)


def test_titles_and_results_can_be_erased_and_the_history_still_holds(desk: Office) -> None:
    task = opens(desk, "Ring Mrs Invented")
    does(desk, "finish", task, result="She is content")
    with desk.db.reader() as session:
        rows = session.execute(
            select(Event, EventDetail.values).outerjoin(EventDetail, EventDetail.event_id == Event.id)
            .where(Event.kind.in_(("task_opened", "task_done"))).order_by(Event.seq)
        ).all()  # fmt: skip
        assert [personal for _, personal in rows] == [
            {"title": "Ring Mrs Invented"}, {"title": "Ring Mrs Invented", "result": "She is content"},
        ]  # fmt: skip
        assert all("Invented" not in str(event.values) for event, _ in rows)
        assert not verify(session, desk.case_id).faults


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"title": "  "}, "title"),
        ({"title": "x" * 121}, "title"),
        ({"amount": -1}, "amount"),
        ({"amount": 261, "unit": Unit.WORKING_DAYS}, "amount"),
        ({"promised": Promised(1, Unit.ELAPSED, "no such")}, "calendar"),
        ({"department": "no such"}, "department"),
        ({"due": "2026-03-04 09:00"}, "due"),
        ({"due": "2026-03-03 10:00", "amount": 0}, "due"),
        ({"assignee_id": 999}, "agent"),
    ],
    ids=str,
)
def test_what_cannot_be_is_named(desk: Office, values: dict[str, object], field: str) -> None:
    given = {**values, **({"due": when(str(values["due"]))} if "due" in values else {})}
    with pytest.raises(Invalid) as caught:
        opens(desk, **given)  # type: ignore[arg-type]
    assert caught.value.field == field
    with desk.db.reader() as session:
        assert session.scalars(select(Task)).all() == []


def test_who_may_do_what(desk: Office) -> None:
    crew, clerk = hired(desk, "Kofi", ("field_officer", "desk")), hired(desk, "Efua", ("auditor", "*"))
    task = opens(desk)
    assert does(desk, "take", task, crew).assignee_id == crew.id
    assert desk.history("task_assigned")[0]["agent"] == crew.id
    for what, values in (("cancel", {"reason": "Rain"}), ("assign", {"agent_id": None})):
        with pytest.raises(NotAllowed):
            does(desk, what, task, crew, **values)
    with pytest.raises(NotAllowed):
        does(desk, "finish", task, clerk, result="Seen")
    with pytest.raises(Invalid, match="may not work"):
        does(desk, "assign", task, agent_id=clerk.id)
    with pytest.raises(NotAllowed, match="Only an agent"):
        does(desk, "take", task, Viewer(ViewerKind.TOKEN, 1, "Program", frozenset({("agent", "*")})))
    assert does(desk, "assign", task, agent_id=None).assignee_id is None
    assert does(desk, "finish", task, crew, result="Cleared").state == "done"


@pytest.mark.parametrize("role", [("agent", "waste"), ("field_officer", "desk"), ("executive", "*")], ids=str)
def test_a_confidential_case_and_another_department_s_viewer_are_refused(desk: Office, role: tuple[str, str]) -> None:
    task = opens(desk)
    desk.db.run(lambda uow: uow.session.execute(update(Case).values(confidential=True)))
    other = hired(desk, "Yaw", role)
    tries: dict[str, dict[str, object]] = {"take": {}, "finish": {"result": "x"}, "cancel": {"reason": "x"}}
    for what, values in tries.items():
        with pytest.raises(NotFound):
            does(desk, what, task, other, **values)
    with pytest.raises(DomainError), desk.db.reader() as session:
        access.for_reading(session, other, reference=desk.case.reference)
    own = hired(desk, "Afua", ("supervisor", "desk"))
    with pytest.raises(Invalid, match="may not work"):
        does(desk, "assign", task, own, agent_id=other.id)


def test_a_task_belongs_to_its_case_alone(desk: Office) -> None:
    task, first = opens(desk), desk.case_id
    desk.says("Another matter", number=2)
    with pytest.raises(NotFound, match="no such task in this case"):
        does(desk, "finish", task, result="Elsewhere")
    desk.case_id = first
    assert task_of(desk, task).state == "open"
    assert Action.NOTE in view(desk).can


def test_without_any_policy_a_calendar_must_be_chosen(desk: Office) -> None:
    desk.city = City(**{**{name: getattr(desk.city, name) for name in desk.city.__slots__}, "policies": ()})
    with pytest.raises(Invalid, match="one of office"):
        opens(desk)
    task = opens(desk, promised=Promised(60, Unit.MINUTES, "office"))
    assert words(timer_of(desk, task).due_at) == "2026-03-03 11:00"
