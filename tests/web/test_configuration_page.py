"""The configuration on pages: changed, sent, looked at first, and what was looked at is what is activated."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from html import unescape
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import func, select, update

from cases.models import ConfigurationDraft
from contactcentre import configurations
from contactcentre.db import Database
from tests import factories
from tests.web.conftest import Browser, Opened

if TYPE_CHECKING:
    from contactcentre.container import Container

Agents = Callable[..., Browser]
PAGE = "/admin/configuration"
WORKS, FRONT = "departments/harbour-works.toml", "departments/front-desk.toml"


@pytest.fixture
def admin(agent: Agents, container: Container) -> Browser:
    assert container.city.version == 1
    return agent(("administrator", "*"), name="Esi")


def active(db: Database) -> configurations.Version:
    with db.reader() as session:
        found = configurations.active(session)
        assert found is not None
        return found


def drafts(db: Database) -> int:
    with db.reader() as session:
        return session.scalar(select(func.count()).select_from(ConfigurationDraft)) or 0


def follow(browser: Browser, answer: Any) -> str:
    """Go where a form has led; returns the address."""
    assert answer.status_code == 303, browser.page
    browser.get(answer.location)
    return str(answer.location)


def edit(browser: Browser, db: Database, name: str, before: str, after: str) -> str:
    """Change a file in the browser; returns the address of the draft."""
    browser.get(f"{PAGE}/file?name={name}")
    text = active(db).raw[name].replace(before, after)
    return follow(browser, browser.send(f"{PAGE}/file", text=text.replace("\n", "\r\n")))


def add_department(browser: Browser, name: str = "Toy library", key: str = "toy-library") -> str:
    browser.get(f"{PAGE}/department?name={name}&department={key}")
    found = re.search(r"<textarea[^>]*>\n(.*?)</textarea>", browser.page, re.DOTALL)
    assert found
    return follow(browser, browser.send(f"{PAGE}/file", name=f"departments/{key}.toml", text=unescape(found.group(1))))


def test_a_department_is_added_looked_at_and_activated(admin: Browser, db: Database, container: Container) -> None:
    admin.get(PAGE)
    assert "harbour-works.toml" in admin.page
    address = add_department(admin)
    assert "Nothing has been changed yet" in admin.page
    assert "+name = &#34;Toy library&#34;" in admin.page
    assert active(db).number == 1
    assert admin.send(f"{address}/activate", reason="").status_code == 422
    assert "Say why" in admin.page
    assert follow(admin, admin.send(f"{address}/activate", reason="A new house")).endswith("saved=2")
    assert "Version 2 is active" in admin.page
    assert "A new house" in admin.page
    assert "Esi (agent:" in admin.page
    assert "departments/toy-library.toml" in active(db).raw
    container._follower.refresh()
    assert container.city.departments["toy-library"].name == "Toy library"
    assert drafts(db) == 0
    assert admin.get(address).status_code == 404


def test_every_fault_is_named_with_its_file_and_key_and_mended_in_the_draft(admin: Browser, db: Database) -> None:
    address = edit(admin, db, WORKS, 'family = "service"', 'family = "servis"\npublished = "yes"')
    assert "2 faults" in admin.page
    assert f'<a href="{PAGE}/file?name={WORKS}&amp;draft=' in admin.page
    assert "<code>services[1].family</code>" in admin.page
    assert f'action="{address}/activate"' not in admin.page
    assert active(db).number == 1
    admin.get(f"{PAGE}/file?name={WORKS}&draft={address.rpartition('/')[2]}")
    assert "2 faults in this file" in admin.page
    text = active(db).raw[WORKS].replace("Burst water main", "Burst main")
    mended = follow(admin, admin.send(f"{PAGE}/file", text=text))
    assert "faults" not in admin.page.partition("What would change")[0]
    assert admin.get(address).status_code == 404, "the mended draft took its place"
    admin.get(mended)
    follow(admin, admin.send(f"{mended}/activate", reason="Shorter"))
    assert "Burst main" in active(db).raw[WORKS]


def test_a_draft_with_faults_is_refused_whatever_is_sent(admin: Browser, db: Database) -> None:
    address = edit(admin, db, WORKS, 'family = "service"', 'family = "servis"')
    with db.reader() as session:
        shown = session.scalar(select(ConfigurationDraft.hash))
    fields = {**admin.fields(f"{address}/discard"), "hash": shown, "reason": "All the same"}
    assert admin.client.post(f"{address}/activate", data=fields).status_code == 422
    assert active(db).number == 1


def test_examples_that_would_go_elsewhere_are_told_apart(admin: Browser, db: Database) -> None:
    edit(admin, db, WORKS, 'text = "Water on the quay"', 'text = "Water on the quay"\nurgent = true')
    assert "Examples that would go elsewhere" in admin.page
    assert "examples[1].urgent" in admin.page


def test_browsers_line_ends_are_not_a_change(admin: Browser, db: Database) -> None:
    admin.get(f"{PAGE}/file?name={WORKS}")
    text = active(db).raw[WORKS]
    assert admin.send(f"{PAGE}/file", text=text.replace("\n", "\r\n")).status_code == 422
    assert "Nothing would change" in admin.page
    assert drafts(db) == 0


def test_what_work_would_lose_is_said_beforehand(admin: Browser, db: Database, say: Callable[..., Opened]) -> None:
    say("Good morning")
    admin.get(f"{PAGE}/file?name={FRONT}")
    address = follow(admin, admin.send(f"{PAGE}/file/remove"))
    assert "front-desk.toml: is missing, but 1 cases there are not closed" in unescape(admin.page)
    assert "account sms-front: is missing, but 1 messages wait to leave by it" in unescape(admin.page)
    assert "Removed" in admin.page
    assert f'action="{address}/activate"' not in admin.page


def test_going_back_says_beforehand_what_it_would_lose(
    admin: Browser, db: Database, container: Container, say: Callable[..., Opened]
) -> None:
    address = add_department(admin)
    follow(admin, admin.send(f"{address}/activate", reason="A new house"))
    container._follower.refresh()
    say("May I visit the toy library?", account="sms-front")
    admin.get("/admin/versions/1")
    shown = unescape(admin.page)
    assert "departments/toy-library.toml: is missing, but 1 cases there are not closed" in shown
    assert 'action="/admin/versions/1/activate"' not in shown


def test_what_it_touches_is_counted(admin: Browser, db: Database, say: Callable[..., Opened]) -> None:
    say("The gutter is choked")
    say("A toy library, please", sender=factories.phone(2))
    edit(admin, db, "organisation.toml", "first_response = { amount = 24", "first_response = { amount = 12")
    assert re.search(r'<th scope="row">Front desk</th><td>First response</td>', admin.page)
    add_department(admin)
    assert "Of the last 2 messages that opened a case, 1 would go elsewhere" in admin.page
    moving = r"From: </span>Front desk</td><td><span class=\"narrow\">To: </span>Toy library</td>"
    assert re.search(moving, admin.page)


def test_an_administrator_sees_counts_and_who_may_read_sees_references(
    agent: Agents, admin: Browser, say: Callable[..., Opened]
) -> None:
    opened = say("Where is the toy library?")
    written = f"{opened.reference[:4]}-{opened.reference[4:]}"
    add_department(admin)
    assert "Of the last 1 messages that opened a case, 1 would go elsewhere" in admin.page
    assert written not in admin.page
    both = agent(("administrator", "*"), ("supervisor", "*"), name="Ama")
    add_department(both)
    assert written in both.page
    elsewhere = agent(("administrator", "*"), ("supervisor", "harbour-works"), name="Kofi")
    add_department(elsewhere)
    assert written not in elsewhere.page


def test_confidential_words_are_no_material_for_trying_rules(
    admin: Browser, db: Database, say: Callable[..., Opened]
) -> None:
    from cases.models import Case

    opened = say("Where is the toy library?")
    db.run(lambda uow: uow.session.execute(update(Case).where(Case.id == opened.id).values(confidential=True)))
    add_department(admin)
    assert "No message of the last 30 days has opened a case" in admin.page


def test_a_draft_is_its_owners_and_ends(agent: Agents, admin: Browser, db: Database) -> None:
    address = add_department(admin)
    other = agent(("administrator", "*"), name="Ama")
    assert other.get(address).status_code == 404
    assert other.get(f"{address}.diff").status_code == 404
    admin.get(address)
    fields = admin.fields(f"{address}/activate")
    mine = {**fields, "csrf": token(other), "reason": "Not mine"}
    assert other.client.post(f"{address}/activate", data=mine).status_code == 404
    assert active(db).number == 1
    past = update(ConfigurationDraft).values(expires_at=func.now())
    db.run(lambda uow: uow.session.execute(past))
    assert admin.get(address).status_code == 404
    add_department(admin)
    assert drafts(db) == 1, "those past their time are gone"


def token(browser: Browser) -> str:
    browser.get(PAGE)
    return browser.fields(f"{PAGE}/files")["csrf"]


def test_what_was_not_looked_at_is_not_activated(admin: Browser, db: Database) -> None:
    address = add_department(admin)
    other = "0" * 64
    assert admin.send(f"{address}/activate", reason="Why not", hash=other).status_code == 409
    assert "not the files that you have looked at" in admin.page
    swapped = {"files": {**active(db).raw, FRONT: "name = 'Else'"}}
    db.run(lambda uow: uow.session.execute(update(ConfigurationDraft).values(content=swapped)))
    admin.get(address)
    assert "activate" not in re.findall(r'action="[^"]*/(\w+)"', admin.page)


def test_no_more_than_ten_drafts_are_kept(admin: Browser, db: Database) -> None:
    for number in range(11):
        add_department(admin, key=f"toys{number}")
    assert drafts(db) == 10


def test_the_loser_of_two_is_told_and_carries_the_change_over(admin: Browser, agent: Agents, db: Database) -> None:
    other = agent(("administrator", "*"), name="Ama")
    mine = add_department(admin)
    theirs = edit(other, db, WORKS, 'name = "Harbour works"', 'name = "Harbour and water"')
    follow(other, other.send(f"{theirs}/activate", reason="Renamed"))
    assert admin.send(f"{mine}/activate", reason="New").status_code == 409
    assert "Somebody else has changed the configuration meanwhile" in admin.page
    assert "Version 2 is active by now" in admin.page
    carried = follow(admin, admin.send(f"{mine}/carry"))
    follow(admin, admin.send(f"{carried}/activate", reason="New"))
    made = active(db)
    assert made.number == 3
    assert made.parent == 2
    assert "Harbour and water" in made.raw[WORKS]
    assert "departments/toy-library.toml" in made.raw


def test_changes_of_the_same_file_are_for_a_person_to_join(admin: Browser, agent: Agents, db: Database) -> None:
    other = agent(("administrator", "*"), name="Ama")
    mine = edit(admin, db, WORKS, 'short_name = "Harbour"', 'short_name = "Works"')
    theirs = edit(other, db, WORKS, 'name = "Harbour works"', 'name = "Harbour and water"')
    follow(other, other.send(f"{theirs}/activate", reason="Renamed"))
    admin.get(mine)
    assert admin.send(f"{mine}/carry").status_code == 409
    assert f"Version 2 has changed the same files as this draft: {WORKS}" in admin.page
    assert active(db).number == 2


def zipped(files: dict[str, str]) -> io.BytesIO:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    made.seek(0)
    return made


def test_the_folder_comes_back_as_an_archive_and_knows_what_it_began_with(
    admin: Browser, agent: Agents, db: Database
) -> None:
    given = admin.client.get("/admin/versions/1.zip").data
    with zipfile.ZipFile(io.BytesIO(given)) as archive:
        files = {name: archive.read(name).decode() for name in archive.namelist()}
    other = agent(("administrator", "*"), name="Ama")
    theirs = edit(other, db, WORKS, 'name = "Harbour works"', 'name = "Harbour and water"')
    follow(other, other.send(f"{theirs}/activate", reason="Renamed"))
    files[FRONT] = files[FRONT].replace('name = "Front desk"', 'name = "Front office"')
    admin.get(PAGE)
    sent = admin.send(f"{PAGE}/archive", archive=(zipped(files), "city.zip"), holds="whole")
    address = follow(admin, sent)
    assert "Version 2 is active by now" in admin.page
    assert "Harbour and water" not in admin.page, "what others did since is no part of this change"
    carried = follow(admin, admin.send(f"{address}/carry"))
    follow(admin, admin.send(f"{carried}/activate", reason="Front office"))
    made = active(db).raw
    assert "Harbour and water" in made[WORKS]
    assert "Front office" in made[FRONT]


def test_an_archive_may_hold_some_files_or_all(admin: Browser, db: Database) -> None:
    changed = active(db).raw[FRONT].replace('name = "Front desk"', 'name = "Front office"')
    admin.get(PAGE)
    follow(admin, admin.send(f"{PAGE}/archive", archive=(zipped({FRONT: changed}), "a.zip"), holds="some"))
    assert "Front office" in admin.page
    assert "Removed" not in admin.page
    admin.get(PAGE)
    follow(admin, admin.send(f"{PAGE}/archive", archive=(zipped({FRONT: changed}), "a.zip"), holds="whole"))
    assert "organisation.toml" in admin.page
    assert "is missing; every city needs it" in admin.page


def test_single_files_are_sent_and_every_fault_of_them_is_said_at_once(admin: Browser, db: Database) -> None:
    admin.get(PAGE)
    files = [(io.BytesIO(b"\x00"), "a.toml"), (io.BytesIO(b"x"), "b.txt")]
    assert admin.send(f"{PAGE}/files", files=files, folder="departments").status_code == 422
    assert "departments/a.toml: (file): is no text" in admin.page
    assert "departments/b.txt: (file): is not read; allowed: organisation.toml" in admin.page
    assert admin.send(f"{PAGE}/files", folder="departments").status_code == 422
    assert "Choose a file to send" in admin.page
    assert admin.send(f"{PAGE}/archive", archive=(io.BytesIO(b"no"), "a.zip")).status_code == 422
    assert "no zip archive that can be read" in admin.page
    places = (io.BytesIO(b"name,kind\nQuay,city\n"), "quays.csv")
    follow(admin, admin.send(f"{PAGE}/files", files=[places], folder="departments"))
    assert "places/quays.csv" in admin.page
    assert drafts(db) == 1


def test_a_form_sent_twice_makes_one_draft(admin: Browser, db: Database) -> None:
    admin.get(PAGE)
    fields = {**admin.fields(f"{PAGE}/files"), "folder": "departments"}

    def send(text: bytes) -> Any:
        data = {**fields, "files": (io.BytesIO(text), "toys.toml")}
        return admin.client.post(f"{PAGE}/files", data=data)

    first, again = send(b'name = "Toys"'), send(b'name = "Toys"')
    assert first.location == again.location
    assert send(b'name = "Other"').status_code == 422, "another file is another request"
    assert drafts(db) == 1


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("name=Toys&department=Toy%20Library", "The key &#39;Toy Library&#39; is not allowed; write small letters"),
        ("name=&department=toys", "Write the department&#39;s name"),
        ("name=Toys&department=front-desk", "departments/front-desk.toml is there already"),
    ],
)
def test_a_department_that_cannot_be_named_so(admin: Browser, query: str, said: str) -> None:
    assert admin.get(f"{PAGE}/department?{query}").status_code == 422
    assert said in admin.page


def test_a_draft_is_thrown_away(admin: Browser, db: Database) -> None:
    address = add_department(admin)
    admin.get(PAGE)
    assert "Draft 1, " in admin.page
    assert '<span class="soft">departments/toy-library.toml</span>' in admin.page
    admin.get(address)
    follow(admin, admin.send(f"{address}/discard"))
    assert drafts(db) == 0
    assert "Your drafts" not in admin.page


def test_who_may_not_and_what_is_not_there(admin: Browser, agent: Agents) -> None:
    for role in ("supervisor", "agent", "auditor"):
        other = agent((role, "*"), name=role)
        for path in ("", "/file?name=organisation.toml", "/department?name=a&department=a", "/drafts/1"):
            assert other.get(f"{PAGE}{path}").status_code == 403
    for path in ("/file?name=departments/none.toml", "/file?name=../../etc/passwd", "/drafts/1", "/drafts/1.diff"):
        assert admin.get(f"{PAGE}{path}").status_code == 404
