"""A city with an account of letters, whose jobs run in this process."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from sqlalchemy import select

from cases import intake, replies
from cases.messages import Address, AddressKind, InboundMessage
from cases.models import Case, LetterRow
from cases.permissions import Viewer
from config.settings import Settings
from contactcentre import configurations
from contactcentre.container import Container
from contactcentre.db import Database
from contactcentre.letters import setting
from tests.factories import TEST_CITY
from workers import deliver

ACCOUNT = "paper"
HOME = "Araba Demo\nP.O. Box TK 418\nNorthport"
BLOCK = f"""
[[accounts]]
id = "{ACCOUNT}"
channel = "letters"
gateway = "paper"
address = "P.O. Box 9, Northport"
letterhead = \"\"\"
City of Northport
P.O. Box 9, Northport
Telephone 09 555 0100\"\"\"
hook_secret = "file:sms-front-hook"
"""


@contextmanager
def paper_city(settings: Settings, db: Database, folder: Path) -> Iterator[Container]:
    """Give a container on the test city with an account of letters; jobs of this process use it."""
    place = Path(shutil.copytree(TEST_CITY, folder / "city", ignore=shutil.ignore_patterns("__pycache__")))
    desk = place / "departments/front-desk.toml"
    desk.write_text(desk.read_text() + BLOCK)
    made = Container(replace(settings, config_dir=place, files_dir=folder / "files"))
    made.__dict__["db"] = db
    db.run(lambda uow: configurations.apply(uow.session, folder=place, author="test", reason="test"))
    deliver.use(made)
    try:
        yield made
    finally:
        made.jobs.connection().flushdb()


def written_to(container: Container, text: str = "The gutter is choked", *, home: str = HOME) -> Case:
    """Take a letter of a citizen in, as if it had been keyed; returns its case."""
    message = InboundMessage(ACCOUNT, "letters", Address(AddressKind.POSTAL, home), "", text, external_id=None)

    def work(uow: object) -> Case:
        session = uow.session  # type: ignore[attr-defined]
        received = intake.receive(session, message, city=container.city)
        return session.get_one(Case, received.case_id)  # type: ignore[no-any-return]

    return container.db.run(work)


def answered(container: Container, viewer: Viewer, case: Case, text: str = "Our crew comes on Tuesday.") -> LetterRow:
    """Answer a case by letter and let the worker do its part; returns the letter, set for print."""
    how = {"city": container.city, "reference": case.reference, "text": text}
    message = container.db.run(lambda uow: replies.reply(uow.session, viewer, **how).id)  # type: ignore[arg-type]
    assert deliver.drain(ACCOUNT) == 1
    assert setting.set_waiting(container) == 1
    with container.db.reader() as session:
        return session.scalars(select(LetterRow).where(LetterRow.message_id == message)).one()
