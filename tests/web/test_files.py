"""Files at the desk: shown small, given to keep, or held back with the reason; to readers of their case alone."""

from __future__ import annotations

import dataclasses
import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from cases.attachments import safe_name
from cases.models import Attachment, Case, Read, StoredFile
from contactcentre.container import Container
from contactcentre.db import Database
from contactcentre.scanning import scanner_at
from tests.unit.hostile_files import dense
from tests.unit.test_kinds import packed, picture
from tests.web.conftest import Browser, Opened
from workers import deliver, inspection

Agents = Callable[..., Browser]
Say = Callable[..., Opened]
PREVIEW = re.compile(r'<img class="preview" src="(/desk/files/\d+/preview)" alt="([^"]*)"[^>]*loading="lazy"')


@pytest.fixture
def with_scanner(container: Container, tmp_path: Path) -> Container:
    """The installation has a scanner, which is away."""
    address = f"unix:{tmp_path / 'nowhere'}"
    container.settings = dataclasses.replace(container.settings, clamd=address)
    container.__dict__["scanner"] = scanner_at(address)
    return container


def add(browser: Browser, opened: Opened, content: bytes, name: str = "gutter.png") -> str:
    """Add a file under a note; returns its address."""
    browser.get(opened.address)
    assert browser.send("/notes", text="See this", files=(io.BytesIO(content), name)).status_code == 303
    return "/desk/files/1"


def inspected(container: Container) -> None:
    deliver.use(container)
    inspection.files(inspection.KEY)


def change(db: Database, **values: Any) -> None:
    db.run(lambda uow: uow.session.execute(update(StoredFile).where(StoredFile.sha256 != "").values(**values)))


def test_a_picture_is_shown_small_once_it_was_looked_into(agent: Agents, say: Say, container: Container) -> None:
    browser, opened = agent(), say("hello")
    address = add(browser, opened, picture("PNG", (640, 320)), "a wet gutter.png")
    assert "preview" not in browser.get(opened.address).get_data(as_text=True)
    assert browser.client.get(f"{address}/preview").status_code == 404
    inspected(container)
    browser.get(opened.address)
    shown = PREVIEW.search(browser.page)
    assert shown
    assert shown.groups() == (f"{address}/preview", "Small picture of a wet gutter.png")
    small = browser.get(shown.group(1))
    assert (small.status_code, small.mimetype) == (200, "image/jpeg")
    assert small.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert small.headers["Cache-Control"] == "no-store"
    assert "Not checked for viruses" in browser.page, "there is no scanner"


def test_a_file_is_given_to_keep_and_runs_nowhere(agent: Agents, say: Say) -> None:
    browser = agent()
    given = browser.get(add(browser, say("hello"), b"plain words", "words.txt"))
    assert given.headers["Content-Disposition"] == "attachment; filename=words.txt"
    assert given.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert given.headers["X-Content-Type-Options"] == "nosniff"


HELD: list[tuple[dict[str, str], int, str, str]] = [
    ({}, 423, "has not looked at this file yet", "being checked"),
    ({"scan": "infected", "scan_note": "Test.Evil-1"}, 423, "found Test.Evil-1 in this file", "infected"),
    ({"scan": "clean", "trouble": "It would unpack to very much."}, 409, "unpack to very much", "kept aside"),
]


@pytest.mark.parametrize("case", HELD, ids=["pending", "infected", "aside"])
def test_what_is_held_is_given_to_nobody_and_says_why(
    agent: Agents, say: Say, with_scanner: Container, db: Database, case: tuple[dict[str, str], int, str, str]
) -> None:
    values, status, words, short = case
    opened = say("hello")
    address = add(agent(), opened, picture("PNG", (640, 320)))
    inspected(with_scanner)
    if values:
        change(db, **values)
    for browser in (agent(), agent(("supervisor", "*"), name="Head")):
        refused = browser.get(address)
        assert (refused.status_code, words in refused.get_data(as_text=True)) == (status, True)
        assert browser.get(f"{address}/preview").status_code == status
        browser.get(opened.address)
        assert words in browser.page
        assert short in browser.page
        assert f'"{address}' not in browser.page, "no link and no picture"
    with db.reader() as session:
        assert not session.scalars(select(Read).where(Read.kind == "file")).all(), "nobody has read it"


def test_a_clean_file_is_given_out_without_a_word_of_viruses(
    agent: Agents, say: Say, with_scanner: Container, db: Database
) -> None:
    browser, opened = agent(), say("hello")
    address = add(browser, opened, b"plain words", "words.txt")
    change(db, scan="clean")
    assert browser.get(address).get_data() == b"plain words"
    assert "virus" not in browser.get(opened.address).get_data(as_text=True)


