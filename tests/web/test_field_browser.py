"""The field page in a real browser with its network cut: what was done off line comes through, once, and is nobody
else's."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image
from sqlalchemy import delete, select

from cases import tasks
from cases.models import AgentRole, Attachment, Event, EventDetail, FieldAct, Task
from cases.permissions import Viewer
from contactcentre.db import Database
from tests.e2e import chromium, looking
from tests.web.conftest import Opened, make_agent
from tests.web.field_phone import SCREEN, FieldPhone, persistent
from tests.web.field_site import OFFICER, opens
from tests.web.serving import served

if TYPE_CHECKING:
    from flask import Flask

    from contactcentre.container import Container

pytestmark = [pytest.mark.browser, pytest.mark.skipif(chromium.CHROMIUM is None, reason=chromium.MISSING)]
Say = Callable[..., Opened]
Made = Callable[..., FieldPhone]


class Town:
    """A product that serves, with one job of Kofi's, and colleagues."""

    def __init__(self, site: str, container: Container, db: Database, opened: Opened) -> None:
        self.site, self.db, self.opened, self.container = site, db, opened, container
        self.people: dict[str, Viewer] = {}
        for name in ("kofi", "esi"):
            self.people[name] = db.run(lambda uow, n=name: make_agent(uow.session, n, n.title(), (OFFICER,)))
        self.task = opens(db, container.city, opened, agent_id=self.people["kofi"].id)

    def row(self) -> Task:
        with self.db.reader() as session:
            return session.get_one(Task, self.task)

    def notes(self) -> list[str]:
        with self.db.reader() as session:
            query = select(EventDetail.values).join(Event, Event.id == EventDetail.event_id)
            return [one["text"] for one in session.scalars(query.where(Event.kind == "note").order_by(Event.id))]

    def kept(self) -> list[FieldAct]:
        with self.db.reader() as session:
            return list(session.scalars(select(FieldAct).order_by(FieldAct.id)))

    def esi(self, act: Callable[..., Any], **values: Any) -> None:
        """Let a colleague at a desk do something to the job."""
        more = {"reference": self.opened.reference, "task_id": self.task, **values}
        self.db.run(lambda uow: act(uow.session, self.people["esi"], **more))


@pytest.fixture
def town(app: Flask, container: Container, db: Database, say: Say) -> Iterator[Town]:
    opened = say("The slab over the gutter is broken")
    with served(app) as site:
        yield Town(site, container, db, opened)


@pytest.fixture
def phone(browser: Any, town: Town) -> Iterator[Made]:
    made: list[FieldPhone] = []

    def start(context: Any = None) -> FieldPhone:
        made.append(FieldPhone(context or browser.new_context(**SCREEN), town.site))
        return made[-1]

    yield start
    for one in made:
        one.closes()
        assert one.faults == []


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """A photo as a camera makes it: large."""
    file = tmp_path / "large.jpg"
    out = io.BytesIO()
    Image.effect_noise((2600, 1950), 60).convert("RGB").save(out, "JPEG", quality=90)
    file.write_bytes(out.getvalue())
    return file


