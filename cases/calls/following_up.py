"""Callers whom nobody has spoken with: a task to call them back, in their case, and at most one for each number."""

from __future__ import annotations

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from cases import assignment, call_backs, forms, survivors
from cases.calls import queueing
from cases.departments import City
from cases.forms import Asker
from cases.lifecycle import ENDED
from cases.messages import Address, AddressKind
from cases.models import Address as AddressRow
from cases.models import Case, PhoneCall, Task, Thread
from cases.open_tasks import CALL_BACK, TaskState
from cases.permissions import SYSTEM

CHANNEL = "voice"
#: what the first message of such a case says: agents read it, the citizen has not said it
WORDS = {
    "abandoned": "Missed call: the caller waited in the queue and hung up.",
    "short": "Missed call: the caller hung up as soon as they had to wait.",
    "missed": "Missed call: nobody was there to answer.",
    "flash": "Missed call: the caller rang and hung up at once.",
    "lost": "Missed call: the line was cut.",
    "not_reached": "We tried to call back and could not reach the caller.",
    "asked": "The caller asked to be called back.",
}
#: ends that nobody has spoken before
_ASKS = ("abandoned", "short", "missed", "flash")
_OPEN = (
    select(Case)
    .join(Task, Task.case_id == Case.id)
    .join(Thread, Thread.id == Case.thread_id)
    .join(AddressRow, AddressRow.id == Thread.address_id)
    .where(
        AddressRow.kind == AddressKind.PHONE,
        AddressRow.value == bindparam("number"),
        Task.kind == CALL_BACK,
        Task.state == TaskState.OPEN,
    )
    .order_by(Case.id)
    .limit(1)
)


def after(session: Session, call: PhoneCall, *, city: City) -> tuple[str, ...]:
    """Open the task where the end of a call asks for one; returns the accounts with something to send."""
    waited = call.ended_as == "lost" and bool(queueing.all_of(session, call))
    if call.direction != "in" or call.ended_as not in _ASKS and not waited:
        return ()
    return open_task(session, call, WORDS[call.ended_as or "lost"], city=city)


def open_task(
    session: Session, call: PhoneCall, words: str, *, city: City, department: str | None = None
) -> tuple[str, ...]:
    """Open the task to call somebody: in the open case of this call, in the one that has such a task, or in one of its
    own. Nothing where the number is withheld. With a ``department`` the task is that one's.
    """
    if call.number is None:
        return ()
    reference = _of_call(session, call)
    to_send: tuple[str, ...] = ()
    if reference is None:
        waits = session.scalars(_OPEN, {"number": call.number}).one_or_none()
        reference = waits.reference if waits is not None else None
        if waits is not None:
            call.case_id = waits.id
    if reference is None:
        reference, to_send = _opened(session, call, words, city=city)
    call_backs.ask(session, city=city, reference=reference, department=department)
    return to_send


def asker(call: PhoneCall, *, city: City, turn: str = "") -> Asker:
    """Return who speaks in a call, for what opens a case or joins one."""
    account = city.accounts[call.account]
    return Asker(
        account.channel,
        call.account,
        account.answers_by or call.account,
        _address(call),
        turn=turn or f"{call.tag} end",
        language=call.language,
        reference=call.reference,
        proved=call.proved,
        case_id=call.case_id,
    )


def _address(call: PhoneCall) -> Address:
    """Return the caller's address; one whose number is withheld is nobody again in the next call."""
    return Address(AddressKind.PHONE, call.number) if call.number else Address(AddressKind.NONE, f"call {call.tag}")


def _of_call(session: Session, call: PhoneCall) -> str | None:
    if call.case_id is None:
        return None
    case = survivors.of(session, call.case_id)
    return case.reference if case.status not in ENDED else None


def _opened(session: Session, call: PhoneCall, words: str, *, city: City) -> tuple[str, tuple[str, ...]]:
    speaker = asker(call, city=city)
    reference = forms.open_case(session, speaker, words, city=city, family="enquiry")
    call.case_id = speaker.case_id
    stays = queueing.all_of(session, call)
    queue = stays[-1].queue if stays else queueing.GENERAL
    case = session.get_one(Case, speaker.case_id)
    if queue in city.departments and queue != case.department:
        why = "the caller wanted this department"
        assignment.transfer(session, SYSTEM, city=city, reference=reference, department=queue, reason=why)
    return reference, tuple(speaker.to_send)
