"""Mails as a desk gets them: bytes that are read as in the product, or values where there are thousands."""

from __future__ import annotations

import base64
import io
from email.message import EmailMessage
from itertools import count
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from cases import intake
from cases.messages import InboundMessage, Mail
from cases.models import Case, Message
from contactcentre.db import Database
from tests.integration.mailboxes import ACCOUNT, OURS, address, put, read_all
from tests.web.conftest import Opened

if TYPE_CHECKING:
    from contactcentre.container import Container

AMA = "ama@example.com"
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
HTML = (
    '<p>The gutter <b>is choked</b>, see <a href="https://www.assembly.example@evil.example/x">assembly.example</a></p>'
    '<img src="cid:map@x"><img src="http://track.example/p.gif"><script>window.ran=1</script>'
)
_numbers = count(1)


def letter(text: str = "The gutter is choked", *, html: str = HTML, sender: str = AMA, **headers: str) -> bytes:
    """Return a mail with HTML, a picture that it shows in place, and a file."""
    made = EmailMessage()
    said = {"From": f"Ama Demo <{sender}>", "To": OURS, "Cc": "kofi@example.org", "Subject": "Gutter"}
    for name, value in {**said, "Message-ID": f"<{next(_numbers)}@example.com>", **headers}.items():
        made[name.replace("_", "-")] = value
    made.set_content(text)
    if html:
        made.add_alternative(html, subtype="html")
        made.get_payload()[1].add_related(PNG, "image", "png", cid="<map@x>", filename="map.png")  # type: ignore[index, union-attr]
    made.add_attachment(b"%PDF-1.4 a plan", maintype="application", subtype="pdf", filename="plan.pdf")
    return made.as_bytes()


def comes(container: Container, content: bytes) -> Opened:
    """Let a mail come and be read; returns the case of the newest message."""
    put(container, content, f"1.{next(_numbers)}")
    assert read_all() == 1
    with container.db.reader() as session:
        message = session.scalars(select(Message).where(Message.direction == "in").order_by(Message.id.desc())).first()
        case = session.scalars(select(Case).order_by(Case.id.desc())).first()
        assert message is not None and case is not None
        return Opened(case.id, case.reference, message.id)


def is_taken_in(
    container: Container, db: Database, text: str, *, html: str = "", files: Any = (), **said: Any
) -> Opened:
    """Take a mail in as a channel would have understood it."""
    number, sender = next(_numbers), said.pop("sender", AMA)
    kept = container.files.keep(io.BytesIO(html.encode()), largest=10_000_000).sha256 if html else ""
    mail = Mail(**{"identifier": f"{number}@example.com", "subject": "Gutter", "html": kept, **said})
    message = InboundMessage(ACCOUNT, "email", address(sender), OURS, text, None, files=tuple(files), mail=mail)

    def work(uow: Any) -> Opened:
        received = intake.receive(uow.session, message, city=container.city)
        case = uow.session.get_one(Case, received.case_id)
        return Opened(case.id, case.reference, received.message_id)

    return db.run(work)
