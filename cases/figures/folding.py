"""Counting the history of one case, line by line; pure, so that counting again gives the very same figures."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from cases.figures import answers, coming, endings, openings, promises, stretches, undone
from cases.figures.lines import Line
from cases.figures.setting import Setting
from cases.figures.states import State
from cases.figures.tally import Tally

#: after these an answer may be owed since another message
REARRANGED = ("refiled_out", "refiled_in", "split_out", "took_in", "gave_back", "refile_undone", "split_undone")
_COUNT: Mapping[str, tuple[Callable[[Tally, Line], None], ...]] = {
    "opened": (openings.opened, answers.citizen_wrote),
    "routed": (openings.routed,),
    "transferred": (openings.transferred,),
    "service_changed": (openings.service_changed,),
    "message_received": (answers.citizen_wrote, coming.wrote),
    "replied": (answers.replied,),
    "letter_posted": (answers.posted,),
    "reply_undone": (undone.undone,),
    "contact_logged": (answers.contact_logged, coming.logged),
    "call_started": (coming.called,),
    "rated": (endings.rated,),
    "message_delivered": (answers.delivered,),
    "message_not_delivered": (answers.not_delivered,),
    "status_changed": (endings.status_changed,),
    "reopened": (endings.status_changed,),
    "merged": (lambda tally, line: endings.merged(tally, line.at),),
    "unmerged": (lambda tally, line: endings.unmerged(tally, line.at),),
    **dict.fromkeys(REARRANGED, (answers.rearranged,)),
    "timer_started": (promises.started,),
    "timer_moved": (promises.moved,),
    "timer_paused": (promises.paused,),
    "timer_resumed": (promises.resumed,),
    "timer_breached": (promises.breached,),
    "timer_met": (promises.met,),
    "timer_unmet": (promises.unmet,),
    "timer_revived": (promises.revived,),
    "timer_missed": (promises.missed,),
    "timer_waived": (promises.waived,),
    "timer_ended": (promises.ended,),
    "escalated": (promises.escalated,),
}


def fold(state: State, lines: Iterable[Line], setting: Setting) -> Tally:
    """Count lines that follow one another, from where ``state`` stands; it is moved on.

    Any event whose values say ``confidential`` decides for the whole case, for what was counted before it too.
    """
    tally = Tally(setting, state)
    for line in lines:
        state.seq, state.last_at = line.seq, max(state.last_at, line.at)
        state.started = state.started or line.at
        undone.before(tally, line)
        made = len(tally.entries)
        for count in _COUNT.get(line.kind, ()):
            count(tally, line)
        undone.after(tally, made)
        if line.kind != "opened":
            openings.counted(tally)
            stretches.follow(tally, line.at)
        confidential = line.values.get("confidential")
        if isinstance(confidential, bool):
            state.confidential = confidential
    return tally
