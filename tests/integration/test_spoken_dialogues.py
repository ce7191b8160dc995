"""What the house answers a caller and nobody else: the code of a new case, whole names, a promise in words."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from cases import dialogues
from cases.answers import Answer
from cases.forms import Asker
from channels.dialogue.calls import CALLS
from contactcentre.db import Database
from tests.factories import phone
from tests.integration.office import Office, office


@pytest.fixture
def desk(db: Database) -> Iterator[Office]:
    with office(db) as opened:
        yield opened.at("2026-03-03 10:00")


def asked(desk: Office, asker: Asker, name: str, **arguments: str) -> Answer:
    return desk.db.run(lambda uow: dialogues.perform(uow.session, name, arguments, asker, city=desk.city))


def caller(channel: str) -> Asker:
    return Asker(channel, "sms-front", "sms-front", phone(9), f"turn-{channel}")


def test_a_caller_hears_the_code_and_a_screen_never_shows_it(desk: Office) -> None:
    asker = caller("voice")
    told = asked(desk, asker, "report", words="Recorded message (0:42)")
    assert set(told.values) == {"reference", "code"}
    assert told.values.keys() <= CALLS["report"].gives.keys()
    reference = told.values["reference"]
    proved = asked(desk, caller("voice"), "prove", reference=reference, code=told.values["code"])
    assert proved.outcome == "promised"
    assert proved.values["reference"] == reference
    assert set(asked(desk, caller("ussd"), "report", words="The lamp is dark").values) == {"reference"}


def test_offices_are_named_as_they_are_spoken_of(desk: Office) -> None:
    shown, said = (dict(asked(desk, caller(one), "departments").choices) for one in ("ussd", "voice"))
    assert shown.keys() == said.keys()
    every = desk.city.departments
    assert all(shown[key] == every[key].short_name and said[key] == every[key].name for key in said)


def test_a_promise_is_told_in_words(desk: Office) -> None:
    asker = caller("voice")
    reference = asked(desk, asker, "report", words="Recorded message (0:42)").values["reference"]
    told = asked(desk, asker, "track", reference=reference)
    assert told.outcome == "promised"
    assert told.values["promised"].split()[0].endswith("day")
    shown = asked(desk, caller("ussd"), "track", reference=reference)
    assert len(shown.values["promised"]) == 12
