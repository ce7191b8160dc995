"""The field page's addresses: lists, plain forms, what a phone sends and is answered, and what bounds it."""

from __future__ import annotations

import json
import re
from html import unescape
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from cases import replies
from cases.models import Attachment, Read, StoredFile
from cases.permissions import SYSTEM
from contactcentre.db import Database
from contactcentre.web.desk import field_acts
from tests.web.conftest import Browser
from tests.web.field_site import OFFICER, Agents, Phone, Say, opens, picture
from tests.web.test_page_budgets import statements

if TYPE_CHECKING:
    from contactcentre.container import Container

WORDS = "The gutter behind the school is choked"


@pytest.fixture
def phone(agent: Agents, say: Say, db: Database, container: Container) -> Phone:
    """The phone of Kofi, who has one job."""
    opened = say(WORDS)
    browser = agent(OFFICER, name="Kofi")
    assert browser.viewer is not None
    return Phone(browser, db, opened, opens(db, container.city, opened, agent_id=browser.viewer.id))


def text_of(page: str) -> str:
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page)))


def answers(answer: Any) -> list[dict[str, Any]]:
    assert answer.status_code == 200, answer.get_data(as_text=True)
    found: list[dict[str, Any]] = answer.get_json()["answers"]
    return found


def test_the_page_lists_the_jobs_without_scripts(phone: Phone, agent: Agents, db: Database, say: Say) -> None:
    page = phone.browser.get("/desk/field").get_data(as_text=True)
    said = text_of(page)
    assert "Lift the slab" in said and WORDS in said and "No hour set" in said
    assert f'href="/desk/field/{phone.task}"' in page and "tel:" not in page
    assert page.count("<script") == 1 and " style=" not in page and " onclick" not in page
    with db.reader() as session:
        assert [one.case_id for one in session.scalars(select(Read))] == [phone.opened.id]
    phone.browser.get("/desk/field")
    with db.reader() as session:
        assert len(session.scalars(select(Read)).all()) == 1, "looked at again within minutes is one look"
    assert "tel:" in agent(("agent", "front-desk"), name="Ama").get(f"/desk/field/{phone.task}").get_data(as_text=True)


def test_officers_begin_with_their_jobs(phone: Phone, agent: Agents) -> None:
    assert phone.browser.client.get("/").location == "/desk/field"
    assert agent(OFFICER, ("agent", "*"), name="Ama").client.get("/").location == "/desk"


def test_the_plain_forms_do_what_they_say(phone: Phone, db: Database) -> None:
    browser = phone.browser
    for kind, more in (("on_my_way", {}), ("note", {"words": "Here now"})):
        browser.get(f"/desk/field/{phone.task}")
        answer = send(phone, kind, **more)
        assert (answer.status_code, answer.location) == (303, f"/desk/field?done={kind}#job-{phone.task}")
    browser.get(f"/desk/field/{phone.task}")
    answer = send(phone, "photo", moment="after", words="Clean", photo=(__import__("io").BytesIO(picture()), "x.jpg"))
    assert answer.status_code == 303
    browser.get(f"/desk/field/{phone.task}")
    page = browser.page
    assert send(phone, "done", words="Lifted").status_code == 303
    browser.page = page
    assert send(phone, "done", words="Lifted").status_code == 303, "the same form again is done already"
    assert (phone.row().state, phone.row().result) == ("done", "Lifted")
    said = text_of(browser.get(phone.opened.address).get_data(as_text=True))
    assert "Kofi is on the way: “Lift the slab”." in said and "finished the task “Lift the slab”: Lifted" in said
    assert "Photo after the work. Clean" in said and "after.jpg" in said
    assert "told later" not in said


def send(phone: Phone, kind: str, **values: Any) -> Any:
    form = re.search(rf'<form class="field-form" data-kind="{kind}".*?</form>', phone.browser.page, re.DOTALL)
    assert form, kind
    inputs = [dict(re.findall(r'([\w-]+)="([^"]*)"', one)) for one in re.findall(r"<input\b[^>]*>", form.group())]
    hidden = {one["name"]: unescape(one["value"]) for one in inputs if one.get("type") == "hidden"}
    address = f"/desk/field/{phone.task}"
    return phone.browser._kept(phone.browser.client.post(address, data={**hidden, **values}))


def test_a_form_comes_back_as_it_was_filled_in(phone: Phone) -> None:
    browser = phone.browser
    browser.get(f"/desk/field/{phone.task}")
    assert send(phone, "not_done", reason="other", words="").status_code == 422
    assert "Say in a few words why it was not done." in text_of(browser.page)
    assert '<option value="other" selected>' in browser.page
    assert send(phone, "not_done", reason="not_safe", words="A live <wire>").status_code == 303
    assert phone.row().state == "open"
    said = text_of(browser.get("/desk/field").get_data(as_text=True))
    assert re.search(r"You: not done, .*Not safe now\.", said)


