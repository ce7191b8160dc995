"""What the keying screen shows of a letter: fields with how sure they are, doubtful words, choices; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from cases.departments import City
from cases.queries.one_letter import OneLetter
from contactcentre.web.desk.drafts import Draft
from contactcentre.web.desk.letters import lines
from contactcentre.web.desk.letters.choices import CaseChoice, Offered, SenderChoice
from contactcentre.web.desk.letters.lines import MOST_LISTED, Box, Chip, Doubt, FieldView

NEW = "new"


@dataclass(frozen=True, slots=True)
class Screen:
    """The keying screen. ``into`` and ``citizen`` are what is chosen; ``keyers`` are colleagues who key it too.

    ``doubts`` are those that are listed, and ``more_doubts`` how many others are marked on the pages.
    """

    letter: OneLetter
    fields: Mapping[str, FieldView]
    boxes: Mapping[int, Sequence[Box]]
    doubts: tuple[Doubt, ...]
    more_doubts: int
    by_hand: bool
    clock: Chip
    keyers: tuple[str, ...]
    cases: tuple[CaseChoice, ...]
    senders: tuple[SenderChoice, ...]
    case_words: str
    into: str
    citizen: str


def of(
    letter: OneLetter,
    draft: Draft,
    *,
    offered: Offered,
    others: tuple[str, ...],
    city: City,
    now: datetime,
    zone: ZoneInfo,
) -> Screen:
    """Return the screen of a letter, with what was written into its form."""
    doubts = lines.doubts(letter.pages)
    return Screen(
        letter=letter,
        fields=lines.fields(letter, today=now.astimezone(zone).date()),
        boxes=lines.boxes(doubts),
        doubts=doubts[:MOST_LISTED],
        more_doubts=len(doubts[MOST_LISTED:]),
        by_hand=any(one.by_hand for one in letter.pages),
        clock=lines.clock(city, letter.received_at, now=now, zone=zone),
        keyers=others,
        cases=offered.cases,
        senders=offered.senders,
        case_words=offered.words,
        into=draft.wrote(draft.form, "into", offered.cases[0].reference if offered.sure else NEW),
        citizen=draft.wrote(draft.form, "citizen", str(offered.citizen or "")),
    )
