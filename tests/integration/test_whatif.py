"""What other policies would make of running promises: counted by department and kind, and nothing changed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import select

from cases.lifecycle import Outcome, Status
from cases.models import Event, Timer
from cases.sla import whatif
from cases.sla.policy import Policy
from cases.sla.whatif import Effect, Preview
from contactcentre.db import Database
from tests.integration.office import PAUSES, Office, hours, now, office

USUAL = Policy("usual", {"first_response": hours(4), "resolution": hours(16)}, "office", pauses=PAUSES)


@pytest.fixture
def desk(db: Database) -> Iterator[Office]:
    """An office at ten on a Tuesday with one case of eight o'clock."""
    with office(db, USUAL) as opened:
        opened.at("2026-03-03 08:00").says()
        opened.at("2026-03-03 10:00")
        yield opened


def under(desk: Office, *policies: Policy, most: int = whatif.MOST) -> Preview:
    city = replace(desk.city, policies=policies)
    with desk.db.reader() as session:
        return whatif.preview(session, city, at=now(), most=most)


def effect(desk: Office, kind: str, **counts: int) -> Effect:
    return Effect(desk.case.department, kind, running=1, **counts)


def test_the_same_policies_change_nothing(desk: Office) -> None:
    same = Preview((effect(desk, "first_response"), effect(desk, "resolution")), more=False)
    assert under(desk, USUAL) == same


@pytest.mark.parametrize(
    ("amount", "counts"), [(1, {"earlier": 1, "overdue": 1}), (3, {"earlier": 1}), (5, {"later": 1})]
)
def test_another_target_is_counted_from_the_start(desk: Office, amount: int, counts: dict[str, int]) -> None:
    other = replace(USUAL, key="other", targets={**USUAL.targets, "first_response": hours(amount)})
    first, _ = under(desk, other).effects
    assert first == effect(desk, "first_response", **counts)


def test_what_is_not_promised_any_more_is_dropped(desk: Office) -> None:
    found = under(desk, replace(USUAL, targets={"first_response": hours(4)}))
    assert found.effects[1] == effect(desk, "resolution", dropped=1)


def test_pauses_are_taken_over(desk: Office) -> None:
    desk.answers(wait=True)
    desk.at("2026-03-04 10:00").moves(Status.OPEN)  # eight working hours later
    (resolution,) = under(desk, replace(USUAL, targets={"resolution": hours(2)})).effects
    assert (resolution.earlier, resolution.overdue) == (1, 1)
    (resolution,) = under(desk, replace(USUAL, targets={"resolution": hours(3)})).effects
    assert (resolution.earlier, resolution.overdue) == (1, 0)


def test_promises_by_hand_and_ended_ones_are_left_out_and_nothing_is_written(desk: Office) -> None:
    desk.sets("resolution", "2026-03-10 12:00")
    before = snapshot(desk)
    (only,) = under(desk, replace(USUAL, targets={})).effects
    assert only == effect(desk, "first_response", dropped=1)
    assert snapshot(desk) == before
    desk.moves(Status.RESOLVED, Outcome.FIXED)
    assert under(desk, USUAL).effects == ()


def test_it_says_when_there_are_more(desk: Office) -> None:
    found = under(desk, USUAL, most=1)
    assert found.more
    assert sum(one.running for one in found.effects) == 1
    assert not under(desk, USUAL, most=2).more


def snapshot(desk: Office) -> tuple[object, int]:
    with desk.db.reader() as session:
        timers = session.execute(select(Timer.kind, Timer.due_at, Timer.policy["policy"]).order_by(Timer.id)).all()
        return timers, len(session.scalars(select(Event.id)).all())


def test_what_today_s_policies_say_otherwise_already_is_not_the_change_s_doing(desk: Office) -> None:
    other = replace(USUAL, key="other", targets={**USUAL.targets, "first_response": hours(5)})
    third = replace(other, targets={**other.targets, "resolution": hours(8)})
    before, after = (replace(desk.city, policies=(one,)) for one in (other, third))
    with desk.db.reader() as session:
        first, resolution = whatif.preview(session, after, at=now(), before=before).effects
    assert first == effect(desk, "first_response"), "it is promised five hours by both"
    assert resolution == effect(desk, "resolution", earlier=1)
