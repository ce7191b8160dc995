"""What became of a test message, in a sentence for the administrator who had it sent; pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cases.brakes import ALL
from cases.outbox import MessageClass
from cases.trials import Tried

#: after so long a page no longer looks again by itself: no news comes by the minute any more
LOOKED_AT = timedelta(minutes=15)
_ENDS = {
    "delivered": ("met", "tick", "Delivered", "It is on the telephone."),
    "taken": ("met", "tick", "Sent", "The mail server has taken it. If it does not arrive, a notice comes back."),
    "failed": ("late", "late", "Failed", "It did not arrive."),
    "expired": ("late", "late", "Expired", "It could not leave in time, and will not any more."),
    "held": ("soon", "pause", "Held", "It is held back, and does not leave by itself."),
}
_ON_THE_WAY = {
    "queued": ("paused", "clock", "Queued", "It waits for a worker."),
    "sending": ("go", "send", "Being sent", "The gateway is being asked."),
    "sent": ("go", "send", "Sent", "The gateway has taken it; its delivery report has not come yet."),
    "unknown": ("soon", "clock", "Unknown", "The gateway did not answer; whether it took it is being found out."),
}


@dataclass(frozen=True, slots=True)
class Told:
    """A trial with its words. ``ends``: nothing more is awaited. ``again``: the page looks again by itself."""

    trial: Tried
    tone: str
    icon: str
    word: str
    sentence: str
    ends: bool
    again: bool


def told(trial: Tried, *, now: datetime, stops: Sequence[str] = ()) -> Told:
    """Put a trial into words; ``stops`` are the brakes and used-up caps that hold the account's messages."""
    state = trial.state if trial.state == "held" else trial.status
    if state == "sent" and "@" in trial.recipient:
        state = "taken"
    ends = state in _ENDS
    tone, icon, word, sentence = _ENDS.get(state) or _ON_THE_WAY.get(state, ("paused", "dot", state, ""))
    held = [one for one in stops if one in (ALL, MessageClass.STAFF) or one.startswith("account:")]
    if state == "queued" and held:
        sentence = f"It waits: nothing leaves while {_stopped(held)}."
    if trial.reason:
        sentence = f"{sentence} {trial.reason}"
    if trial.via and trial.via != trial.account:
        sentence = f"{sentence} It was given to {trial.via}, which stands in for this account."
    return Told(trial, tone, icon, word, sentence, ends, not ends and now - trial.asked_at < LOOKED_AT)


def _stopped(stops: Sequence[str]) -> str:
    words = {ALL: "the brake is on", MessageClass.STAFF: "the brake on messages to staff is on"}
    return " and ".join(words.get(one, "the account's money for today is spent") for one in stops)