def test_a_bomb_is_kept_aside_and_the_case_goes_on(agent: Agents, say: Say, container: Container) -> None:
    browser, opened = agent(), say("hello")
    address = add(browser, opened, dense(30), "photos.zip")
    inspected(container)
    assert browser.get(address).status_code == 409
    assert "photos.zip: The archive would unpack to more than 200 times its size." in browser.get(
        opened.address
    ).get_data(as_text=True)


@pytest.mark.parametrize("path", ["", "/preview"])
def test_only_readers_of_the_case_get_it_by_any_method(
    agent: Agents, say: Say, container: Container, db: Database, path: str
) -> None:
    opened, anybody = say("hello"), Browser(agent().client.application.test_client())
    address = add(agent(), opened, picture("PNG", (64, 32))) + path
    inspected(container)
    with db.reader() as session:
        department = session.get_one(Case, opened.id).department
    other = next(key for key in sorted(container.city.departments) if key != department)
    allowed = [agent(), agent(("auditor", "*"), name="Auditor")]
    others = [agent(("agent", other), name="Other"), agent(("counter_clerk", other), name="Clerk")]
    boss = agent(("administrator", "*"), name="Boss")
    for method, headers in (("GET", {}), ("HEAD", {}), ("GET", {"Range": "bytes=0-3"})):
        assert {_asked(one, address, method, headers)[0] for one in allowed} <= {200, 206}, method
        for one in others:
            nothing = _asked(one, address.replace("/1", "/999"), method, headers)
            assert _asked(one, address, method, headers) == (404, nothing[1]), method
        assert _asked(anybody, address, method, headers)[0] == 303
        assert _asked(boss, address, method, headers)[0] in (403, 404)
    for method in ("POST", "PUT", "DELETE"):
        assert _asked(allowed[0], address, method, {})[0] == 405


def _asked(browser: Browser, address: str, method: str, headers: dict[str, str]) -> tuple[int, bytes]:
    answer = browser.client.open(address, method=method, headers=headers)
    found = answer.status_code, answer.get_data()
    answer.close()
    return found


NAMES = [
    ("../../etc/passwd", "passwd"),
    ("/etc/passwd", "passwd"),
    ("C:\\Windows\\win.ini", "win.ini"),
    ("a\x00b.txt", "ab.txt"),
    ("\u200b../photo.txt", "photo.txt"),
    ("photo\u202etxt.exe", "phototxt.exe"),
    ("n" * 300, "n" * 120),
    ("CON", "CON"),
    ("..", "file"),
    ("a\r\nSet-Cookie: x=1", "aSet-Cookie: x=1"),
    ("e\u0301te\u0301.txt", "\u00e9t\u00e9.txt"),
    ("", "file"),
]


def test_a_name_is_data_and_never_a_path(agent: Agents, say: Say, container: Container, db: Database) -> None:
    browser, opened = agent(), say("hello")
    address = add(browser, opened, b"plain words", "words.txt")
    for name, shown in NAMES:
        kept = safe_name(name)
        assert kept == shown
        named = update(Attachment).values(name=kept)
        db.run(lambda uow, named=named: uow.session.execute(named))  # type: ignore[misc]
        given = browser.get(address)
        assert given.headers["Content-Disposition"].startswith("attachment;"), name
        assert len(given.headers.getlist("Content-Disposition")) == 1
        assert not [one for one in given.headers.getlist("Set-Cookie") if one.startswith("x=")]
    files = [one for one in container.settings.files_dir.rglob("*") if one.is_file()]
    assert files
    assert all(re.fullmatch("[0-9a-f]{64}", one.name) for one in files)


RUNS = [
    (b"<svg onload='alert(1)'/>", "drawing.svg", "could run"),
    (b"<html>", "page.txt", "Only pictures"),
    (b"MZ\x90\x00", "setup.txt", "Only pictures"),
    (b"\x7fELF", "x", "Only pictures"),
    (packed("META-INF/MANIFEST.MF"), "x.zip", "could run"),
]


def test_what_runs_is_refused_at_the_note_which_is_kept(agent: Agents, say: Say, db: Database) -> None:
    browser, opened = agent(), say("hello")
    for content, name, words in RUNS:
        browser.get(opened.address)
        answer = browser.send("/notes", text="My words", files=(io.BytesIO(content), name))
        assert answer.status_code == 422
        assert words in browser.page, name
        assert ">\nMy words</textarea>" in browser.page
    with db.reader() as session:
        assert session.scalars(select(StoredFile)).all() == []
