"""A letter of ours for each case of the matrix: what it says may be told to those alone who may read the case."""

from __future__ import annotations

from typing import Any

from cases import clock
from cases.models import Case, LetterRow


def dispatched(session: Any, case: Case, words: tuple[str, ...], *, content: str) -> int:
    """Let a letter wait to be printed; returns its id."""
    word, name, *_ = words
    number, at = f"D-2026-{case.id:04d}", clock.now(session)
    where = {"account": "paper", "case_id": case.id, "created_at": at, "dated": at.date()}
    said = {"recipient_name": name, "postal": "P.O. Box 1", "subject": f"The {word}", "pdf_sha256": content}
    row = LetterRow(direction="out", register_number=number, state="to_print", **where, **said)
    session.add(row)
    session.flush()
    return row.id
