"""A recording that a gateway tells of outside the menu: of a talk, or words whose caller was gone too soon."""

from __future__ import annotations

from cases.calls import history, recordings
from cases.calls.states import CallState
from contactcentre.calling.turn import On


def kept(on: On) -> None:
    """Note a recording; words that no message holds, since the call is over already, make one now."""
    heard, call = on.heard, on.call
    if not heard.recording:
        return
    kind = recordings.TALK if call.answered_at is not None or call.agent_id is not None else recordings.MESSAGE
    how = {"kind": kind, "url": heard.recording, "seconds": heard.recorded_seconds, "city": on.city, "at": on.at}
    made = recordings.keep(on.session, call, **how)  # type: ignore[arg-type]
    if made is None:
        return
    if kind == recordings.TALK:
        history.recorded(on.session, call, seconds=heard.recorded_seconds, recording=made, kind=kind, at=on.at)
    elif call.state == CallState.ENDED:
        on.work.sends(recordings.save_unsaid(on.session, call, city=on.city, at=on.at))
        on.work.to_fetch[call.account] = None
