"""What the composer shows: what was written so far, by which way it would leave, in how many parts, at which price."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flask import request, url_for

from cases.departments import City
from cases.drafts import Kept
from cases.queries.case import CaseView
from cases.reaching import Way
from channels.sms import segments
from channels.sms.segments import Segments
from contactcentre.web.desk.drafts import Draft
from contactcentre.web.formatting import masked

#: the page after a reply names it, so that it can be taken back from another case too
SENT = "sent"


@dataclass(frozen=True, slots=True)
class Composed:
    """``text`` is what stands in the answer's field; ``sent`` a reply of another case that may still be taken back."""

    text: str
    counted: Segments
    way: Way | None
    to: str
    price: float | None
    currency: str
    kept: Mapping[str, Kept]
    sent: tuple[str, str] | None

    @property
    def cost(self) -> str:
        """What the answer costs as it stands; empty where no price is known."""
        return "" if self.price is None else f"{self.currency} {self.price * self.counted.parts:.2f}"

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
    )


def still_undoable(text: str) -> tuple[str, str] | None:
    """Read what :data:`SENT` holds: the reference and where to take its reply back; None where it is no such thing."""
    reference, dot, number_ = text.partition(".")
    if not dot or not (reference + number_).isascii() or not reference.isdigit() or not number_.isdigit():
        return None
    return (
        (reference, url_for("desk.undo", reference=reference, message_id=int(number_))) if len(number_) < 19 else None
    )
