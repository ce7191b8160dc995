"""What is still missing before the city goes live: one pure check each, over facts that are read once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date
from enum import StrEnum

from cases.departments import City
from cases.permissions import ANY_DEPARTMENT, Role
from cases.sla.statutes import Statute

#: roles whose people work on a department's cases
WORKING = frozenset({Role.AGENT, Role.SUPERVISOR, Role.INFORMATION_OFFICER})
#: from this month on next year's holidays are missing, not merely to come
HOLIDAYS_FROM = 10
SECRETS = ("CONTACTCENTRE_SECRET_KEY:", "account ")
QUEUE_SERVER = "REDIS_URL:"
#: stands among the callbacks of an account that listens
SOURCE = "source"


class State(StrEnum):
    """How a check stands: done; to be done before going live; to be looked at by a person who decides."""

    OK = "ok"
    MISSING = "missing"
    LOOK = "look"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing. ``found`` lists what it is about, ``page`` the endpoint of the page where it is mended."""

    key: str
    what: str
    state: State
    why: str
    remedy: str
    found: tuple[str, ...] = ()
    page: str | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """One active person who can log in, and what they are here for."""

    grants: frozenset[tuple[str, str]]
    demo: bool = False

    def works_in(self, department: str, roles: frozenset[Role]) -> bool:
        """Tell whether the person has one of these roles in a department."""
        return any(role in roles and where in (department, ANY_DEPARTMENT) for role, where in self.grants)


@dataclass(frozen=True, slots=True)
class Facts:
    """What the checks look at. ``faults`` are production's, in its words; ``unseen`` the callbacks that never came, by
    account, ``seen`` whether any other of that account's did; ``troubles`` why a source is not reached now.
    """

    city: City
    today: date
    production: bool = True
    faults: tuple[str, ...] = ()
    anchor_inside: bool = False
    rewrites: bool = False
    people: tuple[Person, ...] = ()
    unseen: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    seen: frozenset[str] = frozenset()
    troubles: Mapping[str, str] = field(default_factory=dict)
    rehearsing: tuple[str, ...] = ()

    @property
    def staff(self) -> tuple[Person, ...]:
        """The people who are not of the demo."""
        return tuple(one for one in self.people if not one.demo)


def secrets(facts: Facts) -> Check:
    """The installation's key and the accounts' secrets are there and nobody's sample."""
    found = tuple(one for one in facts.faults if one.startswith(SECRETS))
    why = "Without a real key codes can be guessed; without an account's secrets nothing is sent or taken."
    remedy = "Put each one where its line says: a key comes from the gateway, a hook's secret you invent."
    return Check("secrets", "Secrets", _missing(found), why, remedy, found, "accounts.table")


def production(facts: Facts) -> Check:
    """Production is switched on, and nothing but secrets and the queue server keeps it from starting."""
    found = tuple(one for one in facts.faults if not one.startswith((*SECRETS, QUEUE_SERVER)))
    if not facts.production:
        found = ("CONTACTCENTRE_ENV: is development; set it to production", *found)
    why = "Production refuses to start with any of these; outside it weak settings are let pass."
    return Check("production", "Settings of production", _missing(found), why, "Change each as its line says.", found)


def queue_server(facts: Facts) -> Check:
    """The queue server is on this machine, or has a password."""
    found = tuple(one for one in facts.faults if one.startswith(QUEUE_SERVER))
    why = "Whoever can write to the queue runs our jobs."
    remedy = "Set a password at the server, and REDIS_URL with it: redis://:PASSWORD@HOST/0"
    return Check("queue-server", "The queue server's password", _missing(found), why, remedy, found)


def sandboxes(facts: Facts) -> Check:
    """No account is of a gateway's own sandbox."""
    why = "An account of a sandbox reaches nobody's telephone."
    remedy = "Take the gateway's own name of your account into the account block; the account's page says where it is."
    return Check(
        "sandbox", "Accounts of a sandbox", _missing(facts.rehearsing), why, remedy, facts.rehearsing, "accounts.table"
    )


