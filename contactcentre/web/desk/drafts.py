"""What an agent had written in a form that came back: which form, every field as it was typed, and what was wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from flask import request

from cases.errors import DomainError
from cases.looked import NewerMessage

#: the forms of the case itself; all others stand among the facts
_IN_CASE = frozenset({"reply", "note", "contact", "take", "assign", "transfer", "status", "rename", "undo", "snooze"})


@dataclass(frozen=True, slots=True)
class Draft:
    """What one form of the page holds. ``error`` is about ``field``; ``newer`` are the citizen's words, unread so far.

    Without an error ``form`` is only the one that the page opens with.
    """

    form: str = "reply"
    values: Mapping[str, str] = field(default_factory=dict)
    error: str = ""
    field: str = ""
    newer: tuple[str, ...] = ()

    def refused(self, error: DomainError) -> Draft:
        """Return it with what was wrong."""
        newer = tuple(error.newer) if isinstance(error, NewerMessage) else ()
        return replace(self, error=str(error), field=error.field or "", newer=newer)

    def fault(self, form: str) -> str:
        """Return what was wrong with a form; empty where nothing was, or where it is another's fault."""
        return self.error if form == self.form else ""

    def wrong(self, form: str, name: str) -> bool:
        """Tell whether a form came back because of this field."""
        return bool(self.fault(form)) and name == self.field

    def wrote(self, form: str, name: str, otherwise: str = "") -> str:
        """Return what was typed into a field; ``otherwise`` what it holds by itself."""
        return self.values.get(name, otherwise) if form == self.form else otherwise

    @property
    def text(self) -> str:
        """What was written in the largest field."""
        return self.values.get("text", "")

    @property
    def among_facts(self) -> bool:
        """Tell whether the form that came back stands among the facts."""
        return bool(self.error) and self.form not in _IN_CASE


def sent(form: str) -> Draft:
    """Return what this request's form holds."""
    return Draft(form, request.form.to_dict())
