"""Boards that people lay out: kept on the server, by a form that works without scripts, shown to whom they may be."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from contactcentre.web.board import drawing
from tests.web.conftest import Browser

Agents = Callable[..., Browser]
NEW = {
    "name": "Hall",
    "place_departments": "2",
    "place_totals": "5",
    "place_hours": "1",
    "place_calls": "",
    "place_ages": "",
    "place_agents": "",
    "place_people": "",
    "seconds": "0",
    "shared_with": "",
}


@pytest.fixture(autouse=True)
def _anew(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(drawing, "LASTS", -1.0)
    return


def parts(page: str) -> list[str]:
    """Return which parts a page shows, in order."""
    return re.findall(r'class="(?:bx )?(?:big5 )?part ?([a-z]*)[^"]*"', page)


def keep(browser: Browser, **values: Any) -> str:
    """Keep a board; returns its address."""
    browser.get("/board/layouts")
    answer = browser.send("/board/layouts", **{**NEW, **values})
    assert answer.status_code == 303, browser.page
    return str(answer.location)


def test_a_board_is_shown_as_it_was_laid_out(agent: Agents) -> None:
    browser = agent(("supervisor", "*"))
    usual = ["", "departments", "hours", "calls", "likely", "ages", "agents"]
    assert parts(browser.get("/board").get_data(as_text=True)) == usual
    address = keep(browser, departments=["front-desk"])
    page = browser.get(address).get_data(as_text=True)
    assert parts(page) == ["hours", "departments", ""] and "<h1>Hall</h1>" in page
    assert re.findall(r'<th scope="row"><span title="([^"]+)"', page) == ["Front desk"]
    assert ">Hall</a>" in browser.get("/board/layouts").get_data(as_text=True)


def test_it_is_there_in_another_browser_and_can_be_changed_and_removed(app: Any, agent: Agents) -> None:
    browser = agent(("supervisor", "*"))
    address = keep(browser)
    number = address.partition("layout=")[2]
    browser.get(f"/board/layouts/{number}")
    assert browser.send(f"/board/layouts/{number}", **{**NEW, "name": "Lobby", "seconds": "30"}).status_code == 303
    other = Browser(app.test_client())
    for cookie in browser.client._cookies.values():
        other.client.set_cookie(cookie.key, cookie.value)
    page = other.get(address).get_data(as_text=True)
    assert "<h1>Lobby: Front desk</h1>" in page and 'data-seconds="30"' in page
    other.get(f"/board/layouts/{number}")
    assert other.send(f"/board/layouts/{number}/remove").status_code == 303
    assert browser.get(address).status_code == 404


def test_one_department_after_the_other_goes_round_without_scripts_too(agent: Agents) -> None:
    browser = agent(("supervisor", "*"))
    address, seen = keep(browser, seconds="15"), []
    for _ in range(3):
        page = browser.get(address).get_data(as_text=True)
        seen.append(re.findall(r"<h1>([^<]+)</h1>", page)[0])
        found = re.search(r'<a href="([^"]+)">Next department</a>', page)
        assert found
        address = found.group(1).replace("&amp;", "&")
    assert seen == ["Hall: Front desk", "Hall: Harbour works", "Hall: Front desk"]
    assert browser.get(f"{address.partition('&')[0]}&turn=99999").status_code == 200


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"name": " "}, "between 1 and 40 characters"),
        ({"name": "x" * 41}, "between 1 and 40 characters"),
        ({"place_departments": "", "place_totals": "", "place_hours": ""}, "at least one part"),
        ({"place_hours": "first"}, "Write a whole number"),
        ({"seconds": "5"}, "10 to 600 seconds"),
        ({"seconds": "soon"}, "Write a whole number"),
        ({"departments": ["nothing"]}, "no such department"),
        ({"shared_with": "nothing"}, "may not share"),
    ],
)
def test_a_form_that_cannot_be_kept_comes_back_as_it_was_filled_in(
    agent: Agents, values: dict[str, Any], says: str
) -> None:
    browser = agent(("supervisor", "*"))
    browser.get("/board/layouts")
    answer = browser.send("/board/layouts", **{**NEW, "name": "Mine alone", **values})
    assert answer.status_code == 422 and says in browser.page
    if "name" not in values:
        assert 'value="Mine alone"' in browser.page


def test_nobody_lays_out_what_they_may_not_see(agent: Agents) -> None:
    browser = agent(("supervisor", "front-desk"))
    browser.get("/board/layouts")
    for values in ({"departments": ["harbour-works"]}, {"shared_with": "harbour-works"}, {"shared_with": "*"}):
        assert browser.send("/board/layouts", **{**NEW, **values}).status_code == 422


def test_a_shared_board_shows_each_their_own(agent: Agents) -> None:
    everywhere = agent(("supervisor", "*"))
    shared = keep(everywhere, shared_with="*", departments=["front-desk", "harbour-works"])
    theirs = keep(everywhere, shared_with="harbour-works", departments=["front-desk"])
    alone = keep(everywhere)
    works = agent(("executive", "harbour-works"))
    page = works.get(shared).get_data(as_text=True)
    assert re.findall(r'<th scope="row"><span title="([^"]+)"', page) == ["Harbour works"]
    assert works.get(theirs).status_code == 404, "it shows no department that they may see"
    assert works.get(alone).status_code == 404
    number = shared.partition("layout=")[2]
    works.get(f"/board/layouts/{number}")
    assert "Another board like Hall" in works.page
    key, csrf = works.fields("/board/layouts")["key"], works.fields("/board/layouts")["csrf"]
    answer = works.client.post(f"/board/layouts/{number}", data={**NEW, "key": key, "csrf": csrf})
    assert answer.status_code == 422 and "Only who has made a board changes it" in answer.get_data(as_text=True)
    answer = works.client.post(f"/board/layouts/{number}/remove", data={"key": key + "x", "csrf": csrf})
    assert answer.status_code == 403 and everywhere.get(shared).status_code == 200


def test_there_is_an_end_of_boards(agent: Agents) -> None:
    browser = agent(("supervisor", "*"))
    for number in range(20):
        keep(browser, name=f"Board {number}")
    browser.get("/board/layouts")
    assert browser.send("/board/layouts", **NEW).status_code == 422 and "There are 20 boards already" in browser.page


def test_who_steers_nothing_is_told_why_a_forecast_is_missing(agent: Agents) -> None:
    browser = agent(("executive", "*"))
    assert "likely" not in parts(browser.get("/board").get_data(as_text=True))
    page = browser.get(keep(browser, place_likely="1")).get_data(as_text=True)
    assert "Reckoned for who steers a department of this board." in page and "/board/forecast" not in page
