"""The demo city with something on every page: one of each role, a talk, and what people leave behind in a week."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pyotp
from sqlalchemy import select

from cases import bulk, clock, intake, knowledge, people, references, replies, saved_views, snoozing, staff, tasks
from cases.board import layouts
from cases.board.layouts import Wanted
from cases.filing import incidents, merging
from cases.letters import keying
from cases.messages import Address, AddressKind, InboundMessage, Mail
from cases.models import Agent, Case, Message
from cases.permissions import SYSTEM, Role, Viewer, ViewerKind
from cases.tasks import TaskKind
from contactcentre import configuration_drafts, configurations, invitations, people_file, people_import
from contactcentre.auth import passwords, sealed, second_factor
from tests import factories
from tests.e2e.dispatched import dispatch
from tests.e2e.product import Product
from tests.e2e.steered_city import steer
from tests.e2e.street_city import walk
from tests.e2e.telephoned import telephone
from tests.web import lettered

if TYPE_CHECKING:
    from contactcentre.container import Container

PASSWORD = "boat lagoon pepper"
#: who is asked for a second factor as they log in
TWO_STEPS = "two-steps"
#: where somebody's role holds, other than everywhere
WHERE = {Role.AGENT: "works", Role.PRCC_MEMBER: "prcc"}
PEOPLE_FILE = "name,username,roles,languages,skills,phone\nAfua Invented,afua,agent@works,en,,\n"
ARTICLE = (
    "The revenue office takes cash and mobile money on weekdays from 8 to 5.\n\n"
    "* Bring the bill, or its number.\n* A receipt is given at once.\n\nOpen days are told a month before."
)
LETTER = (
    "We the undersigned traders ask that the gutter be desilted before the December rains and that the broken slab "
    "be replaced. On 17th November goods worth GHS 2,460 were spoiled. The school children pass over a plank."
)
ACCOUNT, MAIL, PAPER, MAILBOX = "sms-at", "mail-front", "letters-front", "desk@example.com"


@dataclass
class City:
    """What stands for an argument of an address, by its name; a case's reference by what the case is."""

    names: dict[str, Any] = field(default_factory=dict)


def furnish(product: Product, container: Container, talked: str) -> City:
    """Fill the demo city of a running product; ``talked`` is the case in which somebody was answered."""
    hashed = passwords.hash(PASSWORD)
    container.db.run(lambda uow: _people(uow.session, hashed))
    made = City({"reference": talked})
    for step in (_cases, _case, _mail, _letters, _filing, _desk, dispatch, _administration):
        container.db.run(lambda uow, step=step: made.names.update(step(uow.session, container, talked)))
    made.names.update(telephone(container))
    for work in (steer, walk):
        made.names.update(
            container.db.run(lambda uow, work=work: work(uow.session, container, supervisor(uow.session), hashed))
        )
    return made


def _letters(session: Any, container: Container, _talked: str) -> dict[str, Any]:
    """Let letters come: one that is keyed, one to key with words that are doubtful, and a scan to split."""
    doubtful = {"desilted": 58, "2,460": 41}
    waits = lettered.enter(session, container, LETTER, pages=2, doubtful=doubtful, account=PAPER)
    keyed = lettered.enter(session, container, "The lamp post at the school leans over the road", account=PAPER)
    torn = "There are pages before the first cover."
    held = lettered.hold(session, container, pages=4, covers=(2,), trouble=torn, account=PAPER)
    said = keying.Keyed(text="The lamp post leans", subject="Lamp post", sender_name="Traders Demo", into="new")
    row, received = keying.key(
        session, supervisor(session), city=container.city, register_number=keyed.number, keyed=said, version=1
    )
    case = session.get_one(Case, received.case_id)
    names = {"letter": waits.number, "keyed": row.register_number}
    return {**names, "held": held.id, "lettered": _written(case)}


def viewer(session: Any, username: str, *grants: tuple[str, str]) -> Viewer:
    """Return somebody of the demo as who acts."""
    row = session.scalars(select(Agent).where(Agent.username == username)).one()
    return Viewer(ViewerKind.AGENT, row.id, row.name, frozenset(grants))


