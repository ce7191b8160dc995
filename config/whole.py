"""What only the whole configuration shows: names used twice or unknown, rules that are never reached."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cases.routing.decisions import Rule
from cases.routing.meanings import PlaceIn, ServiceIs
from cases.routing.places import ELSEWHERE
from cases.routing.predicates import AccountIs, ChannelIs, Predicate
from cases.sla.policy import Policy
from config.city import Gathered
from config.schema import Block, unique


def check(gathered: Gathered) -> None:
    """Note names that are used twice, and those that nothing bears."""
    unique(((block, service.key) for block, service in gathered.services), "service")
    unique(((block, account.id) for block, account in gathered.accounts), "account")
    unique(((block, rule.key) for block, rule in gathered.rules), "rule")
    unique(((block, policy.key) for block, policy in gathered.policies), "policy")
    unique(((block, statute.key) for block, statute in gathered.statutes), "statute")
    unique(((block, neighbour.key) for block, neighbour in gathered.neighbours), "neighbour")
    placed: list[tuple[Block, Rule | Policy]] = [*gathered.rules, *gathered.policies]
    for block, part in placed:
        _check_place(block, part, gathered)
    names = _names(gathered)
    for block, rule in gathered.rules:
        for predicate in rule.when:
            _check_name(block, predicate, names)
    _check_reached(gathered.rules)
    _check_neighbours(gathered)
    _check_scans(gathered)


def check_organisation(block: Block, gathered: Gathered) -> None:
    """Note departments that an emergency shall alert and that are not there."""
    for key in gathered.emergency.alert if gathered.emergency else ():
        if key not in gathered.departments:
            known = ", ".join(sorted(gathered.departments)) or "none yet"
            block.fault("emergency.alert", f"there is no department {key!r}; one of {known}")


def _names(gathered: Gathered) -> Mapping[type, tuple[str, str, set[str]]]:
    accounts = {account.id for _, account in gathered.accounts}
    channels = {account.channel for _, account in gathered.accounts}
    places = {name for one in gathered.places for name in (one.name, one.constituency) if name}
    return {
        AccountIs: ("account", "account", accounts),
        ChannelIs: ("channel", "channel of an account", channels),
        ServiceIs: ("service", "service", {service.key for _, service in gathered.services}),
        PlaceIn: ("place", "place in places/*.csv", places),
    }


def _check_name(block: Block, predicate: Predicate, names: Mapping[type, tuple[str, str, set[str]]]) -> None:
    if type(predicate) not in names:
        return
    attribute, what, known = names[type(predicate)]
    name: Any = getattr(predicate, attribute)
    if name not in known:
        some = ", ".join(sorted(known)[:30]) or "none yet"
        block.fault("when", f"there is no {what} {name!r}; one of {some}")


def _check_reached(rules: Sequence[tuple[Block, Rule]]) -> None:
    ordered = sorted(rules, key=lambda one: one[1].order)
    for number, (block, rule) in enumerate(ordered):
        earlier = next((one for _, one in ordered[:number] if set(one.when) <= set(rule.when)), None)
        if earlier and earlier.when and rule.when:
            block.fault("when", f"is never reached: rule {earlier.key!r} before it takes all of it")


def _check_neighbours(gathered: Gathered) -> None:
    outer = {one.name for one in gathered.places if one.kind == ELSEWHERE}
    for block, neighbour in gathered.neighbours:
        if neighbour.place and neighbour.place not in outer:
            some = ", ".join(sorted(outer)) or "none yet"
            block.fault("place", f"there is no place {neighbour.place!r} of the kind {ELSEWHERE}; one of {some}")


def _check_scans(gathered: Gathered) -> None:
    """Note mailboxes whose scans would go to no account of letters."""
    letters = sorted(account.id for _, account in gathered.accounts if account.channel == "letters")
    for block, account in gathered.accounts:
        wanted = getattr(account, "scans_to", None)
        if wanted is not None and wanted not in letters:
            block.fault("scans_to", f"{wanted!r} is no account of letters; one of {', '.join(letters) or 'none yet'}")


def _check_place(block: Block, part: Rule | Policy, gathered: Gathered) -> None:
    if part.department is not None and part.department not in gathered.departments:
        known = ", ".join(sorted(gathered.departments)) or "none yet"
        block.fault("department", f"there is no department {part.department!r}; one of {known}")
        return
    offered = {one.key for _, one in gathered.services if part.department in (None, one.department)}
    if part.service is not None and part.service not in offered:
        some = ", ".join(sorted(offered)) or "none"
        block.fault("service", f"there is no service {part.service!r} here; one of {some}")
