"""How letters are written for people: states, days, the time until which one is to be keyed, what is doubtful."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Any, Final
from zoneinfo import ZoneInfo

from cases import rota
from cases.departments import City
from cases.queries.one_letter import DOUBTFUL_BELOW, FIELDS, OneLetter, PageOfLetter, Word
from cases.queries.register import LetterLine
from cases.sla import reckoning
from cases.sla.policy import Target, Unit
from contactcentre.web import formatting

STATES: Final = {
    "reading": ("calm", "Being read"),
    "to_key": ("soon", "To key"),
    "keyed": ("met", "Keyed"),
    "unreadable": ("late", "Cannot be read"),
    "private": ("paused", "Private"),
    "joined": ("calm", "Joined to another"),
    "to_print": ("soon", "To print"),
    "printed": ("paused", "Printed"),
    "posted": ("met", "Posted"),
    "returned": ("late", "Returned"),
}
FIELD_WORDS: Final = (
    ("sender_name", "Sender"),
    ("signed_by", "Signed by"),
    ("postal", "Postal address"),
    ("dated", "Dated"),
    ("received_on", "Received"),
    ("subject", "Subject"),
    ("text", "Text"),
)
#: so many doubtful words are listed below the text, and marked on the pages
MOST_LISTED, MOST_MARKED = 40, 400
#: pixels of the page that a piece of it shows around its word; how many pixels of the screen such a piece is high
_AROUND, _HIGH = 8, 22


@dataclass(frozen=True, slots=True)
class Chip:
    """A word with its colour and icon."""

    tone: str
    icon: str
    text: str


@dataclass(frozen=True, slots=True)
class FieldView:
    """A field as the form shows it. ``confidence`` is of 100, None where nobody has read it."""

    value: str
    confidence: int | None
    doubtful: bool


@dataclass(frozen=True, slots=True)
class Box:
    """The place of a doubtful word on its page, in pixels of the picture."""

    id: int
    left: int
    top: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Doubt:
    """A doubtful word with its piece of the page. ``crop`` is that piece, as a picture's window."""

    id: int
    word: Word
    page: int
    page_width: int
    page_height: int

    @property
    def percent(self) -> int:
        """How sure the word is."""
        return max(int(self.word.confidence), 0)

    @property
    def crop(self) -> str:
        """The window of the page that shows the word and a little around it."""
        left, top = max(self.word.left - _AROUND, 0), max(self.word.top - _AROUND, 0)
        return f"{left} {top} {self.word.width + 2 * _AROUND} {self.word.height + 2 * _AROUND}"

    @property
    def crop_width(self) -> int:
        """How wide that window is on the screen."""
        return max(round((self.word.width + 2 * _AROUND) * _HIGH / (self.word.height + 2 * _AROUND)), 10)


def words_of(state: str) -> str:
    """Return a letter's state in words."""
    return STATES.get(state, ("calm", formatting.words(state)))[1]


def tone_of(state: str) -> str:
    """Return the colour that a state shares with others of its meaning."""
    return STATES.get(state, ("calm", ""))[0]


def due_at(city: City, received: datetime) -> datetime:
    """Return until when a letter is to be keyed: so much working time after it came, by the city's calendar."""
    target = Target(city.limits.letter_minutes, Unit.MINUTES)
    return reckoning.due(rota.calendar_of(city, None), target, started=received)


def clock(city: City, received: datetime, *, now: datetime, zone: ZoneInfo) -> Chip:
    """Return the time that is left until a letter is to be keyed."""
    due = due_at(city, received)
    if due < now:
        return Chip("late", "late", f"To key: {formatting.until(due, now, zone)}")
    near = due - now <= timedelta(hours=1)
    return Chip("soon" if near else "line", "clock", f"To key by {_by(due, now, zone)}")


def _by(due: datetime, now: datetime, zone: ZoneInfo) -> str:
    local = due.astimezone(zone)
    return f"{local:%H:%M}" if local.date() == now.astimezone(zone).date() else f"{local:%a %H:%M}"


def clocks(city: City, lines: Iterable[LetterLine], *, now: datetime, zone: ZoneInfo) -> dict[int, Chip]:
    """Return the clock of each letter by its id."""
    return {one.id: clock(city, one.created_at, now=now, zone=zone) for one in lines}


def fields(letter: OneLetter, *, today: date) -> dict[str, FieldView]:
    """Return what the form begins with: what was written down, or else what was found."""
    return {name: _field(name, letter.values.get(name), letter.found.get(name), today) for name in FIELDS}


def _field(name: str, value: Any, found: Any, today: date) -> FieldView:
    read, sure = _found(found)
    shown = value if value not in (None, "") else read
    if name == "received_on" and not shown:
        shown = today
    if isinstance(shown, date):
        shown = shown.isoformat()
    confidence = round(sure) if sure is not None and read and str(shown) == str(read) else None
    return FieldView(str(shown or ""), confidence, confidence is not None and confidence < DOUBTFUL_BELOW)


def _found(found: Any) -> tuple[str, float | None]:
    if isinstance(found, Mapping):
        return str(found.get("value") or ""), found.get("confidence")
    if isinstance(found, list | tuple) and len(found) == 2:
        return str(found[0] or ""), found[1]
    return "", None


def doubts(pages: Iterable[PageOfLetter]) -> tuple[Doubt, ...]:
    """Return the doubtful words in the order of the pages; of a page that reads badly none, since all would be."""
    every = ((page, word) for page in pages if page.shown and not page.by_hand for word in page.doubtful)
    return tuple(
        Doubt(number, word, page.number, page.width, page.height)
        for number, (page, word) in enumerate(islice(every, MOST_MARKED), start=1)
    )


def boxes(found: Iterable[Doubt]) -> dict[int, list[Box]]:
    """Return the places of doubtful words by page; a page without any has an empty list."""
    by_page: dict[int, list[Box]] = _Lists()
    for one in found:
        word = one.word
        by_page[one.page].append(Box(one.id, word.left, word.top, word.width, word.height))
    return by_page


class _Lists(dict[int, list[Box]]):
    def __missing__(self, page: int) -> list[Box]:
        return self.setdefault(page, [])
