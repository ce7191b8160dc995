"""The one outbound HTTP client: pooled per thread, always with time-outs, never to a private address unless told so."""

from __future__ import annotations

import ipaddress
import socket
import threading
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter

#: seconds to connect, and between two bytes of the answer
TIMEOUT = (3.05, 10.0)
POOL = 8
#: addresses that stand for others, private ones among them: NAT64 and 6to4
TRANSLATED = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("2002::/16"))


class ForbiddenAddress(Exception):
    """A URL that leads into a private network, or is not HTTP at all."""


class Client:
    """Sessions of one process: each thread has its own, so that connections are kept and never shared."""

    def __init__(self, *, loopback: bool = False) -> None:
        self._local = threading.local()
        self._loopback = loopback

    def session(self) -> requests.Session:
        """Return this thread's session."""
        found: requests.Session | None = getattr(self._local, "session", None)
        if found is None:
            found = requests.Session()
            found.max_redirects = 0  # a redirect could lead inside: nobody we call needs one
            found.trust_env = False
            adapter = HTTPAdapter(pool_connections=POOL, pool_maxsize=POOL, max_retries=0)
            found.mount("https://", adapter)
            found.mount("http://", adapter)
            self._local.session = found
        return found

    def check(self, url: str) -> None:
        """Refuse a URL whose host resolves to anything but public addresses (loopback too, unless it was allowed)."""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ForbiddenAddress("only http and https addresses are called")
        self.resolve(parts.hostname, parts.port or 443)

    def resolve(self, host: str, port: int) -> list[str]:
        """Return a host's addresses; raises :class:`ForbiddenAddress` where one of them may not be called."""
        found = [str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
        for one in found:
            address = ipaddress.ip_address(one.partition("%")[0])
            mapped = getattr(address, "ipv4_mapped", None) or address
            inside = not mapped.is_global or mapped.is_multicast or any(mapped in one for one in TRANSLATED)
            if inside and not (self._loopback and mapped.is_loopback):
                raise ForbiddenAddress("the address lies in a private network")
        return found
