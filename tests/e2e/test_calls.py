"""The call centre through the whole product: who cannot read reports and follows a case; who waits is called back;
who speaks to the wrong office is handed on.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cases import rota
from config import loader
from tests.e2e import chromium
from tests.e2e.product import ROOT, Product, serving
from tests.e2e.talk import Agent
from tests.e2e.telephone import LINES, Telephone
from tests.e2e.test_mail_day import page_of
from tests.integration import processes

pytestmark = [
    pytest.mark.processes,
    pytest.mark.browser,
    pytest.mark.skipif(chromium.CHROMIUM is None, reason=chromium.MISSING),
]
AMA, KOFI = "+233200000771", "+233200000772"


def in_office_hours() -> str:
    """Return a test clock by which it is half past nine on the next working day, and goes on from there."""
    now = datetime.now(UTC)
    calendar = rota.calendar_of(loader.draft(loader.read(ROOT / "config")), "waste")
    days = (now + timedelta(days=ahead) for ahead in range(30))
    morning = next(at for day in days if calendar.is_open(at := day.replace(hour=9, minute=30, second=0)) and at > now)
    return f"{now.isoformat()},{(morning - now).total_seconds()},1"


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """The product on a working day, since nobody is put through at night."""
    data = Path(tmp_path_factory.mktemp("calls")) / "data"
    with serving(data, CONTACTCENTRE_TEST_CLOCK=in_office_hours()) as started:
        yield started
    assert processes.of(data) == []


class Desk:
    """One agent at their desk, taking calls."""

    def __init__(self, browser: Any, product: Product, username: str, phone: str) -> None:
        self.faults: list[str] = []
        self.agent = Agent(page_of(browser, self.faults), product)
        self.agent.log_in(username)
        self.page, self.phone = self.agent.page, Telephone(product.address, phone)

    def takes_calls(self, *, takes: bool = True) -> Desk:
        """Let the telephone be rung, or no more."""
        now, then = ("Take calls", "Stop taking calls") if takes else ("Stop taking calls", "Take calls")
        switch = self.page.get_by_role("button", name=re.compile(r"^(Stop taking|Take) calls$"))
        switch.wait_for()
        if switch.inner_text() == now:
            switch.click()
        self.page.get_by_role("button", name=then, exact=True).wait_for()
        return self

    def picks_up(self, who: str) -> Desk:
        """Answer the telephone once it rings and the desk shows who calls."""
        self.phone.is_rung()
        self.page.locator(".call-card", has_text=who).wait_for()
        self.phone.does(answer=True)
        return self

    def wraps_up(self, who: str, words: str, into: str = "new") -> None:
        """Write down what came of it."""
        card = self.page.locator(".call-card", has_text=who)
        card.get_by_label("What came of it").select_option(index=1)
        card.get_by_label("In your words").fill(words)
        card.get_by_label("It belongs to").select_option(into)
        card.get_by_role("button", name="Write it down").click()
        card.wait_for(state="detached")


def hears_their_reference(product: Product, number: str, line: str) -> tuple[Telephone, str]:
    """Report something by a recorded message; returns the telephone and the reference that it heard."""
    me = Telephone(product.address, number).calls(line)
    assert "If life is in danger, hang up and call" in me.heard
    me.keys("1", "7", "1")
    assert me.state["expects"] == "recording"
    me.does(record=12)
    me.keys("1")
    return me, me.reads_out("Your reference is")


@pytest.mark.parametrize("gateway", sorted(LINES))
def test_who_cannot_read_reports_and_follows_the_case_by_voice(product: Product, browser: Any, gateway: str) -> None:
    number = {"africastalking": "+233200000831", "twilio": "+233200000832"}[gateway]
    me, reference = hears_their_reference(product, number, LINES[gateway])
    assert re.search(r"\d \d \d \d, \d \d \d \d", me.heard), "digits are read in groups"
    assert me.heard.count(", ".join(" ".join(half) for half in (reference[:4], reference[4:]))) >= 2
    me.keys("9")
    assert reference == me.reads_out("Your reference is")
    me.does(hangup=True)

    again = Telephone(product.address, number).calls(LINES[gateway]).keys("2")
    again.does(digits=f"{reference}#")
    assert "You will hear from us by" in again.heard
    again.does(hangup=True)

    desk = Desk(browser, product, "yaw", "+233200000774")
    desk.page.goto(f"{product.address}/desk/cases/{reference}")
    timeline = desk.page.locator("#timeline")
    timeline.get_by_text("Recorded message").first.wait_for()
    sound = desk.agent.page.locator("#timeline audio")
    for _ in range(30):
        if sound.count():
            break
        desk.page.wait_for_timeout(1000)
        desk.page.reload()
    address = str(sound.first.get_attribute("src"))
    heard = desk.page.request.get(product.address + address)
    assert heard.status == 200 and heard.headers["content-type"].startswith("audio/")
    assert timeline.inner_text().count("The call") >= 2
    assert desk.faults == []


@pytest.mark.parametrize("gateway", sorted(LINES))
def test_who_waits_is_called_back_and_who_is_wrong_here_is_handed_on(
    product: Product, browser: Any, gateway: str
) -> None:
    ama = Desk(browser, product, "ama", AMA).takes_calls()
    kofi = Desk(browser, product, "kofi", KOFI).takes_calls(takes=False)
    wrong, patient = {"africastalking": ("0841", "0842"), "twilio": ("0843", "0844")}[gateway]

    first = Telephone(product.address, f"+23320000{wrong}").calls(LINES[gateway]).keys("6", "1")
    ama.picks_up(wrong)
    first.awaits("talk")

    second = Telephone(product.address, f"+23320000{patient}").calls(LINES[gateway]).keys("6", "2")
    second.chooses("Client Services")
    assert re.search(r"You are (the next|number \d)", second.heard), second.heard
    second.keys("1")
    assert "You keep your place." in second.heard
    assert second.now().state["ended"]

    kofi.takes_calls()
    ama.page.locator(".call-card summary", has_text="Transfer").click()
    ama.page.get_by_label("Send the citizen to").select_option("queue:waste")
    ama.page.get_by_role("button", name="Transfer", exact=True).click()
    kofi.picks_up(wrong)
    first.awaits("talk")
    ama.wraps_up(wrong, "Asks about a bin, which is not ours.", into="")
    kofi.page.locator(".call-card", has_text="Asks about a bin, which is not ours.").wait_for()

    ama.picks_up(patient)
    second.is_rung().does(answer=True)
    second.awaits("talk")
    second.does(hangup=True)
    ama.wraps_up(patient, "Wanted to know when the lamp comes.")

    first.does(hangup=True)
    kofi.wraps_up(wrong, "The bin was not emptied; the lorry comes tomorrow.")
    kofi.page.goto(f"{product.address}/desk/calls")
    kofi.page.locator("#paper-rows .paper-row", has_text=wrong).click()
    kofi.page.get_by_role("link", name=re.compile(r"^Case \d{4}-\d{4}$")).click()
    timeline = kofi.page.locator("#timeline")
    timeline.get_by_text("The bin was not emptied").first.wait_for()
    assert ama.faults == kofi.faults == []