def test_a_day_off_line_comes_through_a_reload_and_back(phone: Made, town: Town, photo: Path) -> None:
    one = phone()
    one.logs_in("kofi")
    one.goes_offline()
    one.does(town.task, "on_my_way")
    one.awaits("1 act waits")
    one.reloads()
    assert one.page.locator("body[data-shell]").count() == 1, "the page came out of the worker's cache"
    assert one.job(town.task).is_visible() and "1 act waits" in one.page.inner_text("#line")
    one.photographs(town.task, photo, moment="before", words="Broken in two")
    one.awaits("2 acts wait")
    one.does(town.task, "note", words="The <b>dog</b> is loose")
    one.photographs(town.task, photo, moment="after")
    one.awaits("4 acts wait")
    one.does(town.task, "done", words="New slab laid")
    one.awaits("5 acts wait")  # each was tried, and the next try comes soon all the same
    assert town.kept() == []
    one.comes_back()
    one.awaits("All sent")
    assert [one.kind for one in town.kept()] == ["on_my_way", "photo", "note", "photo", "done"]
    assert (town.row().state, town.row().result) == ("done", "New slab laid")
    assert town.notes() == [
        "Photo before the work. Broken in two", "The <b>dog</b> is loose", "Photo after the work.",
    ]  # fmt: skip
    with town.db.reader() as session:
        files = session.scalars(select(Attachment).order_by(Attachment.id)).all()
        for file in files:
            with town.container.files.open(file.sha256) as stream:
                picture = Image.open(stream)
                assert (picture.format, max(picture.size)) == ("JPEG", 1600)
    assert [one.name for one in files] == ["before.jpg", "after.jpg"]
    one.page.locator(f"#job-{town.task}").wait_for(state="detached")
    assert [act["bytes"] for act in one.kept()] == [0] * 5, "photos that were sent are not kept"


def test_both_edits_are_kept_and_what_cannot_be_is_asked(phone: Made, town: Town) -> None:
    one = phone()
    one.logs_in("kofi")
    one.goes_offline()
    one.does(town.task, "note", words="I see the slab")
    one.awaits("1 act waits")
    one.does(town.task, "done", words="I lifted it")
    one.awaits("2 acts wait")
    town.esi(tasks.finish, result="Done by the crew")
    one.comes_back()
    box = one.page.locator("#problems .problem")
    box.wait_for()
    said = box.inner_text()
    assert "This job is done already." in said and "Done by the crew" in said and "I lifted it" in said
    assert (town.notes(), town.row().result) == (["I see the slab"], "Done by the crew")
    one.reloads()
    box.wait_for()  # it waits for the officer, over reloads
    box.get_by_role("button", name="Keep it as a note").click()
    one.awaits("All sent")
    box.wait_for(state="detached")
    assert town.notes() == ["I see the slab", "Done as well, as told from the street. I lifted it"]


def test_a_job_that_was_given_away_can_be_insisted_on(phone: Made, town: Town) -> None:
    one = phone()
    one.logs_in("kofi")
    one.goes_offline()
    one.does(town.task, "not_done", reason="not_safe", words="Live wire")
    one.awaits("1 act waits")
    town.esi(tasks.take)
    one.comes_back()
    one.page.locator("#problems .problem", has_text="Esi took the task “Lift the slab”").wait_for()
    one.page.locator("[data-waits] a", has_text="1 act needs you").click()
    assert one.page.url.endswith("#problems")
    one.page.get_by_role("button", name="Send it all the same").click()
    one.awaits("All sent")
    assert [(act.kind, (act.answer or {})["reason"]) for act in town.kept()] == [("not_done", "not_safe")]


def test_acts_outlive_a_phone_that_was_switched_off(phone: Made, town: Town, browser: Any, tmp_path: Path) -> None:
    folder = tmp_path / "phone"
    first = FieldPhone(persistent(browser, folder), town.site)
    first.logs_in("kofi")
    first.goes_offline()
    first.does(town.task, "note", words="Before the battery went")
    first.awaits("1 act waits")
    first.closes()
    again = phone(persistent(browser, folder))
    again.context.set_offline(True)
    again.page.goto(f"{town.site}/desk/field")
    again.awaits("1 act waits")
    assert again.job(town.task).is_visible()
    again.comes_back()
    again.awaits("All sent")
    assert town.notes() == ["Before the battery went"]


def test_an_answer_that_was_lost_does_nothing_twice(phone: Made, town: Town) -> None:
    one = phone()
    one.logs_in("kofi")

    def lose(route: Any) -> None:
        route.fetch()
        route.abort()

    one.page.route("**/desk/field/acts", lose)
    one.does(town.task, "note", words="Once")
    one.page.wait_for_selector("#line[data-state=offline]")
    one.awaits("1 act waits")
    assert town.notes() == ["Once"]
    one.page.unroute("**/desk/field/acts")
    one.awaits("All sent")  # it is tried again by itself
    assert (town.notes(), len(town.kept())) == (["Once"], 1)
    one.faults.clear()  # the browser notes the answer that was lost


