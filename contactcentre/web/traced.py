"""What was changed of somebody's log-in and roles, in words."""

from __future__ import annotations

from typing import Final

from cases.staff_changes import Change

TRACED: Final = {
    "added": "added",
    "named": "name or telephone",
    "roles": "roles",
    "area": "electoral area",
    "disabled": "does not work here any more",
    "enabled": "works here again",
    "invited": "invitation",
    "reset": "link for a new password",
    "password": "password chosen",
    "unlocked": "failed log-ins forgotten",
    "second_factor_on": "second factor set up",
    "second_factor_off": "second factor taken off",
    "second_factor_reset": "second factor taken off by an administrator",
    "recovery_codes": "new recovery codes",
}
_HOW: Final = {"sms": "by text message", "shown": "shown to who made it"}


def words(change: Change) -> str:
    """Return a change as a line: what it was, and its values where these are nobody's own."""
    values, said = change.values, TRACED.get(change.kind, change.kind.replace("_", " "))
    if change.kind == "roles":
        marks = [*(f"+ {one}" for one in values["added"]), *(f"- {one}" for one in values["removed"])]
        return f"{said}: {', '.join(marks)}"
    if change.kind == "added":
        return f"{said} with {', '.join(values['roles']) or 'no roles'}"
    if change.kind == "area":
        return f"{said}: {values['area'] or 'none'}"
    if "how" in values:
        return f"{said}, {_HOW.get(values['how'], values['how'])}"
    if change.kind == "disabled":
        return f"{said}; {values['cases']} open cases went back to the queue"
    return said
