"""Two answers to one citizen: what a colleague said or ended meanwhile refuses a reply, which is kept; merging rows."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from cases.models import Case
from contactcentre.db import Database
from tests.factories import phone
from tests.web.conftest import Browser, Opened
from tests.web.test_composer import undo, written_in
from tests.web.test_desk import case_of, outgoing

Agents = Callable[..., Browser]
Say = Callable[..., Opened]
Both = tuple[Browser, Browser, Opened]


@pytest.fixture
def both(agent: Agents, say: Say) -> Both:
    """Two agents who have the same case open."""
    opened = say("The lamp is dark")
    two = agent(name="Ama"), agent(name="Esi")
    for one in two:
        one.get(opened.address)
    return *two, opened


def test_the_second_of_two_answers_is_refused_and_shows_the_first(both: Both, db: Database) -> None:
    ama, esi, _ = both
    assert ama.send("/replies", text="We come today.", how="send").status_code == 303
    assert esi.send("/replies", text="We come tomorrow.", how="send").status_code == 409
    assert "The citizen was answered since you looked" in esi.page
    assert "We come today." in esi.page
    assert written_in(esi) == "We come tomorrow."
    assert [one.text for one in outgoing(db)] == ["We come today."]
    assert esi.send("/replies", text="Yes, today.", how="send").status_code == 303, "it was read now"
    assert [one.text for one in outgoing(db)] == ["We come today.", "Yes, today."]


def test_an_answer_that_was_taken_back_refuses_nothing(both: Both, db: Database) -> None:
    ama, esi, opened = both
    ama.send("/replies", text="We come today.", how="send")
    ama.get(opened.address)
    assert undo(ama).status_code == 303
    assert esi.send("/replies", text="We come tomorrow.", how="send").status_code == 303
    assert [one.text for one in outgoing(db) if one.status != "undone"] == ["We come tomorrow."]


def test_an_answer_to_a_case_that_a_colleague_has_ended_is_asked_for_twice(both: Both, db: Database) -> None:
    ama, esi, opened = both
    ama.send("/status", status="resolved", outcome="fixed", reason="")
    assert esi.send("/replies", text="We come tomorrow.", how="send").status_code == 409
    assert "A colleague has ended this case since you looked" in esi.page
    assert written_in(esi) == "We come tomorrow."
    assert outgoing(db) == []
    assert esi.send("/replies", text="It was done today.", how="send").status_code == 303
    assert case_of(db, opened).status == "resolved"


def test_selected_rows_are_merged_on_the_page_of_the_first(agent: Agents, say: Say, db: Database) -> None:
    first, *others = [say(f"The lamp is dark {number}", sender=phone(number)) for number in (1, 2, 3)]
    ama = agent(name="Ama")
    picked = "&".join(f"case={one.reference}.1" for one in (first, *others))
    answer = ama.get(f"/desk/bulk?action=merge&{picked}")
    assert answer.status_code == 302
    page = ama.get(answer.location).get_data(as_text=True)
    assert page.count('name="others"') == page.count(" checked autofocus") + 1 == 2
    assert answer.location.startswith(f"{first.address}/merge")
    merged = [f"{one.address.rsplit('/', 1)[-1]}.1" for one in others]
    assert ama.send("/merges", others=merged, stays="this", reason="one lamp").status_code == 303
    with db.reader() as session:
        assert [session.get_one(Case, one.id).merged_into_id for one in others] == [first.id, first.id]


def test_a_single_selected_row_looks_for_the_other(agent: Agents, say: Say) -> None:
    only = say("The lamp is dark")
    ama = agent(name="Ama")
    page = ama.get(ama.get(f"/desk/bulk?action=merge&case={only.reference}.1").location).get_data(as_text=True)
    assert "Find the other case" in page
    assert 'name="others"' not in page