def test_an_act_that_waits_can_be_taken_back(phone: Made, town: Town) -> None:
    one = phone()
    one.logs_in("kofi")
    one.goes_offline()
    one.does(town.task, "done", words="Too soon")
    one.awaits("1 act waits")
    with one.page.expect_request("**/desk/field/jobs"):
        one.page.click("[data-sync]")
    one.job(town.task).get_by_role("button", name="Take back").click()
    one.awaits("Nothing waits")
    one.comes_back()
    one.page.wait_for_selector("#line[data-state=online]")
    assert (town.kept(), town.row().state, one.kept()) == ([], "open", [])


def test_a_line_that_is_lost_while_an_answer_comes_is_off(phone: Made, town: Town) -> None:
    one, held = phone(), list[Any]()
    one.logs_in("kofi")
    one.page.wait_for_selector("#line[data-state=online]")
    one.page.route("**/desk/field/jobs", lambda route: held.append((route, route.fetch())))
    with one.page.expect_request("**/desk/field/jobs"):
        one.page.evaluate("window.dispatchEvent(new Event('online'))")
    while not held:
        one.page.wait_for_timeout(20)
    one.goes_offline()
    (route, answer), job = held[0], "Told as the line went"
    route.fulfill(response=answer, body=answer.text().replace("Lift the slab", job))
    one.job(town.task).filter(has_text=job).wait_for()
    assert one.page.get_attribute("#line", "data-state") == "offline"


def test_a_role_that_was_taken_leaves_no_job_on_the_phone(phone: Made, town: Town) -> None:
    one = phone()
    one.logs_in("kofi")
    one.goes_offline()
    one.does(town.task, "note", words="Before it was taken")
    one.awaits("1 act waits")
    town.db.run(lambda uow: uow.session.execute(delete(AgentRole).where(AgentRole.agent_id == town.people["kofi"].id)))
    one.comes_back()
    one.page.locator("#locked", has_text="1 act is kept on this phone").wait_for()
    assert one.job(town.task).count() == 0 and town.kept() == []
    one.context.set_offline(True)
    one.reloads()
    one.page.locator("#locked").wait_for()
    assert one.job(town.task).count() == 0, "nor off line"
    one.faults.clear()  # the browser notes the 403


def test_a_log_out_asks_for_what_waits_and_then_wipes_the_phone(phone: Made, town: Town) -> None:
    one = phone()
    one.logs_in("kofi")
    one.page.route("**/desk/field/acts", lambda route: route.abort())
    one.does(town.task, "note", words="Never sent")
    one.page.wait_for_selector("#line[data-state=offline]")
    assert len(one.kept()) == 1
    one.page.goto(f"{town.site}/account")
    one.page.get_by_role("button", name="Log out").click()
    one.page.locator("#leaving", has_text="1 act of yours wait on this phone").wait_for()
    one.page.route("**/logout", lambda route: route.abort("aborted"))
    with one.page.expect_event("requestfailed", lambda request: request.url.endswith("/logout")):
        one.page.get_by_role("button", name="Log out and lose them").click()
    assert (one.kept(), one.jobs_kept()) == ([], [])
    assert one.page.evaluate("caches.keys()") == []
    one.page.unroute("**/logout")
    one.page.get_by_role("button", name="Log out and lose them").click()
    one.page.wait_for_url("**/login")
    assert (one.kept(), one.jobs_kept()) == ([], [])
    one.page.unroute("**/desk/field/acts")
    one.logs_in("esi")
    one.page.wait_for_selector("#line[data-state=online]")
    assert one.job(town.task).count() == 0 and town.kept() == []
    one.faults.clear()


