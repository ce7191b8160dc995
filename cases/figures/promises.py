"""Promises kept and broken: each timer is counted once, as met, breached or waived, or not at all."""

from __future__ import annotations

from cases.figures import answers, endings
from cases.figures.lines import Line
from cases.figures.states import Promise
from cases.figures.tally import Tally
from cases.sla.timers import TimerKind

_ANSWERS = (TimerKind.FIRST_RESPONSE, TimerKind.NEXT_RESPONSE)
#: their calendar is the case's own; a statute's and a task's may be another
_OF_POLICY = (*_ANSWERS, TimerKind.RESOLUTION, TimerKind.DEPARTMENT_LEG)


def started(tally: Tally, line: Line) -> None:
    """Begin to follow a timer; one that is started once more under the same number is another one."""
    kind = line.text("timer")
    own = tally.state.place if kind == TimerKind.DEPARTMENT_LEG else None
    tally.state.promises[_key(line)] = Promise(place=own)
    _terms(tally, line)


def moved(tally: Tally, line: Line) -> None:
    """Learn the new terms; a deadline that moves counts where it falls at last."""
    _terms(tally, line)


def paused(tally: Tally, line: Line) -> None:
    """Let a timer stand still."""
    _promise(tally, line).stands = True


def resumed(tally: Tally, line: Line) -> None:
    """Let a timer run on."""
    _promise(tally, line).stands = False


def breached(tally: Tally, line: Line) -> None:
    """Count a broken promise under the day of its deadline, whatever becomes of it."""
    _file(tally, line, "breached", line.instant("due_at"))


def met(tally: Tally, line: Line) -> None:
    """Count a promise as met under the day on which it was kept; one that was kept late is a broken one."""
    measure = "breached" if line.values.get("late") is True else "met"
    _file(tally, line, measure, line.instant("at"))


def unmet(tally: Tally, line: Line) -> None:
    """Take back what was kept by a message that did not arrive; where the case has ended it is not kept."""
    promise = _promise(tally, line)
    if promise.filed is not None and promise.filed.measure == "met":
        if not tally.state.merged:
            tally.take_back(promise.filed)
        promise.filed = None
    if line.text("state") == "missed":
        _file(tally, line, "breached", None)
    elif line.text("state") == "breached" and promise.filed is None:
        # Its breach was told in the same breath as the reply that was taken back.
        _file(tally, line, "breached", line.instant("due_at"))


def missed(tally: Tally, line: Line) -> None:
    """Count a promise as broken whose case has ended without its being kept."""
    _file(tally, line, "breached", line.instant("at"))


def waived(tally: Tally, line: Line) -> None:
    """Count what nobody owed any more, apart."""
    _file(tally, line, "waived", line.instant("at"))


def ended(tally: Tally, line: Line) -> None:
    """Leave a timer whose reason has gone; with the case goes all that it kept and broke, if that was merged."""
    _promise(tally, line).stands = False
    if line.text("why") == "merged" and not tally.state.merged:
        endings.merged(tally, line.at)


def revived(tally: Tally, line: Line) -> None:
    """Let a timer go on that had ended."""
    _promise(tally, line).stands = False


def escalated(tally: Tally, line: Line) -> None:
    """Count a step of the ladder that was reached, under the day of that; what comes later takes it back no more."""
    tally.file("escalated", line.at, part=line.text("step"))


def _file(tally: Tally, line: Line, measure: str, at: int | None) -> None:
    """Count a timer once; what it was counted as before is taken back, but a breach stays."""
    promise = _promise(tally, line)
    promise.stands = False
    if tally.state.merged or promise.filed is not None and promise.filed.measure == "breached":
        return
    if promise.filed is not None:
        tally.take_back(promise.filed)
    when = line.at if at is None else at
    promise.filed = tally.file(measure, when, part=line.text("timer"), place=promise.place)


def _terms(tally: Tally, line: Line) -> None:
    kind, since = line.text("timer"), line.instant("started_at")
    if kind in _OF_POLICY and line.text("calendar"):
        tally.state.calendar = line.text("calendar")
    if since is None:
        return
    if kind in _ANSWERS:
        answers.received_at(tally, since)
    if kind in (TimerKind.FIRST_RESPONSE, TimerKind.RESOLUTION):
        tally.state.started = min(tally.state.started, since)


def _promise(tally: Tally, line: Line) -> Promise:
    return tally.state.promises.setdefault(_key(line), Promise())


def _key(line: Line) -> str:
    instance = line.values.get("instance")
    return f"{line.text('timer')}:{instance if isinstance(instance, int) else 1}"
