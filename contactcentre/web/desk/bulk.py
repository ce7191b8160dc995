"""Several cases at once. The fields of an act begin with ``set_``, apart from those that narrow the queue beside.

The selected rows, what would happen to them, doing it piece by piece, and the outcome.
"""

from __future__ import annotations

from collections.abc import Iterator

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from cases import bulk, references
from cases.bulk import Picked
from cases.bulk_acts import ACTS
from cases.errors import DomainError, Invalid
from cases.lifecycle import Outcome
from cases.permissions import Action, may
from cases.queries import colleagues
from cases.sla.policy import PRIORITIES
from contactcentre.db import UnitOfWork
from contactcentre.web.context import container, viewer
from contactcentre.web.desk import blueprint, room, ways
from contactcentre.web.permissions import requires
from contactcentre.web.posting import change, new_key

#: cases done in one request; a longer run goes on by itself, and shows how far it is
AT_ONCE = 25
#: the one act that makes one case of several
MERGE = "merge"


@blueprint.get("/bulk")
@requires(Action.READ)
def bulk_form() -> str | AnyResponse:
    """Show the form of an act, and what would happen to each selected case. Merging has a page of its own."""
    who, city, picked = viewer(), container().city, list(_picked(request.args.getlist("case")))
    action, chosen = request.args.get("action", ""), _chosen(request.args)
    if action == MERGE and picked:
        return redirect(_merging(picked))
    acts = {name: act for name, act in ACTS.items() if may(who, act.action)}
    with container().db.reader() as session:
        shown = room.load(session, who, city=city)
        people = colleagues.of_department(session, who, department=None)
        tried = bool(action in acts and picked and (not ACTS[action].fields or "try" in request.args))
        how = {"city": city, "action": action, "chosen": chosen}
        lines = bulk.preview(session, who, picked, **how) if tried else ()  # type: ignore[arg-type]
    return render_template(
        "desk/bulk.html",
        room=shown,
        way=ways.asked(shown.here),
        city=city,
        picked=picked,
        action=action,
        chosen=chosen,
        acts=acts,
        lines=lines,
        people=people,
        priorities=PRIORITIES,
        outcomes=list(Outcome),
        key=new_key(),
    )


@blueprint.post("/bulk")
@requires(Action.READ)
def bulk_begin() -> AnyResponse:
    """Begin a run, and do as much of it as one request may."""
    picked, action, chosen = list(_picked(request.form.getlist("case"))), request.form.get("action", ""), request.form

    def work(uow: UnitOfWork) -> str:
        run_id = bulk.begin(uow.session, viewer(), picked, action=action, chosen=_chosen(chosen))
        return _run(run_id)

    return _going_on(change(work))


@blueprint.get("/bulk/<int:run_id>")
@requires(Action.READ)
def bulk_run(run_id: int) -> str:
    """Show what became of each case, or how far the run is."""
    city = container().city
    with container().db.reader() as session:
        shown = room.load(session, viewer(), city=city)
        run = bulk.load(session, viewer(), run_id)
    more = {"way": ways.asked(shown.here), "act": ACTS[run.action], "key": new_key()}
    return render_template("desk/bulk_run.html", room=shown, city=city, run=run, **more)


@blueprint.post("/bulk/<int:run_id>/on")
@requires(Action.READ)
def bulk_on(run_id: int) -> AnyResponse:
    """Do the next cases of a run."""
    return _going_on(change(lambda uow: _run(bulk.load(uow.session, viewer(), run_id).id)))


@blueprint.post("/bulk/<int:run_id>/undo")
@requires(Action.READ)
def bulk_undo(run_id: int) -> AnyResponse:
    """Take a run back, case by case."""
    return _going_on(change(lambda uow: _run(bulk.undo(uow.session, viewer(), run_id))))


def _run(run_id: int) -> str:
    return url_for("desk.bulk_run", run_id=run_id, way=ways.asked("").value or None)


def _merging(picked: list[Picked]) -> str:
    first, *others = picked
    seen = [f"{references.written(one.reference)}.{one.version}" for one in others]
    return url_for("desk.merge_form", reference=references.written(first.reference), others=seen)


def _going_on(answer: AnyResponse) -> AnyResponse:
    run_id = int(answer.location.partition("?")[0].rpartition("/")[2])
    for _ in range(AT_ONCE):
        if not _one(run_id):
            break
    return answer


def _one(run_id: int) -> bool:
    site, who = container(), viewer()
    try:
        return site.db.run(lambda uow: bulk.step(uow.session, who, run_id, city=site.city))
    except DomainError as error:
        reason = str(error)
        site.db.run(lambda uow: bulk.refuse(uow.session, who, run_id, reason=reason))
        return True


def _picked(values: list[str]) -> Iterator[Picked]:
    if len(values) > bulk.MOST:
        raise Invalid(f"At most {bulk.MOST} cases at once; select fewer.", field="case")
    for one in dict.fromkeys(values):
        reference, _, version = one.partition(".")
        digits = references.parse(reference)
        if digits is None or not version.isascii() or not version.isdigit() or len(version) > 18:
            raise Invalid("A selected row is not readable. Go back and select again.", field="case")
        yield Picked(digits, int(version))


def _chosen(values: object) -> dict[str, str]:
    names = {name for act in ACTS.values() for name in act.fields}
    given = values.to_dict()  # type: ignore[attr-defined]
    return {name: given[f"set_{name}"][:20_000] for name in names if f"set_{name}" in given}
