"""Style sheets, scripts and icons: own ones and those of installed packages, under addresses that carry their hash.

A file's address changes with its content, so browsers may keep it for good; over a poor link that is most of the page.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import mimetypes
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.util import find_spec
from pathlib import Path

from flask import Blueprint, Response, abort, request, url_for
from markupsafe import Markup

from channels.sms import segments
from contactcentre.web.permissions import requires

blueprint = Blueprint("assets", __name__)
STATIC = Path(__file__).parents[1] / "static"
#: files of installed packages, found without importing these: (package, path within it)
PACKAGED = {
    "bootstrap.css": ("flask_bootstrap", "static/bootstrap5/css/bootstrap.min.css"),
    "htmx.js": ("js_lib_htmx", "static/htmx/htmx.min.js"),
}
KEPT = {".css", ".js", ".svg", ".png", ".ico"}
SMALL = 512


@dataclass(frozen=True, slots=True)
class Asset:
    """One file, as it is sent."""

    content: bytes
    packed: bytes | None
    media_type: str


@blueprint.get("/assets/<hash>/<path:name>")
@requires("public")
def give(hash: str, name: str) -> Response:
    """Give a file; an address with another hash is one of another release."""
    asset = everything().get(name)
    if asset is None or hash != release():
        abort(404)
    pack = asset.packed is not None and request.accept_encodings["gzip"] > 0
    response = Response(asset.packed if pack else asset.content, content_type=asset.media_type)
    if pack:
        response.content_encoding = "gzip"
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    response.headers["Vary"] = "Accept-Encoding"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    return response


def address(name: str) -> str:
    """Return where a file is to be had; raises ``KeyError`` for one that is not there, so that a typing error shows."""
    if name not in everything():
        raise KeyError(name)
    return _address(request.script_root, name)


@lru_cache
def _address(root: str, name: str) -> str:
    return url_for("assets.give", hash=release(), name=name)


def icon(name: str, size: str = "") -> Markup:
    """Return an icon of the one file; ``size`` is a class of the style sheet."""
    return _icon(address("icons.svg"), name, size)


@lru_cache
def _icon(icons: str, name: str, size: str) -> Markup:
    words = '<svg class="ic {}" aria-hidden="true"><use href="{}#{}"/></svg>'
    return Markup(words).format(size, icons, name)  # noqa: S704  a constant


@cache
def release() -> str:
    """Return one hash over all files, so that modules can import one another by relative addresses."""
    digest = hashlib.sha256()
    for name, asset in sorted(everything().items()):
        digest.update(name.encode() + b"\0" + hashlib.sha256(asset.content).digest())
    return digest.hexdigest()[:16]


@cache
def everything() -> dict[str, Asset]:
    """Read all files once a process."""
    own = {path.relative_to(STATIC).as_posix(): path.read_bytes() for path in STATIC.rglob("*") if path.suffix in KEPT}
    packaged = {name: _packaged(*place) for name, place in PACKAGED.items()}
    every = {**own, **packaged, "js/gsm7.js": _characters()}
    return {name: _asset(name, content) for name, content in every.items()}


def _characters() -> bytes:
    """Return the table of SMS characters as a module, so that page and server count by one and the same."""
    basic, extension = json.dumps(segments.BASIC), json.dumps(segments.EXTENSION)
    return f"export const BASIC = {basic};\nexport const EXTENSION = {extension};\n".encode()


def _packaged(package: str, path: str) -> bytes:
    # find_spec instead of resources.files: that would import the package, and with it a form library nobody uses.
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise RuntimeError(f"the package {package} is not installed; install with the constraints file")
    return Path(spec.submodule_search_locations[0], path).read_bytes()


def _asset(name: str, content: bytes) -> Asset:
    packed = gzip.compress(content, mtime=0) if len(content) > SMALL else None
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    media_type = "text/javascript" if name.endswith(".js") else kind
    charset = "; charset=utf-8" if media_type.startswith("text/") or media_type == "image/svg+xml" else ""
    return Asset(content, packed, media_type + charset)
