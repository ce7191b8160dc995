"""HTML to plain text in one pass, for reading and searching; never for showing. Quotes get ``> `` as in plain mail,
and where a mail program marks the start of what it quotes, a mark that :mod:`channels.email.new_text` knows.
"""

from __future__ import annotations

import html
import re

from channels.email.html_tokens import Token, tokens

#: stands alone in a line before what a mail program quotes; a private letter, so that no text has it by chance
MARK = "\ue0ff"
_BLOCKS = frozenset(
    {
        "address", "article", "aside", "blockquote", "body", "center", "dd", "div", "dl", "dt", "fieldset", "figure",
        "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "html", "li", "main", "nav", "ol", "p",
        "pre", "section", "table", "tbody", "tfoot", "thead", "tr", "ul",
    }
)  # fmt: skip
_SPACED = frozenset({"p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "table", "blockquote", "pre", "dl"})
_SILENT = frozenset({"script", "style", "title", "textarea"})
#: hidden as long as their end is found
_HIDING = frozenset({"template", "noscript", "object", "select"})
_VOID = frozenset({"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"})
#: ids and classes by which mail programs set apart what they quote
_QUOTING = frozenset(
    {
        "divrplyfwdmsg", "appendonsend", "gmail_quote", "gmail_quote_container", "yahoo_quoted",
        "olk_src_body_section", "replyintro", "moz-forward-container", "zmail_extra", "protonmail_quote",
    }
)  # fmt: skip
_SPACE = re.compile(r"[ \t\r\n\f\u00a0]+")
_DEEPEST_QUOTE = 8


def text_of(source: str) -> str:
    """Return what a reader would read, with :data:`MARK` where a quote begins."""
    for hide in (True, False):
        writer = _Writer(hide=hide)
        for token in tokens(source):
            writer.take(token)
        if writer.silent is None:  # else what hides never ended, and would hide the rest of the letter
            break
    return writer.text()


def without_marks(text: str) -> str:
    """Return a text without the lines that are only a mark."""
    if MARK not in text:
        return text
    return "\n".join(line for line in text.split("\n") if line.strip("> ") != MARK).replace(MARK, "")


class _Writer:
    def __init__(self, *, hide: bool) -> None:
        self.hide = hide
        self.lines: list[str] = []
        self.line: list[str] = []
        self.quotes = self.pre = self.silent_depth = 0
        self.silent: str | None = None
        self.indents: list[bool] = []
        self.link: tuple[str, int] | None = None

    def take(self, token: Token) -> None:
        if self.silent:
            self.silent_depth += (token.name == self.silent) - (token.name == f"/{self.silent}")
            if not self.silent_depth:
                self.silent = None
        elif not token.name:
            self.words(token.text)
        elif token.name.startswith("/"):
            self.end(token.name[1:])
        else:
            self.start(token.name, token)

    def words(self, said: str) -> None:
        said = html.unescape(said) if "&" in said else said
        said = said.replace(MARK, "\ufffd")
        if self.pre:
            first, *others = said.replace("\r\n", "\n").split("\n")
            self.line.append(first)
            for one in others:
                self.break_line(keep=True)
                self.line.append(one)
            return
        said = _SPACE.sub(" ", said)
        if self.line or said.strip():
            self.line.append(said if self.line else said.lstrip())

    def start(self, name: str, token: Token) -> None:
        if name in _SILENT or (self.hide and name not in _VOID and (name in _HIDING or token.hidden())):
            self.silent, self.silent_depth = name, 1
        elif name == "br":
            self.break_line(keep=True)
        elif name == "img":
            if alt := token.attribute("alt").strip():
                self.words(f"[{alt[:300]}]")
        elif name in ("td", "th"):
            if self.line:
                self.line.append(" ")
        elif name == "a":
            address = html.unescape(token.attribute("href"))
            self.link = (address, len(self.line)) if address.startswith(("http://", "https://")) else None
        elif name in _BLOCKS:
            self.block(name)
            self.open_block(name, token)

    def open_block(self, name: str, token: Token) -> None:
        if name == "blockquote":
            # one without a border is only moved to the right
            indented = "border:none" in token.attribute("style").replace(" ", "").lower()
            self.indents.append(indented)
            self.quotes += not indented
        elif name == "pre":
            self.pre += 1
        elif name == "li":
            self.line.append("* ")
        elif name == "hr":
            self.line.append("-" * 20)
            self.break_line()
        if (
            "=" in token.text
            and not self.quotes
            and _QUOTING & set(f"{token.attribute('id')} {token.attribute('class')}".lower().split())
        ):
            self.line.append(MARK)
            self.break_line()

    def end(self, name: str) -> None:
        if name == "a" and self.link:
            address, at = self.link
            shown = "".join(self.line[at:]).strip()
            if shown and address.rstrip("/") not in (shown.rstrip("/"), f"http://{shown}", f"https://{shown}"):
                self.line.append(f" <{address}>")
            self.link = None
        elif name in _BLOCKS:
            self.break_line()
            if name == "blockquote" and self.indents:
                self.quotes -= not self.indents.pop()
            self.block(name)
            if name == "pre":
                self.pre = max(0, self.pre - 1)

    def block(self, name: str) -> None:
        self.break_line()
        if self.lines and name in _SPACED and self.lines[-1].strip("> "):
            self.lines.append(self.prefix().rstrip())

    def break_line(self, *, keep: bool = False) -> None:
        if not (self.line or keep):
            return
        said = "".join(self.line)
        said = said.rstrip() if self.pre else said.strip()
        self.line = []
        self.link = None
        if said or keep:
            self.lines.append((self.prefix() + said).rstrip())

    def prefix(self) -> str:
        return "> " * min(self.quotes, _DEEPEST_QUOTE)

    def text(self) -> str:
        self.break_line()
        kept: list[str] = []
        for line in self.lines:
            if line or (kept and kept[-1]):
                kept.append(line)
        return "\n".join(kept).strip("\n")
