"""A mail on the desk: what it says beside its words, all of its text, how it was sent, its bytes, its files."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from html import unescape
from pathlib import Path

import pytest
from sqlalchemy import select, update

from cases import receipts, replies
from cases.messages import DeliveryReport, DeliveryStatus
from cases.models import Case, Message, Read
from config.settings import Settings
from contactcentre.container import Container
from contactcentre.db import Database
from tests.integration.mailboxes import ACCOUNT, mail_city
from tests.web.conftest import Browser, Opened
from tests.web.mailed import comes, is_taken_in, letter
from tests.web.test_page_budgets import MOST_BYTES, MOST_STATEMENTS, statements

Agents = Callable[..., Browser]


@pytest.fixture
def container(settings: Settings, db: Database, tmp_path: Path) -> Iterator[Container]:
    with mail_city(settings, db, tmp_path) as made:
        yield made


def mail_address(opened: Opened, part: str = "") -> str:
    return f"{opened.address}/mail/{opened.message_id}{part}"


def text_of(page: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


def test_a_timeline_tells_all_of_a_mail(agent: Agents, container: Container) -> None:
    opened = comes(container, letter("The gutter is choked\n\nOn Monday you wrote:\n> an old story"))
    page = agent().get(opened.address).get_data(as_text=True)
    said = text_of(page)
    assert "Ama Demo < ama@example.com > to desk@northport.example , copy to kofi@example.org" in said
    assert "an old story" not in page and f'hx-get="{mail_address(opened)}"' in page
    assert "map.png" in page and "plan.pdf" in page
    assert f'src="{mail_address(opened, "/page")}"' in page and "sandbox=" in page and "allow-scripts" not in page
    assert "Re: Gutter [" in said and "Northport" in said, "the acknowledgement has its subject and signature"


def test_the_whole_text_is_one_step_away(agent: Agents, container: Container) -> None:
    opened = comes(container, letter("The gutter is choked\n\nOn Monday you wrote:\n> an old story"))
    page = agent().get(mail_address(opened)).get_data(as_text=True)
    assert "an old story" in page and 'class="choice mail-whole"' in page


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ({"genuine": True}, "Sender's domain is genuine"),
        ({"genuine": False}, "Sender's domain is not genuine"),
        ({"forged": True}, "It came to an address that we did not sign"),
        ({"cut": True}, "Too large: only its beginning is here"),
        ({"automatic": "Auto-Submitted: auto-replied"}, "Automatic Auto-Submitted: auto-replied"),
    ],
)
def test_marks_say_what_is_known_of_it(
    said: dict[str, object], shown: str, agent: Agents, container: Container, db: Database
) -> None:
    plain = is_taken_in(container, db, "The light is out", sender="kofi@example.org")
    opened = is_taken_in(container, db, "The gutter is choked", **said)
    browser = agent()
    assert shown in text_of(browser.get(opened.address).get_data(as_text=True))
    assert shown not in text_of(browser.get(plain.address).get_data(as_text=True))


def test_its_html_is_a_page_that_may_do_nothing(agent: Agents, container: Container) -> None:
    opened = comes(container, letter())
    answer = agent().get(mail_address(opened, "/page"))
    page, policy = answer.get_data(as_text=True), answer.headers["Content-Security-Policy"]
    assert policy.startswith("sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; img-src data:;")
    assert "unsafe" not in policy and "script-src" not in policy and "http" not in policy
    assert answer.headers["X-Frame-Options"] == "SAMEORIGIN" and answer.headers["Referrer-Policy"] == "no-referrer"
    assert "<b>is choked</b>" in page and 'data-to="evil.example"' in page
    assert "1 picture from elsewhere is not shown" in page and "track.example" not in page
    assert "data:image/png;base64," in page and "ran=1" not in page


def test_pictures_from_elsewhere_only_when_asked_for(agent: Agents, container: Container, db: Database) -> None:
    html = '<img src="https://x.example/a.png"><img src="http://x.example/b.png">'
    opened = is_taken_in(container, db, "Hello", html=html)
    browser = agent()
    assert "x.example" not in browser.get(mail_address(opened, "/page")).get_data(as_text=True)
    for nonsense in ("no", "1", "yes;"):
        answer = browser.get(mail_address(opened, f"/page?pictures={nonsense}"))
        assert "https:" not in answer.headers["Content-Security-Policy"]
    answer = browser.get(mail_address(opened, "/page?pictures=yes"))
    assert "img-src data: https:;" in answer.headers["Content-Security-Policy"]
    page = answer.get_data(as_text=True)
    assert "https://x.example/a.png" in page and "http://x.example" not in page
    assert "may learn that it was read" in page


def test_its_bytes_are_kept_and_only_to_keep(agent: Agents, container: Container, db: Database) -> None:
    content = letter()
    opened = comes(container, content)
    browser = agent()
    answer = browser.get(mail_address(opened, "/original"))
    how = answer.headers["Content-Disposition"]
    assert answer.data == content
    assert how.startswith("attachment;") and ".eml" in how
    assert answer.mimetype == "application/octet-stream" and answer.headers["X-Content-Type-Options"] == "nosniff"
    with db.reader() as session:
        read = session.scalars(select(Read).where(Read.kind == "mail")).one()
    assert read.item_id == opened.message_id


def test_who_may_not_read_the_case_reads_no_part_of_its_mail(agent: Agents, container: Container, db: Database) -> None:
    opened = comes(container, letter())
    db.run(lambda uow: setattr(uow.session.get_one(Case, opened.id), "department", "front-desk"))
    own, other = agent(("agent", "front-desk")), agent(("agent", "harbour-works"), name="Kojo")
    for part in ("", "/page", "/original"):
        assert own.get(mail_address(opened, part)).status_code == 200
        assert other.get(mail_address(opened, part)).status_code == 404
        assert agent(("editor", "*"), name="Efua").get(mail_address(opened, part)).status_code == 403


def test_a_mail_is_shown_in_its_own_case_alone(agent: Agents, container: Container, db: Database) -> None:
    mine = is_taken_in(container, db, "The gutter is choked")
    other = is_taken_in(container, db, "The light is out", sender="kofi@example.org")
    wrong = Opened(mine.id, mine.reference, other.message_id)
    for part in ("", "/page", "/original"):
        assert agent().get(mail_address(wrong, part)).status_code == 404


def test_a_mail_without_html_or_bytes_has_no_such_page(agent: Agents, container: Container, db: Database) -> None:
    opened = is_taken_in(container, db, "The gutter is choked")
    browser = agent()
    assert browser.get(mail_address(opened)).status_code == 200
    assert [browser.get(mail_address(opened, part)).status_code for part in ("/page", "/original")] == [404, 404]
    assert "As it was sent" not in browser.get(opened.address).get_data(as_text=True)


def test_a_mail_that_came_back_says_why_on_the_message(agent: Agents, container: Container, db: Database) -> None:
    opened = is_taken_in(container, db, "The gutter is choked")
    browser = agent()
    how = {"city": container.city, "reference": opened.reference, "text": "We come."}
    sent = db.run(lambda uow: replies.reply(uow.session, browser.viewer, **how).id)  # type: ignore[arg-type]
    db.run(lambda uow: uow.session.execute(update(Message).where(Message.id == sent).values(external_id="x@ours")))
    report = DeliveryReport(ACCOUNT, "x@ours", DeliveryStatus.FAILED, "The citizen's mailbox is full.")
    db.run(lambda uow: receipts.apply(uow.session, report, at=uow.session.get_one(Message, sent).created_at))
    page = browser.get(opened.address).get_data(as_text=True)
    (article,) = (
        one for one in re.findall(r'<article class="msg msg-out.*?</article>', page, re.DOTALL) if "We come." in one
    )
    assert "Not delivered" in article and "The citizen&#39;s mailbox is full." in article


def test_a_page_full_of_long_mails_keeps_its_budgets(agent: Agents, container: Container, db: Database) -> None:
    opened = is_taken_in(container, db, "The gutter is choked")
    for number in range(12):
        is_taken_in(container, db, f"It smells {number} " + "and smells " * 5_000, html="<p>It smells " * 2_000)
    browser = agent()
    browser.get("/desk")  # what follows the configuration has asked already
    with statements(db) as asked:
        page = browser.get(opened.address).data
    assert b"It smells 11" in page
    assert len(asked) <= MOST_STATEMENTS, "\n".join(one[:70] for one in asked)
    assert len(page) <= MOST_BYTES