def accounts(facts: Facts) -> Check:
    """Every account's callbacks have come at least once."""
    silent = [key for key in facts.unseen if key not in facts.seen]
    found = tuple(_never(facts, key, events) for key, events in facts.unseen.items())
    state = State.MISSING if silent else State.LOOK if found else State.OK
    why = "A gateway that does not know our address loses what citizens say, and no delivery report comes."
    remedy = "Enter the addresses at the gateway as the account's page says, send a test, text or dial it yourself."
    return Check("accounts", "Callbacks that never came", state, why, remedy, found, "accounts.table")


def sources(facts: Facts) -> Check:
    """Every mailbox and scan folder that is listened to is reached."""
    found = tuple(f"{key}: {trouble}" for key, trouble in facts.troubles.items())
    why = "While a mailbox or a scan folder is not reached, what citizens write stays there and nobody sees it."
    remedy = "Look at servers and log-in, or the folder, in the account block; its page says what belongs there."
    return Check(
        "sources",
        "Mailboxes and scan folders that are not reached",
        _missing(found),
        why,
        remedy,
        found,
        "accounts.table",
    )


def supervisors(facts: Facts) -> Check:
    """Every department has a supervisor."""
    found = _without(facts, frozenset({Role.SUPERVISOR}))
    why = "Escalations of its promises reach nobody, and nobody releases what is held or plans leave."
    remedy = "contactcentre users add NAME --role supervisor --department KEY. People of the demo do not count."
    return Check("supervisors", "Departments without a supervisor", _missing(found), why, remedy, found)


def agents(facts: Facts) -> Check:
    """Every department has somebody who works on its cases."""
    found = _without(facts, WORKING)
    why = "Its cases are routed to it and nobody answers them; their promises break."
    remedy = "contactcentre users add NAME --role agent --department KEY. People of the demo do not count."
    return Check("agents", "Departments without anybody", _missing(found), why, remedy, found)


def administrators(facts: Facts) -> Check:
    """Somebody who is not of the demo administers."""
    some = any(one.works_in(ANY_DEPARTMENT, frozenset({Role.ADMINISTRATOR})) for one in facts.staff)
    why = "Without one nobody can change the configuration once the demo's people are gone."
    remedy = "contactcentre users add NAME --role administrator"
    return Check("administrators", "An administrator", State.OK if some else State.MISSING, why, remedy)


def demo_people(facts: Facts) -> Check:
    """No person of the demo can log in."""
    number = sum(one.demo for one in facts.people)
    found = (f"{number} people of the demo can log in",) if number else ()
    why = "Their passwords stand in a file, and what they did is invented."
    remedy = "contactcentre demo clear, before the first real person is added; else contactcentre users disable NAME."
    return Check("demo", "People of the demo", _missing(found), why, remedy, found)


def charters(facts: Facts) -> Check:
    """Every service's published time is the city's own."""
    found = tuple(
        f"{department.name}: {', '.join(names)}"
        for department in facts.city.departments.values()
        if (names := [one.name for one in department.services if one.charter is not None and one.charter.sample])
    )
    why = "Citizens are told another body's times, and may hold the city to them."
    remedy = "Write each department's own charter into its file, and leave sample out."
    return Check("charters", "Sample charters", _look(found), why, remedy, found, "versions.table")


def languages(facts: Facts) -> Check:
    """Every language has texts that a speaker has reviewed."""
    texts, organisation = facts.city.texts, facts.city.organisation
    offered = texts.languages()
    found = tuple(texts.names.get(one, one) for one in organisation.languages if one not in offered)
    if texts.allow_drafts:
        found = ("Drafts are sent: allow_drafts is true", *found)
    why = "A language without reviewed texts is offered to nobody; its speakers get the default one."
    remedy = "Have a speaker review messages/<language>.toml and take draft out, or leave the language out of the list."
    return Check("languages", "Languages without reviewed texts", _look(found), why, remedy, found, "versions.table")


