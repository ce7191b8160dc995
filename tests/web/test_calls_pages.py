"""The pages of calls: the agent's line, what waits and came, one call, the case's timeline, forms that come back."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from cases.calls.terms import Calls
from cases.clock import TestClock, set_test_clock
from cases.models import CallerFlag, Case, PhoneCall, Read
from contactcentre.db import Database
from contactcentre.web.desk.calls import strip
from tests.integration.telephoning import Telephones, number
from tests.web.conftest import Browser, Opened

if TYPE_CHECKING:
    from flask import Flask

    from contactcentre.container import Container

Agents = Callable[..., Browser]
Say = Callable[..., Opened]
GAMELAN = "+233201234567"


def flags(browser: Browser, *, reason: str = "Shouts insults at whoever answers", days: str = "30") -> int:
    """Send the form that flags a number."""
    return browser.send("/calls/flags", number=GAMELAN, reason=reason, days=days).status_code


@pytest.fixture
def telephones(container: Container, db: Database) -> Telephones:
    return Telephones(db, container.city)


@pytest.fixture
def ama(agent: Agents) -> Browser:
    """Somebody who takes calls everywhere."""
    return agent(("agent", "*"), name="Ama")


def test_who_has_no_telephone_is_told_where_to_write_its_number(ama: Browser) -> None:
    ama.get("/desk/calls/line")
    assert "Your profile has no telephone number" in ama.page


def test_the_line_is_switched_on_and_off(ama: Browser, telephones: Telephones) -> None:
    assert ama.viewer is not None
    telephones.has_telephone(ama.viewer, takes=False)
    ama.get("/desk/calls")
    assert "Takes no calls" in ama.page
    assert ama.send("/desk/calls/line", takes="yes").status_code == 303
    ama.get("/desk/calls")
    assert "Free for calls" in ama.page and "Stop taking calls" in ama.page


def test_a_ringing_call_pops_up_with_the_citizens_story(ama: Browser, telephones: Telephones, say: Say) -> None:
    opened = say("The gutter is choked", sender=_phone(GAMELAN))
    assert ama.viewer is not None
    telephones.rings(GAMELAN, ama.viewer, dialogue={"state": {"fields": {"service": "lamps", "code": "9753"}}})
    ama.get("/desk/calls/line")
    assert "+233 20 123 4567" in ama.page and "The gutter is choked" in ama.page
    assert opened.address in ama.page and "lamps" in ama.page and "9753" not in ama.page
    assert 'data-state="rings"' in ama.page


def test_a_call_is_noted_held_and_wrapped_up_into_its_case(
    ama: Browser, telephones: Telephones, say: Say, db: Database
) -> None:
    opened = say("The gutter is choked", sender=_phone(GAMELAN))
    assert ama.viewer is not None
    call_id = telephones.talks(GAMELAN, ama.viewer)
    ama.get("/desk/calls/line")
    assert ama.send(f"/calls/{call_id}/note", text="Behind the school").status_code == 303
    ama.get("/desk/calls/line")
    assert "Behind the school" in ama.page
    assert ama.send(f"/calls/{call_id}/hold").status_code == 303
    ama.get("/desk/calls/line")
    assert 'data-state="holds"' in ama.page
    telephones.hangs_up(call_id, talked=65, seconds=80, as_="answered")
    ama.get("/desk/calls/line")
    assert 'data-state="wraps"' in ama.page and "Behind the school" in ama.page
    refused = ama.send(f"/calls/{call_id}/wrap", disposition="", text="Behind the school, at night", into="")
    assert refused.status_code == 422 and "Choose what came of the call" in ama.page
    assert "Behind the school, at night" in ama.page
    answer = ama.send(f"/calls/{call_id}/wrap", disposition="settled", text="Behind the school", into=opened.reference)
    assert answer.status_code == 303 and opened.address in answer.location
    ama.get(opened.address)
    assert "Ama wrapped the call up: settled in the call." in ama.page and "Behind the school" in ama.page
    assert f"/desk/calls/{call_id}" in ama.page
    with db.reader() as session:
        call = session.get_one(PhoneCall, call_id)
        assert (call.case_id, call.disposition) == (opened.id, "settled") and call.wrapped_at is not None


def test_a_call_without_a_case_opens_one(ama: Browser, telephones: Telephones, db: Database) -> None:
    assert ama.viewer is not None
    call_id = telephones.ended(GAMELAN, ama.viewer)
    ama.get("/desk/calls/line")
    answer = ama.send(
        f"/calls/{call_id}/wrap", disposition="passed_on", text="A lamp is out at the beach", into="new", name="Efua"
    )
    assert answer.status_code == 303
    ama.get(answer.location)
    assert "A lamp is out at the beach" in ama.page and "Efua" in ama.page
    with db.reader() as session:
        case = session.scalars(select(Case)).one()
        assert (case.channel, case.status, session.get_one(PhoneCall, call_id).case_id) == ("voice", "open", case.id)


def test_the_page_shows_who_waits_and_what_came(ama: Browser, telephones: Telephones) -> None:
    telephones.waits(number(1), "*")
    telephones.waits(number(2), "front-desk")
    lost = telephones.waits(number(3), ago=40)
    telephones.hangs_up(lost, seconds=40)
    ama.get("/desk/calls")
    assert "+233 20 000 0001" in ama.page and "+233 20 000 0002" in ama.page and "General queue" in ama.page
    assert "Hung up while waiting" in ama.page
    ama.get("/desk/calls?which=abandoned")
    latest = ama.page[ama.page.index('id="recent"') :]
    assert "+233 20 000 0003" in latest and "+233 20 000 0002" not in latest
    assert ama.get("/desk/calls?which=nonsense").status_code == 422


def test_a_caller_who_asked_for_it_stands_among_those_to_call_back(ama: Browser, telephones: Telephones) -> None:
    lost = telephones.waits(number(3), ago=40)
    telephones.hangs_up(lost, seconds=40)
    ama.get("/desk/calls")
    assert "To call back" in ama.page and "the caller waited in the queue and hung up" in ama.page


def test_who_takes_no_calls_reads_a_number_with_dots(agent: Agents, telephones: Telephones) -> None:
    call_id = telephones.comes(GAMELAN)
    clerk = agent(("field_officer", "*"), name="Kojo")
    for address in ("/desk/calls", f"/desk/calls/{call_id}"):
        clerk.get(address)
        assert GAMELAN not in clerk.page and "+233 20 123 4567" not in clerk.page and "•" in clerk.page
    assert clerk.get("/desk/calls/line").status_code == 403


def test_a_call_of_a_case_out_of_reach_is_not_there(agent: Agents, telephones: Telephones, say: Say) -> None:
    opened = say("The gutter is choked", sender=_phone(GAMELAN))
    call_id = telephones.comes(GAMELAN, case_id=opened.id)
    other = agent(("agent", "elsewhere"), name="Esi")
    assert other.get(f"/desk/calls/{call_id}").status_code == 404
    other.get("/desk/calls")
    assert "+233 20 123 4567" not in other.page


def test_a_recording_is_played_to_who_may_listen_and_each_time_is_logged(
    agent: Agents, telephones: Telephones, say: Say, container: Container, db: Database
) -> None:
    opened = say("Recorded message (0:42)", sender=_phone(GAMELAN))
    call_id = telephones.comes(GAMELAN, case_id=opened.id)
    content = container.files.keep(io.BytesIO(b"ID3" + b"\0" * 2000), largest=10_000)
    recording = telephones.records(call_id, content, message_id=opened.message_id)
    ama = agent(("agent", "*"), name="Ama")
    ama.get(f"/desk/calls/{call_id}")
    assert f'<audio controls preload="none" src="/desk/recordings/{recording}">' in ama.page
    assert "Kept until" in ama.page
    answer = ama.get(f"/desk/recordings/{recording}")
    assert (answer.status_code, answer.mimetype) == (200, "audio/mpeg")
    assert "attachment" not in answer.headers["Content-Disposition"]
    part = ama.get(f"/desk/recordings/{recording}", headers={"Range": "bytes=0-9"})
    assert (part.status_code, part.headers["Content-Range"]) == (206, "bytes 0-9/2003")
    kept = ama.get(f"/desk/recordings/{recording}?keep=")
    assert kept.headers["Content-Disposition"].startswith("attachment")
    with db.reader() as session:
        logged = session.execute(select(Read.kind, Read.item_id).where(Read.kind == "recording")).all()
    assert logged == [("recording", recording)]
    clerk = agent(("counter_clerk", "*"), name="Kojo")
    clerk.get(f"/desk/calls/{call_id}")
    assert "<audio" not in clerk.page and "Your role does not listen" in clerk.page
    assert clerk.get(f"/desk/recordings/{recording}").status_code == 403


def test_a_caller_is_flagged_seen_and_the_flag_is_lifted(ama: Browser, telephones: Telephones, db: Database) -> None:
    assert ama.viewer is not None
    ama.get(f"/desk/calls/flags?number={GAMELAN.replace('+', '%2B')}")
    assert flags(ama, reason="rude") == 422 and "Say what happened" in ama.page
    assert flags(ama, days="900") == 422 and "from 1 to 90 days" in ama.page
    assert flags(ama) == 303
    telephones.rings(GAMELAN, ama.viewer)
    ama.get("/desk/calls/line")
    assert "Flagged caller" in ama.page and "Shouts insults" in ama.page
    ama.get("/desk/calls/flags")
    with db.reader() as session:
        flag = session.scalars(select(CallerFlag)).one()
    assert ama.send(f"/calls/flags/{flag.id}/lift").status_code == 303
    ama.get("/desk/calls/flags")
    assert "lifted by Ama" in ama.page


def test_a_case_shows_that_its_citizens_number_is_flagged(ama: Browser, say: Say) -> None:
    opened = say("The gutter is choked", sender=_phone(GAMELAN))
    ama.get("/desk/calls/flags")
    flags(ama)
    ama.get(opened.address)
    assert "flagged caller" in ama.page


@pytest.mark.parametrize("how", ["in", "out"])
def test_a_call_is_logged_by_hand_into_the_open_case(ama: Browser, say: Say, how: str) -> None:
    opened = say("The gutter is choked", sender=_phone(GAMELAN))
    ama.get("/desk/calls")
    answer = ama.send("/calls/log", who=GAMELAN, how=how, text="It smells now")
    assert answer.status_code == 303 and opened.address in answer.location
    ama.get(opened.address)
    assert "It smells now" in ama.page


def test_of_several_open_cases_it_is_asked_which(ama: Browser, say: Say, db: Database) -> None:
    first = say("The gutter is choked", sender=_phone(GAMELAN))
    ama.get("/desk/calls")
    assert ama.send("/calls/log", who=GAMELAN, how="in", text="A lamp is out", into="new").status_code == 303
    ama.get("/desk/calls")
    assert ama.send("/calls/log", who=GAMELAN, how="in", text="It smells").status_code == 422
    assert "which is it?" in ama.page and "It smells" in ama.page
    with db.reader() as session:
        assert len(session.scalars(select(PhoneCall)).all()) == 1
    chosen = ama.send("/calls/log", who=GAMELAN, how="in", text="It smells", into=first.reference)
    assert first.address in chosen.location


def test_the_strip_is_a_part_and_values(ama: Browser, telephones: Telephones) -> None:
    telephones.waits(number(1))
    assert ama.viewer is not None
    telephones.ended(number(2), ama.viewer)
    assert "Waiting" in ama.get("/desk/calls/strip").get_data(as_text=True)
    values = ama.get("/desk/calls/strip", headers={"Accept": "application/json"}).get_json()
    assert (values["waiting"], values["answered"], values["abandoned"], values["within"]) == (1, 1, 0, 20)
    assert values["service_level_percent"] == 50


def test_the_strip_goes_by_the_citys_terms_and_its_midnight(
    ama: Browser, telephones: Telephones, container: Container, db: Database
) -> None:
    assert ama.viewer is not None
    city = container.city
    other = replace(city, organisation=replace(city.organisation, timezone="Africa/Lagos"), calls=Calls(-1))
    try:
        set_test_clock(TestClock(datetime(2026, 3, 3, 22, 30, tzinfo=UTC), speed=0.0))
        telephones.ended(number(2), ama.viewer)
        with db.reader() as session:
            assert strip.load(session, city=city).answered == 0  # until just before this instant
        set_test_clock(TestClock(datetime(2026, 3, 3, 22, 50, tzinfo=UTC), speed=0.0))
        with db.reader() as session:
            here, there = strip.load(session, city=city), strip.load(session, city=other)
        assert (here.answered, here.within, here.service_level_percent) == (1, 20, 100)
        assert (there.answered, there.within, there.service_level_percent) == (1, -1, 0)
        set_test_clock(TestClock(datetime(2026, 3, 3, 23, 10, tzinfo=UTC), speed=0.0))
        with db.reader() as session:
            here, there = strip.load(session, city=city), strip.load(session, city=other)
        assert (here.answered, there.answered) == (1, 0)  # there the next day has begun
    finally:
        set_test_clock(None)


def test_the_line_comes_back_as_a_part_to_the_script(ama: Browser, telephones: Telephones) -> None:
    assert ama.viewer is not None
    call_id = telephones.ended(GAMELAN, ama.viewer)
    ama.get("/desk/calls/line")
    form = {**ama.fields(f"/calls/{call_id}/wrap"), "disposition": "", "text": "Words that stay"}
    answer = ama.client.post(f"/desk/calls/{call_id}/wrap", data=form, headers={"X-Part": "line"})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422 and "Words that stay" in page and "<html" not in page
    form["disposition"] = "settled"
    done = ama.client.post(f"/desk/calls/{call_id}/wrap", data=form, headers={"X-Part": "line"})
    assert (done.status_code, done.location) == (303, "/desk/calls/line")


def test_a_citizen_is_called_from_their_case_and_what_is_in_the_way_is_said(
    ama: Browser, app: Flask, telephones: Telephones, say: Say, db: Database
) -> None:
    app.jinja_env.globals["has_line"] = lambda: True
    opened = say("The gutter is choked", sender=_phone(GAMELAN))
    ama.get(opened.address)
    assert "Your telephone will ring first" in ama.page
    assert ama.send("/call").status_code == 422
    assert "Write the number of your telephone into your profile first" in ama.page
    assert ama.viewer is not None
    telephones.has_telephone(ama.viewer)
    ama.get(opened.address)
    assert ama.send("/call").status_code == 409 and "There is no telephone line" in ama.page
    with db.reader() as session:
        assert session.scalars(select(PhoneCall)).all() == []


def _phone(value: str) -> object:
    from cases.messages import Address, AddressKind

    return Address(AddressKind.PHONE, value)


def test_numbers_on_pages_are_written_as_people_write_them() -> None:
    assert re.fullmatch(r"\+23320\d{7}", number(7))
