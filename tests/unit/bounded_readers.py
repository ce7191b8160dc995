"""Functions that read, and some that do what no reading may do."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

from channels.errors import Refused


def length(source: Path, into: Path) -> dict[str, Any]:
    """Say how long it is, and leave a copy."""
    content = source.read_bytes()
    (into / "copy").write_bytes(content)
    return {"length": len(content), "environment": sorted(os.environ)}


def misbehave(source: Path, into: Path) -> dict[str, Any]:
    """Do what the source says; returns what came of it."""
    return {"result": _DEEDS[source.read_text().partition(" ")[0]](source.read_text().partition(" ")[2], into)}


def _hang(_: str, __: Path) -> str:
    while True:
        pass


def _grow(_: str, __: Path) -> str:
    return str(len(bytearray(2 * 1024**3)))


def _crash(_: str, __: Path) -> str:
    os.kill(os.getpid(), 11)
    return "alive"


def _fork_bomb_parent(_: str, __: Path) -> str:
    os.kill(os.getppid(), 9)
    return "alive"


def _raise(_: str, __: Path) -> str:
    raise ValueError("a citizen's words")


def _refuse(words: str, _: Path) -> str:
    raise Refused("mail", words)


def _tried(deed: Any) -> str:
    try:
        return f"did: {deed()!r}"
    except OSError as error:
        return f"refused: {error.errno}"


def _connect(address: str, _: Path) -> str:
    host, port = address.split(":")
    return _tried(lambda: socket.create_connection((host, int(port)), timeout=2).close())


def _read(path: str, _: Path) -> str:
    return _tried(lambda: Path(path).read_text())


def _write(path: str, _: Path) -> str:
    return _tried(lambda: Path(path).write_text("gone"))


def _run(_: str, __: Path) -> str:
    return _tried(lambda: subprocess.run([sys.executable, "-c", "1"], check=False).returncode)


def _link(path: str, into: Path) -> str:
    return _tried(lambda: (into / "link").symlink_to(path))


_DEEDS: dict[str, Any] = {
    "hang": _hang,
    "grow": _grow,
    "crash": _crash,
    "kill-parent": _fork_bomb_parent,
    "raise": _raise,
    "refuse": _refuse,
    "connect": _connect,
    "read": _read,
    "write": _write,
    "run": _run,
    "link": _link,
}
