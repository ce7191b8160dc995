"""A call centre whose line is at a gateway's double over real HTTP: telephones, hooks, orders, the desk's buttons."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from cases.models import Agent, CallOrder, PhoneCall
from cases.permissions import Viewer
from contactcentre.calling.requests import EVENTS
from tests.application import application
from tests.calls.carried import wired
from tests.calls.centre import ACCOUNT, Centre
from tests.channels.voice_accounts import KEY, SID, TOKEN, channel
from tests.e2e.telephone import Telephone
from tests.integration.test_simulator import Simulator
from tests.web.conftest import _HASH, Browser
from tests.web.serving import served

OURS = "+233302000999"
PATIENCE = 10.0


class Exchange:
    """The call centre, its simulator, and who sits at the desk."""

    def __init__(self, desk: Centre, simulator: Simulator, app: Any) -> None:
        self.desk, self.simulator, self._app = desk, simulator, app

    def phone(self, number: str) -> Telephone:
        """Return somebody's telephone."""
        return Telephone(self.simulator.url, number)

    def at_desk(self, viewer: Viewer) -> Browser:
        """Log somebody in."""

        def known(uow: Any) -> str:
            row = uow.session.get_one(Agent, viewer.id)
            row.password_hash = _HASH
            return str(row.username)

        browser = Browser(self._app.test_client(), viewer)
        assert browser.log_in(self.desk.db.run(known)).status_code == 303
        return browser

    def presses(self, browser: Browser, button: str, **values: str) -> None:
        """Press a button of the agent's line, and let the worker do what was ordered."""
        browser.get("/desk/calls/line")
        answer = browser.send(button, **values)
        assert answer.status_code == 303, browser.page
        self.desk.works()

    @property
    def call(self) -> PhoneCall:
        """The newest call."""
        return self.desk.rows(PhoneCall)[-1]

    @property
    def order(self) -> CallOrder:
        """What was ordered last."""
        return self.desk.rows(CallOrder)[-1]

    def comes_to(self, state: str) -> None:
        """Wait until the newest call stands so: a gateway asks and tells by itself."""
        eventually(lambda: self.call.state == state, lambda: self.call.state)


def eventually(check: Callable[[], bool], told: Callable[[], object] = str) -> None:
    until = time.monotonic() + PATIENCE
    while not check():
        assert time.monotonic() < until, told()
        time.sleep(0.02)


@contextmanager
def exchange(desk: Centre, gateway: str, folder: Path) -> Iterator[Exchange]:
    """Connect a call centre to a gateway's double, which calls it at its hooks."""
    (folder / "data" / "simulator").mkdir(parents=True)
    (folder / "config").mkdir()
    app = application(desk)
    with served(app) as address:
        desk.settings = replace(desk.settings, base_url=address)
        wired(desk, gateway, menu="spoken")
        block = desk.account_settings[ACCOUNT]
        hooks = {event: desk.hook_url(block, event) for event in EVENTS}
        own = (KEY, "city") if gateway == "africastalking" else (TOKEN, SID)
        row = {"id": ACCOUNT, "channel": "voice", "gateway": gateway, "address": OURS, "hooks": hooks}
        written = folder / "data" / "simulator" / "accounts.json"
        written.write_text(json.dumps([{**row, "api_key": own[0], "username": own[1]}]))
        simulator = Simulator(folder / "data", folder / "config")
        base = f"{simulator.url}/gateways/{gateway}/{ACCOUNT}"
        desk.wire = channel(gateway, id=ACCOUNT, menu="spoken", address=OURS, base_url=base)
        try:
            yield Exchange(desk, simulator, app)
        finally:
            simulator.close()
