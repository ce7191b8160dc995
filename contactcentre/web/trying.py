"""The page on which an administrator tries a text against the rules, and sees why it goes where it goes."""

from __future__ import annotations

from flask import Blueprint, render_template, request

from cases import clock
from cases.errors import Invalid
from cases.permissions import Action
from cases.routing.facts import CITIZEN_KINDS, PERSON, Facts
from contactcentre import routing_told
from contactcentre.web.context import container
from contactcentre.web.permissions import requires

blueprint = Blueprint("trying", __name__, url_prefix="/admin/try")
LONGEST = 1600


@blueprint.get("")
@requires(Action.CONFIGURE)
def page() -> str:
    """Show the form, and what became of the text in the address. Nothing is stored."""
    city, text = container().city, request.args.get("text", "").strip()
    account = city.accounts.get(request.args.get("account", "")) or next(iter(city.accounts.values()), None)
    who = request.args.get("citizen", PERSON)
    who = who if who in CITIZEN_KINDS else PERSON
    if len(text) > LONGEST:
        raise Invalid(f"Try a text of at most {LONGEST} characters.", field="text")
    found, decided = None, None
    if text and account is not None:
        with container().db.reader() as session:
            facts = Facts(account.channel, account.id, text, at=clock.now(session), citizen=who)
        found, decided = routing_told.found(city, facts), routing_told.decided(city, facts)
    chosen = account.id if account else ""
    values = {
        "citizen": who,
        "kinds": CITIZEN_KINDS,
        "account": chosen,
        "text": text,
        "found": found,
        "decided": decided,
        "version": city.version,
    }
    return render_template("admin/try.html", accounts=list(city.accounts.values()), **values)