def test_a_conflict_of_a_plain_form_shows_what_changed_and_goes_on(phone: Phone, agent: Agents) -> None:
    browser = phone.browser
    browser.get(f"/desk/field/{phone.task}")
    ama = Phone(agent(name="Ama"), phone.db, phone.opened, phone.task)
    assert answers(ama.sends(ama.act("done", words="By the crew")))[0]["state"] == "done"
    assert send(phone, "done", words="I lifted it").status_code == 409
    said = text_of(browser.page)
    assert "This job is done already." in said and "Ama finished the task “Lift the slab”: By the crew" in said
    assert "I lifted it" in browser.page
    assert send(phone, "note", words="I lifted it as well").status_code == 303


def test_acts_of_a_phone_are_answered_one_by_one(phone: Phone) -> None:
    note = phone.act("note", words="Mud everywhere")
    found = answers(
        phone.sends(
            phone.act("on_my_way", at="2026-01-01T10:00:00Z"),
            note,
            note,
            phone.act("note", words=""),
            {"key": "broken-act-1", "kind": "explode"},
            "no act",
            phone.act("done", words="Lifted", seen=2**40),
            phone.act("done", words="Lifted"),
            phone.act("not_done", reason="not_found"),
        )
    )
    assert [one["state"] for one in found] == [
        *("done", "done", "already", "refused", "refused", "refused", "refused", "done", "conflict"),
    ]
    assert (found[4]["key"], found[3]["field"], found[6]["field"]) == ("broken-act-1", "words", "seen")
    assert phone.row().state == "done"


def test_a_photo_is_kept_and_inspected_like_every_file(phone: Phone, db: Database) -> None:
    act = phone.act("photo", moment="before", words="Mud")
    first, again = (answers(phone.sends_photo(json.dumps(act), picture())) for _ in range(2))
    assert (first[0]["state"], again[0]["state"]) == ("done", "already")
    with db.reader() as session:
        (file,) = session.scalars(select(Attachment)).all()
        stored = session.get_one(StoredFile, file.sha256)
    assert (file.name, stored.media_type, stored.scan, stored.looked_at) == (
        "before.jpg",
        "image/jpeg",
        "pending",
        None,
    )
    other = answers(phone.sends_photo(json.dumps(act), picture(96)))[0]
    assert (other["state"], other["field"]) == ("refused", "key"), "another picture under the same key"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"MZ\x90\x00" + b"\x00" * 200, ""),
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", ""),
        (b"%PDF-1.4 plain words", "no photo"),
        (b"just words", "no photo"),
    ],
    ids=["empty", "program", "svg", "pdf", "text"],
)
def test_what_is_no_photo_is_refused(phone: Phone, db: Database, content: bytes, words: str) -> None:
    (told,) = answers(phone.sends_photo(json.dumps(phone.act("photo", moment="after")), content))
    assert told["state"] == "refused" and words in told["said"]
    with db.reader() as session:
        assert session.scalars(select(Attachment)).all() == []


def test_a_request_is_bounded(phone: Phone, monkeypatch: pytest.MonkeyPatch) -> None:
    many = [phone.act("note", words="x") for _ in range(26)]
    assert phone.sends(*many).status_code == 422
    assert [one["state"] for one in answers(phone.sends(*many[:25]))] == ["done"] * 25
    assert phone.sends({"key": "k" * 300_000}).status_code == 413
    monkeypatch.setattr(field_acts.acts, "LARGEST_PHOTO", 10)
    monkeypatch.setattr(field_acts, "LARGEST", 10)
    (told,) = answers(phone.sends_photo(json.dumps(phone.act("photo", moment="after")), picture()))
    assert "larger than" in told["said"]


@pytest.mark.parametrize("body", ["", "null", "[]", '{"acts": {}}', '{"acts": "x"}', "{" * 2000], ids=str)
def test_what_is_no_request_is_refused(phone: Phone, body: str) -> None:
    headers = {"X-CSRF-Token": phone.values["csrf"], "Content-Type": "application/json"}
    assert phone.browser.client.post("/desk/field/acts", data=body, headers=headers).status_code == 422
    data = {"agent": str(phone.values["agent"]), "act": body}
    answer = phone.browser.client.post(
        "/desk/field/photos", data=data, headers={"X-CSRF-Token": headers["X-CSRF-Token"]}
    )
    assert answer.status_code == 422 or answers(answer)[0]["state"] == "refused"


