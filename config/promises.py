"""Reads what is promised: policies with their pauses and ladders, and the times of laws."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from cases.permissions import Role
from cases.sla import reckoning
from cases.sla.calendar import Calendar
from cases.sla.ladder import AT, rungs
from cases.sla.policy import PAUSING, PRIORITIES, Policy, Step, Target, Unanswered, Unit
from cases.sla.statutes import Statute
from cases.sla.terms import Terms
from channels import registry
from config.schema import Block

#: what a policy may promise; a law's promises stand with the law
TARGETS = ("first_response", "next_response", "resolution", "department_leg")
#: the first answer never stands still: nobody has told the citizen yet that the case waits for them
PAUSES = {kind: PAUSING for kind in TARGETS if kind != "first_response"}
#: what a policy of a channel may promise: how long it takes to answer is what hangs on the channel
_BY_CHANNEL = frozenset({"first_response", "next_response"})
ASSIGNEE = "assignee"
_ANY_INSTANT = datetime(2026, 1, 1, tzinfo=UTC)
_LAW_TARGETS = ("urgent", "internal_review")
_LAW_DAYS = (
    "extension_days",
    "ask_review_within_days",
    "ask_commission_within_days",
    "transfer_within_days",
    "third_party_within_days",
)


def policy(block: Block, department: str | None, calendars: Mapping[str, Calendar]) -> Policy:
    """Read one set of promises."""
    calendar = block.text("calendar", allowed=calendars)
    table = block.table("targets")
    targets = {kind: target(table, kind, calendars.get(calendar)) for kind in TARGETS if kind in table}
    channel = block.text("channel", "", allowed=[kind for kind, _ in registry.discover()])
    for kind in sorted(targets.keys() - _BY_CHANNEL) if channel else ():
        table.fault(
            kind, f"is promised whatever the channel; a policy of one has {', '.join(sorted(_BY_CHANNEL))} alone"
        )
    unanswered = block.text("unanswered", Unanswered.MISSED, allowed=[one.value for one in Unanswered])
    known = ", ".join(TARGETS)
    for other in table.rest():
        table.fault(other, f"is no promise that is kept time of; allowed: {known}")
    if not targets:
        block.fault("targets", f"promises nothing; write [policies.targets] with one of {known}")
    made = Policy(
        key=block.key(),
        targets=targets,
        calendar=calendar,
        department=department,
        service=block.text("service", "") or None,
        priority=block.text("priority", "", allowed=PRIORITIES) or None,
        channel=channel or None,
        pauses=_pauses(block),
        steps=_steps(block, targets.values(), calendars.get(calendar)),
        rank=block.whole("rank", 0, least=0),
        unanswered=Unanswered.WAIVED if unanswered == Unanswered.WAIVED else Unanswered.MISSED,
    )
    block.end()
    return made


def target(table: Block, kind: str, calendar: Calendar | None) -> Target:
    """Read one target and see that its calendar can reckon it."""
    block = table.table(kind)
    unit = block.text("unit", allowed=[one.value for one in Unit])
    made = Target(block.whole("amount"), Unit(unit) if unit in Unit._value2member_map_ else Unit.ELAPSED)
    block.end()
    try:
        if calendar is not None:
            reckoning.due(calendar, made, started=_ANY_INSTANT)
    except OverflowError as error:
        table.fault(kind, f"{made.amount} {made.unit.value} is no promise: {error}")
    return made


def statute(block: Block, calendars: Mapping[str, Calendar], families: tuple[str, ...]) -> Statute:
    """Read the times of one law. What is left out is asked for at the legal officer's; nothing is assumed."""
    calendar = block.text("calendar", allowed=calendars)
    chosen = calendars.get(calendar)
    found: dict[str, Any] = {kind: target(block, kind, chosen) for kind in _LAW_TARGETS if kind in block}
    decision = target(block, "decision", chosen)
    steps = _steps(block, [decision, *found.values()], chosen)
    found |= {name: block.whole(name) for name in _LAW_DAYS if name in block}
    made = Statute(
        key=block.key(),
        name=block.text("name"),
        family=block.text("family", allowed=families),
        source=block.text("source"),
        calendar=calendar,
        decision=decision,
        silence_refuses=block.flag("silence_refuses", default=False),
        steps=steps,
        **found,
    )
    block.end()
    return made


def _pauses(block: Block) -> Mapping[str, tuple[str, ...]]:
    if "pauses" not in block:
        return PAUSES
    table = block.table("pauses")
    found = {kind: table.texts(kind) for kind in TARGETS if kind in table}
    for kind, statuses in found.items():
        for one in statuses:
            if one not in PAUSING:
                table.fault(kind, f"{one!r} is no status to wait in; allowed: {', '.join(PAUSING)}")
    table.end()
    return found


def _steps(block: Block, targets: Iterable[Target], calendar: Calendar | None) -> tuple[Step, ...]:
    known = (ASSIGNEE, *(role.value for role in Role))
    found: dict[str, Step] = {}
    for one in block.tables("steps"):
        at = one.text("at", like=AT, words='a share such as "75%", minutes such as "-30" or "+60", or "due"')
        to = one.texts("to", required=True)
        for name in to:
            if name not in known:
                one.fault("to", f"{name!r} is nobody here; allowed: {', '.join(known)}")
        one.end()
        if at in found:
            one.fault("at", f"{at!r} is a step of this ladder already; name all its people there")
        found[at] = Step(at, to)
        if AT.fullmatch(at) and calendar is not None:
            _check_step(one, found[at], targets, calendar)
    return tuple(found.values())


def _check_step(block: Block, step: Step, targets: Iterable[Target], calendar: Calendar) -> None:
    """Note a step that could not be reckoned: it would fail with every case that is promised something."""
    for one in targets:
        try:
            due = reckoning.due(calendar, one, started=_ANY_INSTANT)
        except OverflowError:
            continue  # told where the target stands
        try:
            rungs(Terms("", 0, one, calendar.key, steps=(step,)), calendar, started=_ANY_INSTANT, due=due)
        except OverflowError as error:
            block.fault("at", f"{step.at!r} by this calendar {error}; write fewer minutes")
            return