def test_another_agent_on_the_same_phone_neither_sees_nor_sends(phone: Made, town: Town) -> None:
    one = phone()
    one.logs_in("kofi")
    one.goes_offline()
    one.does(town.task, "note", words="Of Kofi")
    one.awaits("1 act waits")
    one.context.clear_cookies()  # his log-in ended, without a log-out
    one.context.set_offline(False)
    locked = one.page.locator("#locked")
    locked.wait_for()
    assert "1 act is kept on this phone" in locked.inner_text() and one.job(town.task).count() == 0
    one.context.set_offline(True)
    one.reloads()
    locked.wait_for()
    assert one.job(town.task).count() == 0, "nor off line, once it was known that the log-in is over"
    one.context.set_offline(False)
    one.logs_in("esi")
    one.awaits("Nothing waits")
    one.page.wait_for_selector("#line[data-state=online]")
    assert town.kept() == [] and one.job(town.task).count() == 0
    assert one.jobs_kept().count(town.people["kofi"].id or 0) == 0
    one.context.clear_cookies()
    one.logs_in("kofi")
    one.awaits("All sent")
    assert [act.agent_id for act in town.kept()] == [town.people["kofi"].id]
    one.faults.clear()  # the browser notes the 401


def test_an_open_page_of_one_agent_does_not_send_in_anothers_name(phone: Made, town: Town, browser: Any) -> None:
    one = phone()
    one.logs_in("kofi")
    one.goes_offline()
    one.does(town.task, "note", words="Of Kofi")
    one.awaits("1 act waits")
    other = browser.new_context(**SCREEN)
    second = FieldPhone(other, town.site)
    second.logs_in("esi")
    kofis = one.context.cookies()
    one.context.clear_cookies()
    one.context.add_cookies(other.cookies())
    second.closes()
    one.comes_back()
    one.page.wait_for_selector("body[data-name=Esi][data-ready=yes]")
    one.page.wait_for_selector("#line[data-state=online]")
    assert town.kept() == []
    one.context.clear_cookies()
    one.context.add_cookies(kofis)
    one.page.evaluate("window.dispatchEvent(new Event('online'))")
    one.page.wait_for_selector("body[data-name=Kofi][data-ready=yes]")
    one.awaits("All sent")
    assert [act.agent_id for act in town.kept()] == [town.people["kofi"].id]
    one.faults.clear()


def test_words_stay_words_and_the_policy_holds(phone: Made, town: Town, say: Say) -> None:
    town.db.run(lambda uow: setattr(uow.session.get_one(Task, town.task), "title", "<img src=x onerror=window.ran=1>"))
    one = phone()
    one.logs_in("kofi")
    one.does(town.task, "note", words="</span><script>window.ran = 1</script>")
    one.awaits("All sent")
    one.goes_offline()
    one.reloads()
    assert "<img src=x" in one.job(town.task).inner_text()
    assert one.page.evaluate("window.ran") is None
    assert one.page.locator(".job img[src=x]").count() == 0
    assert one.page.locator("script:not([src])").count() == 0


def test_each_state_can_be_read_and_pressed(phone: Made, town: Town) -> None:
    one = phone()
    one.logs_in("kofi")
    one.page.wait_for_selector("#line[data-state=online]")
    one.page.eval_on_selector_all(".job .doing", "all => all.forEach((one) => { one.open = true })")
    assert looking.faults(one.page) == [], "the list, all forms open"
    one.page.click("[data-view=map]")
    one.goes_offline()
    one.reloads()
    one.does(town.task, "done", words="I lifted it")
    one.awaits("1 act waits")
    assert looking.faults(one.page) == [], "off line, an act waits"
    town.esi(tasks.finish, result="Done by the crew")
    one.comes_back()
    one.page.locator("#problems .problem").wait_for()
    assert looking.faults(one.page) == [], "a conflict"
    one.context.clear_cookies()
    one.page.evaluate("window.dispatchEvent(new Event('online'))")
    one.page.locator("#locked").wait_for()
    assert looking.faults(one.page) == [], "the log-in has ended"
    one.faults.clear()  # the browser notes the 401
