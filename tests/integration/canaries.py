"""Canaries: what must be found nowhere, the installation that they fly through, and the search for them."""

from __future__ import annotations

import base64
import json
import re
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pytest
import structlog
from flask import Flask, request
from redis import Redis

from cases import references
from contactcentre import logs
from contactcentre.app import create_app
from contactcentre.auth import tokens
from tests.factories import phone
from tests.integration.commands import Commands, commands, environment
from tests.integration.test_simulator import serve

if TYPE_CHECKING:
    from contactcentre.container import Container
    from contactcentre.db import Database

NUMBER = phone(8765309).value
NAME, TEXT, NOTE, REPLY = "Zebulon Quillfeather", "cormorant on the quay", "heron in the note", "bittern in the reply"
#: no process id and no port begins with a nought
CODE = "0793"
PASSWORD = "grebe-staple-9c1f-battery"
CONTROL = "a control that must be found"
ACCOUNT = "sms-front"


def canaries(container: Container, token: str) -> dict[str, re.Pattern[str]]:
    """Return what must be found nowhere, by name; the number in any spelling."""
    block = container.account_settings[ACCOUNT]
    secrets = {
        "hook secret": container.read_secret(block.hook_secret),
        "gateway key": container.read_secret(block.api_key),  # type: ignore[attr-defined]
        "token": token,
        "password": PASSWORD,
        "name": NAME,
        "text": TEXT,
        "note": NOTE,
        "reply": REPLY,
    }
    number = r"[\s().-]{0,2}".join(NUMBER[4:])
    known = {"number": number, "code": rf"(?<![0-9A-Za-z]){CODE}(?![0-9A-Za-z])"}
    known |= {name: re.escape(secret) for name, secret in secrets.items()}
    return {name: re.compile(pattern, re.IGNORECASE) for name, pattern in known.items()}


@dataclass
class Aviary:
    """One installation with its canaries, and everything that was collected where none may be."""

    container: Container
    app: Flask
    token: str
    gateway: Gateway
    break_: pytest.MonkeyPatch
    collected: dict[str, str] = field(default_factory=dict)

    def keep(self, where: str, text: str) -> None:
        """Add to what will be searched."""
        self.collected[where] = self.collected.get(where, "") + "\n" + text

    def finds(self) -> list[str]:
        """Return which canary was found where."""
        patterns = canaries(self.container, self.token)
        return [
            f"{name} in {where}: …{text[max(found.start() - 80, 0) : found.end() + 40]}…"
            for where, text in self.collected.items()
            for name, pattern in patterns.items()
            for found in [pattern.search(text)]
            if found
        ]


class Gateway:
    """Takes messages like Africa's Talking, or refuses them and quotes all that it was sent."""

    def __init__(self) -> None:
        self.took: list[str] = []
        self.works = True
        app = Flask(__name__)
        app.add_url_rule("/<path:rest>", view_func=self._answer, methods=["POST"])
        self.url, self.stop = serve(app)

    def _answer(self, rest: str) -> tuple[str, int, dict[str, str]]:
        form = request.form.to_dict()
        if not self.works:
            return f"cannot: {form} {dict(request.headers)}", 500, {"Content-Type": "text/plain"}
        self.took.append(form["message"])
        told = {"number": form["to"], "messageId": f"AT-{len(self.took)}", "status": "Success", "statusCode": 101}
        answer = {"SMSMessageData": {"Message": "Sent", "Recipients": [{**told, "cost": "NZD 0.1"}]}}
        return json.dumps(answer), 201, {"Content-Type": "application/json"}


@contextmanager
def answering() -> Iterator[Gateway]:
    """Give a gateway that listens, and close it."""
    made = Gateway()
    try:
        yield made
    finally:
        made.stop()


@contextmanager
def talkative(
    container: Container, gateway: Gateway, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Commands]:
    """The installation's own log, at its most talkative, and commands beside it."""
    container.settings = replace(container.settings, simulator_url=gateway.url, log_level="DEBUG")
    told = {"CONTACTCENTRE_SIMULATOR_URL": gateway.url, "CONTACTCENTRE_LOG_LEVEL": "DEBUG"}
    for name, value in {**environment(container.settings), **told}.items():
        monkeypatch.setenv(name, value)
    with commands(capsys) as made:
        logs.configure(container.settings, process="web")
        structlog.get_logger().info("control", words=CONTROL)
        yield made


def opened(container: Container, db: Database, gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> Aviary:
    """Return the installation with a token and a code that are known."""
    monkeypatch.setattr(references.References, "new_code", lambda _: CODE)
    token = db.run(lambda uow: tokens.create(uow.session, name="A program", role="integration", department=None))
    return Aviary(container, create_app(container), token, gateway, monkeypatch)


def everything(redis: Redis) -> Iterator[str]:
    """Return every key and value of the queue server, packed ones unpacked."""
    readers: dict[bytes, Callable[[bytes], Any]] = {
        b"string": redis.get,
        b"hash": redis.hgetall,
        b"list": lambda key: redis.lrange(key, 0, -1),
        b"set": redis.smembers,
        b"zset": lambda key: redis.zrange(key, 0, -1, withscores=True),
        b"stream": redis.xrange,
    }
    for key in redis.scan_iter():
        yield key.decode()
        yield from leaves(readers[redis.type(key)](key))


def leaves(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        value = [*value, *value.values()]
    if isinstance(value, list | tuple | set):
        for one in value:
            yield from leaves(one)
        return
    raw = value if isinstance(value, bytes) else str(value).encode()
    yield raw.decode(errors="replace")
    for unpack in (zlib.decompress, lambda packed: zlib.decompress(base64.b64decode(packed))):
        with suppress(ValueError, zlib.error):
            yield unpack(raw).decode(errors="replace")
