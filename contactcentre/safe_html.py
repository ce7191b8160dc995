"""HTML of strangers made harmless: taken apart, written anew by a short list, and then held against that list again.

What is written anew nests rightly and not deeply, so that the second pass, which builds a tree as browsers do, takes
time that grows with length alone. Words that a mail hides stand there like all others.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import nh3

from channels.email.html_tokens import Token, tokens

LONGEST = 1_000_000
MOST_TAGS = 20_000
#: in characters as they are written; what joins them to one text takes time that grows faster than they do
MOST_WORDS = 400_000
DEEPEST = 60
#: what pictures that stand in the page itself may take together, in characters
MOST_EMBEDDED = 4_000_000
_INLINE = frozenset(
    {
        "a", "abbr", "b", "bdi", "big", "cite", "code", "del", "dfn", "em", "i", "ins", "kbd", "mark", "q", "s", "samp",
        "small", "span", "strike", "strong", "sub", "sup", "tt", "u", "var",
    }
)  # fmt: skip
_BLOCKS = frozenset(
    {
        "blockquote", "center", "dd", "div", "dl", "dt", "h1", "h2", "h3", "h4", "h5", "h6", "li", "ol", "p", "pre",
        "ul",
    }
)  # fmt: skip
_TABLES = frozenset({"caption", "table", "tbody", "td", "tfoot", "th", "thead", "tr"})
_VOID = frozenset(("br", "hr", "img", "wbr"))
ALLOWED = _INLINE | _BLOCKS | _TABLES | _VOID
#: what opens it ends, so far up; a paragraph ends at every block
_ENDS: Mapping[str, tuple[frozenset[str], frozenset[str]]] = {
    "li": (frozenset({"li"}), frozenset({"ul", "ol", "td", "th"})),
    **dict.fromkeys(("dt", "dd"), (frozenset({"dt", "dd"}), frozenset({"dl", "td", "th"}))),
    **dict.fromkeys(("td", "th"), (frozenset({"td", "th"}), frozenset({"table"}))),
    "tr": (frozenset({"tr"}), frozenset({"table"})),
    **dict.fromkeys(("tbody", "thead", "tfoot"), (frozenset({"tbody", "thead", "tfoot"}), frozenset({"table"}))),
}
_CELLS = frozenset({"td", "th", "caption"})
_ATTRIBUTES = {"a": {"href", "title", "data-to"}, "img": {"src", "alt", "width", "height"}, "*": {"dir"},
               "td": {"colspan", "rowspan"}, "th": {"colspan", "rowspan"}}  # fmt: skip
#: of pictures that are part of the page itself: what these three types are called cannot be a page or a drawing
_EMBEDDED = re.compile(r"data:image/(?:png|jpeg|gif);base64,[A-Za-z0-9+/=]+")
_SMALL = re.compile(r"[0-9]{1,4}")
_SPACES = re.compile("[\x00-\x20\x7f-\xa0\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff]+")


@dataclass(frozen=True, slots=True)
class Safe:
    """HTML that can be shown. ``elsewhere``: how many of its pictures would be asked for at other places.

    ``cut``: it was too long, and only its beginning is here.
    """

    html: str
    elsewhere: int
    cut: bool


def clean(source: str, *, pictures: Mapping[str, str] | None = None, elsewhere: bool = False) -> Safe:
    """Return what may be shown of a stranger's HTML.

    ``pictures`` are those that came with it, as ``data:`` addresses by their Content-ID. Others are left out, unless
    ``elsewhere`` asks for those at ``https:`` addresses.
    """
    writer = _Writer(pictures or {}, elsewhere=elsewhere)
    for token in tokens(source[:LONGEST]):
        if writer.full:
            break
        writer.take(token)
    written = nh3.clean(
        writer.end(),
        tags=set(ALLOWED),
        attributes=_ATTRIBUTES,
        attribute_filter=_once_more,
        url_schemes={"http", "https", "mailto", "tel", "data"},
        link_rel="noopener noreferrer",
        set_tag_attribute_values={"a": {"target": "_blank"}},
    )
    return Safe(written, writer.elsewhere, len(source) > LONGEST or writer.full)


def target(address: str) -> tuple[str, str]:
    """Return where a link leads, and in short words whither; two empty texts for one that leads nowhere safe."""
    plain = _SPACES.sub("", html.unescape(address))
    try:
        parts = urlsplit(plain)
        host = (parts.hostname or "").encode("idna").decode()
    except (ValueError, UnicodeError):
        return "", ""
    match parts.scheme.lower():
        case "http" | "https" if host:
            return plain, host
        case "mailto" | "tel" if parts.path:
            return plain, parts.path[:80]
    return "", ""


class _Writer:
    def __init__(self, pictures: Mapping[str, str], *, elsewhere: bool) -> None:
        self.pictures, self.shows = pictures, elsewhere
        self.written: list[str] = []
        self.open: list[str] = []
        self.tags = self.words = self.elsewhere = self.embedded = 0

    @property
    def full(self) -> bool:
        return self.tags >= MOST_TAGS or self.words >= MOST_WORDS

    def take(self, token: Token) -> None:
        name = token.name
        if not name:
            words = _text(token.text)[: MOST_WORDS - self.words]
            self.words += len(words)
            self.written.append(words)
        elif name.startswith("/"):
            self.close(name[1:])
        elif name in ALLOWED:
            self.tags += 1
            self.start(name, token)

    def start(self, name: str, token: Token) -> None:
        if name == "img":
            self.picture(token)
        elif name in _VOID:
            self.written.append(f"<{name}>")
        elif len(self.open) < DEEPEST:
            if name not in _INLINE:
                self.close_up_to(frozenset({"p"}), _BLOCKS - {"p"} | _TABLES)
            if name in _ENDS:
                self.close_up_to(*_ENDS[name])
            if name == "a":
                self.close("a")
            self.open.append(name)
            self.written.append(f"<{name}{_attributes(name, token)}>")

    def close(self, name: str) -> None:
        # As in a browser, what ends within a cell ends nothing around its table.
        self.close_up_to(frozenset({name}), frozenset() if name in _TABLES else _CELLS)

    def close_up_to(self, names: frozenset[str], until: frozenset[str]) -> None:
        for back, one in enumerate(reversed(self.open), 1):
            if one in names:
                self.written += [f"</{ended}>" for ended in reversed(self.open[-back:])]
                del self.open[-back:]
                return
            if one in until:
                return

    def picture(self, token: Token) -> None:
        """Write a picture that came with the mail, or one from elsewhere where it is asked for; else its words."""
        source = _SPACES.sub("", html.unescape(token.attribute("src")))
        size = {name: token.attribute(name) for name in ("width", "height")}
        size = {name: value for name, value in size.items() if _SMALL.fullmatch(value)}
        words = html.unescape(token.attribute("alt")).strip()[:200]
        found = self.found(source)
        if found:
            sized = "".join(f' {name}="{value}"' for name, value in size.items())
            self.written.append(f'<img src="{html.escape(found)}" alt="{html.escape(words)}"{sized}>')
        elif words:
            self.written.append(f"<small>[picture: {_text(words)}]</small>")

    def found(self, source: str) -> str:
        scheme, _, rest = source.partition(":")
        if scheme.lower() == "cid":
            found = self.pictures.get(rest, "")
        elif scheme.lower() == "data":
            found = source if _EMBEDDED.fullmatch(source) else ""
        else:
            self.elsewhere += bool(source)
            return source if self.shows and scheme.lower() == "https" and target(source)[0] else ""
        self.embedded += len(found)
        return found if self.embedded <= MOST_EMBEDDED else ""

    def end(self) -> str:
        self.written += [f"</{name}>" for name in reversed(self.open)]
        self.open = []
        return "".join(self.written)


def _attributes(name: str, token: Token) -> str:
    if name == "a":
        address, to = target(token.attribute("href"))
        told = {"href": address, "title": address[:500], "data-to": to} if address else {}
    elif name in ("td", "th"):
        told = {one: token.attribute(one) for one in ("colspan", "rowspan")}
        told = {one: value for one, value in told.items() if re.fullmatch(r"[1-9][0-9]?", value)}
    else:
        told = {}
    if name not in _INLINE and (way := token.attribute("dir").lower()) in ("ltr", "rtl", "auto"):
        told["dir"] = way
    return "".join(f' {one}="{html.escape(value)}"' for one, value in told.items())


def _once_more(tag: str, name: str, value: str) -> str | None:
    """Hold an address against the list a second time, as the tree has it."""
    if name == "href":
        return value if target(value)[0] else None
    if name == "src":
        return value if _EMBEDDED.fullmatch(value) or value.lower().startswith("https://") else None
    return value


def _text(words: str) -> str:
    return html.escape(html.unescape(words).replace("\x00", ""), quote=False)
