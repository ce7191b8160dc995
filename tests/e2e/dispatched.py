"""Letters of ours in every state, for the pages of the print room."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from cases import clock
from cases.letters import register
from cases.models import Case, LetterRow, PrintBatch

if TYPE_CHECKING:
    from contactcentre.container import Container

_KEPT = "0" * 64


def dispatch(session: Any, container: Container, _talked: str) -> dict[str, Any]:
    """Leave some letters in the register of dispatch."""
    at, city = clock.now(session), container.city
    today = register.day(at, city)
    case = session.scalars(select(Case).where(Case.status == "open", ~Case.confidential).order_by(Case.id)).first()
    batch = PrintBatch(made_by=None, made_at=at, pdf_sha256=_KEPT, letters=2)
    session.add(batch)
    session.flush()
    states = ("to_print", "to_print", "to_print", "printed", "printed", "posted", "posted", "returned")
    for place, number in enumerate(register.numbers(session, register.OUT, today.year, len(states))):
        state, day = states[place], today - timedelta(days=place)
        session.add(
            LetterRow(
                direction=register.OUT, register_number=number, account="letters-front", state=state, dated=day,
                recipient_name=f"Invented Resident {place}", postal=f"P.O. Box TK {400 + place}\nNew Takoradi",
                subject="Choked gutter behind the market, and the broken slab beside it", case_id=case.id,
                pdf_sha256=None if place == 2 else _KEPT, created_at=at,
                print_batch_id=batch.id if state != "to_print" else None,
                printed_at=at if state != "to_print" else None,
                posted_on=day if state in ("posted", "returned") else None,
                tracking="RR 123 456 785 GH" if place == 5 else None,
                returned_on=today if state == "returned" else None,
                returned_reason="unclaimed" if state == "returned" else None,
            )
        )  # fmt: skip
    session.flush()
    return {"batch": batch.id}
