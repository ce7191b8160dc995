"""One letter that came, for the screen on which it is keyed: what is known of it, its pages, and those beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import BindParameter, String, and_, bindparam, func, select
from sqlalchemy import cast as as_type
from sqlalchemy.dialects.postgresql import JSONPATH
from sqlalchemy.orm import Session, aliased

from cases import access, clock, survivors, together
from cases.errors import NotFound
from cases.models import Agent, Case, Filing, LetterRow, ScanPage, ScanRow
from cases.permissions import Action, Viewer, may
from cases.queries.register import PRIVATE, TO_KEY, number_of
from cases.together import Found, Kept, first

#: below so much confidence, of 100, a word or a field is doubtful
DOUBTFUL_BELOW: Final = 75
_NONE = "There is no such letter, or none that you may see."
_DOUBTFUL = func.jsonb_path_query_array(ScanPage.words, as_type(f"strict $[*] ? (@[5] < {DOUBTFUL_BELOW})", JSONPATH))
_SHOWN = func.coalesce(ScanPage.shown_sha256, ScanPage.picture_sha256)


@dataclass(frozen=True, slots=True)
class Word:
    """A word on a page: its place in pixels of what is shown, and how sure it is, of 100."""

    text: str
    left: int
    top: int
    width: int
    height: int
    confidence: float


@dataclass(frozen=True, slots=True)
class PageOfLetter:
    """One page. ``turn``: degrees by which a person has turned it, clockwise. ``words`` is how many were read.

    ``shown``: there is a picture of it. ``read``: the reading is over, well or not.
    """

    number: int
    width: int
    height: int
    turn: int
    blank: bool
    cover: bool
    shown: bool
    read: bool
    trouble: bool
    confidence: float | None
    words: int
    doubtful: tuple[Word, ...]

    @property
    def by_hand(self) -> bool:
        """Tell whether the reading helps nobody: it is written by hand, in another language, or faint."""
        return not self.blank and (self.trouble or (self.words > 0 and len(self.doubtful) * 2 > self.words))


@dataclass(frozen=True, slots=True)
class OneLetter:
    """A letter that came. ``values`` is what was written down of it, ``found`` what reading found, by field: its value
    and how sure it is.

    ``before`` and ``after`` are letters to key around it; ``place`` of ``letters`` says which of its scan it is.
    """

    id: int
    register_number: str
    state: str
    version: int
    scan_id: int | None
    scan_name: str
    came_by: str
    received_at: datetime
    place: int
    letters: int
    values: Mapping[str, Any]
    found: Mapping[str, Any]
    reference_found: str | None
    proves: int | None
    trouble: str | None
    keyer: str | None
    keyed_at: datetime | None
    reference: str | None
    account: str
    before: str | None
    after: str | None
    waiting: int
    pages: tuple[PageOfLetter, ...]


_NOW_IN = (
    select(Filing.case_id)
    .where(Filing.message_id == bindparam("message_id"), Filing.removed_at.is_(None))
    .order_by(Filing.id.desc())
    .limit(1)
)
#: what is written down of a letter
FIELDS: Final = ("sender_name", "signed_by", "postal", "dated", "received_on", "subject", "text")
_OF_PAGE = ("number", "width", "height", "turn", "blank", "cover", "state", "confidence")


def load(
    session: Session, viewer: Viewer, register_number: str, *, also: Mapping[str, Kept] | None = None
) -> tuple[OneLetter, Found]:
    """Return a letter that came, and the rows of what is read ``also``; ``NotFound`` alike where there is none and
    where it is not the viewer's.

    Of a private one its keepers get the number and who put it aside, and nothing else.
    """
    parts = {**together.kept(_parts), **(also or {})}
    values = {"now": clock.now(session), "register_number": number_of(register_number) or ""}
    beside = together.read(session, parts, values)
    (letter,) = beside["letter"] or (None,)
    if letter is None:
        raise NotFound(_NONE)
    shut = letter.state == PRIVATE and may(viewer, Action.KEEP_REGISTER)
    if not shut and not may_see(session, viewer, letter):
        raise NotFound(_NONE)
    return _one(letter, () if shut else tuple(_page(one) for one in beside["pages"]), shut=shut), beside


def row(session: Session, viewer: Viewer, register_number: str) -> LetterRow:
    """Return a letter's row; ``NotFound`` as for the letter."""
    query = select(LetterRow).where(LetterRow.register_number == (number_of(register_number) or ""))
    letter = session.scalar(query.where(LetterRow.direction == "in"))
    if letter is None or not may_see(session, viewer, letter):
        raise NotFound(_NONE)
    return letter


