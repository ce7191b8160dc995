"""What the gateways saw: a file to which lines are only added, and the newest part of it in memory."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TextIO

from channels.double import LedgerLine

#: messages kept in memory; older ones stay in the file
MOST = 100_000
#: messages that the phone page gets at once
PAGE = 300
#: the state after which none comes, whatever the order of the reports
DELIVERED = "delivered"
_CHANGING = ("state", "answer", "ms", "tries")


@dataclass(slots=True)
class Entry:
    """One message and how far it got. ``direction``: out (to a citizen), in (from one), or refused (never taken).

    ``answer`` is our hook's last HTTP status (0: no answer), ``ms`` how long it took; None before the first try.
    """

    direction: str
    line: LedgerLine
    state: str
    answer: int | None = None
    ms: int | None = None
    tries: int = 0
    change: int = 0

    @property
    def phone(self) -> str:
        """The citizen's number or mail address."""
        return self.line.sender if self.direction == "in" else self.line.recipient

    def message(self) -> dict[str, Any]:
        """Return the message as the simulator's API shows it."""
        line = self.line
        return {
            "id": line.id,
            "account": line.account,
            "gateway": line.gateway,
            "from": line.sender,
            "to": line.recipient,
            "text": line.text,
            "at": line.at.isoformat(),
            "client_reference": line.client_reference,
        }

    def shown(self) -> dict[str, Any]:
        """Return everything, for the phone page and the file."""
        return {
            **self.message(),
            "direction": self.direction,
            **{name: getattr(self, name) for name in _CHANGING},
            "change": self.change,
        }


class Ledger:
    """All messages of all gateways, oldest first. Safe to use from several threads of one process."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.RLock()
        self._entries: dict[str, Entry] = {}
        self._by_phone: dict[str, dict[str, None]] = {}
        self._change = 0
        self._file: TextIO | None = None
        for record in _records(path):
            self._replay(record)

    def add(self, entry: Entry) -> None:
        """Keep a message; it is in the file when this returns."""
        with self._lock:
            self._keep(entry)
            self._write(entry.shown())

    def update(self, line: str, **changes: Any) -> None:
        """Change ``state``, ``answer``, ``ms`` or ``tries`` of a message; one that is no longer in memory is left."""
        with self._lock:
            if line in self._entries:
                self._alter(line, changes)
                self._write({"line": line, **changes})

    def find(self, line: str) -> Entry | None:
        """Return one message."""
        with self._lock:
            return self._entries.get(line)

    def sent(self, *, to: str | None = None, since: datetime | None = None) -> list[dict[str, Any]]:
        """Return what was sent to citizens, oldest first, from the instant ``since`` on."""
        with self._lock:
            return [
                entry.message()
                for entry in self._of(to)
                if entry.direction == "out" and (since is None or entry.line.at >= since)
            ]

    def taken(self, *, account: str) -> list[LedgerLine]:
        """Return what an account sent to citizens, oldest first."""
        with self._lock:
            return [e.line for e in self._of(None) if e.direction == "out" and e.line.account == account]

    def received(self, *, account: str | None = None) -> list[Entry]:
        """Return what citizens sent, oldest first."""
        with self._lock:
            return [e for e in self._of(None) if e.direction == "in" and account in (None, e.line.account)]

    def changed(self, phone: str | None, after: int) -> tuple[list[dict[str, Any]], int]:
        """Return what was added or changed behind ``after``, at most the newest ``PAGE``, and where we are now."""
        found, change = self.entries(phone, after)
        return [entry.shown() for entry in found], change

    def entries(self, phone: str | None, after: int, *, gateway: str | None = None) -> tuple[list[Entry], int]:
        """Return the same as entries, those of one gateway where it is named."""
        with self._lock:
            every = (one for one in self._of(phone) if gateway in (None, one.line.gateway))
            found = [copy(entry) for entry in every if entry.change > after]
            return found[-PAGE:], self._change

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            if self._file is not None:
                self._file.close()
                self._file = None

    def _of(self, phone: str | None) -> Iterator[Entry]:
        if phone is None:
            return iter(self._entries.values())
        return (self._entries[line] for line in self._by_phone.get(phone, ()))

    def _keep(self, entry: Entry) -> None:
        self._change += 1
        entry.change = self._change
        self._entries[entry.line.id] = entry
        self._by_phone.setdefault(entry.phone, {})[entry.line.id] = None
        if len(self._entries) > MOST:
            oldest = self._entries.pop(next(iter(self._entries)))
            self._by_phone[oldest.phone].pop(oldest.line.id)

    def _alter(self, line: str, changes: dict[str, Any]) -> None:
        entry = self._entries[line]
        for name in _CHANGING:
            if name in changes and not (name == "state" and entry.state == DELIVERED):
                setattr(entry, name, changes[name])
        self._change += 1
        entry.change = self._change

    def _replay(self, record: dict[str, Any]) -> None:
        if "line" in record:
            if record["line"] in self._entries:
                self._alter(record["line"], record)
        else:
            self._keep(_entry(record))

    def _write(self, record: dict[str, Any]) -> None:
        if self._file is None:
            self._file = _opened(self._path)
        self._file.write(json.dumps(record, ensure_ascii=False) + "\n")
        self._file.flush()


def _opened(path: Path) -> TextIO:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600), "a", encoding="utf-8")
    if _is_torn(path):  # a kill in the middle of a line: the next one starts afresh
        file.write("\n")
    return file


def _is_torn(path: Path) -> bool:
    with path.open("rb") as file:
        if not file.seek(0, os.SEEK_END):
            return False
        file.seek(-1, os.SEEK_END)
        return file.read(1) != b"\n"


def _records(path: Path) -> Iterator[dict[str, Any]]:
    try:
        file = path.open(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return
    with file:
        for text in file:
            try:
                record = json.loads(text)
            except ValueError:
                continue  # a torn line
            if isinstance(record, dict):
                yield record


def _entry(record: dict[str, Any]) -> Entry:
    line = LedgerLine(
        record["id"],
        record["account"],
        record["gateway"],
        record["from"],
        record["to"],
        record["text"],
        datetime.fromisoformat(record["at"]),
        record.get("client_reference"),
    )
    return Entry(record["direction"], line, *(record[name] for name in _CHANGING))
