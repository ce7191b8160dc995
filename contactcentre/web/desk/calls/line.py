"""The agent's own line in the frame of every page: the call that rings or goes on, and whether their telephone rings.

It is a part of its own address, which the page's script asks for; without scripts it stands on the page of calls.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from flask import render_template
from sqlalchemy.orm import Session

from cases import clock
from cases.departments import City
from cases.permissions import Action, Viewer
from cases.queries import own_line, waiting_calls
from cases.queries.own_line import Line, OwnLine
from cases.queries.waiting_calls import AgentLine
from contactcentre.web.context import container, viewer
from contactcentre.web.desk import blueprint
from contactcentre.web.desk.calls import pressed, words
from contactcentre.web.desk.drafts import Draft
from contactcentre.web.permissions import requires
from contactcentre.web.posting import Keys

#: the script that keeps the part up to date sends this
PART = "X-Part"
#: seconds after which the script asks again where no live event came: while calls can come, and otherwise
OFTEN, SELDOM = 4, 60


@dataclass(frozen=True, slots=True)
class Shown:
    """A line with what its forms offer. ``colleagues`` can be rung now, ``departments`` have a queue. ``pressed`` is
    what the caller chose in the menu, in words.
    """

    line: OwnLine
    now: datetime
    city: City
    colleagues: tuple[AgentLine, ...] = ()
    departments: tuple[tuple[str, str], ...] = ()
    pressed: tuple[tuple[str, str], ...] = ()
    keys: Keys = field(default_factory=Keys)
    draft: Draft = field(default_factory=lambda: Draft(""))

    @property
    def chip(self) -> tuple[str, str, str]:
        """Tone, icon and words of the line."""
        return words.LINES[self.line.state]

    @property
    def again(self) -> int:
        """Seconds after which the script asks again."""
        return OFTEN if self.line.live or self.line.state is Line.FREE else SELDOM

    @property
    def is_late(self) -> bool:
        """Tell whether the time to wrap up is over, and nothing is written down yet."""
        live = self.line.live
        until = live.wrap_until if live is not None and self.line.state is Line.WRAPS else None
        return until is not None and until <= self.now

    @property
    def signature(self) -> str:
        """What differs when the part is to be drawn anew."""
        live = self.line.live
        parts: list[object] = [self.line.state, self.line.takes, self.is_late]
        if live is not None:
            parts += [live.id, live.flag or "", live.reference or "", live.order or ""]
            parts += [one.reference for one in live.cases]
            parts += [f"{one.agent} {one.disposition or ''} {len(one.note)}" for one in live.before]
        return ":".join(str(one) for one in parts)


@blueprint.get("/calls/line")
@requires(Action.REPLY)
def call_line() -> str:
    """Give the agent's own line, as a part of a page."""
    with container().db.reader() as session:
        return render_template("desk/calls/line.html", own=load(session, viewer()))


def load(session: Session, who: Viewer, draft: Draft | None = None) -> Shown:
    """Read the viewer's line; ``draft`` is what stood in a form of it that came back."""
    city, line = container().city, own_line.own(session, who)
    talks = line.state in (Line.TALKS, Line.HOLDS)
    free = (one for one in waiting_calls.agents(session, who) if one.state == "free" and one.id != who.id)
    names = sorted((one.name, one.key) for one in city.departments.values() if not one.confidential)
    return Shown(
        line=line,
        now=clock.now(session),
        city=city,
        colleagues=tuple(free) if talks else (),
        departments=tuple((key, name) for name, key in names),
        pressed=_pressed(line, city),
        draft=draft or Draft(""),
    )


def _pressed(line: OwnLine, city: City) -> tuple[tuple[str, str], ...]:
    if line.live is None or not line.live.pressed:
        return ()
    channel = container().accounts.get(line.live.account)
    return pressed.said(line.live.pressed, container().menus.get(getattr(channel, "menu", "")), city)
