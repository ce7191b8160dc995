"""The row of a dialogue's session: found and locked, begun or gone on with, and what of a request is new."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from cases.forms import Asker
from cases.messages import AddressKind
from cases.models import Address, DialogueSession
from channels.base import Heard
from channels.dialogue.engine import begin
from channels.dialogue.menu import Menu
from channels.dialogue.resume import LASTS, resume
from channels.dialogue.values import Turn

_LOCKED = (
    select(DialogueSession)
    .where(DialogueSession.account == bindparam("account"), DialogueSession.session == bindparam("session"))
    .with_for_update()
)
_CUT = (
    select(DialogueSession)
    .where(
        DialogueSession.account == bindparam("account"),
        DialogueSession.address == bindparam("address"),
        DialogueSession.updated_at > bindparam("since"),
        ~DialogueSession.ends,
    )
    .order_by(DialogueSession.updated_at.desc())
    .limit(1)
)
_LANGUAGE = select(Address.language).where(Address.kind == AddressKind.PHONE, Address.value == bindparam("address"))
HUNG_UP = "hung up"


def locked(session: Session, account: str, name: str) -> DialogueSession | None:
    """Return a session's row, locked until the transaction ends."""
    return session.scalars(_LOCKED, {"account": account, "session": _stored(name)}).one_or_none()


def opened(session: Session, account: str, menu: Menu, heard: Heard, *, at: datetime) -> DialogueSession:
    """Return the row of a session that begins: at the first screen, or at the offer to go on with one that was cut.

    An offer is made once; who dials further than the code has chosen something else.
    """
    address = heard.address.value
    language = session.execute(_LANGUAGE, {"address": address}).scalar_one_or_none() or menu.default_language
    state = begin(menu, language=language)
    cut = session.scalars(_CUT, {"account": account, "address": address, "since": at - LASTS}).one_or_none()
    if cut is not None and not cut.resumed and not heard.whole:
        state = resume(menu, cut.state, language=language)
        cut.resumed = True
    row = DialogueSession(account=account, session=_stored(heard.session), address=address, state=dict(state), turns=0)
    row.started_at, row.proved, row.resumed = at, False, False
    row.step, row.whole, row.hidden = "", None, None
    return row


def is_repeat(row: DialogueSession, heard: Heard) -> bool:
    """Tell whether a request adds nothing to what is known: it came before, out of its order, or after the end."""
    if row.ends:
        return True
    if heard.whole is not None:
        return row.whole is not None and not _adds(row.whole, heard.whole)
    if heard.turn is not None and row.turn is not None:
        return int(heard.turn) <= int(row.turn)
    return heard.said is None


def new_input(row: DialogueSession, heard: Heard) -> str | None:
    """Return what was keyed in and not heard before; None where somebody has just begun."""
    if heard.whole is None:
        return heard.said if row.turns else None
    known = _length(row.whole) if row.whole is not None else 0
    return (heard.whole[known + 1 :] if known else heard.whole) if row.turns or heard.whole else None


def new_from(row: DialogueSession, heard: Heard) -> int:
    """Return where what is new begins in everything that a request says was keyed in."""
    known = _length(row.whole) if heard.whole is not None and row.whole is not None else 0
    return known + 1 if known else 0


def keep(
    row: DialogueSession,
    heard: Heard,
    turn: Turn,
    asker: Asker,
    *,
    at: datetime,
    hidden: Sequence[Sequence[int]] = (),
) -> None:
    """Store where the dialogue stands now, the screen shown, and what it has learnt.

    After the last screen nothing is kept of what was keyed in: it stands in the message, or nowhere. ``hidden`` are the
    places of codes, for a gateway that repeats them with each turn.
    """
    state = {"language": turn.state["language"]} if turn.ends else dict(turn.state)
    row.state, row.screen, row.step, row.ends = state, turn.screen, turn.step, turn.ends
    row.whole, row.turn = None if heard.whole is None else _mark(heard.whole), heard.turn
    row.hidden = [list(one) for one in hidden] if hidden and heard.whole is not None and not turn.ends else None
    row.reference, row.proved, row.case_id = asker.reference, asker.proved, asker.case_id
    row.turns += 1
    row.updated_at = at


def hung_up(row: DialogueSession | None, *, at: datetime) -> None:
    """Note that the citizen or the network ended a session; it can be gone on with."""
    if row is not None and row.ended_at is None:
        row.ended_as, row.ended_at = HUNG_UP, at


def _adds(known: str, whole: str) -> bool:
    length = _length(known)
    more = len(whole) > length and (length == 0 or whole[length] == "*")
    return more and _mark(whole[:length]) == known


def _mark(whole: str) -> str:
    """Return what is kept of everything keyed in: enough to know it again. It holds codes and words itself."""
    return f"{len(whole)}:{hashlib.blake2b(whole.encode(), digest_size=16).hexdigest()}"


def _length(mark: str) -> int:
    return int(mark.partition(":")[0])


def _stored(name: str) -> str:
    return name.replace("\x00", "\ufffd")
