"""Where administrators and auditors find their pages: one list for their heads, one's own account and `/admin`."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, redirect, url_for
from werkzeug.wrappers import Response

from cases.permissions import Action, may
from contactcentre.web.context import viewer
from contactcentre.web.permissions import requires

blueprint = Blueprint("administration", __name__, url_prefix="/admin")


@dataclass(frozen=True, slots=True)
class Room:
    """One page. ``blueprints`` are those whose pages belong to it; ``about`` says what it is for."""

    action: Action
    endpoint: str
    words: str
    about: str
    blueprints: tuple[str, ...]


ROOMS = (
    Room(Action.CONFIGURE, "setup.page", "Setup", "What is missing before going live", ("setup",)),
    Room(
        Action.CONFIGURE,
        "configuration.overview",
        "Configuration",
        "Change the configuration, looked at first",
        ("configuration", "drafts"),
    ),
    Room(
        Action.CONFIGURE, "versions.table", "Versions", "Versions of the configuration, and going back", ("versions",)
    ),
    Room(Action.CONFIGURE, "staff.table", "People", "People, their roles and log-ins", ("staff",)),
    Room(Action.CONFIGURE, "trying.page", "Try a text", "Where a text would go, and why", ("trying",)),
    Room(Action.CONFIGURE, "holidays.table", "Public holidays", "Public holidays and special days", ("holidays",)),
    Room(Action.CONFIGURE, "accounts.table", "Accounts", "Accounts, and what their gateways need", ("accounts",)),
    Room(Action.CONFIGURE, "prompts.table", "Recordings", "Recordings of what callers hear", ("prompts",)),
    Room(Action.AUDIT, "clinic.page", "Clinic", "Do all promises follow from the histories?", ("clinic",)),
    Room(Action.READS, "reads.page", "Reads", "Who looked at which case, record or file", ("reads",)),
)


@blueprint.get("")
@requires("signed_in")
def start() -> Response:
    """Lead to the first of one's pages, or to one's account where there is none."""
    own = rooms()
    return redirect(url_for(own[0].endpoint if own else "auth.account"), 302)


def rooms() -> tuple[Room, ...]:
    """Return the pages that whoever is logged in may open."""
    return tuple(one for one in ROOMS if may(viewer(), one.action))
