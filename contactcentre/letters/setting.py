"""Sets letters of ours: what is known of one becomes a PDF in the file store."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import date, datetime
from functools import partial

import structlog

from cases import clock, references
from cases.letters import drawing, entering
from cases.letters.drawing import Undrawn
from cases.letters.states import CHANNEL
from cases.messages import KeptFile
from channels.letters import codes
from channels.letters.drawing import Letter, Said, draw
from contactcentre.container import Container
from contactcentre.db import UnitOfWork
from contactcentre.jobs import SET_LETTERS

log = structlog.get_logger(__name__)
#: the one key of the job: any worker takes whatever waits
KEY = "letters"
LARGEST = 20 * 1024 * 1024
BATCH = 20


def entered(uow: UnitOfWork, container: Container, message_ids: Sequence[int], *, account: str, at: datetime) -> None:
    """Enter what has just left by an account of letters in the register, and have it set once that is committed."""
    found = container.city.accounts.get(account)
    if found is None or found.channel != CHANNEL or not message_ids:
        return
    entering.enter(uow.session, message_ids, city=container.city, at=at)
    uow.after_commit(partial(nudge, container))


def nudge(container: Container) -> None:
    """Tell a worker that a letter waits to be set."""
    container.jobs.nudge(SET_LETTERS, KEY)


def set_waiting(container: Container) -> int:
    """Set every letter that waits for it; returns how many. One that cannot be set is told and keeps no other back."""
    done = after = 0
    while found := _waiting(container, after):
        for one in found:
            after = one.id
            try:
                done += _set(container, one)
            except Exception as error:  # noqa: BLE001  whatever it is, the other letters are to be printed
                log.error("letter.not_set", letter_id=one.id, error=type(error).__name__)
    return done


def waits(container: Container) -> bool:
    """Tell whether a letter waits to be set."""
    with container.db.reader() as session:
        return drawing.waits(session)


def _waiting(container: Container, after: int) -> Sequence[Undrawn]:
    with container.db.reader() as session:
        return drawing.undrawn(session, limit=BATCH, after=after)


def _set(container: Container, one: Undrawn) -> bool:
    """Draw a letter with no transaction open, then keep it."""
    content = container.files.keep(io.BytesIO(draw(letter_of(container, one))), largest=LARGEST)
    pdf = KeptFile(content.sha256, content.size, content.media_type, f"{one.register_number}.pdf")
    return container.db.run(lambda uow: drawing.drawn(uow.session, one.id, pdf, at=clock.now(uow.session)))


def letter_of(container: Container, one: Undrawn) -> Letter:
    """Return what stands on a letter: its account's letterhead, its department, its code."""
    city = container.city
    say = partial(city.texts.render, language=one.language or city.organisation.default_language, channel=CHANNEL)
    unit = city.departments.get(one.department or "")
    written = references.written(one.reference) if one.reference else ""
    facts = [
        *([(say("letter.reference"), written)] if written else []),
        (say("letter.number"), one.register_number),
        (say("letter.date"), _written(one.dated)),
    ]
    return Letter(
        head=_head(container, one.account),
        department=unit.name if unit else "",
        recipient=one.recipient,
        facts=tuple(facts),
        subject=one.subject,
        text=one.text,
        signature=tuple(filter(None, (unit.name if unit else "", city.organisation.name))),
        said=Said(say("letter.send_back"), say("letter.page", page="{page}", pages="{pages}")),
        code=_code(container, one),
        title=f"{one.register_number} {written}".strip(),
    )


def _head(container: Container, account: str) -> tuple[str, ...]:
    block = container.account_settings.get(account)
    lines = (getattr(block, "letterhead", None) or (block.address if block else "")).splitlines()
    name = container.city.organisation.name
    own = (" ".join(one.split()) for one in lines)
    return (name, *(one for one in own if one and one.casefold() != name.casefold()))


def _code(container: Container, one: Undrawn) -> str:
    key = getattr(container.accounts.get(one.account), "key", None)
    return codes.reply(one.reference, one.message_id, key) if key and one.reference else ""


def _written(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
