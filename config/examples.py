"""Tries the examples of all departments by the city as it was read."""

from __future__ import annotations

from cases.departments import City
from cases.routing.facts import Facts
from cases.routing.rules import route
from config.city import Gathered


def check(gathered: Gathered, city: City) -> None:
    """Try every example by the city as it was read; one without an account must go the same way from each of them."""
    for block, department in gathered.examples:
        text, service = block.text("text"), block.text("service", "") or None
        urgent = block.flag("urgent", default=False)
        accounts = [block.text("account", allowed=city.accounts)] if "account" in block else list(city.accounts)
        block.end()
        for name in accounts:
            if name not in city.accounts:
                continue
            decision = route(Facts(city.accounts[name].channel, name, text), city.rules, city.known)
            if decision.department != department:
                place = decision.department or "the tray"
                block.fault("text", f"goes to {place}, because {decision.sentence}")
            elif service not in (None, decision.service):
                where = decision.service or "no service"
                block.fault("service", f"is routed to {where}, because {decision.sentence}")
            elif urgent != decision.urgent:
                block.fault("urgent", f"is {'true' if decision.urgent else 'false'}, because {decision.sentence}")
            else:
                continue
            break
