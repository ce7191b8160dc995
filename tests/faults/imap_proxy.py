"""Stands between us and an IMAP server, passes everything on, and cuts the connection where a plan says."""

from __future__ import annotations

import socket
import threading
import time
from collections import Counter, deque
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field

from tests.faults.door import HOST, Door

#: the command does not reach the server; it does, and no answer comes back; half of the answer does
UNASKED, UNANSWERED, MIDWAY = "unasked", "unanswered", "midway"
#: what we say to a server, each a kind of its own
KINDS = ("CAPABILITY", "LOGIN", "LIST", "SELECT", "SEARCH", "FETCH", "BODY", "MOVE", "IDLE", "DONE", "NOOP")


@dataclass(frozen=True)
class Cut:
    """Cut at the ``nth`` command of a kind within one connection."""

    kind: str
    way: str
    nth: int = 1


def kind_of(line: bytes) -> str:
    """Return which kind a client's line is; FETCH asks what is there, BODY for the mail itself."""
    words = line.upper().split()
    if words[:1] == [b"DONE"]:
        return "DONE"
    word = words[2] if words[1:2] == [b"UID"] and len(words) > 2 else words[1] if len(words) > 1 else b""
    return "BODY" if word == b"FETCH" and b"BODY.PEEK" in line.upper() else word.decode("ascii", "replace")


class Proxy(Door):
    """The proxy. ``target`` is the server's port, and may change; ``plan`` is what is still to be cut, in order;
    ``halts``: seconds between the halves of all that the server says, as a slow network has it.
    """

    def __init__(self, target: int, plan: Iterable[Cut] = (), *, halts: float = 0.0) -> None:
        super().__init__()
        self.target, self.plan, self.halts = target, deque(plan), halts
        self.done: list[Cut] = []

    def serve(self, client: socket.socket) -> None:
        """Pass on what both sides say."""
        try:
            server = socket.create_connection((HOST, self.target), timeout=10)
        except OSError:
            client.close()
            return
        server.settimeout(None)
        line = _Line(self, client, server)
        threading.Thread(target=line.down, daemon=True).start()
        line.up()


@dataclass
class _Line:
    """One connection; ``cutting``: the next answer is not to come back whole."""

    proxy: Proxy
    client: socket.socket
    server: socket.socket
    seen: Counter[str] = field(default_factory=Counter)
    cutting: Cut | None = None

    def up(self) -> None:
        """Pass on what the client says, line by line."""
        with suppress(OSError, ValueError), self.client.makefile("rb") as lines:
            for line in lines:
                found = self._cut_here(kind_of(line))
                if found is not None and found.way == UNASKED:
                    self._end(found)
                    return
                self.cutting = found
                self.server.sendall(line)
        self._close()

    def down(self) -> None:
        """Pass on what the server says."""
        with suppress(OSError):
            while piece := self.server.recv(65536):
                found = self.cutting
                if found is None:
                    self._pass_on(piece)
                    continue
                if found.way == MIDWAY:
                    self.client.sendall(piece[: len(piece) // 2])
                self._end(found)
                return
        self._close()

    def _pass_on(self, piece: bytes) -> None:
        if self.proxy.halts:
            half, piece = piece[: len(piece) // 2], piece[len(piece) // 2 :]
            self.client.sendall(half)
            time.sleep(self.proxy.halts)
        self.client.sendall(piece)

    def _cut_here(self, kind: str) -> Cut | None:
        self.seen[kind] += 1
        one = self.proxy.plan[0] if self.proxy.plan else None
        return one if one is not None and (one.kind, one.nth) == (kind, self.seen[kind]) else None

    def _end(self, found: Cut) -> None:
        self._close()
        self.proxy.plan.popleft()
        self.proxy.done.append(found)

    def _close(self) -> None:
        for one in (self.client, self.server):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
