"""The page of what is still missing for going live."""

from __future__ import annotations

from flask import Blueprint, render_template

from cases.permissions import Action
from contactcentre import setup, setup_facts
from contactcentre.web.context import container
from contactcentre.web.permissions import requires

blueprint = Blueprint("setup", __name__, url_prefix="/admin/setup")


@blueprint.get("")
@requires(Action.CONFIGURE)
def page() -> str:
    """Show every check, what is missing first."""
    return render_template("admin/setup.html", checks=setup.look(setup_facts.read(container())))
