"""Who must have a second factor, and until when they may go without one."""

from __future__ import annotations

from datetime import datetime, timedelta

from cases.departments import Organisation
from contactcentre.auth.sessions import Found


def must(found: Found, organisation: Organisation) -> bool:
    """Tell whether one of the roles asks for a second factor."""
    return any(role in organisation.second_factor_roles for role, _ in found.viewer.grants)


def until(found: Found, organisation: Organisation) -> datetime | None:
    """Return until when somebody who must have one may go without; None for who has one or needs none."""
    if found.second or not must(found, organisation):
        return None
    return (found.first_login_at or found.row.created_at) + timedelta(days=organisation.second_factor_days)


def is_overdue(found: Found, organisation: Organisation) -> bool:
    """Tell whether somebody may only set up their second factor by now."""
    end = until(found, organisation)
    return end is not None and end <= found.at
