"""Answering by mail at the desk, without scripts: subject and signature shown, files chosen, sent, taken back."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from html import unescape
from pathlib import Path

import pytest
from sqlalchemy import select

from cases.models import Attachment, MailRow, Message
from cases.replies import LONGEST_MAIL, LONGEST_REPLY
from config.settings import Settings
from contactcentre.container import Container
from contactcentre.db import Database
from tests.integration.mailboxes import mail_city
from tests.web.conftest import Browser, Opened
from tests.web.mailed import PNG, comes, is_taken_in, letter

Agents = Callable[..., Browser]
PDF = b"%PDF-1.4 a permit"


@pytest.fixture
def container(settings: Settings, db: Database, tmp_path: Path) -> Iterator[Container]:
    with mail_city(settings, db, tmp_path) as made:
        yield made


def composer(browser: Browser) -> str:
    found = re.search(r'<section class="composer.*?</section>', browser.page, re.DOTALL)
    assert found
    return found.group()


def sent(db: Database) -> list[tuple[str, list[str]]]:
    """Return what agents wrote, with the names of the files that leave with it."""
    with db.reader() as session:
        found = session.scalars(select(Message).where(Message.agent_id.is_not(None)).order_by(Message.id)).all()
        names = select(Attachment.name).order_by(Attachment.id)
        return [(one.text, list(session.scalars(names.where(Attachment.message_id == one.id)))) for one in found]


def test_it_shows_what_the_mail_will_bear_and_counts_no_parts(
    agent: Agents, container: Container, db: Database, say: Callable[..., Opened]
) -> None:
    opened = is_taken_in(container, db, "The gutter is choked", subject="Re: Choked <gutter>")
    browser = agent()
    browser.get(opened.address)
    shown = composer(browser)
    reference = opened.address.rsplit("/", 1)[1]
    assert f"Re: Choked &lt;gutter&gt; [{reference}]" in shown and "Signature:" in shown
    assert f'data-longest="{LONGEST_MAIL}"' in shown and 'enctype="multipart/form-data"' in shown
    assert "parts," not in shown
    browser.send("/replies", text="We come.", how="send")
    with db.reader() as session:
        heads = session.scalars(select(MailRow.subject).join(Message, Message.id == MailRow.message_id).where(
            Message.agent_id.is_not(None))).all()  # fmt: skip
    assert heads == [f"Re: Choked <gutter> [{reference}]"], "what was shown is what is sent"
    by_phone = say("The light is out")
    browser.get(by_phone.address)
    assert f'data-longest="{LONGEST_REPLY}"' in composer(browser) and "reply-files" not in composer(browser)


def test_files_go_with_the_answer_and_stand_in_the_timeline(agent: Agents, container: Container, db: Database) -> None:
    opened = comes(container, letter())
    browser = agent()
    browser.get(opened.address)
    along = re.search(r'name="along" value="(\d+)"[^>]*><span class="cut">plan.pdf', composer(browser))
    assert along, "a file that came with the mail can be sent along"
    files = [(io.BytesIO(PDF), "permit.pdf"), (io.BytesIO(PNG), "map of it.png")]
    browser.send("/replies", text="See the permit.", how="send", files=files, along=along.group(1))
    assert sent(db) == [("See the permit.", ["permit.pdf", "map of it.png", "plan.pdf"])]
    page = browser.get(opened.address).get_data(as_text=True)
    out = re.findall(r'<article class="msg msg-out.*?</article>', page, re.DOTALL)[-1]
    assert all(name in out for name in ("permit.pdf", "map of it.png", "plan.pdf"))
    answer = browser.send("/undo")
    assert answer.status_code == 303
    assert sent(db) == [("See the permit.", [])]


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ([(b"<html><script>1</script>", "x.html")], "The file x.html cannot be sent. Only pictures"),
        ([(b"", "empty.pdf")], "The file empty.pdf cannot be sent. The file is empty"),
        ([(PDF, f"{number}.pdf") for number in range(11)], "At most 10 files go with one reply"),
    ],
)
def test_what_cannot_be_sent_is_refused_and_the_words_stay(
    files: list[tuple[bytes, str]], says: str, agent: Agents, container: Container, db: Database
) -> None:
    opened = is_taken_in(container, db, "The gutter is choked")
    browser = agent()
    browser.get(opened.address)
    given = [(io.BytesIO(content), name) for content, name in files]
    answer = browser.send("/replies", text="We come.", how="send", files=given)
    assert sent(db) == []
    assert answer.status_code == 422
    assert says in unescape(browser.page) and "were not sent. Choose them again." in browser.page
    assert ">\nWe come.</textarea>" in browser.page


def test_nonsense_in_the_list_of_files_is_refused(agent: Agents, container: Container, db: Database) -> None:
    opened = is_taken_in(container, db, "The gutter is choked")
    browser = agent()
    browser.get(opened.address)
    for nonsense in ("x", "-1", "٤", "9" * 30, "9999"):
        assert browser.send("/replies", text="We come.", how="send", along=nonsense).status_code == 422
    assert sent(db) == []
