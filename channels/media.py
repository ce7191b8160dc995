"""Fetching one file that a gateway holds: bounded in size and time, and never from where it does not belong."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import BinaryIO
from urllib.parse import urljoin, urlsplit

import requests
from urllib3.exceptions import HTTPError

from cases.file_limits import FETCHED
from channels.http import TIMEOUT, Client, ForbiddenAddress
from channels.pinned import PinnedAdapter

#: what is longer is never read to its end
LARGEST = FETCHED
#: seconds for one file
LONGEST = 60.0
MOST_HOPS = 4
_CHUNK, _IN_MEMORY = 64 * 1024, 1024 * 1024
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


class MediaFault(Exception):
    """Why a file is not here, in words for agents. ``again``: it may come later. ``refused``: it is not wanted."""

    def __init__(self, words: str, *, again: bool = False, refused: bool = False) -> None:
        super().__init__(words)
        self.again, self.refused = again, refused


@contextmanager
def download(client: Client, url: str, *, login: tuple[str, str], known: str) -> Iterator[BinaryIO]:
    """Give a file's bytes. ``login`` is shown at ``known`` (scheme, host and port) alone, wherever that sends us."""
    with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as file:
        _copy(client, url, file, login=login, known=known)
        file.seek(0)
        yield file  # type: ignore[misc]


def _copy(
    client: Client, url: str, file: tempfile.SpooledTemporaryFile[bytes], *, login: tuple[str, str], known: str
) -> None:
    until = time.monotonic() + LONGEST
    with closing(PinnedAdapter(client.resolve)) as adapter:
        for _ in range(MOST_HOPS):
            try:
                client.check(url)
                auth = login if url.startswith(f"{known}/") else None
                if auth is None and urlsplit(url).scheme != "https" and not known.startswith("http:"):
                    raise ForbiddenAddress("only https addresses are called")
                asked = requests.Request("GET", url, auth=auth).prepare()
                # Without a session, which would follow what an answer redirects to, or read that answer whole.
                with adapter.send(asked, stream=True, timeout=TIMEOUT) as answer:
                    if answer.status_code in _REDIRECTS:
                        url = urljoin(url, answer.headers.get("Location", ""))
                        continue
                    _refuse(answer.status_code)
                    _read(answer, file, until)
                    return
            except ForbiddenAddress as error:
                raise MediaFault(f"It was not fetched: {error}.", refused=True) from None
            except (requests.RequestException, HTTPError, OSError, ValueError):
                raise MediaFault("The gateway could not be reached; it is tried again.", again=True) from None
    raise MediaFault("It was not fetched: the gateway sent us from address to address.")


def _refuse(status: int) -> None:
    if status in (404, 410):
        raise MediaFault("The gateway does not have it any more.")
    if status >= 300:
        raise MediaFault("The gateway did not give it out; it is tried again.", again=True)


def _read(answer: requests.Response, file: tempfile.SpooledTemporaryFile[bytes], until: float) -> None:
    size = 0
    # What has come, however little: to wait for a whole chunk would let one byte each few seconds hold us for hours.
    while chunk := answer.raw.read1(_CHUNK, decode_content=True):
        size += len(chunk)
        if size > LARGEST:
            raise MediaFault(f"It is larger than {LARGEST // 1024 // 1024} MB and was not kept.", refused=True)
        if time.monotonic() > until:
            raise MediaFault("The gateway gave it out too slowly; it is tried again.", again=True)
        file.write(chunk)
    if not size:  # a picture has bytes: this was cut off
        raise MediaFault("The gateway gave out nothing; it is tried again.", again=True)
