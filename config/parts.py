"""Reads the parts that a configuration is made of: services, accounts, routing rules."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields

from cases.departments import Service
from cases.routing.rules import AccountIs, Predicate, Rule
from channels import registry
from channels.settings import AccountSettings, SecretReader, parse_account
from config.schema import KEY, Block

FAMILIES = ("service", "complaint", "enquiry", "information_request", "application", "feedback")
PREDICATES: Mapping[str, Callable[[str], Predicate]] = {"account": AccountIs}


def service(block: Block, department: str) -> Service:
    """Read one thing that citizens ask a department for."""
    made = Service(block.key(), block.text("name"), block.text("family", allowed=FAMILIES), department)
    block.end()
    return made


def account(block: Block, department: str, read_secret: SecretReader, *, region: str) -> AccountSettings | None:
    """Read one end of a channel; which keys it may have, its gateway's settings class says."""
    known = registry.discover()
    name = block.text("id", like=KEY)
    kind = block.text("channel", allowed={kind for kind, _ in known})
    gateway = block.text("gateway", allowed={name for kind_of, name in known if kind_of == kind} or None)
    found = known.get((kind, gateway))
    if found is None or not name:
        return None
    settings_class: type[AccountSettings] = found.settings_class
    values = {"department": department, **block.rest(), "id": name, "channel": kind, "gateway": gateway}
    if any(one.name == "region" for one in fields(settings_class)):
        values.setdefault("region", region)
    made, faults = parse_account(settings_class, values, read_secret)
    for fault in faults:
        key, _, what = fault.partition(": ")
        block.fault(key, what)
    if made and made.department != department:
        block.fault("department", f"is {department!r}, by the file's name; leave it out")
    return made


def rule(block: Block, department: str) -> Rule:
    """Read one routing rule; it needs something to hold, for a rule that takes everything is a silent default."""
    when: list[Predicate] = []
    for one in block.tables("when"):
        given = [(name, one.text(name)) for name in PREDICATES if name in one]
        if len(given) != 1:
            block.fault(
                "when", f'each part says one thing, such as {{ account = "…" }}; known: {", ".join(PREDICATES)}'
            )
        one.end()
        when += [PREDICATES[name](value) for name, value in given]
    if not when:
        block.fault("when", "is missing; a rule that takes everything would hide what nobody has thought of")
    made = Rule(block.key(), tuple(when), department, block.text("service", "") or None)
    block.end()
    return made
