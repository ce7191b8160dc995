"""What the composer shows: what was written so far, by which way it would leave, in how many parts, at which price."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

from flask import request, url_for

from cases import mails, replies
from cases.attachments import MOST_BYTES, MOST_FILES
from cases.departments import City
from cases.drafts import Kept
from cases.letters.states import CHANNEL as LETTERS
from cases.queries.case import CaseView
from cases.queries.timeline import AttachmentView, EventEntry, MessageEntry
from cases.reaching import Way
from channels.letters.wrapping import about_pages
from channels.sms import segments
from channels.sms.segments import Segments
from contactcentre.web.desk.drafts import Draft
from contactcentre.web.formatting import masked

#: the page after a reply names it, so that it can be taken back from another case too
SENT = "sent"
#: files of the case that are offered to go along, the newest first
MOST_OFFERED = 30


@dataclass(frozen=True, slots=True)
class Offered:
    """A file of the case that may go along. ``own``: it stands under a note, and only staff have seen it."""

    file: AttachmentView
    own: bool


@dataclass(frozen=True, slots=True)
class Composed:
    """``text`` is what stands in the answer's field; ``sent`` a reply of another case that may still be taken back.

    ``head`` is that of an answer by mail, where one of the ways is one. ``lost``: files were chosen that a form which
    came back holds no more.
    """

    text: str
    counted: Segments
    way: Way | None
    to: str
    price: float | None
    currency: str
    kept: Mapping[str, Kept]
    sent: tuple[str, str] | None
    head: mails.Head | None
    offered: tuple[Offered, ...]
    along: frozenset[str]
    lost: bool

    most_files: ClassVar[int] = MOST_FILES
    most_megabytes: ClassVar[int] = MOST_BYTES // 1024 // 1024

    @property
    def mailed(self) -> bool:
        """Tell whether the answer as it stands would leave as mail."""
        return self.way is not None and self.way.account.channel == mails.CHANNEL

    @property
    def lettered(self) -> bool:
        """Tell whether the answer as it stands would leave as a letter."""
        return self.way is not None and self.way.account.channel == LETTERS

    @property
    def length(self) -> str:
        """How much it is, in what its channel counts: parts of text messages, pages of a letter; empty for a mail."""
        if not self.text or self.mailed:
            return ""
        if self.lettered:
            pages = about_pages(self.text)
            return f"about {pages} {'page' if pages == 1 else 'pages'}"
        return f"{self.counted.parts} {'part' if self.counted.parts == 1 else 'parts'}, {self.counted.left} left"

    @property
    def longest(self) -> int:
        """How long the answer may be, in characters."""
        return longest(self.way)

    @property
    def cost(self) -> str:
        """What the answer costs as it stands, a letter as a whole; empty where no price is known."""
        if self.price is None or self.mailed or not self.text:
            return ""
        return f"{self.currency} {self.price * (1 if self.lettered else self.counted.parts):.2f}"

    def of(self, form: str) -> Kept | None:
        """Return what is kept of a form."""
        return self.kept.get(form)


def composed(view: CaseView, draft: Draft, *, city: City) -> Composed:
    """Gather it; a form that came back holds what was sent with it, else the kept draft stands in the field."""
    kept = view.drafts.get("reply")
    came_back = draft.form == "reply" and bool(draft.text or draft.error)
    text = draft.text if came_back else kept.text if kept else ""
    wanted = draft.wrote("reply", "account")
    way = next((one for one in view.reach.ways if one.account.id == wanted), next(iter(view.reach.ways), None))
    return Composed(
        text=text,
        counted=segments.count(text.strip()),
        way=way,
        to=masked(way.to.value, city.organisation.region) if way else "",
        price=way.account.price_per_part if way else None,
        currency=city.organisation.currency,
        kept=view.drafts,
        sent=still_undoable(request.args.get(SENT, "")),
        head=_head(view, city=city),
        offered=tuple(_offered(view)),
        along=frozenset(request.form.getlist("along")) if came_back else frozenset(),
        lost=came_back and any(one.filename for one in request.files.getlist("files")),
    )


def longest(way: Way | None) -> int:
    """Return how long an answer by this way may be, in characters."""
    return replies.longest(way.account.channel if way is not None else "")


def _head(view: CaseView, *, city: City) -> mails.Head | None:
    """Return the head that an answer by mail would have, by what the page has read anyway."""
    to = next((one.to.value for one in view.reach.ways if one.account.channel == mails.CHANNEL), None)
    if to is None:
        return None
    came = (one for one in reversed(view.timeline) if isinstance(one, MessageEntry) and one.direction == "in")
    mail = next((one.mail for one in came if one.mail is not None and one.mail.sender == to), None)
    latest = mails.Known(mail.subject, mail.identifier, mail.answers) if mail else None
    where = {"reference": view.row.reference, "department": view.row.department}
    return mails.head_after(latest, city, otherwise=view.row.subject, **where)  # type: ignore[arg-type]


def _offered(view: CaseView) -> Iterator[Offered]:
    seen = set[tuple[str, int]]()
    for entry in reversed(view.timeline):
        for file in () if isinstance(entry, EventEntry) else entry.attachments:
            if (file.name, file.size) not in seen and len(seen) < MOST_OFFERED:
                seen.add((file.name, file.size))
                yield Offered(file, own=not isinstance(entry, MessageEntry))


def still_undoable(text: str) -> tuple[str, str] | None:
    """Read what :data:`SENT` holds: the reference and where to take its reply back; None where it is no such thing."""
    reference, dot, number_ = text.partition(".")
    if not dot or not (reference + number_).isascii() or not reference.isdigit() or not number_.isdigit():
        return None
    return (
        (reference, url_for("desk.undo", reference=reference, message_id=int(number_))) if len(number_) < 19 else None
    )
