"""A city with a mailbox, and the mails that come to it as bytes."""

from __future__ import annotations

import io
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from cases.messages import Address
from channels.base import Parcel
from config.settings import Settings
from contactcentre import configurations, parcels
from contactcentre.container import Container
from contactcentre.db import Database
from tests.factories import TEST_CITY
from workers import deliver, read

ACCOUNT, OURS = "mail", "desk@northport.example"
BLOCK = f"""
[[accounts]]
id = "{ACCOUNT}"
channel = "email"
gateway = "mailbox"
address = "{OURS}"
user = "desk"
smtp_host = "127.0.0.1"
smtp_security = "none"
smtp_port = {{port}}
hook_secret = "file:sms-front-hook"
"""


@contextmanager
def mail_city(settings: Settings, db: Database, folder: Path, *, smtp_port: int = 9) -> Iterator[Container]:
    """Give a container on the test city with a mailbox; jobs of this process use it."""
    place = Path(shutil.copytree(TEST_CITY, folder / "city", ignore=shutil.ignore_patterns("__pycache__")))
    desk = place / "departments/front-desk.toml"
    desk.write_text(desk.read_text() + BLOCK.format(port=smtp_port))
    made = Container(replace(settings, config_dir=place, files_dir=folder / "files"))
    made.__dict__["db"] = db
    db.run(lambda uow: configurations.apply(uow.session, folder=place, author="test", reason="test"))
    deliver.use(made)
    try:
        yield made
    finally:
        made.jobs.connection().flushdb()


def raw_mail(
    text: str = "The gutter is choked", *, sender: str = "Ama Demo <ama@example.com>", **headers: str
) -> bytes:
    """Return a mail's bytes; a header's underscores stand for hyphens."""
    said = {"From": sender, "To": OURS, "Subject": "Gutter", "Message-ID": "<1@example.com>"}
    said |= {name.replace("_", "-"): value for name, value in headers.items()}
    lines = [f"{name}: {value}" for name, value in said.items() if value]
    return "\r\n".join([*lines, "", text, ""]).encode()


def put(container: Container, content: bytes, key: str = "1.1", *, series: str = "1", whole: bool = True) -> None:
    """Let a source hand over one mail."""
    parcels.Inbox(container, ACCOUNT).take(Parcel(key, series, io.BytesIO(content), whole=whole))


def read_all() -> int:
    """Let a worker read what waits; returns how many were applied."""
    return read.read(ACCOUNT)


def address(value: str) -> Address:
    """Return a citizen's mail address."""
    from cases.messages import AddressKind

    return Address(AddressKind.EMAIL, value)
