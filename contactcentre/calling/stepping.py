"""The menu of a call: what was keyed in or recorded goes into the dialogue engine, what it says is spoken."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cases import dialogues
from cases.calls import finding, following_up, history, recordings
from cases.forms import Asker
from channels.dialogue import spoken
from channels.dialogue.engine import begin, step
from channels.dialogue.menu import VOICE
from channels.dialogue.pages import ENDLESS
from channels.dialogue.values import Call, Result, Turn
from channels.voice.values import VoicePage, What
from contactcentre.calling import kept, saying
from contactcentre.calling.turn import On

#: the kind of answer that sends a caller into the queue
AGENT = "agent"


def begun(on: On) -> Turn:
    """Return the first turn of a call."""
    known = finding.speaks(on.session, on.call)
    return stepped(on, begin(on.work.menu, language=on.call.language, channel=VOICE, known=known), None)


def heard(on: On) -> Turn | VoicePage:
    """Return what follows from what was heard at the last page, which is said again to who asks for that."""
    if on.dialogue.get("over"):
        return _over(on)
    said = _said(on)
    if said == spoken.REPEAT and on.heard.what is What.KEYED and on.call.page is not None:
        return kept.again(on.call.page, on.number)
    return stepped(on, on.dialogue["state"], said or "")


def led_to(on: On, turn: Turn, outcome: str, *, opens: str) -> Turn:
    """Return the turn to which the wish for an agent leads where nobody takes it; ``opens``: when they do, in words."""
    return stepped(on, turn.state, Result(outcome, {"opens": opens}))


def spoken_page(on: On, turn: Turn) -> VoicePage:
    """Return a turn as a page, and store where the menu stands; after the last one nothing that was keyed is kept."""
    page = spoken.page(on.work.menu, turn, on.work.recorded, number=on.number)
    state = {"language": turn.state["language"]} if turn.ends else dict(turn.state)
    on.note(state=state, expects=turn.expects, over=turn.ends)
    on.call.language = str(turn.state["language"])
    return page


def stepped(on: On, state: Mapping[str, Any], said: str | Result | None) -> Turn:
    """Step the engine until it says something, doing in between what it asks of the house."""
    how: dict[str, Any] = {"budget": ENDLESS, "facts": on.work.facts}
    found = step(on.work.menu, state, said, **how)
    if isinstance(found, Turn):
        return found
    asker = _asker(on)
    while isinstance(found, Call):
        on.work.check_time()
        answer = dialogues.perform(on.session, found.name, found.arguments, asker, city=on.city)
        found = step(on.work.menu, found.state, Result(answer.outcome, answer.values, answer.choices), **how)
    _learnt(on, asker)
    return found


def _said(on: On) -> str | None:
    heard = on.heard
    if heard.what is What.RECORDED and heard.recording:
        recordings.keep(
            on.session,
            on.call,
            kind=recordings.MESSAGE,
            url=heard.recording,
            seconds=heard.recorded_seconds,
            city=on.city,
            at=on.at,
        )
        return spoken.recording(heard.recorded_seconds)
    if heard.what is What.KEYED:
        return spoken.understood(str(on.dialogue.get("expects", "")), heard.keys)
    return None


def _over(on: On) -> VoicePage:
    """Return what follows the last page, which can be heard again, and nothing else."""
    again = on.heard.keys == spoken.AGAIN and on.heard.what is What.KEYED
    return kept.again(on.call.page, on.number) if again and on.call.page else saying.hang_up(on.number)


def _asker(on: On) -> Asker:
    asker = following_up.asker(on.call, city=on.city, turn=f"{on.call.tag} {on.call.turns}")
    asker.attachments = recordings.attachments(recordings.unsaid(on.session, on.call))
    return asker


def _learnt(on: On, asker: Asker) -> None:
    """Store what the house has told: for this call alone, but for the case that it is in."""
    call, before = on.call, on.call.case_id
    call.reference, call.proved = asker.reference, asker.proved
    if asker.language:
        call.language = asker.language
    call.case_id = asker.case_id or before
    on.work.sends(tuple(asker.to_send))
    if call.case_id is not None and call.case_id != before:
        history.started(on.session, call, actor="citizen", at=on.at)
    if asker.message_id is not None:
        if recordings.unsaid(on.session, call):
            on.work.to_fetch[call.account] = None
        recordings.said(on.session, call, asker.message_id, at=on.at)
