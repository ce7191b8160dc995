"""Scans on the desk: put in by the form, split by hand, set aside, entered from the paper; letters split and joined."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from cases.models import LetterRow, RawRequest, ScanPage, ScanRow
from config.settings import Settings
from contactcentre.container import Container
from contactcentre.db import Database
from tests.integration.letter_city import ACCOUNT, letter_city
from tests.web.conftest import Browser
from tests.web.lettered import hold, picture, put

Agents = Callable[..., Browser]


@pytest.fixture
def container(settings: Settings, db: Database, tmp_path: Path) -> Iterator[Container]:
    with letter_city(settings, db, tmp_path) as made:
        yield made


@pytest.fixture
def keeper(agent: Agents) -> Browser:
    return agent(name="Kojo")


@pytest.fixture
def held(container: Container, db: Database) -> Callable[..., int]:
    def make(**values: Any) -> int:
        return db.run(lambda uow: hold(uow.session, container, **values).id)

    return make


def letters(db: Database) -> list[tuple[int | None, int | None, str]]:
    with db.reader() as session:
        rows = session.scalars(select(LetterRow).order_by(LetterRow.id))
        return [(one.first_page, one.last_page, one.state) for one in rows]


def state(db: Database, scan_id: int) -> str:
    with db.reader() as session:
        return str(session.get_one(ScanRow, scan_id).state)


def test_scans_are_stored_once_each_with_their_names(keeper: Browser, db: Database) -> None:
    keeper.get("/desk/letters")
    fields = keeper.fields("/scans")

    def send() -> Any:
        files = [(io.BytesIO(picture(name)), name) for name in ("one.png", "two words.tif")]
        return keeper.client.post("/desk/letters/scans", data={**fields, "files": files})

    assert send().headers["Location"] == "/desk/letters?put_in=2"
    assert send().status_code == 303
    with db.reader() as session:
        rows = session.scalars(select(RawRequest).order_by(RawRequest.id)).all()
        assert [(one.account, one.headers["name"], one.headers["came_by"]) for one in rows] == [
            (ACCOUNT, "one.png", "upload"),
            (ACCOUNT, "two words.tif", "upload"),
        ]
    assert "2 scans are taken in" in keeper.get("/desk/letters?put_in=2").get_data(as_text=True)


NOTHING = [({}, "Choose at least one file"), ({"files": [(io.BytesIO(b""), "empty.pdf")]}, "empty.pdf is empty")]


@pytest.mark.parametrize(("files", "told"), NOTHING, ids=[told for _, told in NOTHING])
def test_a_form_without_content_says_so(keeper: Browser, db: Database, files: dict[str, Any], told: str) -> None:
    keeper.get("/desk/letters")
    answer = keeper.client.post("/desk/letters/scans", data={**keeper.fields("/scans"), **files})
    assert answer.status_code == 422 and told in answer.get_data(as_text=True)
    with db.reader() as session:
        assert session.scalars(select(RawRequest)).all() == []


def test_a_held_scan_is_split_where_a_person_says(keeper: Browser, db: Database, held: Callable[..., int]) -> None:
    scan = held(pages=5, covers=(3,), trouble="A cover sheet is missing.")
    page = keeper.get(f"/desk/letters/scans/{scan}").get_data(as_text=True)
    assert "A cover sheet is missing." in page and page.count("/pages/") == 5 and "Page 3, cover sheet" in page
    assert 'name="begins" value="4" checked' in page and 'name="leaves" value="3" checked' in page
    answer = keeper.send("/split", begins=["1", "4"], leaves=["3"], turn_2="180")
    assert answer.status_code == 303 and "2 letters" in keeper.get(answer.headers["Location"]).get_data(as_text=True)
    assert [one[:2] for one in letters(db)] == [(1, 2), (4, 5)]
    with db.reader() as session:
        assert session.scalars(select(ScanPage.turn).order_by(ScanPage.number)).all() == [0, 180, 0, 0, 0]
    assert state(db, scan) == "split"


def test_all_of_a_scan_is_one_letter_by_one_button(keeper: Browser, db: Database, held: Callable[..., int]) -> None:
    scan = held(pages=7)
    keeper.get(f"/desk/letters/scans/{scan}")
    assert keeper.send("/split", whole="yes").status_code == 303
    assert [one[:2] for one in letters(db)] == [(1, 7)]


def test_marks_that_lose_a_page_come_back_as_they_were(keeper: Browser, db: Database, held: Callable[..., int]) -> None:
    scan = held(pages=3)
    keeper.get(f"/desk/letters/scans/{scan}")
    answer = keeper.send("/split", begins=["2"], turn_3="90")
    assert answer.status_code == 422 and "Page 1 would be in no letter" in keeper.page
    assert 'name="begins" value="2" checked' in keeper.page and 'name="begins" value="1" checked' not in keeper.page
    assert '<option value="90" selected' in keeper.page
    assert letters(db) == [] and state(db, scan) == "held"
    with db.reader() as session:
        assert session.scalars(select(ScanPage.turn)).all() == [0, 0, 0]


def test_who_splits_a_scan_that_a_colleague_has_split_is_told(
    agent: Agents, keeper: Browser, db: Database, held: Callable[..., int]
) -> None:
    scan, other = held(pages=2), agent(name="Akua")
    for one in (keeper, other):
        one.get(f"/desk/letters/scans/{scan}")
    assert keeper.send("/split", begins=["1", "2"]).status_code == 303
    answer = other.send("/split", begins=["1"])
    assert answer.status_code == 409 and "Somebody changed this" in other.page
    assert len(letters(db)) == 2


def test_a_twin_leads_to_the_first_and_is_set_aside(keeper: Browser, db: Database, held: Callable[..., int]) -> None:
    first = held(pages=1)
    twin = held(pages=1, twin_of=first)
    assert "Came before" in keeper.get("/desk/letters").get_data(as_text=True)
    page = keeper.get(f"/desk/letters/scans/{twin}").get_data(as_text=True)
    assert f'href="/desk/letters/scans/{first}"' in page and 'value="twin" checked' in page
    assert keeper.send("/discard").status_code == 422
    keeper.get(f"/desk/letters/scans/{twin}")
    assert keeper.send("/discard", reason="twin").status_code == 303
    assert state(db, twin) == "discarded" and letters(db) == []


def test_a_scan_that_nothing_could_read_is_keyed_from_the_paper(
    keeper: Browser, db: Database, held: Callable[..., int]
) -> None:
    scan = held(pages=0, state="refused", trouble="The PDF is locked by a password.")
    assert "The PDF is locked by a password." in keeper.get(f"/desk/letters/scans/{scan}").get_data(as_text=True)
    answer = keeper.send("/enter")
    assert answer.status_code == 303
    page = keeper.get(answer.headers["Location"]).get_data(as_text=True)
    assert "Key it from the paper itself" in page and 'id="key-form"' in page


def test_letters_are_split_joined_and_turned_while_they_are_keyed(
    keeper: Browser, container: Container, db: Database
) -> None:
    one = put(container, db, pages=3)
    keeper.get(one.address)
    assert keeper.send("/split", page="3").status_code == 303
    assert letters(db) == [(1, 2, "reading"), (3, 3, "reading")]
    with db.reader() as session:
        second = session.scalars(select(LetterRow.register_number).order_by(LetterRow.id.desc())).first()
    keeper.get(f"/desk/letters/{second}")
    assert keeper.send("/join").headers["Location"] == one.address
    assert letters(db)[0][:2] == (1, 3) and letters(db)[1][2] == "joined"
    keeper.get(one.address)
    assert keeper.send("/turn", page="2", degrees="180").status_code == 303
    assert 'turn-180" id="page-2"' in keeper.get(one.address).get_data(as_text=True)
    assert keeper.send("/turn", page="9", degrees="180").status_code == 404
    keeper.get(one.address)
    assert keeper.send("/split", page="1").status_code == 422
    assert "Choose a page behind the first" in keeper.page
