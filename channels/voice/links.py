"""The addresses that a gateway calls next: that of the callback ``call``, with the page's turn and what led there."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit


def link(callback: str, **more: object) -> str:
    """Return an address with this in its query; whatever stands there already, and behind a ``#``, stays."""
    parts = urlsplit(callback)
    query = dict(parse_qsl(parts.query)) | {name: str(value) for name, value in more.items()}
    return urlunsplit(parts._replace(query=urlencode(query)))


def beside(callback: str, event: str) -> str:
    """Return the address of another callback of the same account."""
    parts = urlsplit(callback)
    room, _, _ = parts.path.rpartition("/")
    return urlunsplit(parts._replace(path=f"{room}/{event}", query=""))
