"""The keys of the desk: one table, from which the sheet, the palette and the script all read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import groupby

from flask import redirect, render_template, request, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response as AnyResponse

from cases import preferences
from cases.permissions import Action
from contactcentre.db import UnitOfWork
from contactcentre.web.context import container, viewer
from contactcentre.web.desk import blueprint, room
from contactcentre.web.permissions import requires
from contactcentre.web.posting import change


@dataclass(frozen=True, slots=True)
class Key:
    """One key: as the browser names it, what it does in words, and the act of the script (``static/js/acts.js``).

    ``palette``: it can be chosen there too. ``group`` is where it stands in the sheet.
    """

    key: str
    words: str
    act: str
    group: str
    palette: bool = True

    @property
    def shown(self) -> tuple[str, ...]:
        """The key as it is printed on a keyboard, part by part."""
        if self.key.startswith("Mod+"):
            return "Ctrl", self.key.removeprefix("Mod+").upper()
        if self.key.startswith("Alt+"):
            return "Alt", self.key.removeprefix("Alt+")
        if len(self.key) == 1 and self.key.isupper():
            return "Shift", self.key
        return (self.key.upper() if len(self.key) == 1 else self.key,)


MOVE, CASE, QUEUE, LETTER, PHONE, DESK = "Move", "The case", "The queue", "Letters", "The telephone", "The desk"
KEYS = (
    Key("j", "next row", "down", MOVE, palette=False),
    Key("k", "row before", "up", MOVE, palette=False),
    Key("Enter", "open the case", "open", MOVE, palette=False),
    Key("Escape", "back to the queue", "back", MOVE),
    Key("]", "next case of this view", "next", MOVE),
    Key("[", "case before in this view", "previous", MOVE),
    Key("r", "reply", "reply", CASE),
    Key("n", "note", "note", CASE),
    Key("c", "log a call or visit", "contact", CASE),
    Key("t", "take the case", "take", CASE),
    Key("a", "assign it", "assign", CASE),
    Key("s", "change its status", "status", CASE),
    Key("p", "change its priority", "priority", CASE),
    Key("d", "transfer it to a department", "transfer", CASE),
    Key("e", "resolve", "resolve", CASE),
    Key("E", "resolve and open the next", "resolve_next", CASE),
    Key("m", "use a macro", "macro", CASE),
    Key("g", "merge", "merge", CASE),
    Key("f", "refile a message", "refile", CASE),
    Key("z", "put it aside", "snooze", CASE),
    Key("u", "take back the reply, or the last merge", "undo", CASE),
    Key("q", "take the next of the queue", "take_next", QUEUE),
    Key("x", "select the row", "select", QUEUE, palette=False),
    Key("b", "do something with the selected rows", "bulk", QUEUE),
    Key("v", "saved views", "views", QUEUE),
    Key("w", "narrow the queue", "narrow", QUEUE),
    Key("/", "search", "search", QUEUE),
    Key(".", "show what is new", "news", QUEUE),
    Key("l", "letters: key, split, the register", "letters", LETTER),
    Key("F8", "next doubtful word, Enter if it is right", "doubt", LETTER, palette=False),
    Key("Alt+PageDown", "next page, PageUp the page before", "page", LETTER, palette=False),
    Key("o", "calls: who waits, what came", "calls", PHONE),
    Key("y", "your own line: take calls, write down, wrap up", "own_line", PHONE),
    Key("h", "hold the call, go on with it", "hold", PHONE),
    Key("C", "log a call of another telephone", "log_call", PHONE),
    Key("Mod+k", "all commands, and any case", "palette", DESK, palette=False),
    Key("Mod+Enter", "send what is written, save the letter", "send", DESK, palette=False),
    Key("?", "all keys", "sheet", DESK),
)

USUAL = {"down", "up", "open", "reply", "note", "resolve", "take", "assign", "take_next", "search", "news", "sheet"}


def grouped() -> Iterator[tuple[str, list[Key]]]:
    """Yield the groups of the sheet with their keys."""
    return ((group, list(keys)) for group, keys in groupby(KEYS, key=lambda one: one.group))


def usual() -> tuple[Key, ...]:
    """Return the dozen keys that an empty pane teaches."""
    return tuple(one for one in KEYS if one.act in USUAL)


@cache
def sheet() -> Markup:
    """Return all keys as every page of the desk carries them, written once."""
    return Markup(render_template("parts/key_sheet.html"))  # noqa: S704  our own template escapes


@blueprint.get("/keys")
@requires(Action.READ)
def key_page() -> str:
    """Show all keys, and the switch that turns single letters off."""
    return _beside_the_queue("desk/keys.html")


@blueprint.post("/keys")
@requires(Action.READ)
def switch_keys() -> AnyResponse:
    """Switch single letters off or on for this agent."""
    off = request.form.get("keys") == "off"

    def work(uow: UnitOfWork) -> str:
        preferences.switch_keys(uow.session, viewer(), off=off)
        return url_for("desk.key_page")

    return change(work)


@blueprint.get("/tour")
@requires(Action.READ)
def tour() -> str:
    """Show what stands where, as a page."""
    return _beside_the_queue("desk/tour.html")


@blueprint.post("/tour")
@requires(Action.READ)
def toured() -> AnyResponse:
    """Remember that the tour was seen; seen twice is seen, so this needs no key."""
    container().db.run(lambda uow: preferences.toured(uow.session, viewer()))
    return redirect(url_for("desk.home"), 303)


def _beside_the_queue(template: str) -> str:
    city = container().city
    with container().db.reader() as session:
        shown = room.load(session, viewer(), city=city)
    return render_template(template, room=shown, city=city)
