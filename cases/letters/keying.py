"""Keying: a person writes down what a letter says and where it belongs, and it becomes a message like any other."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from cases import access, clock, intake, references, survivors
from cases.departments import City
from cases.errors import Invalid, NotFound
from cases.intake import Received
from cases.letters import bearing, found, register, senders, taking
from cases.letters.taking import KEYED, PRIVATE, TO_KEY, UNREADABLE
from cases.messages import NEW_CASE, AddressKind, InboundMessage, KeptFile, Letter
from cases.models import LetterRow, ScanRow, StoredFile
from cases.models.event import Happened, record
from cases.permissions import Viewer

CHANNEL = "letters"
LONGEST_NAME, LONGEST_SUBJECT, LONGEST_TEXT, LONGEST_REASON = 120, 200, 100_000, 300


@dataclass(frozen=True, slots=True)
class Keyed:
    """What somebody wrote down of a letter. ``into`` is the reference of its case, or ``NEW_CASE``.

    ``received_on`` is the day of the stamp; None: the day on which it was scanned. ``citizen_id`` is the sender, where
    they chose one that is known.
    """

    text: str = ""
    subject: str = ""
    sender_name: str = ""
    signed_by: str = ""
    postal: str = ""
    dated: date | None = None
    received_on: date | None = None
    citizen_id: int | None = None
    into: str = ""


def key(
    session: Session, viewer: Viewer, *, city: City, register_number: str, keyed: Keyed, version: int
) -> tuple[LetterRow, Received]:
    """Take in a letter as it was keyed; what is to be sent now is in what intake says.

    Raises ``Stale`` where somebody else was quicker, ``Invalid`` for what cannot be right, ``NotFound`` for a case or a
    citizen that this viewer may not know of.
    """
    letter = taking.for_change(session, viewer, register_number, version, states=(TO_KEY, UNREADABLE))
    at = clock.now(session)
    keyed = _checked(keyed, today=register.day(at, city))
    _check_case(session, viewer, letter, keyed.into)
    citizen = senders.chosen(session, viewer, keyed.citizen_id) if keyed.citizen_id is not None else None
    address = senders.address(session, keyed.postal, letter_id=letter.id)
    writer = senders.settle(session, address, name=keyed.sender_name, citizen_id=citizen, actor=viewer.actor, at=at)
    said = Letter(
        letter.register_number, letter.id, keyed.subject, keyed.sender_name, letter.proves, keyed.into, writer
    )
    inbound = InboundMessage(
        account=letter.account,
        channel=CHANNEL,
        sender=address,
        recipient="",
        text=keyed.text or keyed.subject,
        external_id=f"letter:{letter.register_number}",
        files=files(session, letter),
        letter=said,
    )
    _write_down(letter, keyed, by=viewer.id, at=at)
    received = intake.receive(session, inbound, city=city, received_at=_received(session, letter, city))
    _done(session, letter, received, actor=viewer.actor, at=at)
    return letter, received


def file_itself(session: Session, letter: LetterRow, *, city: City, answer: str) -> Received | None:
    """Take in a letter that bears the code of one of ours; None where that stands in no case, so that a person looks.

    ``answer`` are the words of its pages.
    """
    case_id = bearing.answered_case(session, letter.proves)
    address = senders.answered_address(session, letter.proves) if letter.proves is not None else None
    if letter.state != TO_KEY or letter.trouble or case_id is None or address is None:
        return None
    at = clock.now(session)
    keyed = Keyed(
        text=answer[:LONGEST_TEXT].strip(),
        subject=found.value(letter.found, "subject")[:LONGEST_SUBJECT],
        sender_name=found.value(letter.found, "sender_name")[:LONGEST_NAME],
        signed_by=found.value(letter.found, "signed_by")[:LONGEST_NAME],
        postal=address.value if address.kind is AddressKind.POSTAL else "",
        dated=found.day(letter.found, "dated", not_after=register.day(at, city)),
    )
    inbound = InboundMessage(
        account=letter.account,
        channel=CHANNEL,
        sender=address,
        recipient="",
        text=keyed.text or keyed.subject or "(The answer stands on the pages.)",
        external_id=f"letter:{letter.register_number}",
        files=files(session, letter),
        letter=Letter(letter.register_number, letter.id, keyed.subject, keyed.sender_name, letter.proves),
    )
    _write_down(letter, replace(keyed, received_on=letter.received_on), by=None, at=at)
    received = intake.receive(session, inbound, city=city, received_at=_received(session, letter, city))
    _done(session, letter, received, actor="system", at=at)
    return received


def cannot_be_read(session: Session, viewer: Viewer, *, register_number: str, version: int, reason: str) -> LetterRow:
    """Put a letter aside that nobody can read here: it can still be keyed from the paper."""
    letter = taking.for_change(session, viewer, register_number, version, states=(TO_KEY,))
    words = " ".join(reason.split())
    if not 3 <= len(words) <= LONGEST_REASON:
        raise Invalid("Say in some words why it cannot be read, and where the paper lies.", field="reason")
    letter.state, letter.trouble = UNREADABLE, words
    taking.changed(session, letter, "unreadable", viewer.actor)
    return letter


def private(session: Session, viewer: Viewer, *, register_number: str, version: int) -> LetterRow:
    """Put a letter aside that is not for the organisation: its words are forgotten, its number stays."""
    letter = taking.for_change(session, viewer, register_number, version, states=(TO_KEY, UNREADABLE))
    letter.state = PRIVATE
    taking.forget_words(session, letter)
    taking.changed(session, letter, "private", viewer.actor)
    return letter


def take_back(session: Session, viewer: Viewer, *, register_number: str, version: int) -> LetterRow:
    """Let a letter that was put aside wait to be keyed again; what was forgotten is read anew."""
    letter = taking.for_change(session, viewer, register_number, version, states=(UNREADABLE, PRIVATE))
    was = letter.state
    letter.trouble = None
    if was == PRIVATE:
        taking.read_again(session, letter, at=clock.now(session))
    else:
        letter.state = TO_KEY
    taking.changed(session, letter, "taken_back", viewer.actor, {"from": was})
    return letter


def files(session: Session, letter: LetterRow) -> tuple[KeptFile, ...]:
    """Return a letter's pages as the file that stands with its message; of a scan that could not be looked into, the
    scan: of any other it may hold others' letters too.
    """
    if letter.pdf_sha256 is not None:
        name, sha256 = f"{letter.register_number}.pdf", letter.pdf_sha256
    elif letter.first_page is None:
        scan = session.get_one(ScanRow, letter.scan_id)
        name, sha256 = scan.name, scan.sha256
    else:
        return ()
    kept = session.get(StoredFile, sha256)
    return (KeptFile(sha256, kept.size, kept.media_type, name),) if kept is not None else ()


def _checked(keyed: Keyed, *, today: date) -> Keyed:
    """Return what was keyed, clean; raises ``Invalid`` naming the field."""
    bounds = {"sender_name": LONGEST_NAME, "signed_by": LONGEST_NAME, "subject": LONGEST_SUBJECT, "text": LONGEST_TEXT}
    values = {name: getattr(keyed, name).replace("\x00", " ").strip() for name in bounds}
    for name, most in bounds.items():
        if len(values[name]) > most:
            raise Invalid(f"This has {len(values[name])} characters; at most {most} are kept.", field=name)
    if not values["text"] and not values["subject"]:
        raise Invalid("Write what the letter says, or at least what it is about.", field="subject")
    for name in ("dated", "received_on"):
        day = getattr(keyed, name)
        if day is not None and not date(1990, 1, 1) <= day <= today:
            raise Invalid("A letter cannot bear a day that is still to come, or one so long ago.", field=name)
    if not keyed.into:
        raise Invalid("Choose the case that the letter belongs to, or a new one.", field="into")
    single = {name: " ".join(values[name].split()) for name in ("sender_name", "signed_by", "subject")}
    return replace(keyed, **{**values, **single})


def _check_case(session: Session, viewer: Viewer, letter: LetterRow, into: str) -> None:
    """Let a letter go into a case that its keyer may read, or that the letter itself names or proves."""
    if into == NEW_CASE:
        return
    digits = references.parse(into)
    if digits is None:
        raise Invalid("Write a reference such as 4821-7736, or choose a new case.", field="into")
    case = survivors.find(session, digits)
    if case is not None and digits == letter.reference_found:
        return
    if case is None or not access.readable(session, viewer, case):
        raise NotFound("There is no such case, or none that you may see.", field="into")


def _received(session: Session, letter: LetterRow, city: City) -> datetime:
    """Return from when a letter's promises count: from its scan, or from the day of its stamp where that is earlier."""
    scanned = session.get_one(ScanRow, letter.scan_id).received_at
    if letter.received_on is None or letter.received_on >= register.day(scanned, city):
        return scanned
    return datetime.combine(letter.received_on, time.min, ZoneInfo(city.organisation.timezone))


def _write_down(letter: LetterRow, keyed: Keyed, *, by: int | None, at: datetime) -> None:
    letter.state, letter.keyed_by, letter.keyed_at, letter.trouble = KEYED, by, at, None
    letter.text, letter.subject = keyed.text, keyed.subject or None
    letter.sender_name, letter.signed_by = keyed.sender_name or None, keyed.signed_by or None
    letter.postal, letter.dated = keyed.postal or None, keyed.dated
    letter.received_on = keyed.received_on or letter.received_on


def _done(session: Session, letter: LetterRow, received: Received, *, actor: str, at: datetime) -> None:
    letter.message_id, letter.case_id = received.message_id, received.case_id
    if received.case_id is not None:
        case = survivors.lock_ids(session, [received.case_id])[received.case_id]
        values = {"letter": letter.register_number, "scan": letter.scan_id}
        record(session, case, [Happened("letter_keyed", actor, values, message_id=received.message_id)], at=at)
    taking.changed(session, letter, "keyed", actor, {"case": received.case_id})
