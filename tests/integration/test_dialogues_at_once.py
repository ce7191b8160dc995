"""Dialogues that are cut, repeated, out of order, at once, or too slow: one case per finished session, never a 5xx."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text, update

from cases.models import Case, DialogueSession, Message, OutboxEntry, RawRequest
from contactcentre import conversations
from contactcentre.db import Database
from tests.integration.callbacks import faults_of_histories
from tests.integration.dialling import ACCOUNT, CODE, Dial, Dialled, report, rows

if TYPE_CHECKING:
    from flask import Flask

    from contactcentre.container import Container

ME = "+233200000711"
INPUTS = ("1", "The street light is out", "Beach Road", "1", "1")


def finished(db: Database) -> int:
    return sum(one.ends and one.case_id is not None for one in rows(db, DialogueSession))


@pytest.mark.parametrize("step", range(len(INPUTS) + 1))
def test_a_dialogue_that_is_cut_at_any_step_is_gone_on_with(db: Database, phone: Dial, step: int) -> None:
    cut = phone()
    cut.dial()
    cut.keys(*INPUTS[:step])
    begun = 1 < step < len(INPUTS)
    again = phone()
    screen = again.dial()
    if begun:
        assert screen == "You were cut off. Go on where you were?\n1 Go on\n2 Start again"
        assert again.keys("1") == cut.screen
        again.keys(*INPUTS[step:])
    elif step < len(INPUTS):
        assert screen.startswith("STMA. Free for you")
        again.keys(*INPUTS)
    else:
        assert "Received. Your reference" in cut.screen
    (case,) = rows(db, Case)
    assert rows(db, Message)[0].text == "The street light is out\nPlace: Beach Road"
    assert faults_of_histories(db) == []
    assert case.channel == "ussd"
    assert phone().dial().startswith("STMA. Free for you")  # what was gone on with is not offered again


def test_an_offer_to_go_on_is_made_once_and_for_a_day(db: Database, phone: Dial) -> None:
    first = phone()
    first.dial()
    first.keys(*INPUTS[:2])
    second = phone()
    second.dial()
    second.keys("2")
    assert phone().dial().startswith("STMA.")
    third = phone()
    third.dial()
    third.keys(*INPUTS[:2])
    db.run(
        lambda uow: uow.session.execute(
            update(DialogueSession).values(updated_at=DialogueSession.updated_at - text("interval '25 hours'"))
        )
    )
    assert phone().dial().startswith("STMA.")


@pytest.mark.parametrize("step", range(len(INPUTS)))
def test_a_step_that_comes_twice_is_answered_twice_and_done_once(db: Database, phone: Dial, step: int) -> None:
    me = phone()
    assert me.dial() == me.post()
    for number, one in enumerate(INPUTS):
        screen = me.keys(one)
        if number == step:
            turns = len(rows(db, RawRequest))
            assert me.post() == me.post() == screen
            assert len(rows(db, RawRequest)) == turns
    assert len(rows(db, Case)) == 1
    assert len(rows(db, OutboxEntry)) == 1


def test_steps_out_of_order_change_nothing(db: Database, phone: Dial) -> None:
    me = phone()
    me.dial()
    me.keys(*INPUTS[:2])
    screen, known = me.screen, me.text
    for old in ("", "1", "1*1", "2", "9*9*9"):
        me.text = old
        assert me.post() == screen
    me.text = known
    me.keys(*INPUTS[2:])
    assert len(rows(db, Case)) == 1
    me.text = "1*1"
    assert "Received." in me.post()  # long after the end


def test_whoever_dials_further_begins_further(db: Database, phone: Dial) -> None:
    assert phone().dial("2").startswith("Your reference")
    lost = phone()  # the first requests were lost on their way
    lost.dial("1*A tree*fell*down")
    assert lost.screen.startswith("Where is it?")
    assert rows(db, DialogueSession)[-1].state["fields"]["words"] == "A tree*fell*down"


def test_words_may_hold_a_star(db: Database, phone: Dial) -> None:
    me = phone()
    me.dial()
    me.keys("1", "2*3 lamps are out", "Moon*Lane", "1")
    assert rows(db, Message)[0].text == "2*3 lamps are out\nPlace: Moon*Lane"


def test_another_number_in_the_same_session_is_no_going_on(db: Database, phone: Dial) -> None:
    me = phone()
    me.dial()
    me.keys("1")
    other = phone("+233200000712", session=me.session)
    other.text = "1*A lamp"
    assert other.post().startswith("Sorry, we could not finish this.")
    assert other.ends
    assert me.keys("The lamp is out").startswith("Where is it?")
    assert [one.state for one in rows(db, RawRequest)].count("quarantined") == 1


def test_two_sessions_of_one_number_at_once_are_two_cases(db: Database, app: Flask, city: Container) -> None:
    phones = [Dialled(app, city, ME) for _ in range(6)]
    with ThreadPoolExecutor(6) as pool:
        for one in phones:
            one.dial()
        said = list(pool.map(lambda one: (one.keys(*INPUTS), one.until_ended())[1], phones))
    assert all("Received." in one for one in said), said
    assert len(rows(db, Case)) == finished(db) == 6
    assert len({case.reference for case in rows(db, Case)}) == 6
    assert faults_of_histories(db) == []


def test_one_step_at_once_is_done_once(db: Database, app: Flask, city: Container) -> None:
    me = Dialled(app, city, ME)
    me.dial()
    me.keys(*INPUTS[:-1])
    me.text += "*1"
    again = [Dialled(app, city, ME, session=me.session) for _ in range(8)]
    for one in again:
        one.text = me.text
    with ThreadPoolExecutor(8) as pool:
        said = set(pool.map(lambda one: one.post(), again))
    assert len(said) == 1
    assert len(rows(db, Case)) == len(rows(db, OutboxEntry)) == 1


def test_the_first_request_at_once_is_one_session(db: Database, app: Flask, city: Container) -> None:
    again = [Dialled(app, city, ME, session="ATUid_same") for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        said = set(pool.map(lambda one: one.dial(), again))
    assert len(said) == 1
    assert len(rows(db, DialogueSession)) == 1


def test_a_turn_that_takes_too_long_ends_and_keeps_what_was_sent(
    db: Database, city: Container, phone: Dial, monkeypatch: pytest.MonkeyPatch
) -> None:
    me = phone()
    me.dial()
    me.keys(*INPUTS[:-1])
    # somebody else holds the session's row for longer than a citizen is kept waiting
    monkeypatch.setattr(conversations, "DEADLINE", 0.1)
    with db.engine.connect() as other, other.begin():
        other.execute(text("select 1 from dialogue_session for update"))
        assert me.keys("1").startswith("Sorry, we could not finish this.")
    assert me.ends
    assert rows(db, Case) == []
    monkeypatch.undo()
    again = phone()
    again.dial()
    assert again.keys("1").startswith("Send this? The street light is out")
    again.keys("1")
    assert len(rows(db, Case)) == 1


def test_nothing_that_is_sent_gets_anything_but_a_last_screen(db: Database, app: Flask, phone: Dial) -> None:
    hook = phone().hook
    client = app.test_client()
    for data in ({}, {"sessionId": "x"}, {"sessionId": "x\x00", "serviceCode": CODE, "phoneNumber": ME}, b"\xff\xfe"):
        answer = client.post(hook, data=data)
        assert answer.status_code == 200
        assert answer.data[:4] in (b"CON ", b"END ")
    assert client.post(f"/hooks/{ACCOUNT}/wrong/session", data={}).status_code == 404


def test_a_sessions_end_is_noted_and_it_can_be_gone_on_with(db: Database, app: Flask, phone: Dial) -> None:
    me = phone()
    me.dial()
    me.keys(*INPUTS[:2])
    form = {**me.form, "status": "Incomplete", "input": me.text, "lastAppResponse": me.screen}
    client = app.test_client()
    for _ in range(2):
        assert client.post(me.hook.replace("/session", "/ended"), data=form).status_code == 200
    (row,) = rows(db, DialogueSession)
    assert row.ended_as == "Incomplete"
    assert phone().dial().startswith("You were cut off.")
    stray = {**form, "sessionId": "ATUid_nobody"}
    assert client.post(me.hook.replace("/session", "/ended"), data=stray).status_code == 200


def test_a_database_that_is_away_is_told_to_the_citizen(app: Flask, city: Container, phone: Dial) -> None:
    from contactcentre.db import Unavailable

    me = phone()
    me.dial()
    real = city.db.run

    def away(work: object) -> None:
        raise Unavailable("away")

    city.db.run = away  # type: ignore[assignment, method-assign]
    try:
        assert me.keys("1").startswith("Sorry, we could not finish this.")
    finally:
        city.db.run = real  # type: ignore[method-assign]


def test_a_report_tells_the_gateway_its_steps(app: Flask, phone: Dial) -> None:
    me = phone()
    report(me)
    answer = app.test_client().post(me.hook, data={**me.form, "text": me.text})
    assert answer.headers["at-ussd-hop-metadata"] == "report_done"
