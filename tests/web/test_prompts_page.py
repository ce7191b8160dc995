"""Recordings of what callers hear: listed by language, sent, replaced, removed; and fetched by whoever rings."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass, replace
from html import unescape
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import func, select, update
from werkzeug.test import TestResponse

from cases.models import StoredFile, VoicePrompt
from channels.dialogue.menu import MenuText
from channels.dialogue.phrases import pieces
from config.settings import Settings
from contactcentre import hold_music, prompts
from contactcentre.app import create_app
from contactcentre.db import Database
from contactcentre.prompts import Prompts, State
from tests.integration.dialling import shipped
from tests.unit.hostile_files import png
from tests.unit.recordings import mp3, wav
from tests.web.conftest import Browser, make_agent

if TYPE_CHECKING:
    from contactcentre.container import Container

PAGE = "/admin/prompts"
GREETING = "home.report"
TEXT = f"{PAGE}/text?menu=main&language=en&text={GREETING}"


@dataclass
class Office:
    """An administrator's browser at the shipped city, whose menu speaks."""

    container: Container
    browser: Browser
    db: Database

    def send(self, content: bytes, name: str = "greeting.wav", *, at: str = TEXT) -> TestResponse:
        self.browser.get(at)
        return self.browser.send(f"{PAGE}/text", file=(io.BytesIO(content), name))

    def rows(self) -> list[VoicePrompt]:
        with self.db.reader() as session:
            return list(session.scalars(select(VoicePrompt).order_by(VoicePrompt.id)))

    def stranger(self) -> Any:
        return self.browser.client.application.test_client()

    def addresses(self) -> dict[tuple[str, str], str]:
        prompts._kept.clear()
        return dict(Prompts(self.container).addresses(self.container.menus["main"]))


@pytest.fixture
def office(settings: Settings, db: Database) -> Iterator[Office]:
    with shipped(settings, db) as container:
        app = create_app(container)
        app.testing = True
        viewer = db.run(lambda uow: make_agent(uow.session, "esi", "Esi", (("administrator", "*"),)))
        browser = Browser(app.test_client(), viewer)
        browser.log_in("esi")
        yield Office(container, browser, db)


def test_every_spoken_text_is_listed_and_what_is_missing_counted(office: Office) -> None:
    assert office.browser.get(PAGE).status_code == 200
    shown = unescape(office.browser.page)
    menu = office.container.menus["main"]
    every = list(pieces(menu, "en"))
    assert len(every) > 120
    for one in every:
        assert f'<code class="soft">{one.key}</code>' in shown, one.key
    assert f"0 of {len(every) + 1}" in shown  # music besides
    for name in office.container.city.texts.names.values():
        assert name in shown
    assert len(office.browser.page.encode()) < 150_000
    office.browser.get(f"{PAGE}?language=tw&show=missing")
    assert "Callers are offered this language once the menu has a reviewed text in it." in office.browser.page
    assert "To report a problem" in office.browser.page
    office.browser.get(f"{PAGE}?show=recorded")
    assert "None." in office.browser.page


def test_a_recording_is_sent_heard_replaced_and_removed(office: Office) -> None:
    answer = office.send(wav(2))
    assert answer.status_code == 303
    assert f"saved={GREETING}" in answer.headers["Location"]
    assert "text=home.track" in answer.headers["Location"], "on to the next that is missing"
    (row,) = office.rows()
    assert (row.menu, row.key, row.language, row.seconds, row.media_type) == ("main", GREETING, "en", 2, "audio/wav")
    address = f"/prompts/{row.sha256}.wav"
    assert office.addresses()[GREETING, "en"] == office.container.settings.base_url + address
    office.browser.get(TEXT)
    assert f'src="{address}"' in office.browser.page
    heard = office.stranger().get(address)
    assert (heard.status_code, heard.mimetype, heard.data) == (200, "audio/wav", wav(2))
    assert heard.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert "sandbox" in heard.headers["Content-Security-Policy"]
    assert "Set-Cookie" not in heard.headers
    part = office.stranger().get(address, headers={"Range": "bytes=0-3"})
    assert (part.status_code, part.data) == (206, b"RIFF")

    assert office.send(mp3(3), "again.mp3").status_code == 303
    first, second = office.rows()
    assert first.removed_at is not None
    assert second.media_type == "audio/mpeg"
    assert office.addresses()[GREETING, "en"].endswith(f"/prompts/{second.sha256}.mp3")
    assert office.stranger().get(address).status_code == 200, "a call that is under way may still fetch it"
    office.db.run(lambda uow: uow.session.execute(update(VoicePrompt).values(removed_at=first.made_at)) and None)
    with office.db.reader() as session:
        assert session.scalar(select(func.count()).where(VoicePrompt.removed_at.is_(None))) == 0


def test_what_was_removed_is_not_played_and_in_time_not_given(office: Office) -> None:
    office.send(wav(2))
    (row,) = office.rows()
    office.browser.get(TEXT)
    assert office.browser.send(f"{PAGE}/remove").status_code == 303
    assert (GREETING, "en") not in office.addresses()
    address = f"/prompts/{row.sha256}.wav"
    assert office.stranger().get(address).status_code == 200
    office.db.run(
        lambda uow: (
            uow.session.execute(
                update(VoicePrompt).values(removed_at=VoicePrompt.removed_at - func.make_interval(0, 0, 0, 0, 3))
            )
            and None
        )
    )
    assert office.stranger().get(address).status_code == 404
    office.browser.get(TEXT)
    fields = {"menu": "main", "language": "en", "text": GREETING, "key": "k1"}
    csrf = office.browser.fields(f"{PAGE}/text")["csrf"]
    again = office.browser.client.post(f"{PAGE}/remove", data={**fields, "csrf": csrf})
    assert again.status_code == 409
    assert "may have been removed already" in again.get_data(as_text=True)


