"""Reads how messages are routed: rules, emergencies, neighbouring bodies, and the examples that are tried."""

from __future__ import annotations

from collections.abc import Mapping

from cases.routing.decisions import USUAL_ORDER, WORDS_ORDER, Rule
from cases.routing.knowledge import FOLLOW_UP_DAYS, Emergency, Neighbour
from cases.routing.phrases import Phrase
from cases.routing.predicates import Predicate
from cases.sla.calendar import Calendar
from cases.sla.policy import Unit
from cases.task_promises import MOST
from config import wording
from config.predicates import PREDICATES
from config.schema import Block

LAST_ORDER = 999


def rule(block: Block, department: str, calendars: Mapping[str, Calendar]) -> Rule:
    """Read one routing rule; it needs something to hold, for a rule that takes everything is a silent default."""
    when: list[Predicate] = []
    for one in block.tables("when"):
        given = [name for name in PREDICATES if name in one]
        if len(given) != 1:
            known = ", ".join(PREDICATES)
            block.fault("when", f'each part says one thing, such as {{ account = "…" }}; known: {known}')
        found = [PREDICATES[name](one, name, calendars) for name in given]
        one.end()
        when += [predicate for predicate in found if predicate is not None]
    if not when and not block.tables("when"):
        block.fault("when", "is missing; a rule that takes everything would hide what nobody has thought of")
    made = Rule(block.key(), tuple(when), department, block.text("service", "") or None, _order(block))
    block.end()
    return made


def emergency(block: Block) -> Emergency | None:
    """Read the words of danger to life, in all languages together."""
    if "emergency" not in block:
        return None
    table = block.table("emergency")
    alert = table.texts("alert", required=True)
    found = wording.words(table.table("words"))
    unless = wording.words(table.table("unless"))
    if not any(found.values()):
        table.fault("words", 'are missing; write [emergency.words] with en = ["fire", …]')
    table.end()
    return Emergency(_all(found), alert, _all(unless))


def neighbours(block: Block) -> list[tuple[Block, Neighbour]]:
    """Read the bodies that answer for places around us."""
    found = []
    for one in block.tables("neighbours"):
        texts = (one.key(), one.text("name"), one.text("place"), one.text("contact"))
        found.append((one, Neighbour(*texts, _follow_up(one))))
        one.end()
    return found


def _follow_up(block: Block) -> int:
    days, most = block.whole("follow_up_days", FOLLOW_UP_DAYS), MOST[Unit.WORKING_DAYS]
    if days > most:
        block.fault("follow_up_days", f"{days} is too long; at most {most} working days")
    return days


def _order(block: Block) -> int:
    order = block.whole("order", USUAL_ORDER)
    if order > LAST_ORDER or order == WORDS_ORDER:
        block.fault("order", f"{order} cannot be; 1 to {LAST_ORDER}, and {WORDS_ORDER} is the words of services")
    return order


def _all(found: Mapping[str, tuple[Phrase, ...]]) -> frozenset[Phrase]:
    return frozenset(one for phrases in found.values() for one in phrases)
