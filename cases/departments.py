"""The city as values, as the active configuration has it: organisation, departments, services, accounts, rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from cases.calls.terms import Calls
from cases.canned import Canned
from cases.commands import Keywords
from cases.forecast.terms import Forecasts
from cases.macro_steps import Macro
from cases.permissions import Role
from cases.references import References
from cases.reviews.terms import Reviews
from cases.routing.decisions import Rule
from cases.routing.gazetteer import Gazetteer
from cases.routing.knowledge import NOTHING, Asked, Emergency, Knowledge, Neighbour
from cases.routing.meanings import AllWords, AnyWords
from cases.routing.phrases import Phrase
from cases.services import Service
from cases.sla.calendar import ALWAYS_OPEN, Calendar
from cases.sla.holidays import Holiday
from cases.sla.policy import Policy, Target
from cases.sla.statutes import Statute
from cases.texts import Catalogue

TRAY = "Tray"  # where a case waits that no rule could place
#: whose log-ins are worth most to others, unless the city says otherwise
SECOND_FACTOR_ROLES = (Role.ADMINISTRATOR, Role.SUPERVISOR, Role.INFORMATION_OFFICER, Role.PRCC_MEMBER)


@dataclass(frozen=True, slots=True)
class Organisation:
    """Whose contact centre this is. ``region``: ISO 3166; ``timezone``: an IANA name; ``currency``: ISO 4217."""

    name: str
    short_name: str
    region: str
    currency: str
    timezone: str
    emergency_number: str
    default_language: str
    languages: tuple[str, ...]
    allow_drafts: bool = False
    #: calling codes that are written to, such as ``+44``; none: all of them
    prefixes: tuple[str, ...] = ()
    #: roles whose people must have a second factor, so many days after their first log-in
    second_factor_roles: tuple[str, ...] = SECOND_FACTOR_ROLES
    second_factor_days: int = 7


@dataclass(frozen=True, slots=True)
class Assigning:
    """How a department's cases find their agents: ``push`` gives them out, else agents take them.

    ``cap``: open cases of one agent up to which they are given more. With ``tags`` a case goes only to who fits it,
    else they are preferred. ``pull_back_after`` counts by ``calendar``, None for that of the department's promises.
    """

    push: bool = False
    cap: int = 20
    tags: bool = False
    pull_back_after: Target | None = None
    calendar: str | None = None


@dataclass(frozen=True, slots=True)
class Department:
    """Who answers. ``confidential``: its cases are seen by its own people alone, and by others with a reason.

    ``conduct``: they complain of the Assembly's own people, so that no reason opens them to anybody else.
    """

    key: str
    name: str
    short_name: str
    services: tuple[Service, ...] = ()
    confidential: bool = False
    assigning: Assigning = field(default_factory=Assigning)
    conduct: bool = False


@dataclass(frozen=True, slots=True)
class Account:
    """One configured end of a channel, as the domain knows it: no secrets, no gateway's settings."""

    id: str
    channel: str
    gateway: str
    address: str
    department: str | None = None
    group: str | None = None
    #: the account that carries what is written to people of this one, where it carries no texts itself
    answers_by: str | None = None
    #: what one part of a message costs, in the organisation's currency; None where nobody has written it down
    price_per_part: float | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds that an administrator may move; ``hours`` and ``minutes`` are elapsed time."""

    automatic_replies_per_hour: int = 5
    reopen_hours: int = 72
    recent_minutes: int = 30
    code_attempts: int = 5
    code_lock_minutes: int = 60
    messages_per_number_per_day: int = 50
    messages_per_prefix_per_day: int = 20_000
    #: in the currency of the gateway's prices
    spend_per_account_per_day: int = 500
    #: how long a reason opens a confidential case, and a citizen's record outside one's queue
    glass_hours: int = 8
    record_minutes: int = 60
    #: after which the log of reads forgets; 30 at least
    reads_kept_days: int = 730
    #: who reports something is offered cases of others that are at most so old
    near_days: int = 14
    #: in working time
    call_back_minutes: int = 240
    #: from its last turn on
    dialogue_days: int = 7
    #: for so long an agent may take a reply back
    undo_seconds: int = 10
    #: what was written and not sent is kept so many days after it was last changed
    draft_days: int = 30
    #: in working time: until then a letter that came is keyed
    letter_minutes: int = 240


@dataclass(frozen=True, slots=True)
class City:
    """The active configuration. ``version`` is its number; ``references`` is there wherever cases are opened."""

    organisation: Organisation
    departments: Mapping[str, Department]
    accounts: Mapping[str, Account]
    rules: tuple[Rule, ...]
    policies: tuple[Policy, ...]
    texts: Catalogue
    keywords: Keywords
    limits: Limits = field(default_factory=Limits)
    references: References | None = None
    version: int = 0
    calendars: Mapping[str, Calendar] = field(default_factory=lambda: {ALWAYS_OPEN.key: ALWAYS_OPEN})
    holidays: Mapping[str, tuple[Holiday, ...]] = field(default_factory=dict)
    statutes: tuple[Statute, ...] = ()
    gazetteer: Gazetteer = field(default_factory=Gazetteer)
    emergency: Emergency | None = None
    neighbours: tuple[Neighbour, ...] = ()
    canned: tuple[Canned, ...] = ()
    macros: tuple[Macro, ...] = ()
    calls: Calls = field(default_factory=Calls)
    forecasts: Forecasts = field(default_factory=Forecasts)
    reviews: Reviews = field(default_factory=Reviews)
    #: made of the parts above; a city that differs in none of them keeps it
    known: Knowledge = NOTHING

    def __post_init__(self) -> None:
        services = tuple(
            Asked(one.key, department.key, one.phrases)
            for department in self.departments.values()
            for one in department.services
            if one.phrases
        )
        parts = (services, self.gazetteer, self.emergency, self.neighbours)
        known = self.known
        if (known.services, known.gazetteer, known.emergency, known.neighbours) != parts:
            object.__setattr__(self, "known", Knowledge(*parts, also=_phrases(self.rules)))

    def is_confidential(self, department: str | None) -> bool:
        """Tell whether the cases of a department are confidential from their opening on."""
        found = self.departments.get(department or "")
        return found is not None and found.confidential

    def is_conduct(self, department: str | None) -> bool:
        """Tell whether a department hears complaints about the Assembly's own people."""
        found = self.departments.get(department or "")
        return found is not None and found.conduct

    def service(self, key: str) -> Service | None:
        """Return a service's record."""
        every = (one for department in self.departments.values() for one in department.services)
        return next((one for one in every if one.key == key), None)

    def department_name(self, key: str | None) -> str:
        """Return a department's name as people read it; the tray has a name too."""
        if key is None:
            return TRAY
        department = self.departments.get(key)
        return department.name if department else key


def _phrases(rules: tuple[Rule, ...]) -> tuple[Phrase, ...]:
    conditions = (one for rule in rules for one in rule.when if isinstance(one, AnyWords | AllWords))
    return tuple(phrase for one in conditions for phrase in one.phrases)
