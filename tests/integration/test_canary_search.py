"""The search for canaries finds what it is for, in any words and in every kind of value."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.integration.canaries import (
    ACCOUNT,
    CODE,
    NAME,
    NOTE,
    NUMBER,
    PASSWORD,
    REPLY,
    TEXT,
    Aviary,
    answering,
    everything,
    opened,
    talkative,
)

if TYPE_CHECKING:
    from contactcentre.container import Container
    from contactcentre.db import Database


@pytest.fixture
def aviary(
    container: Container, db: Database, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Aviary]:
    with answering() as gateway, talkative(container, gateway, monkeypatch, capsys):
        yield opened(container, db, gateway, monkeypatch)


@pytest.mark.parametrize("where", ["words of mine: {}", '{{"form": {{"text": "{}"}}}}', "GET /x?{} 500", "[{}]"])
def test_the_search_finds_what_it_is_for(aviary: Aviary, where: str) -> None:
    planted = [
        aviary.container.read_secret(aviary.container.account_settings[ACCOUNT].hook_secret),
        *(aviary.token, PASSWORD, NAME, TEXT, NOTE, REPLY, CODE, NUMBER, NUMBER[4:], f"0{NUMBER[4:6]} {NUMBER[6:]}"),
    ]
    for canary in planted:
        aviary.collected.clear()
        aviary.keep("here", where.format(canary))
        (found,) = aviary.finds()
        assert " in here: " in found


def test_the_search_reads_every_kind_of_value(aviary: Aviary) -> None:
    redis = aviary.container.jobs.connection()
    packed = zlib.compress(NAME.encode())
    redis.set("a", f"1 {NAME}")
    redis.hset("b", mapping={"data": packed})
    redis.rpush("c", f"3 {NAME}")
    redis.sadd("d", f"4 {NAME}")
    redis.zadd("e", {f"5 {NAME}": 1})
    redis.xadd("f", {"exc_string": base64.b64encode(packed)})
    redis.set(f"key of {NAME}", "")
    assert "\n".join(everything(redis)).count(NAME) == 7
