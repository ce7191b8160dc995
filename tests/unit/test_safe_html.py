"""A stranger's HTML made harmless: what stays, what goes, where links lead, which pictures are shown."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser

import pytest

from contactcentre import safe_html
from contactcentre.safe_html import ALLOWED, clean
from tests.routing.shared import NoSharedData, shared
from tests.web import hostile

PICTURE = "data:image/png;base64,AAAA"


class Seen(HTMLParser):
    """Every tag and attribute of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.odd: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ALLOWED:
            self.odd.append(tag)
        for name, value in attrs:
            told = value or ""
            if not re.match(_ADDRESSES.get(name, ""), told):
                self.odd.append(told)
            elif name not in _KNOWN:
                self.odd.append(name)


_ADDRESSES = {"href": "(https?|mailto|tel):", "src": "data:image/(png|jpeg|gif);base64,|https:"}
_KNOWN = {
    *("href", "src", "title", "data-to", "alt", "width", "height", "dir", "colspan", "rowspan", "rel", "target"),
}


def odd(page: str) -> list[str]:
    """Return what must not stand on a page."""
    seen = Seen()
    seen.feed(page)
    return seen.odd


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("<p>Good <b>morning</b><p>to you", "<p>Good <b>morning</b></p><p>to you</p>"),
        ("a<script>alert(1)</script><style>p{}</style>b", "ab"),
        ('<p style="color:red" class=x id=y onclick=z()>a</p>', "<p>a</p>"),
        ("<form action=/x><input name=a>a</form>", "a"),
        ("<ul><li>a<li>b</ul>", "<ul><li>a</li><li>b</li></ul>"),
        ("<table><tr><td colspan=2>a<td>b</table>",
         '<table><tbody><tr><td colspan="2">a</td><td>b</td></tr></tbody></table>'),
        ("<div><table><tr><td>a</div>b</td></tr></table>c",
         "<div><table><tbody><tr><td>ab</td></tr></tbody></table>c</div>"),
        ("<i>a<b>b</i>c", "<i>a<b>b</b></i>c"),
        ("<p dir=rtl>a", '<p dir="rtl">a</p>'),
        ("5 < 6 &lt;b&gt; &amp;", "5 &lt; 6 &lt;b&gt; &amp;"),
        ("<a href=javascript:alert(1)>a</a>", '<a target="_blank" rel="noopener noreferrer">a</a>'),
        ("<a href='java\tscript:alert(1)'>a</a>", '<a target="_blank" rel="noopener noreferrer">a</a>'),
        ("<a href=/desk>a</a>", '<a target="_blank" rel="noopener noreferrer">a</a>'),
    ],
)  # fmt: skip
def test_what_stays(source: str, shown: str) -> None:
    assert clean(source).html == shown


@pytest.mark.parametrize(
    ("address", "to"),
    [
        ("https://bank.example@evil.example/pay", "evil.example"),
        ("http://evil.example:8080/?bank.example", "evil.example"),
        ("https://b\u00e4nk.example/", "xn--bnk-qla.example"),
        ("mailto:desk@assembly.example", "desk@assembly.example"),
        ("https://a&#46;example/", "a.example"),
    ],
)
def test_a_link_says_where_it_leads(address: str, to: str) -> None:
    page = clean(f'<a href="{address}">www.bank.example</a>').html
    assert f'data-to="{to}"' in page
    assert 'rel="noopener noreferrer"' in page and 'target="_blank"' in page


def test_pictures_of_the_mail_are_shown_and_those_from_elsewhere_counted() -> None:
    source = (
        '<img src="cid:a" width=20><img src="cid:none" alt="gone"><img src="https://x.example/1.png" alt="Map">'
        '<img src="http://x.example/2.png"><img src=//x.example/3.png><img src="data:image/svg+xml;base64,AAAA">'
    )
    safe = clean(source, pictures={"a": PICTURE})
    shown = f'<img src="{PICTURE}" alt="" width="20"><small>[picture: gone]</small><small>[picture: Map]</small>'
    assert (safe.html, safe.elsewhere) == (shown, 3)
    asked = clean(source, pictures={"a": PICTURE}, elsewhere=True)
    assert re.findall(r'src="([^"]*)"', asked.html) == [PICTURE, "https://x.example/1.png"]
    assert asked.elsewhere == 3


def test_one_picture_shown_again_and_again_takes_bounded_room() -> None:
    large = PICTURE + "A" * 1_000_000
    safe = clean("<img src=cid:a>" * 5_000, pictures={"a": large})
    assert 0 < safe.html.count("<img") < 5
    assert len(safe.html) < safe_html.MOST_EMBEDDED + 100_000


BOMBS = {
    "deep": "<div>" * 200_000,
    "deep behind comments": "<div><!--</div>-->" * 55_000,
    "formatting taken up again": "".join(f"<b a={one}>" for one in range(500)) + "<p>x" * 240_000,
    "tables in tables": "<table><tr><td>" * 66_000,
    "lists in lists": "<ul><li>" * 125_000,
    "signs": "&amp" * 250_000,
    "openings": "<" * 1_000_000,
    "links that never end": '<a href="' * 110_000,
}


@pytest.mark.parametrize("name", BOMBS)
def test_what_would_grow_is_cut(name: str) -> None:
    safe = clean(BOMBS[name])
    assert len(safe.html) <= 2 * safe_html.MOST_WORDS
    depth = most = 0
    for tag in re.findall(r"<(/?)[a-z]", safe.html):
        depth += -1 if tag else 1
        most = max(most, depth)
    assert most <= 3 * safe_html.DEEPEST
    assert safe.cut


def test_what_is_long_and_ordinary_stays_whole() -> None:
    source = "<table>" + "<tr><td><p>A line of <b>words</b> for you</p></td></tr>" * 3_000 + "</table>"
    safe = clean(source)
    assert not safe.cut
    assert safe.html.count("A line of") == 3_000


def test_cases_of_a_sanitizer_and_lists_of_attacks() -> None:
    """Shared data: nothing but what is allowed comes out, whatever went in."""
    try:
        cases = json.loads(shared("evil/sanitizer_expected.json").read_text(encoding="utf-8"))
        attacks = [one for name in hostile.KINDS for one in hostile.strings(name) if one]
    except NoSharedData as missing:
        pytest.skip(str(missing))
    every = [*(one["payload"] for one in cases), *attacks]
    found = [(one, wrong) for one in every for wrong in odd(clean(one, elsewhere=True).html)]
    again = [one for one in every if clean(clean(one).html).html != clean(one).html]
    print(f"{len(cases)} cases and {len(attacks)} attacks: {len(found)} odd, {len(again)} not alike a second time")
    assert found == []


def test_a_page_with_more_than_is_allowed_is_noticed() -> None:
    page = "<svg><a href=javascript:1 onclick=2><img src=http://x><p style=1>"
    assert odd(page) == ["svg", "javascript:1", "onclick", "http://x", "style"]
