"""Reads organisation.toml and departments/*.toml: who answers, at which addresses, by which rules and promises."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

import phonenumbers

from cases import person_fields
from cases.calls.terms import Calls
from cases.departments import SECOND_FACTOR_ROLES, Department, Limits, Organisation
from cases.forecast.terms import Forecasts
from cases.reviews.terms import Reviews
from cases.routing.decisions import Rule
from cases.routing.knowledge import Emergency, Neighbour
from cases.routing.places import Place
from cases.services import Service
from cases.sla.calendar import Calendar
from cases.sla.holidays import Holiday
from cases.sla.policy import Policy
from cases.sla.statutes import Statute
from channels.settings import AccountSettings, SecretReader
from config import assigning, calling, parts, promises, routing, services, steering, working_time
from config.schema import LANGUAGE, Block


@dataclass(slots=True)
class Gathered:
    """What was read so far, with the block of each part, for the faults that only show when all is read."""

    read_secret: SecretReader
    calendar_files: Mapping[str, Block] = field(default_factory=dict)
    holiday_files: Mapping[str, Block] = field(default_factory=dict)
    holidays: dict[str, tuple[Holiday, ...]] = field(default_factory=dict)
    calendars: dict[str, Calendar] = field(default_factory=dict)
    statutes: list[tuple[Block, Statute]] = field(default_factory=list)
    departments: dict[str, Department] = field(default_factory=dict)
    services: list[tuple[Block, Service]] = field(default_factory=list)
    accounts: list[tuple[Block, AccountSettings]] = field(default_factory=list)
    rules: list[tuple[Block, Rule]] = field(default_factory=list)
    policies: list[tuple[Block, Policy]] = field(default_factory=list)
    examples: list[tuple[Block, str]] = field(default_factory=list)
    places: tuple[Place, ...] = ()
    emergency: Emergency | None = None
    neighbours: list[tuple[Block, Neighbour]] = field(default_factory=list)
    calls: Calls = field(default_factory=Calls)
    forecasts: Forecasts = field(default_factory=Forecasts)
    reviews: Reviews = field(default_factory=Reviews)


def read_organisation(block: Block, gathered: Gathered) -> tuple[Organisation, Limits]:
    """Read the organisation, the limits, and the rules and promises that hold for all departments."""
    languages = block.texts("languages", required=True)
    for one in languages:
        if not LANGUAGE.fullmatch(one):
            block.fault("languages", f"{one!r} is not allowed; write codes of ISO 639 such as en")
    organisation = Organisation(
        name=block.text("name"),
        short_name=block.text("short_name"),
        region=_region(block),
        currency=block.text("currency", like=re.compile("[A-Z]{3}"), words="a code of ISO 4217 such as USD"),
        timezone=block.zone("timezone"),
        emergency_number=block.text("emergency_number", like=re.compile(r"\d{2,8}"), words="digits alone"),
        default_language=block.text("default_language", allowed=languages),
        languages=languages,
        allow_drafts=block.flag("allow_drafts", default=False),
        prefixes=_prefixes(block),
        **_second_factor(block),
    )
    numbers = block.table("limits")
    limits = Limits(**{one.name: numbers.whole(one.name, getattr(Limits(), one.name)) for one in fields(Limits)})
    numbers.end()
    gathered.calls = calling.read(block.table("calls"))
    gathered.forecasts = steering.forecasts(block.table("forecast"))
    gathered.reviews = steering.reviews(block.table("reviews"))
    gathered.holidays = {key: working_time.read_holidays(key, one) for key, one in gathered.holiday_files.items()}
    gathered.calendars = working_time.read_calendars(
        gathered.calendar_files, gathered.holidays, zone=organisation.timezone
    )
    gathered.rules += [
        (one, routing.rule(one, one.text("department"), gathered.calendars)) for one in block.tables("rules")
    ]
    gathered.emergency, gathered.neighbours = routing.emergency(block), routing.neighbours(block)
    gathered.policies += [
        (one, promises.policy(one, one.text("department", "") or None, gathered.calendars))
        for one in block.tables("policies")
    ]
    gathered.statutes += [
        (one, promises.statute(one, gathered.calendars, services.FAMILIES)) for one in block.tables("statutes")
    ]
    block.end()
    return organisation, limits


def read_department(key: str, block: Block, gathered: Gathered, *, region: str) -> None:
    """Read one department's file; its name without ``.toml`` is the department's key."""
    block.check_name(key)
    offered = [(one, services.service(one, key)) for one in block.tables("services")]
    gathered.services += offered
    confidential, conduct = (block.flag(name, default=False) for name in ("confidential", "conduct"))
    if conduct and not confidential:
        block.fault("conduct", "a department for the conduct of staff needs confidential = true as well")
    gathered.departments[key] = Department(
        key,
        block.text("name"),
        block.text("short_name"),
        tuple(service for _, service in offered),
        confidential,
        assigning.read(block.table("assignment"), gathered.calendars),
        conduct,
    )
    for one in block.tables("accounts"):
        account = parts.account(one, key, gathered.read_secret, region=region)
        gathered.accounts += [(one, account)] if account else []
    gathered.rules += [(one, routing.rule(one, key, gathered.calendars)) for one in block.tables("rules")]
    gathered.policies += [(one, promises.policy(one, key, gathered.calendars)) for one in block.tables("policies")]
    gathered.examples += [(one, key) for one in block.tables("examples")]
    block.end()


def _region(block: Block) -> str:
    region = block.text("region")
    if region and region not in phonenumbers.SUPPORTED_REGIONS:
        block.fault("region", f"{region!r} is no country; write its two capital letters of ISO 3166 such as NL")
    return region


def _second_factor(block: Block) -> dict[str, Any]:
    table = block.table("second_factor")
    given = table.texts("required_for")
    roles = given if "required_for" in table else tuple(SECOND_FACTOR_ROLES)
    for one in roles:
        if one not in person_fields.ROLES:
            table.fault("required_for", f"{one!r} is no role; allowed: {', '.join(person_fields.ROLES)}")
    days = table.whole("within_days", 7, least=0)
    table.end()
    return {"second_factor_roles": roles, "second_factor_days": days}


def _prefixes(block: Block) -> tuple[str, ...]:
    countries = block.texts("countries") or tuple(one for one in [block.text("region")] if one)
    for one in countries:
        if one not in phonenumbers.SUPPORTED_REGIONS:
            block.fault("countries", f"{one!r} is no country; write two capital letters of ISO 3166 such as NL")
    known = [one for one in countries if one in phonenumbers.SUPPORTED_REGIONS]
    return tuple(dict.fromkeys(f"+{phonenumbers.country_code_for_region(one)}" for one in known))
