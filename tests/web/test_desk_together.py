"""Who looks at what, and what each agent keeps of the desk: saved views, the view to begin with, keys, the tour."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select, update

from cases import viewing
from cases.models import Case, Event, SavedView, Viewing
from contactcentre.db import Database
from contactcentre.web.desk.keys import KEYS
from tests.factories import phone
from tests.web.conftest import Browser, Opened

if TYPE_CHECKING:
    from contactcentre.container import Container

Agents = Callable[..., Browser]
Say = Callable[..., Opened]


def beat(browser: Browser, case: str = "", *rows: str, **more: str) -> dict[str, list[dict[str, object]]]:
    browser.get("/desk/keys")
    csrf = browser.fields("/keys")["csrf"]
    answer = browser.client.post("/desk/viewing", data={"csrf": csrf, "case": case, "row": list(rows), **more})
    assert answer.status_code == 200
    found: dict[str, list[dict[str, object]]] = answer.get_json()
    return found


def test_colleagues_see_who_looks_and_who_writes_until_they_leave(agent: Agents, say: Say, db: Database) -> None:
    opened = say("The gutter is choked")
    ama, kojo = agent(name="Ama"), agent(name="Kojo")
    assert beat(ama, opened.reference) == {}, "nobody is told of themselves"
    assert beat(kojo, "", opened.reference) == {opened.reference: [{"name": "Ama", "writing": False}]}
    beat(ama, opened.reference, writing="yes")
    kojo.get(opened.address)
    assert "Ama is writing" in kojo.page
    kojo.get("/desk")
    assert 'title="Ama is writing"' in kojo.page
    beat(ama, opened.reference, gone="yes")
    assert beat(kojo, opened.reference) == {}
    with db.reader() as session:
        kinds = set(session.scalars(select(Event.kind)))
        assert not {kind for kind in kinds if "view" in kind or "look" in kind}
        assert session.scalar(select(func.count()).select_from(Viewing)) == 1


def test_who_falls_silent_is_gone_within_half_a_minute(agent: Agents, say: Say, db: Database) -> None:
    opened = say("The gutter is choked")
    ama, kojo = agent(name="Ama"), agent(name="Kojo")
    beat(ama, opened.reference)
    assert timedelta(seconds=25) <= viewing.LASTS <= timedelta(seconds=30)
    for age, seen in ((viewing.LASTS - timedelta(seconds=10), True), (viewing.LASTS, False)):

        def let_pass(uow: object, age: timedelta = age) -> None:
            now = uow.session.scalar(select(func.transaction_timestamp()))  # type: ignore[attr-defined]
            uow.session.execute(update(Viewing).values(seen_at=now - age))  # type: ignore[attr-defined]

        db.run(let_pass)  # type: ignore[arg-type]
        assert bool(beat(kojo, "", opened.reference)) is seen


def test_nobody_learns_who_looks_at_what_they_may_not_see(agent: Agents, say: Say, db: Database) -> None:
    opened = say("The gutter is choked")
    ama, stranger = agent(name="Ama"), agent(("agent", "elsewhere"))
    db.run(lambda uow: uow.session.execute(update(Case).values(department="works")))
    beat(ama, opened.reference)
    assert beat(stranger, "", opened.reference) == {}
    stranger.get("/desk/keys")
    csrf = stranger.fields("/keys")["csrf"]
    answer = stranger.client.post("/desk/viewing", data={"csrf": csrf, "case": opened.reference})
    assert answer.status_code == 404


def listed(browser: Browser) -> list[str]:
    return re.findall(r'<th scope="row"><a href="[^"]*">([^<]+)', browser.page)


def test_a_view_is_kept_counted_put_in_order_and_begun_with(agent: Agents, say: Say, db: Database) -> None:
    first = say("The gutter is choked", sender=phone(1))
    say("The lamp is out", sender=phone(2))
    db.run(lambda uow: uow.session.execute(update(Case).where(Case.id == first.id).values(priority="urgent")))
    browser = agent()
    for name, query in (("Everything open", "channel=sms"), ("Urgent", "priority=urgent")):
        browser.get(f"/desk?{query}")
        answer = browser.send("/views", name=name, share="")
        assert answer.status_code == 303 and answer.location == f"/desk?{query}"
    browser.get("/desk/views")
    assert '<td class="num">2</td>' in browser.page and '<td class="num">1</td>' in browser.page
    assert listed(browser) == ["Everything open", "Urgent"]
    with db.reader() as session:
        urgent = session.scalars(select(SavedView.id).where(SavedView.name == "Urgent")).one()
    csrf = browser.fields("/views/change")["csrf"]
    for at, what in enumerate(("up", "begin")):
        data = {"csrf": csrf, "key": f"a key of its own {at}", "id": urgent, "what": what}
        assert browser.client.post("/desk/views/change", data=data).status_code == 303
    browser.get("/desk/views")
    assert listed(browser) == ["Urgent", "Everything open"]
    assert browser.get("/desk").location == "/desk?priority=urgent"
    data = {"csrf": csrf, "key": "another", "id": urgent, "what": "remove"}
    browser.client.post("/desk/views/change", data=data)
    assert browser.get("/desk").status_code == 200


def test_a_shared_view_is_for_its_department_and_changed_by_who_may_assign_there(agent: Agents, db: Database) -> None:
    lead, clerk = agent(("supervisor", "harbour-works")), agent(("counter_clerk", "harbour-works"))
    stranger = agent(("agent", "front-desk"))
    lead.get("/desk?priority=urgent")
    assert lead.send("/views", name="Our urgent ones", share="harbour-works").status_code == 303
    clerk.get("/desk")
    assert "Our urgent ones" in clerk.page
    stranger.get("/desk")
    assert "Our urgent ones" not in stranger.page
    with db.reader() as session:
        view_id = session.scalars(select(SavedView.id)).one()
    for one, status in ((clerk, 403), (stranger, 404), (lead, 303)):
        one.get("/desk/keys")
        data = {"csrf": one.fields("/keys")["csrf"], "key": "k", "id": view_id, "what": "remove"}
        assert one.client.post("/desk/views/change", data=data).status_code == status
    stranger.get("/desk?priority=urgent")
    assert stranger.send("/views", name="Theirs", share="harbour-works").status_code == 403


@pytest.mark.parametrize("name", ["", "   ", "x" * 41])
def test_a_view_without_a_fit_name_is_refused(agent: Agents, name: str) -> None:
    browser = agent()
    browser.get("/desk?priority=urgent")
    answer = browser.send("/views", name=name, share="")
    assert answer.status_code == 422 and "between 1 and 40" in answer.get_data(as_text=True)


def test_letters_are_switched_off_for_an_agent_and_not_for_a_browser(agent: Agents) -> None:
    browser = agent()
    browser.get("/desk/keys")
    assert "data-keys-off" not in browser.page
    assert browser.send("/desk/keys").status_code == 303
    browser.get("/desk")
    assert "data-keys-off" in browser.page
    other = agent()
    other.get("/desk")
    assert "data-keys-off" not in other.page


def test_the_tour_is_offered_until_it_was_seen(agent: Agents) -> None:
    browser = agent()
    browser.get("/desk")
    assert "New here?" in browser.page
    browser.get("/desk/tour")
    assert browser.send("/desk/tour").status_code == 303
    browser.get("/desk")
    assert "New here?" not in browser.page


def test_every_key_stands_once_in_the_sheet_and_has_an_act_in_the_script(agent: Agents, container: Container) -> None:
    from contactcentre.web import assets

    browser = agent()
    page = browser.get("/desk").get_data(as_text=True)
    script = (assets.STATIC / "js" / "acts.js").read_text()
    table = script[script.index("export const ACTS") :]
    assert len({one.key for one in KEYS}) == len(KEYS)
    for one in KEYS:
        assert page.count(f'data-act="{one.act}"') == 1, one
        elsewhere = one.act in ("sheet", "palette", "send", "doubt", "page")
        assert elsewhere or f"  {one.act}" in table, f"the script has no {one.act}"