def statutes(facts: Facts) -> Check:
    """No time of a law is left blank."""
    found = tuple(f"{one.name}: {', '.join(blanks)}" for one in facts.city.statutes if (blanks := _blanks(one)))
    why = "What is blank is shown as a question to the legal officer, and no timer runs for it."
    remedy = "Ask the legal officer, and write the times into organisation.toml with their source."
    return Check("statutes", "Times of laws that are not known", _look(found), why, remedy, found, "versions.table")


def holidays(facts: Facts) -> Check:
    """Public holidays are kept for the running year and the next, and none is an estimate."""
    year, tables = facts.today.year, facts.city.holidays
    found, missing = [], not tables
    for key, days in tables.items():
        years = {one.kept.year for one in days}
        found += [f"{key}: none is kept for {one}" for one in (year, year + 1) if one not in years]
        missing |= year not in years or (year + 1 not in years and facts.today.month >= HOLIDAYS_FROM)
        coming = (one for one in days if one.estimated and one.kept >= facts.today)
        found += [f"{key}: {one.name}, {one.kept}, is an estimate" for one in coming]
    if not tables:
        found = ["No table of public holidays is kept"]
    why = "Promises count working time; on a holiday that is not kept they run out while nobody works."
    remedy = "Take over the government's notice on the page of public holidays."
    state = State.MISSING if missing else _look(tuple(found))
    return Check("holidays", "Public holidays", state, why, remedy, tuple(found), "holidays.table")


def anchor(facts: Facts) -> Check:
    """The history's anchor lies outside the data folder."""
    found = ("AUDIT_ANCHOR: stands in the data folder, beside what it shall vouch for",) if facts.anchor_inside else ()
    why = "Whoever can rewrite the database could rewrite the file beside it as well."
    remedy = "Name a file on another disk, where nobody can rewrite it: AUDIT_ANCHOR (docs/settings.md)."
    return Check("anchor", "The history's anchor", _look(found), why, remedy, found)


def history(facts: Facts) -> Check:
    """The role that serves cannot rewrite the history."""
    found = ("The role that serves could rewrite it",) if facts.rewrites else ()
    why = "A history is worth what it costs to change it."
    remedy = "Serve as a second role, and set DATABASE_MIGRATION_URL (docs/settings.md)."
    return Check("history", "Two roles in the database", _look(found), why, remedy, found)


def backups(facts: Facts) -> Check:
    """Nothing here knows whether backups are made: no command makes them yet."""
    found = ("No command for backups exists yet; nothing here can tell whether you make any",)
    why = "A disk that breaks takes every case with it; without the installation's key codes are worthless."
    remedy = "Make them by hand as docs/operations.md says, and try once to begin again from one."
    return Check("backups", "Backups", State.LOOK, why, remedy, found)


CHECKS: tuple[Callable[[Facts], Check], ...] = (
    secrets, production, queue_server, sandboxes, accounts, sources, administrators, supervisors, agents, demo_people,
    charters, languages, statutes, holidays, anchor, history, backups,
)  # fmt: skip


def look(facts: Facts) -> Sequence[Check]:
    """Return every check, what is missing first."""
    order = (State.MISSING, State.LOOK, State.OK)
    return sorted((check(facts) for check in CHECKS), key=lambda one: order.index(one.state))


def _never(facts: Facts, account: str, events: Sequence[str]) -> str:
    if SOURCE not in events:
        return f"{account}: {', '.join(events)} never came"
    known = facts.city.accounts.get(account)
    source = "scan folder" if known is not None and known.channel == "letters" else "mailbox"
    return f"{account}: its {source} was never reached"


def _missing(found: Sequence[str]) -> State:
    return State.MISSING if found else State.OK


def _look(found: Sequence[str]) -> State:
    return State.LOOK if found else State.OK


def _without(facts: Facts, roles: frozenset[Role]) -> tuple[str, ...]:
    return tuple(
        one.name
        for key, one in facts.city.departments.items()
        if not any(person.works_in(key, roles) for person in facts.staff)
    )


def _blanks(statute: Statute) -> list[str]:
    return [one.name.replace("_", " ") for one in fields(statute) if getattr(statute, one.name) is None]
