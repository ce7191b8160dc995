"""Notes to colleagues: looked at, put up, read by those they are for, taken down."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from contactcentre.db import Database
from tests.web import steered
from tests.web.conftest import Browser
from tests.web.steered import FRONT, WORKS, at, form, text
from tests.web.test_page_budgets import statements

if TYPE_CHECKING:
    from contactcentre.container import Container

Agents = Callable[..., Browser]
WORDS = "The water main is shut until noon"
TRY = f"/board/notes?try=yes&department={WORKS}&text={WORDS.replace(' ', '+')}&until=2026-03-02T17:00"


@pytest.fixture(autouse=True)
def _city(container: Container, db: Database, tmp_path: Path) -> Iterator[None]:
    steered.furnish(container, db, tmp_path)
    at()
    yield from steered.stopped()


def test_a_note_is_looked_at_put_up_read_and_taken_down(agent: Agents, db: Database) -> None:
    ama, kofi = agent(("supervisor", WORKS), name="Ama"), agent(("agent", WORKS), name="Kofi")
    yaw, efua = agent(("agent", FRONT), name="Yaw"), agent(("agent", "*"), name="Efua")
    page = text(ama.get(TRY).get_data(as_text=True))
    assert "This is what 3 colleagues read" in page and WORDS in page
    assert WORDS not in kofi.get("/desk").get_data(as_text=True)
    form(ama, "/board/notes")
    assert "Harbour works , until 2 Mar 2026, 17:00:" in text(ama.page)
    for browser in (kofi, efua):
        for address in ("/desk", "/desk/letters", "/desk/calls"):
            assert browser.get(address).get_data(as_text=True).count(WORDS) == 1, address
    assert WORDS not in yaw.get("/desk").get_data(as_text=True)
    with statements(db) as run:
        kofi.get("/desk")
    assert len(run) <= 8
    ama.get("/board/notes")
    form(ama, "/board/notes/")
    assert WORDS not in kofi.get("/desk").get_data(as_text=True) and "None." in text(ama.page)


def test_a_note_ends_by_itself(agent: Agents) -> None:
    ama, kofi = agent(("supervisor", WORKS), name="Ama"), agent(("agent", WORKS), name="Kofi")
    ama.get(TRY)
    form(ama, "/board/notes")
    at(7.9)
    assert WORDS in kofi.get("/desk").get_data(as_text=True)
    at(8)
    assert WORDS not in kofi.get("/desk").get_data(as_text=True)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("until=2026-03-02T17:00", "until=2026-03-02T08:00"), "lies ahead"),
        (("until=2026-03-02T17:00", "until=2026-05-02T17:00"), "at most 31 days"),
        (("until=2026-03-02T17:00", "until="), "Say until when it stands."),
        ((f"text={WORDS.replace(' ', '+')}", "text=+"), "Write between 1 and 400 characters."),
        ((f"department={WORKS}", "department=*"), "Choose a department that you steer."),
        ((f"department={WORKS}", f"department={FRONT}"), "none that you steer"),
    ],
)
def test_a_faulty_note_says_what_is_wrong(agent: Agents, change: tuple[str, str], said: str) -> None:
    ama = agent(("supervisor", WORKS), name="Ama")
    answer = ama.get(TRY.replace(*change))
    assert answer.status_code == 422 and said in answer.get_data(as_text=True)
    assert "Put it up" not in ama.page


def test_who_steers_everything_writes_to_everybody(agent: Agents) -> None:
    ama, yaw = agent(("supervisor", "*"), name="Ama"), agent(("counter_clerk", FRONT), name="Yaw")
    ama.get(TRY.replace(f"department={WORKS}", "department=*"))
    form(ama, "/board/notes")
    assert WORDS in yaw.get("/desk").get_data(as_text=True)
    other = agent(("supervisor", FRONT), name="Esi")
    assert "Take it down" not in other.get("/board/notes").get_data(as_text=True)
