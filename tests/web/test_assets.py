"""Style sheets and scripts: served by ourselves, kept by browsers, small enough for a poor link."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable
from pathlib import Path

from channels.sms import segments
from contactcentre.web import assets
from tests.web.conftest import Browser, Opened

ROOT = Path(__file__).parents[2]
SHIPPED = ROOT / "contactcentre" / "static"


def addresses(page: str) -> list[str]:
    return sorted(set(re.findall(r'(?:src|href)="(/assets/[^"#]+)', page)))


def test_what_a_page_asks_for_is_there_and_may_be_kept(agent: Callable[..., Browser]) -> None:
    browser = agent()
    found = addresses(browser.get("/desk").get_data(as_text=True))
    assert len(found) >= 8
    for address in found:
        answer = browser.client.get(address, headers={"Accept-Encoding": "gzip"})
        assert answer.status_code == 200
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert "Set-Cookie" not in answer.headers
        assert answer.headers["Vary"] == "Accept-Encoding"


def test_packed_and_plain_are_the_same(anybody: Browser) -> None:
    name = next(
        address for address in addresses(anybody.get("/login").get_data(as_text=True)) if "bootstrap" in address
    )
    packed = anybody.client.get(name, headers={"Accept-Encoding": "gzip"})
    plain = anybody.client.get(name, headers={"Accept-Encoding": "identity"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data
    assert len(packed.data) * 4 < len(plain.data)


def test_another_hash_or_name_is_not_there(anybody: Browser) -> None:
    assert anybody.get(f"/assets/{'0' * 16}/css/base.css").status_code == 404
    for name in ("../settings.py", "css/none.css", "%2e%2e/app.py"):
        assert anybody.get(f"/assets/{assets.release()}/{name}").status_code == 404


def test_scripts_import_only_what_is_there() -> None:
    for name, asset in assets.everything().items():
        for imported in re.findall(r'from "\./([\w.]+)"', asset.content.decode()) if name.startswith("js/") else ():
            assert f"js/{imported}" in assets.everything(), f"{name} imports {imported}"


def test_the_page_counts_by_the_servers_table() -> None:
    import json

    module = assets.everything()["js/gsm7.js"].content.decode()
    tables = [json.loads(text) for text in re.findall(r"= (\".*\");", module)]
    assert tables == [segments.BASIC, segments.EXTENSION]


def test_the_first_load_of_the_desk_is_small(agent: Callable[..., Browser], say: Callable[..., Opened]) -> None:
    browser = agent()
    page = browser.get(say("hello").address).get_data(as_text=True)
    names = {address.split("/", 3)[3] for address in addresses(page)} | loaded("js/desk.js")
    assert {"js/calls.js", "js/gsm7.js"} <= names
    every = assets.everything()
    octets = sum(len(every[name].packed or every[name].content) for name in names)
    assert octets + len(gzip.compress(page.encode())) < 100_000


def loaded(module: str) -> set[str]:
    """Return a module and all that a browser loads with it."""
    found = re.findall(r'from "(?:[^"]*/)?(\w+\.js)"', assets.everything()[module].content.decode())
    return {module}.union(*(loaded(f"js/{one}") for one in found))


def test_own_files_are_short() -> None:
    for path in SHIPPED.rglob("*"):
        if path.suffix in {".css", ".js"}:
            assert len(path.read_text().splitlines()) <= 400, path.name
