"""What is kept of a dialogue, and for how long: words, no codes, and sessions for some days."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import text, update

from cases.models import Case, DialogueSession, Message, OutboxEntry, RawRequest
from channels.dialogue.resume import LASTS
from contactcentre.db import Database
from tests.integration.dialling import ACCOUNT, CODE, Dial, report, rows
from workers.dialogues import forget_dialogues

if TYPE_CHECKING:
    from flask import Flask

    from contactcentre.container import Container

ME, OTHER = "+233200000761", "+233200000762"
WORDS = "The pole *is* bent"


def ages(db: Database, some: list[DialogueSession], *, hours: int) -> None:
    """Let some dialogues have been held so long ago."""
    chosen = DialogueSession.id.in_([one.id for one in some])
    earlier = DialogueSession.updated_at - text(f"interval '{hours} hours'")
    db.run(lambda uow: uow.session.execute(update(DialogueSession).where(chosen).values(updated_at=earlier)) and None)


def test_codes_stand_in_no_stored_request_and_words_in_all(db: Database, phone: Dial) -> None:
    report(phone())
    (case,) = rows(db, Case)
    code = rows(db, OutboxEntry)[-1].fill["code"]
    wrong = f"{(int(code) + 1) % 10000:04d}"
    before = len(rows(db, RawRequest))
    me = phone()
    me.dial()
    me.keys("2", case.reference, "1", WORDS, wrong, code)
    assert me.screen == "Added to your case. Thank you."
    stored = rows(db, RawRequest)[before:]
    assert [one.headers["form"]["text"] for one in stored][-3:] == [
        f"2*{case.reference}*1*{WORDS}",
        f"2*{case.reference}*1*{WORDS}*••••",
        f"2*{case.reference}*1*{WORDS}*••••*••••",
    ]
    for one in stored:
        assert not any(secret.encode() in one.body.split(b"text=")[-1] for secret in (f"*{code}", f"%2A{code}"))
    assert rows(db, DialogueSession)[-1].hidden is None
    assert rows(db, Message)[-1].text == WORDS


def test_who_dials_further_than_the_code_keeps_nothing_of_it_either(db: Database, phone: Dial) -> None:
    report(phone())
    (case,) = rows(db, Case)
    code = rows(db, OutboxEntry)[-1].fill["code"]
    other = phone(OTHER)
    other.dial(f"2*{case.reference}*{code}*1*{WORDS}")
    assert other.screen == "Added to your case. Thank you."
    last = rows(db, RawRequest)[-1]
    assert last.headers["form"]["text"] == f"2*{case.reference}*••••*1*{WORDS}"


def test_a_code_is_still_known_again_where_the_turn_comes_twice(db: Database, phone: Dial) -> None:
    report(phone())
    (case,) = rows(db, Case)
    code = rows(db, OutboxEntry)[-1].fill["code"]
    me = phone()
    me.dial()
    screen = me.keys("2", case.reference, "1", WORDS, code)
    assert me.post() == screen
    assert [one.text for one in rows(db, Message)].count(WORDS) == 1


def test_the_notice_of_an_end_is_kept_without_what_was_keyed_in(app: Flask, city: Container, db: Database) -> None:
    secret = city.read_secret(city.account_settings[ACCOUNT].hook_secret)
    form = {"date": "2026-03-03", "sessionId": "ATUid_1", "serviceCode": CODE, "networkCode": "62001"}
    form |= {"phoneNumber": ME, "status": "Success", "cost": "GHS 0.1", "durationInMillis": "9000", "hopsCount": "5"}
    form |= {"input": "2*12345674*4711", "lastAppResponse": "END Added", "errorMessage": ""}
    answer = app.test_client().post(f"/hooks/{ACCOUNT}/{secret}/ended", data=form)
    assert answer.status_code == 200
    (stored,) = rows(db, RawRequest)
    assert (stored.state, stored.headers["form"]["status"]) == ("applied", "Success")
    assert b"4711" not in stored.body
    assert "4711" not in str(stored.headers)


def test_dialogues_are_forgotten_after_their_time(db: Database, city: Container, phone: Dial) -> None:
    for number in range(5):
        phone(f"+23320000077{number}").dial()
    days = city.city.limits.dialogue_days
    every = rows(db, DialogueSession)
    ages(db, every[:3], hours=24 * days + 1)
    ages(db, every[3:4], hours=24 * days - 1)
    assert forget_dialogues(city) == 3
    assert forget_dialogues(city) == 0
    assert [one.id for one in rows(db, DialogueSession)] == [one.id for one in every[3:]]
    assert timedelta(days=days) > LASTS  # what was cut can be gone on with as long
