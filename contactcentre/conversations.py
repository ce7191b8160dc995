"""One turn of a dialogue in one unit of work: where it stands, what it does and the screen shown commit together.

A row lock keeps the turns of a session in order. What comes twice gets the stored screen. A turn that does not end in
time, or fails, is undone, and the citizen hears that what was sent before is kept.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field

import structlog
from sqlalchemy.exc import IntegrityError

from cases import dialogues
from cases.departments import City
from cases.errors import Changed
from cases.forms import Asker
from cases.models import DialogueSession
from channels.base import Converses, Heard
from channels.dialogue.engine import step
from channels.dialogue.menu import Menu
from channels.dialogue.values import Call, Result, Turn
from channels.errors import Refused
from channels.webhook import WebhookReply, WebhookRequest
from contactcentre import raw, sessions
from contactcentre.container import Container
from contactcentre.db import UnitOfWork, in_time

log = structlog.get_logger(__name__)
EVENT = "session"
#: seconds for a turn: the gateway waits for ten, and so does somebody with a phone in their hand
DEADLINE = 2.0
MOST_CALLS = 5


class Overdue(Exception):
    """The turn did not end in time, or asked for too much."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """The answer to the gateway, and the accounts with something to send."""

    reply: WebhookReply
    to_send: tuple[str, ...] = ()


@dataclass(slots=True)
class _Dialogue:
    """What one turn works with."""

    account: str
    channel: Converses
    menu: Menu
    city: City
    heard: Heard
    request: WebhookRequest
    until: float
    calls: int = 0
    #: where codes stand in everything keyed in
    hidden: list[list[int]] = field(default_factory=list)

    @property
    def facts(self) -> Mapping[str, str]:
        organisation = self.city.organisation
        return {"organisation": organisation.short_name, "emergency": organisation.emergency_number}


def turn(container: Container, account: str, request: WebhookRequest) -> Spoken:
    """Answer one request of a dialogue's gateway. Never raises: whatever happens, there is a last screen to show."""
    channel, heard = container.accounts[account], None
    menu, city = container.menus[channel.menu], container.city
    try:
        heard = channel.hear(request)
        one = _Dialogue(account, channel, menu, city, heard, request, time.monotonic() + DEADLINE)
        return container.db.run(lambda uow: _taken(uow, one))
    except Exception as error:  # noqa: BLE001  a citizen waits with the phone in their hand
        trouble = error
    log.error("dialogue.failed", account=account, error=type(trouble).__name__)
    try:
        container.db.run(lambda uow: _kept(uow, account, request, trouble))
    except Exception as error:  # noqa: BLE001  the database is away: nothing can be kept, and the citizen is told
        log.error("dialogue.not_kept", account=account, error=type(error).__name__)
    language = city.organisation.default_language
    said = menu.text("trouble", language).format(emergency=city.organisation.emergency_number)
    return Spoken(channel.say(heard, said, ends=True, step="trouble"))


def _kept(uow: UnitOfWork, account: str, request: WebhookRequest, trouble: Exception) -> None:
    in_time(uow.session, DEADLINE)
    raw.keep_refused(uow, account, EVENT, request, trouble)


def _taken(uow: UnitOfWork, one: _Dialogue) -> Spoken:
    session = uow.session
    at = in_time(session, DEADLINE)
    row = sessions.locked(session, one.account, one.heard.session)
    if one.heard.hung_up:
        raw.keep(session, one.account, EVENT, one.request, key=f"{one.heard.session} {sessions.HUNG_UP}", at=at)
        sessions.hung_up(row, at=at)
        return Spoken(one.channel.say(one.heard, " ", ends=True))
    if row is not None and row.address != one.heard.address.value:
        raise Refused("(caller)", "is another than the one who began this session")
    if row is not None and sessions.is_repeat(row, one.heard):
        return _shown(one, row)
    fresh = row is None
    row = row or sessions.opened(session, one.account, one.menu, one.heard, at=at)
    asker, one.hidden = _asker(one, row), [*(row.hidden or [])]
    found = _spoken(uow, one, row, asker, fresh=fresh)
    request = one.channel.hide(one.request, one.hidden) if one.hidden else one.request
    raw.keep(session, one.account, EVENT, request, key=f"{one.heard.session} {row.turns}", at=at)
    sessions.keep(row, one.heard, found, asker, at=at, hidden=one.hidden)
    if fresh:
        session.add(row)
        try:
            session.flush()
        except IntegrityError:  # the same first request came twice at once, and the other one was sooner
            raise Changed("the session has begun meanwhile") from None
    return _shown(one, row, to_send=tuple(dict.fromkeys(asker.to_send)))


def _spoken(uow: UnitOfWork, one: _Dialogue, row: DialogueSession, asker: Asker, *, fresh: bool) -> Turn:
    """Step through what is new: in the first request of somebody who dialled further, that may be several inputs."""
    rest = sessions.new_input(row, one.heard)
    found = _step(uow, one, asker, row.state, None) if fresh or rest is None else None
    at, where = found.step if found else row.step, sessions.new_from(row, one.heard)
    while rest is not None and not (found and found.ends):
        said, rest = _next(one, at, rest)
        _note_code(one, at, said, where)
        where += len(said) + 1
        found = _step(uow, one, asker, found.state if found else row.state, said)
        at = found.step
    assert found is not None
    return found


def _note_code(one: _Dialogue, at: str, said: str, where: int) -> None:
    """Note where a code stands in what was keyed in: it is stored nowhere, right or wrong."""
    node = one.menu.nodes.get(at)
    if node is not None and node.kind == "code":
        one.hidden.append([where, where + len(said)])


def _next(one: _Dialogue, at: str, rest: str) -> tuple[str, str | None]:
    """Return the next input and what is left of a text that joins several; words may hold a star themselves."""
    node = one.menu.nodes.get(at)
    if one.heard.whole is None or node is not None and node.kind == "text":
        return rest, None
    said, star, after = rest.partition("*")
    return said, after if star else None


def _step(uow: UnitOfWork, one: _Dialogue, asker: Asker, state: Mapping[str, object], said: str | None) -> Turn:
    how = {"budget": one.channel.budget, "facts": one.facts}
    found = step(one.menu, state, said, **how)  # type: ignore[arg-type]
    while isinstance(found, Call):
        one.calls += 1
        if one.calls > MOST_CALLS or time.monotonic() > one.until:
            raise Overdue(found.name)
        answer = dialogues.perform(uow.session, found.name, found.arguments, asker, city=one.city)
        result = Result(answer.outcome, answer.values, answer.choices)
        found = step(one.menu, found.state, result, **how)  # type: ignore[arg-type]
    return found


def _asker(one: _Dialogue, row: DialogueSession) -> Asker:
    return Asker(
        one.channel.kind,
        one.account,
        one.channel.answers_by,
        one.heard.address,
        turn=f"{one.heard.session} {row.turns}",
        language=str(row.state["language"]),
        reference=row.reference,
        proved=row.proved,
        case_id=row.case_id,
    )


def _shown(one: _Dialogue, row: DialogueSession, *, to_send: tuple[str, ...] = ()) -> Spoken:
    return Spoken(one.channel.say(one.heard, row.screen, ends=row.ends, step=row.step), to_send)
