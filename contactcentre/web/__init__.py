"""The pages: every blueprint, the guard before them, what templates may call, and errors in words."""

from __future__ import annotations

from flask import Flask

from contactcentre.web import (
    account,
    accounts,
    administration,
    assets,
    board,
    clinic,
    configuration,
    desk,
    drafts,
    errors,
    front,
    guard,
    health,
    holidays,
    hooks,
    login,
    prompt_files,
    prompts,
    reads,
    second_factor,
    setup,
    simulator_proxy,
    staff,
    templating,
    trying,
    versions,
    welcome,
)
from contactcentre.web.board import (  # noqa: F401  their views are on the blueprint
    area,
    bulletins,
    executive,
    forecast,
    laying_out,
    lists,
    parked,
    report_rows,
    reports,
    reviews,
    subscriptions,
)
from contactcentre.web.board import pages as board_pages  # noqa: F401
from contactcentre.web.board import rota as board_rota  # noqa: F401
from contactcentre.web.desk import (  # noqa: F401  their views are on the blueprint
    acts,
    assigning,
    bulk,
    citizen_acts,
    cover_sheets,
    dispatch,
    dispatch_acts,
    field,
    field_acts,
    field_shell,
    figures,
    files,
    filing_acts,
    filing_pages,
    glass,
    handovers,
    incident_acts,
    keeping,
    keys,
    knowledge,
    linking_acts,
    mail,
    notices,
    pages,
    people,
    picking,
    presence,
    profiles,
    promise_acts,
    referral_acts,
    replying,
    snoozing,
    task_acts,
    views,
)
from contactcentre.web.desk.calls import (  # noqa: F401  likewise
    acts as call_acts,
)
from contactcentre.web.desk.calls import flagging, hand, out, sounds  # noqa: F401
from contactcentre.web.desk.letters import (  # noqa: F401  likewise
    keying,
    listing,
    paging,
    pictures,
    scans,
    uploading,
)
from contactcentre.web.staff import acts as staff_acts  # noqa: F401  their views are on the blueprint
from contactcentre.web.staff import importing as staff_importing  # noqa: F401
from contactcentre.web.staff import pages as staff_pages  # noqa: F401

ROOMS = (
    hooks,
    health,
    assets,
    front,
    login,
    reads,
    desk,
    board,
    holidays,
    clinic,
    trying,
    versions,
    configuration,
    drafts,
    accounts,
    prompts,
    prompt_files,
    setup,
    administration,
    account,
    second_factor,
    welcome,
    staff,
)


def register(app: Flask) -> None:
    """Add all pages and hooks to the application, whose container is in its place already."""
    guard.register(app)
    errors.register(app)
    templating.register(app)
    for room in ROOMS:
        app.register_blueprint(room.blueprint)
    simulator_proxy.register(app, app.extensions["contactcentre"].settings)
