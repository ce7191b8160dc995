"""The list of people, one of them with every form, and the form of a new one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from flask import make_response, render_template, request
from werkzeug.wrappers import Response

from cases import areas, people, person_fields, staff_changes
from cases.errors import DomainError
from cases.permissions import ANY_DEPARTMENT, Action, Role
from contactcentre.auth import lockout, second_factor
from contactcentre.invitations import Made, lasts_words
from contactcentre.web.context import container, viewer
from contactcentre.web.formatting import phone as written
from contactcentre.web.permissions import requires
from contactcentre.web.posting import new_key
from contactcentre.web.staff import blueprint
from contactcentre.web.traced import words

FORMS: Final = ("name", "roles", "area", "link", "unlock", "factor", "disable", "enable")
#: pairs of role and department that a form offers besides those that somebody has
MORE_GRANTS = 3
SHOWN_CHANGES = 20


@blueprint.get("")
@requires(Action.CONFIGURE)
def table() -> str:
    """List people by name, a hundred a page."""
    search, asked = request.args.get("q", "").strip()[:100], request.args.get("page", "")
    page = int(asked) if asked.isascii() and asked.isdigit() and 0 < len(asked) < 5 else 1
    with container().db.reader() as session:
        rows = people.everybody(session, viewer(), search=search, page=max(page, 1))
        locked = lockout.rests_until(session, [one.username for one in rows if one.active])
    return render_template(
        "admin/people.html",
        rows=rows[: people.LISTED],
        more=len(rows) > people.LISTED,
        page=max(page, 1),
        search=search,
        locked=locked,
    )


@blueprint.get("/new")
@requires(Action.CONFIGURE)
def new() -> str:
    """Show the form of a new person."""
    return new_page()


@blueprint.get("/<int:agent_id>")
@requires(Action.CONFIGURE)
def person(agent_id: int) -> str:
    """Show one of them."""
    return person_page(agent_id)


def new_page(error: DomainError | None = None) -> str:
    """Return the form of a new person, filled in as it was sent."""
    return render_template(
        "admin/person_new.html",
        form=request.form,
        error=error,
        key=new_key(),
        **_choices(chosen=_sent()),
    )


def person_page(agent_id: int, error: DomainError | None = None, *, wrong: str = "") -> str:
    """Return somebody's page; ``wrong`` is the form that ``error`` is about."""
    site = container()
    with site.db.reader() as session:
        shown = people.person(session, viewer(), agent_id)
        trace = [(one, words(one)) for one in staff_changes.latest(session, agent_id, limit=SHOWN_CHANGES)]
        locked = lockout.rests_until(session, [shown.username]).get(shown.username)
        on, area = second_factor.is_on(session, agent_id), areas.named(session, viewer(), agent_id)
    lasts = site.settings.invitation_lasts if shown.invited else site.settings.reset_lasts
    region = site.city.organisation.region
    return render_template(
        "admin/person.html",
        person=shown,
        own=agent_id == viewer().id,
        phone=request.form.get("phone", written(shown.phone, region) if shown.phone else ""),
        trace=trace,
        locked=locked,
        second=on,
        lasts=lasts_words(lasts),
        error=error,
        wrong=wrong,
        saved=request.args.get("saved", ""),
        area=area or "",
        areas=areas.offered(site.city) if any(role == Role.ASSEMBLY_MEMBER for role, _ in shown.grants) else (),
        keys={form: new_key() for form in FORMS},
        **_choices(chosen=_sent() if wrong == "roles" else ()),
    )


def link_page(agent_id: int, made: Made | None) -> Response:
    """Show a link, this once; None tells that it was shown already."""
    answer = make_response(render_template("admin/person_link.html", agent_id=agent_id, made=made))
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer


def grants_sent() -> frozenset[person_fields.Grant]:
    """Return the roles that a form asks for: those ticked, and the pairs that were chosen."""
    kept = [one.partition("@")[::2] for one in request.form.getlist("grant")]
    return frozenset([*((role, where) for role, where in kept), *((role, where) for role, where in _sent() if role)])


def _sent() -> Sequence[tuple[str, str]]:
    form = request.form
    return [(form.get(f"role{at}", ""), form.get(f"where{at}", "")) for at in range(MORE_GRANTS)]


def _choices(*, chosen: Sequence[tuple[str, str]]) -> dict[str, object]:
    departments = sorted(container().city.departments.values(), key=lambda one: one.name)
    pairs = [*chosen, *[("", "")] * MORE_GRANTS][:MORE_GRANTS]
    return {
        "roles": person_fields.ROLES,
        "places": [(ANY_DEPARTMENT, "Everywhere"), *((one.key, one.name) for one in departments)],
        "pairs": pairs,
    }
