"""All that a citizen reads, and staff by text message, as one frozen catalogue: key, language, channel → text."""

from __future__ import annotations

import string
from collections.abc import Mapping
from dataclasses import dataclass

#: every text the product sends and the names it fills in; the loader wants each of them in the default language
KEYS: Mapping[str, frozenset[str]] = {
    "acknowledgement": frozenset({"organisation", "reference", "code", "emergency"}),
    "emergency": frozenset({"organisation", "reference", "code", "emergency"}),
    "emergency_again": frozenset({"reference", "emergency"}),
    "status": frozenset({"reference", "status", "promised"}),
    "status_open": frozenset({"reference", "status"}),
    "status_closed": frozenset({"reference", "status"}),
    "help": frozenset({"organisation", "emergency"}),
    "opted_out": frozenset({"organisation"}),
    "opted_in": frozenset({"organisation"}),
    "language_set": frozenset({"chosen"}),
    "language_unknown": frozenset({"languages"}),
    "reference_needed": frozenset(),
    "code_needed": frozenset({"reference"}),
    "code_wrong": frozenset(),
    "code_locked": frozenset(),
    "status.new": frozenset(),
    "status.open": frozenset(),
    "status.waiting_on_citizen": frozenset(),
    "status.waiting_on_third_party": frozenset(),
    "status.resolved": frozenset(),
    "status.closed": frozenset(),
    "mail_cut": frozenset({"reference"}),
    "followed": frozenset({"organisation", "reference"}),
    "followed_ended": frozenset({"organisation", "reference", "status"}),
    "near.today": frozenset(),
    "near.yesterday": frozenset(),
    "near.days": frozenset({"days"}),
    "referred": frozenset({"organisation", "reference", "body", "contact"}),
    "staff_alert": frozenset({"reference", "emergency"}),
    "staff_escalation": frozenset({"reference", "timer", "due"}),
    "staff_trial": frozenset({"organisation"}),
    "staff_invitation": frozenset({"organisation", "link", "until"}),
    "staff_reset": frozenset({"organisation", "link", "until"}),
    "timer.first_response": frozenset(),
    "timer.next_response": frozenset(),
    "timer.resolution": frozenset(),
    "timer.department_leg": frozenset(),
    "timer.decision": frozenset(),
    "timer.internal_review": frozenset(),
    "timer.task": frozenset(),
    "letter.reference": frozenset(),
    "letter.number": frozenset(),
    "letter.date": frozenset(),
    "letter.page": frozenset({"page", "pages"}),
    "letter.send_back": frozenset(),
}


class TextMissing(LookupError):
    """A text, or a value for it, is not there; the message names the key."""


@dataclass(frozen=True, slots=True)
class Text:
    """One text. A draft was not reviewed by a speaker and is not sent unless the administrator allows drafts."""

    text: str
    draft: bool = False


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All texts. ``names`` are the languages' own names, by code; the default language is complete."""

    entries: Mapping[tuple[str, str, str | None], Text]
    names: Mapping[str, str]
    default_language: str
    allow_drafts: bool = False

    def render(self, key: str, *, language: str, channel: str | None, **values: str) -> str:
        """Fill a text in: the channel's own before the general, the language before the default one."""
        for wanted in dict.fromkeys((language, self.default_language)):
            for way in dict.fromkeys((channel, None)):
                text = self.entries.get((key, wanted, way))
                if text is not None and (self.allow_drafts or not text.draft):
                    return _filled(key, text.text, values)
        raise TextMissing(f"no text {key!r} in {self.default_language!r}")

    def languages(self) -> Mapping[str, str]:
        """Return the languages that a citizen may choose, by code: those with a text that may be sent."""
        sendable = {language for (_, language, _), text in self.entries.items() if self.allow_drafts or not text.draft}
        return {code: name for code, name in self.names.items() if code in sendable}


def placeholders(text: str) -> frozenset[str]:
    """Return the names in braces; raises ``ValueError`` for a brace that is not closed."""
    return frozenset(name for _, name, _, _ in string.Formatter().parse(text) if name is not None)


def _filled(key: str, text: str, values: Mapping[str, str]) -> str:
    try:
        return text.format_map(values)
    except KeyError as missing:
        raise TextMissing(f"text {key!r} wants a value for {missing}") from None
