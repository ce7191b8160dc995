"""An installation with one mailbox on which faults of mail are played, and what became of the mails there."""

from __future__ import annotations

import hashlib
import io
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select, text

from channels.base import Listens, Parcel
from contactcentre import parcels
from contactcentre.container import Container
from tests.channels.imap_server import PASSWORD, USER
from tests.faults.stage import Stage, stage
from workers import deliver, listener, read
from workers.listener import Held

ACCOUNT = "mail"
#: seconds for which a sub-run waits for what must come
PATIENCE = 60.0
#: a stored mail that is not one which was stored under another series before
OF_ITS_OWN = "coalesce(reason, '') not like 'the same as%'"
_BLOCK = """
[[accounts]]
id = "mail"
channel = "email"
gateway = "mailbox"
address = "{address}"
user = "{user}"
smtp_host = "127.0.0.1"
smtp_security = "none"
smtp_port = {smtp}
per_minute = 6000
hook_secret = "file:sms-front-hook"
{imap}
"""
_IMAP = 'password = "file:mail-password"\nimap_host = "127.0.0.1"\nimap_security = "none"\nimap_port = {port}\n'


@dataclass(frozen=True)
class Office:
    """The installation; its jobs run in this process wherever no worker was started."""

    scene: Stage
    address: str

    @property
    def container(self) -> Container:
        """Its wiring."""
        return self.scene.site.container

    def put(self, content: bytes, key: str, *, series: str = "1") -> None:
        """Let a source hand over one mail."""
        parcels.Inbox(self.container, ACCOUNT).take(Parcel(key, series, io.BytesIO(content)))

    def read_all(self) -> int:
        """Read and apply what waits; returns how many were applied."""
        deliver.use(self.container)
        applied = 0
        while waits := self.count("select count(*) from raw_request where state = 'received'"):
            applied += read.read(ACCOUNT)
            if self.count("select count(*) from raw_request where state = 'received'") == waits:
                break
        return applied

    def count(self, query: str) -> int:
        """Return a number from the database."""
        with self.container.db.reader() as session:
            return int(session.scalar(text(query)) or 0)

    def stored(self) -> Counter[str]:
        """Return how often each content was taken for a mail of its own, by its SHA-256; every one is read back."""
        query = text(f"select sha256 from raw_request where event = 'parcel' and {OF_ITS_OWN} order by id")
        with self.container.db.reader() as session:
            found = Counter(session.scalars(query).all())
        for sha in found:
            assert hashlib.sha256(self.container.files.content(sha)).hexdigest() == sha
        return found

    def states(self) -> dict[str, int]:
        """Return how many stored mails are in which state."""
        query = select(text("state"), text("count(*)")).select_from(text("raw_request")).group_by(text("state"))
        with self.container.db.reader() as session:
            return {str(state): int(number) for state, number in session.execute(query)}

    def messages(self) -> int:
        """Return how many messages came by mail."""
        return self.count("select count(*) from message where direction = 'in' and channel = 'email'")

    def until(self, condition: object, *, seconds: float = PATIENCE) -> bool:
        """Wait until something holds; False where it does not in so many seconds."""
        assert callable(condition)
        until = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > until:
                return False
            time.sleep(0.05)
        return True

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Hold the connection as the listener does, in a thread of this process, with shorter pauses."""
        channel = self.container.accounts[ACCOUNT]
        assert isinstance(channel, Listens)
        before = listener.FIRST_PAUSE, listener.LONGEST_PAUSE
        listener.FIRST_PAUSE = listener.LONGEST_PAUSE = 0.05
        held = Held(self.container, ACCOUNT, channel)
        held.start()
        try:
            yield
        finally:
            held.over.set()
            time.sleep(2.5)  # it looks up from its wait every two seconds
            listener.FIRST_PAUSE, listener.LONGEST_PAUSE = before


@contextmanager
def office(
    folder: Path, *, imap_port: int | None = None, smtp_port: int = 9, address: str = "desk@northport.example"
) -> Iterator[Office]:
    """Set the stage with a mailbox; ``imap_port`` is where its server listens, if it is looked into."""
    imap = _IMAP.format(port=imap_port) if imap_port else ""
    block = _BLOCK.format(address=address, user=USER, smtp=smtp_port, imap=imap)
    with stage(folder, promises=block, doubles=False) as scene:
        (folder / "secrets" / "mail-password").write_text(PASSWORD)
        deliver.use(scene.site.container)
        yield Office(scene, address)


def letter(
    number: int, words: str = "The gutter is choked.", *, sender: str = "", identified: bool = True, **headers: str
) -> bytes:
    """Return a citizen's mail; a header's underscores stand for hyphens."""
    said = {"From": sender or f"Ama Demo <ama{number}@example.com>", "To": "desk@northport.example"}
    said["Subject"] = f"Gutter {number}"
    if identified:
        said["Message-ID"] = f"<{number}@example.com>"
    said |= {name.replace("_", "-"): value for name, value in headers.items()}
    return "\r\n".join([*(f"{name}: {value}" for name, value in said.items()), "", words, ""]).encode()


def digest(content: bytes) -> str:
    """Return what names a content in the file store."""
    return hashlib.sha256(content).hexdigest()
