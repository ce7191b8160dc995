"""Connections that go to the very address that was checked: a name may lead elsewhere a moment later."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError

#: the addresses that a host and port may be called at, or an exception
Allowed = Callable[[str, int], list[str]]
#: of a host's addresses, so many are tried
MOST_TRIED = 4


class PinnedAdapter(HTTPAdapter):
    """Carries requests of which the caller does not choose the host. Names are resolved by ``allowed`` alone."""

    def __init__(self, allowed: Allowed) -> None:
        self._allowed = allowed
        super().__init__(max_retries=0)

    def init_poolmanager(self, *arguments: Any, **more: Any) -> None:
        """Make the pools, whose connections ask before they connect."""
        super().init_poolmanager(*arguments, **more)
        self.poolmanager.pool_classes_by_scheme = _pools(self._allowed)


def _pools(allowed: Allowed) -> dict[str, type[HTTPConnectionPool]]:
    class Pinned(HTTPConnection):
        def _new_conn(self) -> socket.socket:
            return _to_allowed(self, allowed, super()._new_conn)

    class PinnedEncrypted(HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            return _to_allowed(self, allowed, super()._new_conn)

    class Plain(HTTPConnectionPool):
        ConnectionCls = Pinned

    class Encrypted(HTTPSConnectionPool):
        ConnectionCls = PinnedEncrypted

    return {"http": Plain, "https": Encrypted}


def _to_allowed(one: HTTPConnection, allowed: Allowed, connect: Callable[[], socket.socket]) -> socket.socket:
    """Connect to the first allowed address that answers; certificates are still checked for the name."""
    name = one._dns_host
    *others, last = allowed(name, one.port or 443)[:MOST_TRIED]
    try:
        for address in others:
            one._dns_host = address
            try:
                return connect()
            except HTTPError:
                continue
        one._dns_host = last
        return connect()
    finally:
        one._dns_host = name
