"""Where a case went and why, as the page beside it shows: rule, place, other departments, another body."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cases import referring
from cases.departments import City
from cases.queries.case import CaseView
from cases.referring import Referral
from contactcentre.web.desk.drafts import Draft

#: rules that no file names
RULES = {"words": "words of services", "emergency": "words of danger to life"}


@dataclass(frozen=True, slots=True)
class Routed:
    """What routing found. ``suggestions`` are departments, by key and name, that the case may be transferred to.

    ``offered`` is the text about the referral that an agent may send, empty where none can leave.
    """

    rule: str
    reason: str
    place: str | None
    alerted: tuple[str, ...]
    suggestions: tuple[tuple[str, str], ...]
    referral: Referral | None
    days: int
    offered: str


def of_view(view: CaseView, *, city: City) -> Routed:
    """Return what the page shows of a case's routing."""
    routing, referral = view.routing, referring.referral_of(view.routing)
    rule = routing.get("rule")
    return Routed(
        rule=RULES.get(rule, rule) if rule else "",
        reason=routing.get("reason") or "No rule",
        place=routing.get("place"),
        alerted=tuple(city.department_name(one) for one in routing.get("alert", ())),
        suggestions=tuple((key, city.departments[key].name) for key in _suggested(view, city)),
        referral=referral,
        days=referring.follow_up_days(city, referral.body) if referral else 0,
        offered=_offered(view, referral, city) if referral else "",
    )


def waits_for(suggestions: tuple[str, ...], city: City) -> str:
    """Return the tray's name with the departments that a person may choose between."""
    names = [city.departments[key].short_name for key in suggestions if key in city.departments]
    return f"{city.department_name(None)}: {' or '.join(names)}?" if names else city.department_name(None)


def draft_of(wanted: Mapping[str, Any], routed: Routed, draft: Draft) -> Draft:
    """Return the answer that the address asks for, unless something was written already."""
    if wanted.get("offer") != referring.TEXT or not routed.offered or draft.error:
        return draft
    return Draft("reply", {"text": routed.offered})


def _suggested(view: CaseView, city: City) -> list[str]:
    named = view.row.suggestions
    return [key for key in named if key in city.departments and key != view.row.department]


def _offered(view: CaseView, referral: Referral, city: City) -> str:
    account = city.accounts.get(view.reply_account or "")
    if account is None:
        return ""
    how = {"language": view.citizen.language, "channel": account.channel}
    return referring.words(city, referral, reference=view.row.reference, **how)
