"""An IMAP server for mails too large to be held anywhere: they are made piece by piece as they are asked for."""

from __future__ import annotations

import re
import socket
from contextlib import suppress
from dataclasses import dataclass

from tests.faults.door import Door

_FETCH = re.compile(rb"BODY\.PEEK\[\]<(\d+)\.(\d+)>", re.IGNORECASE)
_LINE = b"QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9wcXJzdHV2d3h5ejAxMjM0NTY3\r\n"


@dataclass(frozen=True)
class Giant:
    """A mail with one attachment. ``told``: the size that the server says, which may be a lie."""

    head: bytes
    size: int
    told: int

    def piece(self, begin: int, wanted: int) -> bytes:
        """Return some of its bytes."""
        end = min(begin + wanted, self.size)
        if begin >= end:
            return b""
        first = (begin - len(self.head)) // len(_LINE) if begin > len(self.head) else 0
        start = len(self.head) + first * len(_LINE)
        body = _LINE * ((end - start) // len(_LINE) + 2)
        return self.head[begin:end] + body[max(0, begin - start) : max(0, end - start)]


def giant(number: int, size: int, *, told: int | None = None) -> Giant:
    """Make one of so many bytes."""
    lines = (
        f"From: Ama Demo <ama{number}@example.com>", "To: desk@northport.example", f"Subject: Pictures {number}",
        f"Message-ID: <giant{number}@example.com>", "MIME-Version: 1.0", 'Content-Type: multipart/mixed; boundary="b"',
        "", "--b", "Content-Type: text/plain", "", f"See the pictures, {number}.", "--b",
        "Content-Type: image/png", "Content-Transfer-Encoding: base64",
        'Content-Disposition: attachment; filename="a.png"', "", "",
    )  # fmt: skip
    return Giant("\r\n".join(lines).encode(), size, size if told is None else told)


class GiantServer(Door):
    """The server. ``mails`` by number in the inbox; ``moved``: folder → numbers that were put there."""

    def __init__(self) -> None:
        super().__init__()
        self.mails: dict[int, Giant | bytes] = {}
        self.moved: dict[str, list[int]] = {}
        self.served = 0

    def serve(self, client: socket.socket) -> None:
        with suppress(OSError, ValueError), client, client.makefile("rb") as lines:
            client.sendall(b"* OK [CAPABILITY IMAP4rev1 MOVE IDLE] ready\r\n")
            for line in lines:
                if line.strip().upper() == b"DONE":
                    continue
                tag, _, rest = line.strip().partition(b" ")
                if rest.upper() == b"IDLE":
                    client.sendall(b"+ idling\r\n")
                    lines.readline()
                else:
                    self._answer(client, rest)
                client.sendall(tag + b" OK done\r\n")

    def _answer(self, client: socket.socket, asked: bytes) -> None:
        words = asked.upper().split()
        name = words[1] if words[0] == b"UID" else words[0]
        if name == b"CAPABILITY":
            client.sendall(b"* CAPABILITY IMAP4rev1 MOVE IDLE\r\n")
        elif name == b"LIST":
            client.sendall(b'* LIST () "/" ' + asked.split(b" ", 2)[2] + b"\r\n")
        elif name == b"SELECT":
            told = (
                b"* FLAGS ()\r\n* %d EXISTS\r\n* 0 RECENT\r\n* OK [UIDVALIDITY 7] valid\r\n* OK [UIDNEXT 99] next\r\n"
            )
            client.sendall(told % len(self.mails))
        elif name == b"SEARCH":
            client.sendall(b"* SEARCH" + b"".join(b" %d" % uid for uid in sorted(self.mails)) + b"\r\n")
        elif name == b"FETCH":
            self._fetch(client, asked)
        elif name == b"MOVE":
            uid, folder = int(words[2]), asked.split(b" ", 3)[3].strip(b'"').decode()
            if self.mails.pop(uid, None) is not None:
                self.moved.setdefault(folder, []).append(uid)

    def _fetch(self, client: socket.socket, asked: bytes) -> None:
        part = _FETCH.search(asked)
        for uid in (int(one) for one in asked.split()[2].split(b",")):
            one = self.mails.get(uid)
            if one is None:
                continue
            if part is None:
                size = len(one) if isinstance(one, bytes) else one.told
                row = b'* %d FETCH (UID %d RFC822.SIZE %d INTERNALDATE "02-Mar-2026 10:00:00 +0000")\r\n'
                client.sendall(row % (uid, uid, size))
                continue
            begin, wanted = int(part[1]), int(part[2])
            piece = one[begin : begin + wanted] if isinstance(one, bytes) else one.piece(begin, wanted)
            self.served += len(piece)
            client.sendall(b"* %d FETCH (UID %d BODY[]<%d> {%d}\r\n" % (uid, uid, begin, len(piece)))
            client.sendall(piece + b")\r\n")