def next_to_key(session: Session, register_number: str) -> str | None:
    """Return the letter to key behind this one, or else the first there is."""
    waits = LetterRow.state == TO_KEY, LetterRow.direction == "in"
    this = select(LetterRow.id).where(LetterRow.register_number == (number_of(register_number) or "")).scalar_subquery()
    query = select(LetterRow.register_number).where(*waits, LetterRow.id != this)
    return session.scalar(query.order_by(LetterRow.id < this, LetterRow.id).limit(1))


def may_see(session: Session, viewer: Viewer, letter: LetterRow) -> bool:
    """Tell whether the viewer may know what a letter says: who reads its case, and until it has one, the register."""
    if letter.state == PRIVATE:
        return False
    if letter.case_id is None:
        return may(viewer, Action.KEEP_REGISTER)
    now_in = session.scalar(_NOW_IN, {"message_id": letter.message_id})
    return access.allowed(session, viewer, Action.READ, survivors.of(session, now_in or letter.case_id))


def page_of(session: Session, viewer: Viewer, register_number: str, page: int) -> LetterRow:
    """Return a letter of which the viewer may see this page; ``NotFound`` as for the letter."""
    letter = row(session, viewer, register_number)
    if letter.scan_id is None or not (letter.first_page or 1) <= page <= (letter.last_page or 0):
        raise NotFound(_NONE)
    return letter


def _letter(number: BindParameter[str]) -> together.Part:
    other, keyer = aliased(LetterRow), aliased(Agent)
    waits = and_(other.state == TO_KEY, other.direction == "in")
    beside = select(other.register_number).where(waits).limit(first(1))
    of_scan = select(func.count()).where(other.scan_id == LetterRow.scan_id, other.state != "joined")
    return (
        select(
            *together.columns_of(LetterRow),
            ScanRow.name.label("scan_name"),
            ScanRow.came_by,
            func.coalesce(ScanRow.received_at, LetterRow.created_at).label("received_at"),
            keyer.name.label("keyer"),
            Case.reference,
            beside.where(other.id < LetterRow.id).order_by(other.id.desc()).scalar_subquery().label("before"),
            beside.where(other.id > LetterRow.id).order_by(other.id).scalar_subquery().label("after"),
            select(func.count()).where(waits).correlate(None).scalar_subquery().label("waiting"),
            of_scan.correlate(LetterRow).scalar_subquery().label("letters"),
            of_scan.where(other.id <= LetterRow.id).correlate(LetterRow).scalar_subquery().label("place"),
        )
        .select_from(LetterRow)
        .outerjoin(ScanRow, ScanRow.id == LetterRow.scan_id)
        .outerjoin(keyer, keyer.id == LetterRow.keyed_by)
        .outerjoin(Case, Case.id == LetterRow.case_id)
        .where(LetterRow.register_number == number, LetterRow.direction == "in")
    )


def _parts() -> together.Parts:
    within = ScanPage.number.between(LetterRow.first_page, LetterRow.last_page)
    columns = (getattr(ScanPage, one).label(one) for one in _OF_PAGE)
    number = bindparam("register_number", None, type_=String())
    return {
        "letter": _letter(number),
        "pages": select(
            *columns,
            _SHOWN.is_not(None).label("shown"),
            func.jsonb_array_length(ScanPage.words).label("words"),
            _DOUBTFUL.label("doubtful"),
        )
        .join(LetterRow, and_(ScanPage.scan_id == LetterRow.scan_id, within))
        .where(LetterRow.register_number == number)
        .order_by(ScanPage.number),
    }


def _page(row: Any) -> PageOfLetter:
    return PageOfLetter(
        number=row.number,
        width=row.width or 1,
        height=row.height or 1,
        turn=row.turn,
        blank=row.blank,
        cover=row.cover,
        shown=row.shown,
        read=row.state != "waiting",
        trouble=row.state == "unread",
        confidence=row.confidence,
        words=row.words,
        doubtful=tuple(_word(one) for one in row.doubtful),
    )


def _word(one: Sequence[Any]) -> Word:
    left, top, width, height = (int(part) for part in one[1:5])
    return Word(str(one[0]), left, top, width, height, float(one[5]))


def _one(row: Any, pages: tuple[PageOfLetter, ...], *, shut: bool = False) -> OneLetter:
    same = ("id", "register_number", "state", "version", "scan_id", "reference_found", "proves", "trouble", "keyed_at")
    beside = ("came_by", "received_at", "place", "letters", "keyer", "reference", "before", "after", "waiting")
    return OneLetter(
        **{name: getattr(row, name) for name in (*same, *beside, "account")},
        scan_name=row.scan_name or "",
        values={} if shut else {name: getattr(row, name) for name in FIELDS},
        found={} if shut else row.found,
        pages=pages,
    )
