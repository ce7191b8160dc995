"""The telephone of the phone page in real browsers: a citizen's and an agent's, with both gateways' doubles between."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from config.settings import load
from contactcentre.simulator import phone
from contactcentre.simulator.app import create_app
from tests.e2e import chromium, looking
from tests.integration.test_simulator_calls import AGENT, CITIZEN, centre
from tests.integration.voice_application import AT_LINE, TW_LINE, Application
from tests.web.serving import served

pytestmark = [pytest.mark.browser, pytest.mark.skipif(chromium.CHROMIUM is None, reason=chromium.MISSING)]


@pytest.fixture
def application() -> Iterator[Application]:
    made = Application(centre)
    yield made
    made.close()


@pytest.fixture
def address(tmp_path: Path, application: Application) -> Iterator[str]:
    application.accounts(tmp_path)
    demo = f'[[cases]]\nphone = "{CITIZEN}"\ncitizen = "Araba Demo"\n[[agents]]\nname = "Ama Demo"\nphone = "{AGENT}"\n'
    (tmp_path / "demo.toml").write_text(demo)
    app = create_app(load(tmp_path, {"CONTACTCENTRE_CONFIG": str(tmp_path)}))
    with served(app) as started:
        yield started
        phone.host_of(app).close()


def opened(browser, address, width=1440, number=CITIZEN, *, clocked=False):
    page = browser.new_page(viewport={"width": width, "height": 844})
    page.faults = []
    if clocked:
        page.clock.install()
    page.on("console", lambda told: page.faults.append(told.text) if told.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: page.faults.append(str(error)))
    page.goto(f"{address}/simulator")
    page.locator("#who").select_option(number)
    if width < 768:
        page.get_by_role("button", name="Telephone", exact=True).click()
    aloud = page.get_by_role("button", name="Speak aloud")
    aloud.click()  # nobody listens, and a browser without a voice would wait
    return page


@pytest.mark.parametrize("width", [1440, 390])
def test_a_citizen_reports_by_keypad_and_voice(browser, address, application, width):
    page = opened(browser, address, width)
    page.get_by_role("button", name="Call", exact=True).click()
    said = page.locator("#call-said")
    said.get_by_text("Press 1 to report, 2 to talk.").wait_for()
    page.get_by_role("button", name="1", exact=True).click()
    said.get_by_text("Speak after the tone.").wait_for()
    page.get_by_role("button", name="hash").click()
    said.get_by_text("Your number is 4 8 2 1, 7 7 3 6.").wait_for()
    said.get_by_text("The call has ended.").wait_for()
    assert application.what()[:3] == ["begun", "keyed", "recorded"]
    assert page.get_by_role("button", name="Call", exact=True).is_visible()
    if width < 768:
        page.get_by_role("button", name="Gateway", exact=True).click()
    page.locator("#ledger li", has_text="Asked at call").nth(2).wait_for()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    small = page.evaluate(
        "[...document.querySelectorAll('#telephone button, #telephone select')].filter(one => one.offsetHeight"
        " && one.offsetHeight < 44).length"
    )
    assert small == 0
    assert page.faults == []


def test_an_agents_telephone_rings_in_a_second_browser(browser, address, application):
    citizen, agent = opened(browser, address), opened(browser, address, 390, AGENT)
    citizen.locator("#line").select_option(TW_LINE)
    citizen.get_by_role("button", name="Call", exact=True).click()
    citizen.locator("#call-said").get_by_text("Press 1").wait_for()
    citizen.get_by_role("button", name="2", exact=True).click()
    agent.get_by_text(f"Rings: {TW_LINE}").wait_for()
    agent.get_by_role("button", name="Refuse").click()
    citizen.locator("#call-said").get_by_text("Nobody is free: busy.").wait_for()
    citizen.keyboard.press("2")  # a keyboard is a keypad while the telephone has the focus
    agent.get_by_text(f"Rings: {TW_LINE}").wait_for()
    agent.get_by_role("button", name="Answer").click()
    agent.get_by_text("You are talking.").wait_for()
    citizen.get_by_text(f"With {AGENT}").wait_for()
    citizen.get_by_role("button", name="Mute").click()
    assert citizen.get_by_role("button", name="Mute").get_attribute("aria-pressed") == "true"
    agent.get_by_role("button", name="Hang up").click()
    citizen.locator("#call-said").get_by_text("Goodbye.").wait_for()
    citizen.get_by_role("button", name="Call", exact=True).wait_for()
    assert "joined" in application.what("status")
    assert citizen.faults == agent.faults == []


def test_who_presses_nothing_is_asked_again_by_the_page_itself(browser, address, application):
    page = opened(browser, address, clocked=True)
    page.locator("#line").select_option(AT_LINE)
    page.get_by_role("button", name="Call", exact=True).click()
    page.locator("#call-said").get_by_text("Press 1").wait_for()
    page.clock.run_for(5000)
    assert application.what() == ["begun"]  # eight seconds are not over
    page.clock.run_for(6000)
    page.locator("#call-said p").nth(1).wait_for()
    assert application.what() == ["begun", "silent"]
    page.get_by_role("button", name="Press nothing").click()
    page.locator("#call-said p").nth(2).wait_for()


def test_the_telephone_can_be_read_and_pressed_in_every_state(browser, address, application):
    page, agent = opened(browser, address), opened(browser, address, 1440, AGENT)
    found = {"idle": looking.faults(page)}
    looking.at(page, looking.WIDE, "light")
    page.get_by_role("button", name="Call", exact=True).click()
    page.locator("#call-said").get_by_text("Press 1").wait_for()
    found["digits"] = looking.faults(page)
    looking.at(page, looking.WIDE, "light")
    page.locator("[data-key='2']").click()
    agent.get_by_role("button", name="Answer").wait_for()
    found["incoming"] = looking.faults(agent)
    looking.at(agent, looking.WIDE, "light")
    agent.get_by_role("button", name="Answer").click()
    agent.get_by_text("You are talking.").wait_for()
    found["talk"] = looking.faults(agent)
    assert {state: faults for state, faults in found.items() if faults} == {}
