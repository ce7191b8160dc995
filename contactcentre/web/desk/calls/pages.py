"""Pages of calls: who waits and who talks, what came lately, and one call. None of them changes anything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from flask import render_template, request, url_for
from sqlalchemy.orm import Session

from cases.calls.by_hand import NO_CASE
from cases.departments import City
from cases.errors import Invalid
from cases.permissions import Action, Viewer
from cases.queries import calls, one_call, waiting_calls, wanted_calls
from cases.queries.calls import CallRow, Which
from cases.queries.paging import Page
from cases.queries.waiting_calls import AgentLine, Waiter
from cases.queries.wanted_calls import Wanted
from contactcentre.web.context import container, viewer
from contactcentre.web.desk import blueprint, frame
from contactcentre.web.desk.calls import line, strip, words
from contactcentre.web.desk.calls.line import Shown
from contactcentre.web.desk.calls.strip import StripView
from contactcentre.web.desk.drafts import Draft
from contactcentre.web.desk.frame import Frame
from contactcentre.web.permissions import requires
from contactcentre.web.posting import Keys

TABS: Mapping[Which, str] = {
    Which.ALL: "All",
    Which.MINE: "Mine",
    Which.MISSED: "Missed",
    Which.ABANDONED: "Hung up waiting",
    Which.FLASH: "Rang once",
    Which.CALL_BACKS: "To call back",
}
DONE = {
    "logged": "The call is logged.",
    "wrapped": "Written down. You are free for the next call.",
    "flagged": "The number is flagged. Whoever answers it next sees why.",
    "lifted": "The flag is lifted.",
    "asked": "Your telephone will ring first; then the citizen is called.",
}


@dataclass(frozen=True, slots=True)
class Now:
    """What the page of calls shows. ``choose`` are cases of a number between which whoever logs a call chooses."""

    room: Frame
    own: Shown
    strip: StripView
    waiting: Sequence[Waiter]
    talking: Sequence[CallRow]
    agents: Sequence[AgentLine]
    call_backs: Sequence[Wanted]
    found: Page[CallRow]
    which: Which
    draft: Draft
    choose: tuple[str, ...] = ()
    keys: Keys = field(default_factory=Keys)


@blueprint.get("/calls", endpoint="calls")
@requires(Action.READ)
def call_home() -> str:
    """Show what goes on now, and what came lately."""
    return show()


@blueprint.get("/calls/<int:call_id>")
@requires(Action.READ)
def call(call_id: int) -> str:
    """Show one call as a whole."""
    return show_call(call_id)


def show(draft: Draft | None = None, *, choose: tuple[str, ...] = ()) -> str:
    """Render the page of calls with what stood in a form that came back."""
    city = container().city
    with container().db.reader() as session:
        now = _now(session, viewer(), draft or Draft(""), choose)
    which = None if now.which is Which.ALL else now.which.value
    return render_template(
        "desk/calls/home.html",
        room=now.room,
        now=now,
        own=now.own,
        tabs=TABS,
        done=DONE.get(request.args.get("done", "")),
        more=url_for("desk.calls", cursor=now.found.next, which=which) if now.found.next else None,
        no_case=NO_CASE,
        **said(city),
    )


def show_call(call_id: int, draft: Draft | None = None) -> str:
    """Render one call with what stood in a form that came back; raises ``NotFound``."""
    city = container().city
    with container().db.reader() as session:
        found = one_call.load(session, viewer(), call_id)
        around, own = frame.load(session, viewer()), line.load(session, viewer(), draft)
    return render_template(
        "desk/calls/call.html",
        room=around,
        call=found,
        row=found.row,
        own=own,
        draft=draft or Draft(""),
        keys=Keys(),
        done=DONE.get(request.args.get("done", "")),
        most_days=city.calls.flag_days,
        **said(city),
    )


def said(city: City) -> dict[str, object]:
    """Return what the templates of calls call."""
    return {"city": city, "words_of": words, "queue_name": lambda key: words.queue_name(city, key)}


def _now(session: Session, who: Viewer, draft: Draft, choose: tuple[str, ...]) -> Now:
    which = _which(request.args.get("which", ""))
    return Now(
        room=frame.load(session, who),
        own=line.load(session, who, draft),
        strip=strip.load(session, city=container().city),
        waiting=waiting_calls.waiting(session, who),
        talking=waiting_calls.talking(session, who),
        agents=waiting_calls.agents(session, who),
        call_backs=wanted_calls.call_backs(session, who),
        found=calls.page(session, who, which, cursor=request.args.get("cursor") or None),
        which=which,
        draft=draft,
        choose=choose,
    )


def _which(text: str) -> Which:
    try:
        return Which(text or Which.ALL)
    except ValueError:
        raise Invalid(f"There is no such list of calls; it is one of {', '.join(Which)}.", field="which") from None
