"""A city with an account of letters whose scanner is a folder, and a mailbox that a scanner writes to."""

from __future__ import annotations

import io
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from channels.base import SCANS, Parcel
from config.settings import Settings
from contactcentre import configurations, parcels
from contactcentre.container import Container
from contactcentre.db import Database
from contactcentre.simulator import sheets
from tests.factories import TEST_CITY
from workers import deliver, read
from workers import letters as worker

ACCOUNT, MAILBOX, DEVICE = "letters", "mail", "device@northport.example"
KEY = b"sms-front-hook"
BLOCK = f"""
[[accounts]]
id = "{ACCOUNT}"
channel = "letters"
gateway = "paper"
address = "P.O. Box 1, Northport"
stable_seconds = 1
hook_secret = "file:sms-front-hook"
folder = "{{folder}}"

[[accounts]]
id = "{MAILBOX}"
channel = "email"
gateway = "mailbox"
address = "desk@northport.example"
user = "desk"
smtp_host = "127.0.0.1"
smtp_security = "none"
smtp_port = 9
hook_secret = "file:sms-front-hook"
scanner = "{DEVICE}"
scans_to = "{ACCOUNT}"
"""


@contextmanager
def letter_city(settings: Settings, db: Database, folder: Path) -> Iterator[Container]:
    """Give a container on the test city with letters; jobs of this process use it."""
    place = Path(shutil.copytree(TEST_CITY, folder / "city", ignore=shutil.ignore_patterns("__pycache__")))
    desk = place / "departments/front-desk.toml"
    desk.write_text(desk.read_text() + BLOCK.format(folder=folder / "scans"))
    made = Container(replace(settings, config_dir=place, files_dir=folder / "files"))
    made.__dict__["db"] = db
    db.run(lambda uow: configurations.apply(uow.session, folder=place, author="test", reason="test"))
    deliver.use(made)
    try:
        yield made
    finally:
        made.jobs.connection().flushdb()


def put(container: Container, content: bytes, name: str = "scan.pdf", *, key: str = "", single: bool = False) -> None:
    """Let a scan be stored, as the desk does with one that somebody uploads."""
    parcel = Parcel(key or name, SCANS, io.BytesIO(content), name=name, came_by="upload", single=single)
    parcels.Inbox(container, ACCOUNT).take(parcel)


def read_all() -> tuple[int, int]:
    """Let a worker read what waits; returns how many scans were applied and how many pages read."""
    return read.read(ACCOUNT), worker.pages(worker.KEY)


def typed(*letters: str, covers: tuple[str, ...] = (), turned: int = 0, slant: float = 0.0) -> bytes:
    """Return a scan of letters, a cover sheet with a code before each where codes are given."""
    laid: list[sheets.Sheet] = []
    for number, words in enumerate(letters):
        laid += [sheets.cover(covers[number], number)] if covers else []
        laid += sheets.typed(words)
    return sheets.as_pdf(sheets.lying(laid, turned=turned, slant=slant))
