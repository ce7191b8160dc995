"""Addresses of this host: is one free, does one answer."""

from __future__ import annotations

import socket


def is_loopback(host: str) -> bool:
    """Tell whether only this machine can reach ``host``."""
    return host in ("localhost", "::1") or (host.startswith("127.") and host.replace(".", "").isdigit())


def reachable(host: str) -> str:
    """Return the host to connect to for a server bound to ``host``: loopback stands for every address."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104  compared, not bound


def url(host: str, port: int) -> str:
    """Return the address that a browser on this machine uses for a server bound to ``host``."""
    name = reachable(host)
    return f"http://[{name}]:{port}" if ":" in name else f"http://{name}:{port}"


def fault(host: str, port: int) -> str | None:
    """Tell why ``host`` and ``port`` cannot be bound, or None."""
    with socket.socket(_family(host)) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            return error.strerror or str(error)
    return None


def free(host: str) -> int:
    """Return a port of ``host`` that is free now."""
    with socket.socket(_family(host)) as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


def answers(host: str, port: int, path: str | None) -> bool:
    """Tell whether the port accepts a connection and, where a path is given, answers it with 200."""
    try:
        with socket.create_connection((reachable(host), port), timeout=2) as connection:
            if path is None:
                return True
            connection.sendall(f"GET {path} HTTP/1.0\r\nHost: {reachable(host)}:{port}\r\n\r\n".encode())
            return b" 200 " in connection.recv(64)
    except OSError:
        return False


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET
