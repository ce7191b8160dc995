"""Recordings in a real browser: the pages fit and can be used, and a microphone makes a recording that is kept."""

from __future__ import annotations

import io
import wave
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from cases.models import VoicePrompt
from config.settings import Settings
from contactcentre.app import create_app
from contactcentre.db import Database
from tests.e2e import chromium, looking
from tests.integration.dialling import shipped
from tests.web.conftest import PASSWORD, make_agent
from tests.web.serving import served

if TYPE_CHECKING:
    from contactcentre.container import Container

pytestmark = [pytest.mark.browser, pytest.mark.skipif(chromium.CHROMIUM is None, reason=chromium.MISSING)]
TEXT = "/admin/prompts/text?menu=main&language=en&text=goodbye"
#: a microphone that beeps, which nobody has to allow
MICROPHONE = ["--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"]

#: how long what a page plays is, once the browser has fetched it, in seconds
LENGTH = """(one) => new Promise((done, failed) => {
  one.onloadedmetadata = () => done(one.duration);
  one.onerror = () => failed(new Error(one.error.message));
  one.preload = 'auto';
  one.load();
})"""


@pytest.fixture
def here(settings: Settings, db: Database) -> Iterator[tuple[Container, str]]:
    with shipped(settings, db) as container:
        db.run(lambda uow: make_agent(uow.session, "esi", "Esi", (("administrator", "*"),)))
        with served(create_app(container)) as site:
            yield container, site


@pytest.fixture
def page(here: tuple[Container, str]) -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium.CHROMIUM, args=[*chromium.FLAGS, *MICROPHONE])
        made = started.new_page(viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
        made.goto(f"{here[1]}/login")
        made.fill("[name=username]", "esi")
        made.fill("[name=password]", PASSWORD)
        made.click("button.btn-primary")
        yield made
        started.close()


def test_a_recording_is_made_with_the_microphone(here: tuple[Container, str], page: Any, db: Database) -> None:
    container, site = here
    said: list[str] = []
    page.on("console", lambda one: said.append(one.text))
    page.goto(f"{site}/admin/prompts")
    assert looking.faults(page) == []
    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto(site + TEXT)
    page.get_by_role("button", name="Record here").click()
    page.get_by_text("Recording, 1 s").wait_for()
    page.get_by_role("button", name="Stop").click()
    page.get_by_text("Listen to it, then save it.").wait_for()
    assert page.locator("[data-heard]").is_visible()
    assert looking.faults(page) == []
    page.get_by_role("button", name="Save the recording").click()
    page.get_by_text("The recording of goodbye is saved.").wait_for()
    with db.reader() as session:
        row = session.scalars(select(VoicePrompt)).one()
    with wave.open(io.BytesIO(container.files.content(row.sha256))) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (16_000, 1, 2)
        assert any(file.readframes(file.getnframes())), "the beep was heard"
    page.goto(site + TEXT)
    assert page.locator("audio").first.evaluate(LENGTH) > 0.5, "it can be heard on its page"
    page.goto(f"{site}/admin/prompts?show=recorded")
    assert looking.faults(page) == []
    assert [one for one in said if "Security Policy" in one] == []


def test_without_scripts_a_file_is_sent(here: tuple[Container, str], page: Any) -> None:
    site = here[1]
    context = page.context.browser.new_context(java_script_enabled=False, storage_state=page.context.storage_state())
    plain = context.new_page()
    plain.goto(site + TEXT)
    assert not plain.get_by_role("button", name="Record here").is_visible()
    assert plain.get_by_label("A file, WAV or MP3").is_visible()
    context.close()
