"""What a law promises, whatever the policies say: values only. A number that the law's readers did not give is None."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

from cases.errors import Invalid
from cases.sla.policy import Step, Target
from cases.sla.terms import Terms

ASK = "ask the legal officer"
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Statute:
    """The times of one law for one family of cases. ``source`` says who gave them; a deadline never stands still.

    ``extension_days`` are calendar days that the decision may be put off once, with notice before it is due. Silence
    means a refusal once the decision's time has run out, where ``silence_refuses`` says so. What is None is shown as
    :data:`ASK`: nothing is assumed in its place.
    """

    key: str
    name: str
    family: str
    source: str
    calendar: str
    decision: Target
    urgent: Target | None = None
    extension_days: int | None = None
    internal_review: Target | None = None
    silence_refuses: bool = False
    ask_review_within_days: int | None = None
    ask_commission_within_days: int | None = None
    transfer_within_days: int | None = None
    third_party_within_days: int | None = None
    steps: tuple[Step, ...] = ()

    def decides(self, *, version: int, urgent: bool = False) -> Terms:
        """Return the decision's promise; raises ``Invalid`` where the law's shorter time is not known."""
        target = self.decision if not urgent else _known(self.urgent, "the time of an urgent decision")
        return self._terms(target, version, "deemed_refused" if self.silence_refuses else "")

    def reviews(self, *, version: int) -> Terms:
        """Return the internal review's promise; the silence of its reader affirms the decision."""
        return self._terms(_known(self.internal_review, "the time of an internal review"), version, "decision_affirmed")

    def extension(self) -> int:
        """Return the calendar days by which the decision may be put off at most."""
        return _known(self.extension_days, "the longest extension")

    def _terms(self, target: Target, version: int, silence: str) -> Terms:
        return Terms(self.key, version, target, self.calendar, (), self.steps, silence=silence)


def _known(value: Value | None, what: str) -> Value:
    if value is None:
        raise Invalid(f"{what} is not set: {ASK}.", field="statute")
    return value
