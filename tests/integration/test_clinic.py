"""The clinic: what follows from the history is what the rows say, and a hand in the database is found."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from sqlalchemy import text, update

from cases.lifecycle import Outcome, Status
from cases.models import Case, Timer
from cases.sla import clinic, examining
from contactcentre.db import Database
from tests.integration.office import Office, calendar, now, office


@pytest.fixture
def desk(db: Database) -> Iterator[Office]:
    """An office at nine on a Tuesday, with one case."""
    with office(db) as opened:
        opened.at("2026-03-03 09:00").says()
        yield opened


def looked(desk: Office) -> clinic.Looked:
    return desk.db.run(lambda uow: clinic.look(uow.session, [desk.case_id], calendars=desk.city.calendars))


def plant(desk: Office, model: type[Case | Timer], **values: object) -> None:
    """Change a row as no code of ours does."""
    desk.plants()
    where = Timer.kind == "resolution" if model is Timer else Case.id == desk.case_id
    desk.db.run(lambda uow: uow.session.execute(update(model).where(where).values(**values)))


def test_a_life_with_waits_breaches_and_a_second_cycle_follows_from_its_history(desk: Office) -> None:
    desk.at("2026-03-03 10:00").answers(wait=True)
    desk.at("2026-03-04 09:00").says("Here is the picture")
    desk.at("2026-03-05 16:00").wakes()
    desk.at("2026-03-05 16:30").moves(Status.RESOLVED, Outcome.FIXED)
    desk.at("2026-03-06 09:00").says("It is broken again")
    desk.at("2026-03-20 09:00").wakes()
    assert {one.state for one in desk.timers().values()} >= {"met", "breached"}
    assert looked(desk).drifts == ()
    assert looked(desk).timers == 5


@pytest.mark.parametrize(
    ("values", "what"),
    [
        ({"due_at": Timer.due_at + timedelta(minutes=1)}, "deadline"),
        ({"state": "met"}, "state"),
        ({"breached_at": Timer.due_at}, "breach"),
        ({"started_at": Timer.started_at - timedelta(seconds=1)}, "start"),
        ({"ended_at": Timer.due_at}, "end"),
        ({"overridden": True}, "set by hand"),
    ],
)
def test_a_hand_in_a_timer_is_found(desk: Office, values: dict[str, object], what: str) -> None:
    plant(desk, Timer, **values)
    assert what in {one.what for one in looked(desk).drifts if one.of == "resolution 1"}


def test_a_hand_in_the_terms_is_found(desk: Office) -> None:
    desk.plants()
    desk.db.run(
        lambda uow: uow.session.execute(
            text("update timer set policy = jsonb_set(policy, '{amount}', '9999') where kind = 'resolution'")
        )
    )
    (drift,) = looked(desk).drifts
    assert (drift.what, drift.derived) == ("promise", "960 minutes by office")


def test_a_wrong_nearest_deadline_of_the_case_is_found(desk: Office) -> None:
    plant(desk, Case, due_at=None)
    (drift,) = looked(desk).drifts
    assert (drift.of, drift.stored) == ("case", "none")


def test_a_timer_without_history_and_a_history_without_timer_are_found(desk: Office) -> None:
    desk.plants()
    desk.db.run(lambda uow: uow.session.execute(text("update timer set instance = 7 where kind = 'resolution'")))
    assert {(one.of, one.stored) for one in looked(desk).drifts} == {
        ("resolution 7", "there"),
        ("resolution 1", "not there"),
    }


def test_a_history_of_an_older_release_is_said_to_be_unreadable(desk: Office) -> None:
    desk.plants()
    rewrites = text("update event set plain = plain - 'instance' where kind = 'timer_started'")
    desk.db.run(lambda uow: uow.session.execute(rewrites))
    (drift,) = looked(desk).drifts
    assert drift.derived == "cannot be read: 'instance'"


def test_a_timer_before_its_recalculation_is_no_drift(desk: Office) -> None:
    moved = {"office": calendar(date(2026, 3, 9))}
    found = desk.db.run(lambda uow: clinic.look(uow.session, [desk.case_id], calendars=moved))
    assert (found.waiting, found.drifts) == (2, ())


def test_an_examination_comes_to_every_live_case_once_and_keeps_what_it_found(desk: Office) -> None:
    first = desk.case_id
    for number in (2, 3, 4):
        desk.says(number=number)
    desk.moves(Status.RESOLVED, Outcome.FIXED)  # no promise of it is live any more
    desk.case_id = first
    plant(desk, Case, due_at=None)
    assert desk.db.run(lambda uow: examining.begin_daily(uow.session, at=now()))
    assert not desk.db.run(lambda uow: examining.begin(uow.session, asked_by="agent:1", at=now()))
    seen = []
    while step := desk.db.run(lambda uow: examining.advance(uow.session, desk.city.calendars, at=now(), limit=2)):
        seen.append(step)
    assert seen == [2, 1]
    with desk.db.reader() as session:
        found = examining.last(session)
        assert found is not None
        assert (found.examination.cases, found.examination.timers, found.examination.drifts) == (3, 6, 1)
        assert [(one.case_id, one.what) for one in found.drifts] == [(first, "nearest deadline")]
    assert desk.db.run(lambda uow: examining.finish(uow.session, list, at=now()))
    assert not desk.db.run(lambda uow: examining.begin_daily(uow.session, at=now()))
    desk.at("2026-03-04 09:00")
    assert desk.db.run(lambda uow: examining.begin_daily(uow.session, at=now()))


def test_of_two_tickers_one_looks_and_the_other_passes_by(desk: Office) -> None:
    desk.db.run(lambda uow: examining.begin(uow.session, asked_by="agent:1", at=now()))
    with desk.db.reader() as holder:
        holder.execute(text("select 1 from examination for update"))
        assert desk.db.run(lambda uow: examining.advance(uow.session, desk.city.calendars, at=now())) == 0
    assert desk.db.run(lambda uow: examining.advance(uow.session, desk.city.calendars, at=now())) == 1