def test_acts_of_somebody_else_are_not_done_in_this_name(phone: Phone, agent: Agents) -> None:
    esi = agent(OFFICER, name="Esi")
    assert esi.viewer is not None
    assert phone.sends(phone.act("done"), agent=esi.viewer.id).status_code == 409
    token = phone.values["csrf"]
    other = Phone(esi, phone.db, phone.opened, phone.task)
    assert other.sends(phone.act("done"), agent=esi.viewer.id, csrf=token).status_code == 400
    assert phone.row().state == "open"


def test_a_log_out_has_the_browser_forget_what_it_keeps(phone: Phone) -> None:
    phone.browser.get("/account")
    assert phone.browser.send("/logout").headers["Clear-Site-Data"] == '"cache", "storage"'


def test_who_is_logged_out_is_asked_to_log_in(phone: Phone, anybody: Browser) -> None:
    json_only = {"Accept": "application/json"}
    assert anybody.client.get("/desk/field/jobs", headers=json_only).status_code == 401
    assert anybody.client.post("/desk/field/acts", json={}, headers=json_only).status_code == 401
    assert anybody.client.get("/desk/field").location == "/login?next=/desk/field"


def test_the_empty_page_and_the_worker_tell_of_nobody(phone: Phone, anybody: Browser) -> None:
    shell, worker = anybody.client.get("/desk/field/shell"), anybody.client.get("/desk/field/worker.js")
    page, script = shell.get_data(as_text=True), worker.get_data(as_text=True)
    assert page == phone.browser.client.get("/desk/field/shell").get_data(as_text=True)
    assert "data-agent" not in page and "csrf" not in page and "Lift the slab" not in page
    assert worker.headers["Service-Worker-Allowed"] == "/desk/field"
    assert worker.headers["Cache-Control"] == "no-store" and worker.mimetype == "text/javascript"
    for answer in (shell, worker):
        assert "script-src 'self'" in answer.headers["Content-Security-Policy"]
        assert "unsafe" not in answer.headers["Content-Security-Policy"]
    told = json.loads(re.match(r"const TOLD = (.*);\n", script).group(1))  # type: ignore[union-attr]
    for address in (told["shell"], *told["kept"]):
        assert anybody.client.get(address).status_code == 200, address


def test_what_a_phone_keeps_says_whose_it_is(phone: Phone) -> None:
    told = phone.values
    assert phone.browser.viewer is not None
    assert (told["agent"], told["name"], told["more"], told["map"]) == (phone.browser.viewer.id, "Kofi", False, "")
    (job,) = told["jobs"]
    assert (job["task"], job["reference"], job["seen"], job["mine"]) == (
        phone.task, phone.opened.reference, phone.seen, True,
    )  # fmt: skip
    assert told["until"] > told["at"]


def test_the_page_costs_a_fixed_number_of_statements(
    phone: Phone, db: Database, say: Say, container: Container
) -> None:
    counted = []
    for _ in range(2):
        with statements(db) as asked:
            assert phone.browser.get("/desk/field").status_code == 200
        counted.append(len(asked))
        for number in range(12):
            opens(db, container.city, phone.opened, agent_id=None, title=f"Job {number}")
    assert counted[0] == counted[1] <= 10, counted


def test_the_page_stays_within_150_kb_with_all_that_it_shows(phone: Phone, db: Database, container: Container) -> None:
    assert phone.browser.viewer is not None
    title = "Lift the slab at the corner " * 4
    for own in [phone.browser.viewer.id] * 70 + [None] * 40:
        opens(db, container.city, phone.opened, agent_id=own, title=title[:118])
    page = phone.browser.get("/desk/field")
    assert len(page.data) <= 150_000, len(page.data)
    assert page.get_data(as_text=True).count('<article class="job') == 90
    assert "There are more jobs" in text_of(phone.browser.page)


def test_hostile_words_are_words(phone: Phone, db: Database) -> None:
    words = "<img src=x onerror=alert(1)>\u2028</script>"
    assert answers(phone.sends(phone.act("note", words=words)))[0]["state"] == "done"
    note = {"reference": phone.opened.reference, "text": words}
    seen = phone.seen
    db.run(lambda uow: replies.note(uow.session, SYSTEM, **note))
    told = answers(phone.sends(phone.act("done", words=words, seen=seen)))[0]
    assert told["state"] == "done" and words.strip() in told["meanwhile"][0]
    for address in ("/desk/field", f"/desk/field/{phone.task}", phone.opened.address):
        assert "<img src=x" not in phone.browser.get(address).get_data(as_text=True)