def test_only_recordings_are_given_to_strangers(office: Office) -> None:
    kept = office.container.files.keep(io.BytesIO(wav(1)), largest=10**6)
    values = {"sha256": kept.sha256, "size": kept.size, "media_type": "audio/wav", "created_at": func.now()}
    office.db.run(lambda uow: uow.session.execute(StoredFile.__table__.insert().values(values)) and None)  # type: ignore[attr-defined]
    names = (f"{kept.sha256}.wav", f"{kept.sha256}.mp3", "none", "..", "x" * 64 + ".wav", f"{kept.sha256[:63]}.wav")
    for name in names:
        assert office.stranger().get(f"/prompts/{name}").status_code == 404, name
    office.send(wav(1))
    assert office.stranger().get(f"/prompts/{kept.sha256}.wav").status_code == 200
    assert office.stranger().get(f"/prompts/{kept.sha256}.mp3").status_code == 404
    office.db.run(lambda uow: uow.session.execute(update(StoredFile).values(scan="infected")) and None)
    assert office.stranger().get(f"/prompts/{kept.sha256}.wav").status_code == 404
    assert (GREETING, "en") not in office.addresses()
    office.browser.get(f"{PAGE}?show=missing")
    assert "1 held back" in office.browser.page


@pytest.mark.parametrize(
    ("content", "name", "words"),
    [
        (b"", "empty.wav", "The file is empty."),
        (png(4, 4), "picture.wav", "This is no recording"),
        (b"<html><script>alert(1)</script></html>", "page.mp3", "This is no recording"),
        (b"MZ" + bytes(400), "setup.exe", "This is no recording"),
        (wav(1, rate=11_025), "odd.wav", "11.025 kHz"),
        (mp3(2) + b"<script>alert(1)</script>", "both.mp3", "cut off or damaged"),
        (wav(0.1), "short.wav", "too short for anything to be heard"),
    ],
)
def test_what_is_no_recording_is_refused_in_words(office: Office, content: bytes, name: str, words: str) -> None:
    answer = office.send(content, name)
    assert answer.status_code == 422
    assert words in unescape(office.browser.page)
    assert office.rows() == []
    assert office.send(wav(2), "<script>.wav").status_code == 303, "the mended form can be sent"


def test_a_form_without_a_file_says_so(office: Office) -> None:
    office.browser.get(TEXT)
    assert office.browser.send(f"{PAGE}/text").status_code == 422
    assert "Choose a recording, as WAV or MP3" in office.browser.page


def test_a_recording_of_other_words_is_out_of_date_and_not_played(office: Office) -> None:
    office.send(wav(2))
    menu = office.container.menus["main"]
    changed = {**menu.spoken, (GREETING, "en"): MenuText("To tell us of a problem")}
    other = replace(menu, spoken=changed)
    prompts._kept.clear()
    site = Prompts(office.container)
    assert (GREETING, "en") not in site.addresses(other)
    (line,) = (one for one in site.lines(other, "en") if one.piece.key == GREETING)
    assert line.state is State.OLD
    assert site.counts(other, {"en": "English"})["en"][State.OLD] == 1
    assert (GREETING, "en") in site.addresses(menu)


def test_music_is_made_here_until_there_is_some(office: Office) -> None:
    own = office.addresses()["music", "*"].removeprefix(office.container.settings.base_url)
    assert office.stranger().get(own).data == hold_music.music()
    answer = office.send(wav(4), "music.wav", at=f"{PAGE}/text?menu=main&language=*&text=music")
    assert answer.status_code == 303
    theirs = office.addresses()["music", "*"].removeprefix(office.container.settings.base_url)
    assert theirs != own
    assert office.stranger().get(theirs).data == wav(4)


def test_the_addresses_are_looked_up_once_in_some_seconds(office: Office) -> None:
    menu = office.container.menus["main"]
    prompts._kept.clear()
    before = Prompts(office.container).addresses(menu)
    office.send(wav(2))
    assert Prompts(office.container).addresses(menu) is before
    assert (GREETING, "en") in office.addresses()


def test_texts_and_languages_that_are_none_are_not_found(office: Office) -> None:
    for address in (
        f"{PAGE}?language=xx",
        f"{PAGE}?show=odd",
        f"{PAGE}?menu=none",
        f"{PAGE}/text?menu=main&language=en&text=none",
        f"{PAGE}/text?menu=main&language=xx&text={GREETING}",
        f"{PAGE}/text",
    ):
        assert office.browser.get(address).status_code == 404, address


def test_it_is_for_administrators(office: Office) -> None:
    app = office.browser.client.application
    office.db.run(lambda uow: make_agent(uow.session, "ama", "Ama", (("supervisor", "*"),)))
    other = Browser(app.test_client())
    other.log_in("ama")
    office.browser.get(TEXT)
    values = office.browser.fields(f"{PAGE}/text")
    assert other.get(PAGE).status_code == 403
    assert other.get(TEXT).status_code == 403
    sent = other.client.post(f"{PAGE}/text", data={**values, "file": (io.BytesIO(wav(1)), "a.wav")})
    assert sent.status_code == 403
    assert office.rows() == []


def test_a_city_whose_menu_does_not_speak_is_told_so(agent: Any) -> None:
    browser = agent(("administrator", "*"))
    assert browser.get(PAGE).status_code == 200
    assert "No menu speaks yet." in browser.page
