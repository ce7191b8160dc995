"""What fifty agents do all day, by the forms that their pages offer, a while after each page was shown."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.faults.colleague import Colleague, Shown, Told

#: seconds between a page and what is done by it; a page gets old meanwhile
THINKING = (0.1, 2.5)
#: how often a form is sent twice, and how often an agent looks for cases anew
TWICE, ANEW = 0.05, 0.3
#: how often something is done about a case's status where it may be closed
CLOSING = 0.7
VIEWS = ("open", "open", "unassigned", "mine", "resolved")
Act = Callable[["Desk", Shown], "Told | None"]


@dataclass
class Desk:
    """An agent who works until told to stop. ``twice`` are the answers to forms that were sent two times."""

    who: Colleague
    chance: random.Random
    stop: threading.Event
    twice: list[tuple[Told, Told]] = field(default_factory=list)
    _known: list[str] = field(default_factory=list)
    _said: int = 0

    def work(self) -> None:
        """Look for a case, read it, think, act; again and again."""
        while not self.stop.is_set():
            if not self._known or self.chance.random() < ANEW:
                queue = self.who.get(f"/desk?view={self.chance.choice(VIEWS)}", act="queue")
                self._known = queue.rows or self._known
            if self._known:
                self._at(self.chance.choice(self._known))
            self.think()

    def think(self) -> None:
        """Let some time pass."""
        self.stop.wait(self.chance.uniform(*THINKING))

    def send(self, page: Shown, action: str, act: str, **values: str) -> Told | None:
        """Send a form of the page, now and then twice; None where the page does not have it."""
        form = page.form(action)
        if form is None:
            return None
        told = self.who.send(page, form, act, **values)
        if self.chance.random() < TWICE:
            self.twice.append((told, self.who.send(page, form, f"{act} again", **values)))
        return told

    def words(self, what: str) -> str:
        """Return a text that nobody else writes."""
        self._said += 1
        return f"{what} {self._said} of agent {self.who.agent}."

    def _at(self, reference: str) -> None:
        page = self.who.get(f"/desk/cases/{reference[:4]}-{reference[4:]}", act="case")
        if page.status != 200:
            return
        if _closable(page) and self.chance.random() < CLOSING:
            _status(self, page)  # at once: the next word of its citizen opens it again
            return
        self.think()
        (act,) = self.chance.choices([one for one, _ in ACTS], [weight for _, weight in ACTS])
        act(self, page)


def _take(desk: Desk, page: Shown) -> Told | None:
    return desk.send(page, "/take", "take")


def _assign(desk: Desk, page: Shown) -> Told | None:
    form = page.form("/assignment")
    others = [one for one in form.options("agent") if one != str(desk.who.agent)] if form else []
    # Never to oneself: who is given a case by themselves has taken it.
    return desk.send(page, "/assignment", "assign", agent=desk.chance.choice([*others, ""]))


def _reply(desk: Desk, page: Shown) -> Told | None:
    how = desk.chance.choice(("send", "send", "wait"))
    return desk.send(page, "/replies", "reply", text=desk.words("Answer"), how=how)


def _resolve(desk: Desk, page: Shown) -> Told | None:
    values = {"text": desk.words("Last answer"), "how": "resolve", "outcome": "answered"}
    return desk.send(page, "/replies", "reply and resolve", **values)


def _note(desk: Desk, page: Shown) -> Told | None:
    return desk.send(page, "/notes", "note", text=desk.words("Note"))


def _status(desk: Desk, page: Shown) -> Told | None:
    form = page.form("/status")
    offered = form.options("status") if form else []
    if not offered:
        return None
    to = "closed" if "closed" in offered and desk.chance.random() < 0.5 else desk.chance.choice(offered)
    return desk.send(page, "/status", "close" if to == "closed" else "status", status=to, outcome="fixed")


def _closable(page: Shown) -> bool:
    form = page.form("/status")
    return form is not None and "closed" in form.options("status")


def _merge(desk: Desk, page: Shown) -> Told | None:
    reference = page.reference
    asked = desk.who.get(f"/desk/cases/{reference[:4]}-{reference[4:]}/merge?find=gutter", act="merge: page")
    form = asked.form("/merges")
    if form is None or not (others := form.boxes("others")):
        return None
    desk.think()
    return desk.send(asked, "/merges", "merge", others=desk.chance.choice(others), stays="this", reason="the same")


def _undo(desk: Desk, page: Shown) -> Told | None:
    return desk.send(page, r"/rearrangements/\d+/undo", "undo")


#: with how often
ACTS: tuple[tuple[Act, int], ...] = (
    (_take, 24),
    (_assign, 8),
    (_reply, 26),
    (_resolve, 8),
    (_note, 8),
    (_status, 8),
    (_merge, 6),
    (_undo, 12),
)
