"""Where a text would go, and why, as administrators read it on the page and on the command line. Nothing is stored."""

from __future__ import annotations

from typing import Any

from cases import commands
from cases.departments import City
from cases.routing.facts import Facts
from cases.routing.places import Ask, Found
from cases.routing.rules import route, tried
from cases.routing.seen import Seen, quoted


def decided(city: City, facts: Facts) -> dict[str, Any]:
    """Return the decision with every rule that was tried, in plain values."""
    decision, asked = route(facts, city.rules, city.known), commands.parse(facts.text, city.keywords)
    steps = tried(facts, city.rules, city.known)
    return {
        "account": facts.account,
        "command": type(asked).__name__ if asked is not None else None,
        "department": decision.department,
        "department_name": city.department_name(decision.department),
        "service": decision.service,
        "rule": decision.rule,
        "reason": decision.sentence,
        "place": decision.place,
        "urgent": decision.urgent,
        "alert": list(decision.alert),
        "suggestions": list(decision.suggestions),
        "referral": decision.referral.name if decision.referral else None,
        "tried": [{"rule": one.rule, "order": one.order, "held": one.held, "why": one.why} for one in steps],
    }


def found(city: City, facts: Facts) -> list[str]:
    """Say what was found in the text, whichever account it comes to."""
    seen = Seen(facts, city.known)
    services = [f"{one.service} of {one.department} by {quoted(one.hit)}" for one in seen.wanted[:5]]
    lines = [f"services asked for: {'; '.join(services) or 'none'}"]
    match seen.place:
        case Found(place=place):
            lines.append(f"place: {' in '.join(one.name for one in city.gazetteer.around(place))}")
        case Ask(candidates=candidates):
            lines.append(f"place: one would have to ask: {' or '.join(one.name for one in candidates)}")
        case _:
            lines.append("place: none")
    return [*lines, f"danger to life: {quoted(seen.danger)}"] if seen.danger else lines
