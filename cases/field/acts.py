"""What an officer's phone tells: one act as a value, read from what was sent, with every bound checked. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, TypeVar

from cases.errors import Invalid

#: acts of one request; what a phone has more of goes with the next
MOST_ACTS = 25
LONGEST_WORDS = 2_000
LONGEST_KEY, SHORTEST_KEY = 100, 8
#: bytes of one photo; a phone shrinks it to a tenth of that
LARGEST_PHOTO = 5 * 1024 * 1024
_LARGEST_NUMBER = 2**63
Word = TypeVar("Word", bound=StrEnum)


class ActKind(StrEnum):
    """What was done."""

    ON_MY_WAY = "on_my_way"
    DONE = "done"
    NOT_DONE = "not_done"
    NOTE = "note"
    PHOTO = "photo"


class WhyNot(StrEnum):
    """Why a job was not done: a closed list, so that it can be counted."""

    NOBODY_THERE = "nobody_there"
    NO_WAY_IN = "no_way_in"
    NOT_FOUND = "not_found"
    NEEDS_MORE = "needs_more"
    NOT_SAFE = "not_safe"
    NOT_OURS = "not_ours"
    OTHER = "other"


#: what the reasons are called; whoever says *other* must say more
WHY_NOT: Mapping[WhyNot, str] = {
    WhyNot.NOBODY_THERE: "Nobody was there",
    WhyNot.NO_WAY_IN: "No way to get to it",
    WhyNot.NOT_FOUND: "The place or thing was not found",
    WhyNot.NEEDS_MORE: "Needs other people, tools or parts",
    WhyNot.NOT_SAFE: "Not safe now",
    WhyNot.NOT_OURS: "Not the Assembly's to do",
    WhyNot.OTHER: "Another reason",
}


class Moment(StrEnum):
    """When a photo was taken, seen from the work."""

    BEFORE = "before"
    AFTER = "after"


@dataclass(frozen=True, slots=True)
class Act:
    """One act. ``seen`` is the number of the last line of the case's history that the phone knew; ``phone_at`` what
    its clock said, None where that is no time.
    """

    key: str
    kind: ActKind
    reference: str
    task_id: int
    seen: int
    phone_at: datetime | None
    words: str = ""
    why_not: WhyNot | None = None
    moment: Moment | None = None

    def digest(self, photo: str = "") -> str:
        """Return a digest of what is asked; ``photo`` is the SHA-256 of the picture that comes with it."""
        asked = (self.kind, self.reference, self.task_id, self.words, self.why_not, self.moment, photo)
        return hashlib.sha256(repr([str(one) for one in asked]).encode(errors="replace")).hexdigest()


def read(sent: object) -> Act:
    """Read one act as a phone or a form sends it; raises ``Invalid`` that names the field."""
    if not isinstance(sent, Mapping):
        raise Invalid("An act is an object with fields.", field="acts")
    kind = _word(ActKind, sent.get("kind"), "kind")
    act = Act(
        key=_key(sent.get("key")),
        kind=kind,
        reference=_text(sent.get("reference"), 20, "reference"),
        task_id=_number(sent.get("task"), "task"),
        seen=_number(sent.get("seen"), "seen"),
        phone_at=_instant(sent.get("at")),
        words=_text(sent.get("words"), LONGEST_WORDS, "words"),
        why_not=_word(WhyNot, sent.get("reason"), "reason") if kind is ActKind.NOT_DONE else None,
        moment=_word(Moment, sent.get("moment"), "moment") if kind is ActKind.PHOTO else None,
    )
    _complete(act)
    return act


def key_of(sent: object) -> str:
    """Return the key of an act that could not be read, so that its answer finds it; empty without one."""
    key = sent.get("key") if isinstance(sent, Mapping) else None
    return key[:LONGEST_KEY] if isinstance(key, str) else ""


def _complete(act: Act) -> None:
    if act.kind is ActKind.NOTE and not act.words:
        raise Invalid("Write something first.", field="words")
    if act.why_not is WhyNot.OTHER and not act.words:
        raise Invalid("Say in a few words why it was not done.", field="words")


def _key(value: object) -> str:
    if not isinstance(value, str) or not SHORTEST_KEY <= len(value) <= LONGEST_KEY:
        raise Invalid(f"The key of an act has between {SHORTEST_KEY} and {LONGEST_KEY} characters.", field="key")
    if not value.isascii() or not value.isprintable():
        raise Invalid("The key of an act is of plain letters and figures.", field="key")
    return value


def _text(value: object, longest: int, field: str) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise Invalid(f"{field.capitalize()} must be text.", field=field)
    text = value.replace("\x00", "").replace("\r\n", "\n").encode(errors="ignore").decode().strip()
    if len(text) > longest:
        raise Invalid(f"This is {len(text)} characters long; {longest} is the most.", field=field)
    return text


def _number(value: object, field: str) -> int:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 19:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < _LARGEST_NUMBER:
        raise Invalid(f"{field.capitalize()} must be a whole number.", field=field)
    return value


def _instant(value: Any) -> datetime | None:
    """Return what a phone's clock said; None for what is no time at all: that is flagged, and refuses nothing."""
    if not isinstance(value, str) or len(value) > 40:
        return None
    try:
        found = datetime.fromisoformat(value)
        return found.astimezone(UTC) if found.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None


def _word(words: type[Word], value: object, field: str) -> Word:
    try:
        return words(value)  # type: ignore[arg-type]
    except ValueError:
        allowed = ", ".join(words)
        raise Invalid(f"{field.capitalize()} must be one of {allowed}.", field=field) from None