def supervisor(session: Any) -> Viewer:
    return viewer(session, "yaw", ("supervisor", "*"))


def administrator(session: Any) -> Viewer:
    return viewer(session, "admin", ("administrator", "*"))


def username(role: Role) -> str:
    """Return the user name of the one of a role."""
    return role.replace("_", "-")


def _people(session: Any, hashed: str) -> None:
    for role in (one for one in Role if one is not Role.INTEGRATION):
        grants = [(role.value, WHERE.get(role, "*"))]
        name = f"{role.replace('_', ' ').title()} Demo"
        people.add(session, SYSTEM, username=username(role), name=name, grants=grants, password_hash=hashed)
    people.add(
        session, SYSTEM, username=TWO_STEPS, name="Two Steps Demo", grants=[("agent", "*")], password_hash=hashed
    )


def _say(session: Any, container: Container, text: str, number: int, account: str = ACCOUNT) -> Case:
    found = factories.say(session, container.city, text, sender=factories.phone(number), account=account)
    return session.get_one(Case, found.case_id)


def _cases(session: Any, container: Container, _talked: str) -> dict[str, Any]:
    hidden = _say(session, container, "My husband beats me and I need a place for the children", 7_001)
    hidden.confidential, hidden.department = True, "social-welfare"
    incident = _say(session, container, "A big pipe burst at Mpintsin and the whole road is under water", 7_002)
    parts = [
        _say(session, container, f"No water at Mpintsin since {day}", 7_010 + n)
        for n, day in enumerate(("six", "noon"))
    ]
    merged = [
        _say(session, container, f"The lamp at Beach Road is dark {word}", 7_020 + n)
        for n, word in enumerate(("again", "now"))
    ]
    session.flush()
    who = supervisor(session)
    incidents.attach(session, who, incident=_written(incident), cases=[_written(one) for one in parts])
    merging.merge(
        session,
        who,
        city=container.city,
        cases=[merging.Seen(_written(merged[1]))],
        into=_written(merged[0]),
        reason="The same lamp",
    )
    conduct = _say(session, container, "The guards beat my brother and asked for a bribe", 7_040)
    resolved = session.scalars(
        select(Case.reference).where(Case.status.in_(("resolved", "closed"))).order_by(Case.id.desc())
    ).first()
    return {
        "conduct": _written(conduct),
        "resolved": references.written(resolved or ""),
        "hidden": _written(hidden),
        "incident": _written(incident),
        "survivor": _written(merged[0]),
    }


def _case(session: Any, container: Container, talked: str) -> dict[str, Any]:
    """Work on the case in which somebody was answered."""
    who, city = supervisor(session), container.city
    replies.note(session, who, reference=talked, text="The crew needs the small excavator. @esi please ask the depot.")
    opened = tasks.open(
        session,
        who,
        city=city,
        reference=talked,
        title="Send the crew to open the drain",
        due=clock.now(session) + timedelta(days=2),
    )
    job = tasks.open(session, who, city=city, reference=talked, title="Look at the slabs", kind=TaskKind.FIELD_JOB)
    tasks.finish(session, who, reference=talked, task_id=opened.id, result="Booked for the morning")
    case = session.scalars(select(Case).where(Case.reference == references.parse(talked))).one()
    words = session.scalars(
        select(Message.id)
        .where(Message.thread_id == case.thread_id, Message.direction == "in")
        .order_by(Message.id.desc())
    ).first()
    return {"message_id": words, "citizen_id": case.citizen_id, "job": job.id}


