"""The gateways that send the latest input alone: one case for a finished session, whatever comes twice."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cases.models import Case, DialogueSession, OutboxEntry, RawRequest
from channels.double import Asked, DialogueDouble, Shown
from config.settings import Settings
from contactcentre.db import Database
from contactcentre.simulator.switch import DOUBLES
from tests.application import application
from tests.integration.dialling import SHIPPED, rows, shipped

if TYPE_CHECKING:
    from flask import Flask

    from contactcentre.container import Container

GATEWAYS = ("arkesel", "hubtel", "nalo")
ME, CODE = "+233200000721", "*714*5#"
INPUTS = ("1", "1*2 lamps are out", "Beach Road", "1", "1")


@pytest.fixture
def city(settings: Settings, db: Database, tmp_path: Path) -> Iterator[Container]:
    folder = tmp_path / "city"
    shutil.copytree(SHIPPED, folder, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    file = folder / "departments" / "client-services.toml"
    blocks = [
        f'\n[[accounts]]\nid = "ussd-{one}"\nchannel = "ussd"\ngateway = "{one}"\naddress = "{CODE}"\n'
        f'answers_by = "sms-at"\nhook_secret = "file:ussd-{one}-hook"\n'
        for one in GATEWAYS
    ]
    file.write_text(file.read_text() + "".join(blocks) + 'user = "NALOTest"\n')
    with shipped(settings, db, folder) as made:
        yield made


@pytest.fixture
def app(city: Container) -> Flask:
    return application(city)


class Phone:
    """One session by a gateway's double."""

    def __init__(self, app: Flask, city: Container, gateway: str) -> None:
        account = f"ussd-{gateway}"
        secret = city.read_secret(city.account_settings[account].hook_secret)
        self.client, self.hook = app.test_client(), f"/hooks/{account}/{secret}/session"
        self.double: DialogueDouble = DOUBLES[gateway](account)
        self.last = self.double.dial(ME, CODE)

    def send(self, asked: Asked) -> tuple[int, bytes]:
        answer = self.client.post(self.hook, data=asked.body, content_type=asked.content_type)
        assert answer.status_code == 200
        return answer.status_code, answer.data

    def show(self) -> Shown:
        return self.double.read(self.last.session, *self.send(self.last))

    def keys(self, said: str) -> Shown:
        self.last = self.double.key(self.last.session, said)
        return self.show()


@pytest.mark.parametrize("gateway", GATEWAYS)
def test_a_problem_is_reported_and_the_last_step_may_come_again(
    app: Flask, city: Container, db: Database, gateway: str
) -> None:
    phone = Phone(app, city, gateway)
    assert phone.send(phone.last) == phone.send(phone.last)  # dialled twice
    assert phone.show().text.startswith("STMA. Free for you")
    for one in INPUTS:
        shown = phone.keys(one)
        assert shown.fault == ""
    assert shown.ends
    assert "Received." in shown.text
    said = json.loads(phone.send(phone.last)[1])
    assert said == json.loads(phone.send(phone.last)[1])
    assert shown.text in said.values()
    assert len(rows(db, Case)) == len(rows(db, OutboxEntry)) == 1
    (row,) = rows(db, DialogueSession)
    assert row.turns == len(INPUTS) + 1


def test_a_number_of_the_turn_tells_every_repeat(app: Flask, city: Container, db: Database) -> None:
    phone = Phone(app, city, "hubtel")
    phone.show()
    for one in INPUTS:
        phone.keys(one)
        assert phone.send(phone.last) == phone.send(phone.last)
    assert len(rows(db, Case)) == 1
    assert rows(db, DialogueSession)[0].turns == len(INPUTS) + 1


def test_whoever_hangs_up_is_asked_whether_to_go_on(app: Flask, city: Container, db: Database) -> None:
    phone = Phone(app, city, "hubtel")
    phone.show()
    for one in INPUTS[:4]:
        phone.keys(one)
    told = phone.double.hang_up(phone.last.session, now=rows(db, DialogueSession)[0].started_at)
    assert isinstance(told, Asked)
    phone.send(told)
    assert rows(db, DialogueSession)[0].ended_as == "hung up"
    assert len(rows(db, RawRequest)) == 6
    again = Phone(app, city, "hubtel")
    assert again.show().text.startswith("You were cut off.")
    other = Phone(app, city, "nalo")  # another code is another matter
    assert other.show().text.startswith("STMA.")


@pytest.mark.parametrize("gateway", GATEWAYS)
def test_what_cannot_be_read_ends_in_the_gateways_own_words(
    app: Flask, city: Container, db: Database, gateway: str
) -> None:
    phone = Phone(app, city, gateway)
    for body in (b"", b"[]", b"{}", b"\xff", b'{"x": 1}'):
        said = json.loads(phone.send(Asked("", body, "application/json"))[1])
        assert any("could not finish" in str(one) for one in said.values())
    assert rows(db, DialogueSession) == []


@pytest.mark.parametrize("gateway", GATEWAYS)
def test_a_code_stands_in_no_stored_request(app: Flask, city: Container, db: Database, gateway: str) -> None:
    phone = Phone(app, city, gateway)
    phone.show()
    for one in INPUTS:
        phone.keys(one)
    (case,), code = rows(db, Case), rows(db, OutboxEntry)[-1].fill["code"]
    other = Phone(app, city, gateway)
    other.show()
    for one in ("2", case.reference, "1", "And its pole", code):
        other.keys(one)
    bodies = [one.body.decode() for one in rows(db, RawRequest)]
    assert not any(f'"{code}"' in one for one in bodies)
    assert '"••••"' in bodies[-1]
    assert "And its pole" in bodies[-2]
