"""Reads ``[forecast]`` and ``[reviews]``: how a day is reckoned, and how closed cases are looked through."""

from __future__ import annotations

from cases.forecast.terms import Forecasts
from cases.reviews.terms import CHECKLIST, Reviews
from config.schema import KEY, KEY_WORDS, Block

#: by key: from the least to the most
BOUNDS = {"handling_minutes": (1, 480), "days": (7, 365), "least": (1, 1000), "sample": (1, 50)}
_LONGEST_QUESTION, _MOST_QUESTIONS = 160, 20
_KEY = KEY_WORDS.replace("single hyphens", "single hyphens or underscores")


def forecasts(block: Block) -> Forecasts:
    """Read the table; what it does not say is as :class:`Forecasts` has it."""
    usual = Forecasts()
    names = ("handling_minutes", "days", "least")
    made = Forecasts(**{name: _bounded(block, name, getattr(usual, name)) for name in names})
    block.end()
    return made


def reviews(block: Block) -> Reviews:
    """Read the table; what it does not say is as :class:`Reviews` has it."""
    asked = _checklist(block.table("checklist")) if "checklist" in block else dict(CHECKLIST)
    made = Reviews(_bounded(block, "sample", Reviews().sample), asked)
    block.end()
    return made


def _checklist(block: Block) -> dict[str, str]:
    found = {}
    for name in block.names():
        if not KEY.fullmatch(name.replace("_", "-")):
            block.fault(name, f"is no key; write {_KEY}")
        question = block.text(name)
        if len(question) > _LONGEST_QUESTION:
            block.fault(name, f"is {len(question)} characters long; at most {_LONGEST_QUESTION}")
        found[name] = question
    if not 1 <= len(found) <= _MOST_QUESTIONS:
        block.fault("(table)", f'has {len(found)} questions; write 1 to {_MOST_QUESTIONS}, such as polite = "Polite?"')
    block.end()
    return found


def _bounded(block: Block, name: str, usual: int) -> int:
    least, most = BOUNDS[name]
    value = block.whole(name, usual, least=least)
    if value > most:
        block.fault(name, f"{value} is too much; at most {most}")
    return min(value, most)