def _mail(session: Any, container: Container, _talked: str) -> dict[str, Any]:
    """Let a mail come that was written as HTML, to several people, from somebody whom our server knows."""
    page = b"<h1>Bus stop</h1><p>The roof is <b>broken</b>.</p><img src='https://example.com/a.png' alt='the roof'>"
    said = Mail(
        "roof@example.com", "Roof of the bus stop", "Abena Invented", to=(MAILBOX,), cc=("assembly@example.com",),
        whole="The roof is broken.\n\n> An older mail", genuine=True,
        html=container.files.keep(io.BytesIO(page), largest=10_000).sha256,
    )  # fmt: skip
    sender = Address(AddressKind.EMAIL, "abena@example.com")
    mail = InboundMessage(MAIL, "email", sender, MAILBOX, "The roof is broken.", None, mail=said)
    found = intake.receive(session, mail, city=container.city)
    return {"mail_id": found.message_id, "mail": references.written(session.get_one(Case, found.case_id).reference)}


def _filing(session: Any, container: Container, _talked: str) -> dict[str, Any]:
    """Choose what the pages of several cases are shown with."""
    rows = session.scalars(
        select(Case).where(Case.status == "open", ~Case.confidential).order_by(Case.id).limit(3)
    ).all()
    run = bulk.begin(
        session, supervisor(session), [bulk.Picked(one.reference, one.version) for one in rows], action="note",
        chosen={"text": "Told at the morning meeting"},
    )  # fmt: skip
    return {"run_id": run, "picked": "&".join(f"case={one.reference}.{one.version}" for one in rows)}


def _desk(session: Any, container: Container, _talked: str) -> dict[str, Any]:
    """What people keep for themselves and for one another."""
    who = supervisor(session)
    today = clock.now(session).date()
    words = knowledge.Words("Where property rate is paid", ARTICLE, "en", None, None, today + timedelta(days=90))
    article = knowledge.write(session, who, words, city=container.city)
    saved_views.keep(session, who, name="Gutters of the week", narrowed={"view": "open", "q": "gutter"})
    aside = _say(session, container, "The culvert at Ntankoful is cracked", 7_030)
    session.flush()
    snoozing.snooze(
        session,
        who,
        reference=_written(aside),
        until=clock.now(session) + timedelta(days=3),
        reason="The engineer is on leave",
    )
    esi, kofi, now = viewer(session, "esi"), viewer(session, "kofi"), clock.now(session)
    week = {"since": now + timedelta(days=5), "until": now + timedelta(days=12)}
    staff.add_leave(session, who, agent_id=esi.id or 0, stand_in_id=kofi.id, reason="Annual leave", **week)
    # One department after the other, with the names of agents.
    wall = Wanted("Hall of the works", (*layouts.PARTS, "people"), ("works", "waste"), 30, shared_with="*")
    board = layouts.keep(session, who, wall, city=container.city)
    return {"article_id": article, "agent_id": esi.id, "key": container.city.macros[0].key, "layout": board.id}


def _administration(session: Any, container: Container, _talked: str) -> dict[str, Any]:
    """What an administrator has begun."""
    who = administrator(session)
    base = configurations.active(session)
    name = next(one for one in base.raw if one.startswith("departments/"))
    draft = configuration_drafts.keep(
        session, who, {**base.raw, name: base.raw[name] + "\n# Looked at in November.\n"}, base=base
    )
    reading = people_file.read(PEOPLE_FILE, container.city)
    done = people_import.make(session, who, container, rows=reading.rows, ticked=(), by_sms=False)
    new = people.add(session, SYSTEM, username="invited", name="Invited Demo", grants=[("agent", "works")])
    link = invitations.make(session, who, container, agent_id=new.id, by_sms=False).address
    two = viewer(session, TWO_STEPS)
    _ask_for_codes(session, container.derived_key(sealed.PURPOSE), two.id or 0)
    return {
        "number": draft, "import_id": done.id, "token": link.rpartition("/")[2], "file": name,
        "account": ACCOUNT, "version": base.number, "person": new.id,
        "day": next(one.day for some in container.city.holidays.values() for one in some),
    }  # fmt: skip


def _written(case: Case) -> str:
    return references.written(case.reference)


def _ask_for_codes(session: Any, key: bytes, agent_id: int) -> None:
    second_factor.begin(session, key, agent_id)
    secret = second_factor.pending(session, key, agent_id)
    assert secret is not None
    second_factor.confirm(session, key, agent_id, pyotp.TOTP(secret).at(clock.now(session)))
