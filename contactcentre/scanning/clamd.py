"""ClamAV's daemon over its socket: a content is sent in pieces and never named by a path.

Source of the protocol: the manual page clamd(8), commands PING and INSTREAM.
"""

from __future__ import annotations

import socket
import struct
from contextlib import closing, suppress
from typing import BinaryIO

from contactcentre.scanning.errors import CannotScan, ScannerAway

#: seconds until it takes the call, and between two signs of life of one scan
CONNECT, ANSWER = 2.0, 20.0
_PIECE, _LONGEST = 64 * 1024, 4096


class Clamd:
    """A daemon at ``unix:/path`` or ``host:port``."""

    def __init__(self, address: str) -> None:
        self._address = address

    def ping(self) -> None:
        """Return if it answers; raises :class:`ScannerAway`."""
        with self._called() as connection:
            try:
                connection.sendall(b"zPING\0")
                said = _said(connection)
            except OSError:
                raise _away() from None
        if said != "PONG":
            raise _away()

    def scan(self, stream: BinaryIO) -> str | None:
        """Return the name of what it found, or None; raises :class:`ScannerAway` or :class:`CannotScan`."""
        with self._called() as connection:
            try:
                # It answers and hangs up before the end where a content is too large for it.
                with suppress(BrokenPipeError, ConnectionResetError):
                    _send(connection, stream)
                said = _said(connection)
            except OSError:
                raise _away() from None
        return _verdict(said)

    def _called(self) -> closing[socket.socket]:
        try:
            return closing(self._connected())
        except OSError:
            raise _away() from None

    def _connected(self) -> socket.socket:
        path = self._address.removeprefix("unix:")
        if path == self._address:
            host, _, port = self._address.rpartition(":")
            connection = socket.create_connection((host.strip("[]"), int(port)), timeout=CONNECT)
        else:
            connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            connection.settimeout(CONNECT)
            try:
                connection.connect(path)
            except OSError:
                connection.close()
                raise
        connection.settimeout(ANSWER)
        return connection


def _send(connection: socket.socket, stream: BinaryIO) -> None:
    connection.sendall(b"zINSTREAM\0")
    while piece := stream.read(_PIECE):
        connection.sendall(struct.pack("!I", len(piece)) + piece)
    connection.sendall(struct.pack("!I", 0))


def _said(connection: socket.socket) -> str:
    said = b""
    while b"\0" not in said and len(said) < _LONGEST and (more := connection.recv(_LONGEST)):
        said += more
    if b"\0" not in said:
        raise _away()
    return said.partition(b"\0")[0].decode("utf-8", "replace").strip()


def _verdict(said: str) -> str | None:
    answer = said.partition(": ")[2] if said.startswith("stream: ") else said
    if said.startswith("stream: ") and answer == "OK":
        return None
    if said.startswith("stream: ") and answer.endswith(" FOUND"):
        return answer.removesuffix(" FOUND")[:200]
    if answer.endswith("ERROR") and "size limit" in answer:
        raise CannotScan("The virus scanner does not take files of this size; an administrator can raise its limit.")
    if answer.endswith("ERROR"):
        raise CannotScan("The virus scanner could not read this file; it is asked again.")
    raise _away()


def _away() -> ScannerAway:
    return ScannerAway("the virus scanner does not answer")
