"""Small hand-made values for tests: a city, agents, messages. Everybody here is invented."""

from __future__ import annotations

import itertools
from pathlib import Path

from sqlalchemy.orm import Session

from cases import clock, intake
from cases.commands import Keywords
from cases.departments import Account, City, Department, Limits, Organisation
from cases.intake import Received
from cases.messages import Address, AddressKind, InboundMessage
from cases.models import Agent, AgentRole
from cases.permissions import Viewer, ViewerKind
from cases.references import References
from cases.routing.decisions import Rule
from cases.routing.predicates import AccountIs
from cases.services import Service
from cases.sla.policy import Policy, Target, Unit
from cases.texts import KEYS, Catalogue, Text

TEST_CITY = Path(__file__).parent / "cities" / "northport"
_numbers = itertools.count(1)


def make_city(**changes: object) -> City:
    """Return a small city of values: two departments, a short code and a long number."""
    values: dict[str, object] = {
        "organisation": Organisation("Test Assembly", "Test", "GH", "GHS", "Africa/Accra", "112", "en", ("en",)),
        "departments": {
            "desk": Department("desk", "Client services", "Clients", ()),
            "waste": Department("waste", "Waste", "Waste", (Service("lift", "Missed lift", "service", "waste"),)),
        },
        "accounts": {
            "sms-front": Account("sms-front", "sms", "africastalking", "1422", "desk"),
            "sms-waste": Account("sms-waste", "sms", "africastalking", "+233302000142", "waste"),
        },
        "rules": (
            Rule("front", (AccountIs("sms-front"),), "desk"),
            Rule("waste", (AccountIs("sms-waste"),), "waste"),
        ),
        "policies": (Policy("first", {"first_response": Target(24, Unit.ELAPSED)}, "always-open"),),
        "texts": Catalogue(
            {
                (key, "en", None): Text(" ".join([key, *(f"{{{name}}}" for name in sorted(names))]))
                for key, names in KEYS.items()
            },
            {"en": "English"},
            "en",
        ),
        "keywords": Keywords(
            status=frozenset({"status"}),
            help=frozenset({"help"}),
            stop=frozenset({"stop"}),
            start=frozenset({"start"}),
            language=frozenset({"lang"}),
            thanks=frozenset({"thanks", "thank you", "ok"}),
            languages={"en": "en", "english": "en"},
        ),
        "limits": Limits(),
        "references": References(b"k" * 32),
        "version": 1,
    }
    return City(**{**values, **changes})  # type: ignore[arg-type]


def phone(number: int) -> Address:
    """Return the n-th test phone."""
    return Address(AddressKind.PHONE, f"+23320{number:07d}")


def inbound(
    text: str, *, sender: Address | None = None, account: str = "sms-front", external_id: str | None = None
) -> InboundMessage:
    """Return an SMS as the channel would give it."""
    identity = external_id or f"ext-{next(_numbers)}"
    return InboundMessage(account, "sms", sender or phone(1), "1422", text, identity)


def say(session: Session, city: City, text: str, **values: object) -> Received:
    """Take in an SMS."""
    return intake.receive(session, inbound(text, **values), city=city)  # type: ignore[arg-type]


def make_agent(session: Session, name: str = "Agent", *roles: tuple[str, str]) -> Viewer:
    """Store an agent and return them as a viewer; without roles an agent everywhere."""
    granted = roles or (("agent", "*"),)
    username = f"{name.lower()}-{next(_numbers)}"
    agent = Agent(username=username, name=name, password_hash="-", created_at=clock.now(session))
    session.add(agent)
    session.flush()
    session.add_all(AgentRole(agent_id=agent.id, role=role, department=department) for role, department in granted)
    return Viewer(ViewerKind.AGENT, agent.id, name, frozenset(granted))


def write_secrets(folder: Path) -> None:
    """Write the secret files that the test city's accounts name."""
    folder.mkdir(mode=0o700, parents=True)
    for name in ("secret-key", "sms-front-api-key", "sms-front-hook", "sms-works-api-key", "sms-works-hook"):
        (folder / name).write_text(f"{name}-0123456789abcdef0123456789abcdef")
