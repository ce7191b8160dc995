"""What a law promises, whatever the policies say: values only. A number that the law's readers did not give is None."""

from __future__ import annotations

from dataclasses import dataclass

from cases.sla.policy import Step, Target
from cases.sla.terms import Terms

ASK = "ask the legal officer"


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

    def terms(self, target: Target, *, version: int) -> Terms:
        """Return one of the law's promises as a timer takes it."""
        return Terms(self.key, version, target, self.calendar, (), self.steps)
