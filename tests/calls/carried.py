"""A call carried by a gateway's double: real forms in, real XML out, and the product between them."""

from __future__ import annotations

from channels.voice.double import Went
from config import loader
from contactcentre.calling import requests
from tests.calls.centre import ACCOUNT, Centre
from tests.channels.voice_accounts import LINE, channel
from tests.channels.voice_line import Line
from tests.integration.dialling import SHIPPED


class Carried(Line):
    """One telephone that calls our line at a gateway; its clock is the call centre's."""

    def __init__(self, desk: Centre, gateway: str, phone: str, *, call: Went | None = None) -> None:
        self.desk = desk
        super().__init__(gateway, lambda _: None, call=call or double_of(gateway).begin(phone, LINE, now=desk.at))  # type: ignore[arg-type, return-value]

    def follow(self, went: Went) -> Carried:
        self.now = self.desk.at
        while True:
            self.call = went.call
            for post in went.tells:
                event, request = self._request(post)
                requests.answer(self.desk, ACCOUNT, event, request)
            if went.asks is None:
                return self
            event, request = self._request(went.asks)
            reply = requests.answer(self.desk, ACCOUNT, event, request).reply
            body = reply.body if isinstance(reply.body, bytes) else reply.body.encode()
            self.documents.append(body.decode())
            went = self.double.read(self.call, reply.status, body, now=self.now)
            assert not self.call.fault, self.call.fault

    def later(self, seconds: int) -> Carried:
        self.desk.later(seconds)
        self.now = self.desk.at
        return self

    def keys(self, *keys: str) -> Carried:
        for one in keys:
            self.later(2).does("press", one)
        return self


def double_of(gateway: str) -> object:
    from tests.channels.voice_line import double

    return double(gateway)


def wired(desk: Centre, gateway: str, menu: str = "main") -> Centre:
    """Let a call centre's line be one of this gateway, with the shipped menu or the tests' own."""
    desk._menus["main"] = loader.draft_with_menus(loader.read(SHIPPED)).menus["main"]
    desk.wire = channel(gateway, id=ACCOUNT, menu=menu)
    return desk
