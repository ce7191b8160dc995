"""A reply that was chosen, filled in for one case, as the composer's field holds it."""

from __future__ import annotations

from collections.abc import Mapping

from flask import request

from cases import canned, references
from cases.canned import Filled
from cases.departments import City
from cases.errors import Invalid
from cases.queries.case import CaseView
from cases.sla.timers import TimerKind
from contactcentre.web.context import viewer
from contactcentre.web.desk import room
from contactcentre.web.desk.drafts import Draft
from contactcentre.web.formatting import moment


def draft_of(view: CaseView, draft: Draft, *, city: City) -> Draft:
    """Return the draft that the page opens with: the chosen reply where the address names one."""
    key = request.args.get("canned", "")
    if not key or draft.values or draft.error:
        return draft
    return Draft("reply", {"text": written(view, key, city=city).text})


def written(view: CaseView, key: str, *, city: City) -> Filled:
    """Return a reply of the case's department, filled in; raises ``Invalid``."""
    found = next((one for one in canned.offered(city.canned, view.row.department) if one.key == key), None)
    if found is None:
        raise Invalid(f"There is no reply {key!r} for this department.", field="canned")
    organisation = city.organisation
    how = {"default": organisation.default_language, "allow_drafts": organisation.allow_drafts}
    return canned.filled(found, values_of(view, city=city), language=view.citizen.language, **how)  # type: ignore[arg-type]


def values_of(view: CaseView, *, city: City) -> Mapping[str, str | None]:
    """Return what is known of a case for the places of a reply; a task's deadline was promised to nobody outside."""
    row = view.row
    names = {one.key: one.name for department in city.departments.values() for one in department.services}
    promised = row.due_at if row.due_kind != TimerKind.TASK else None
    return {
        "citizen": view.citizen.name,
        "reference": references.written(row.reference),
        "service": names.get(row.service or ""),
        "promised": moment(promised, room.zone_of(city)) if promised else None,
        "agent": viewer().name,
        "department": city.department_name(row.department) if row.department else None,
        "organisation": city.organisation.short_name,
    }
