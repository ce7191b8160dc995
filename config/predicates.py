"""Reads what a rule asks for: each condition is a table with one key."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from cases.routing.facts import CITIZEN_KINDS
from cases.routing.meanings import AllWords, AnyWords, PlaceIn, ServiceIs
from cases.routing.phrases import Phrase
from cases.routing.predicates import AccountIs, ChannelIs, CitizenIs, LanguageIs, Predicate, Repeats, Within
from cases.sla.calendar import Calendar
from config import wording
from config.schema import Block

Reader = Callable[[Block, str, Mapping[str, Calendar]], Predicate | None]


def _text(made: Callable[[str], Predicate]) -> Reader:
    def read(block: Block, key: str, _: Mapping[str, Calendar]) -> Predicate | None:
        return made(block.text(key))

    return read


def _phrases(made: Callable[[frozenset[Phrase]], Predicate]) -> Reader:
    def read(block: Block, key: str, calendars: Mapping[str, Calendar]) -> Predicate | None:
        found = wording.phrases(block, key, block.any(key))
        return made(frozenset(found)) if found else None

    return read


def _repeats(block: Block, key: str, _: Mapping[str, Calendar]) -> Predicate | None:
    return Repeats(block.whole(key))


def _citizen(block: Block, key: str, _: Mapping[str, Calendar]) -> Predicate | None:
    kind = block.text(key, allowed=CITIZEN_KINDS)
    return CitizenIs(kind) if kind in CITIZEN_KINDS else None


def _hours(*, outside: bool) -> Reader:
    def read(block: Block, key: str, calendars: Mapping[str, Calendar]) -> Predicate | None:
        name = block.text(key, allowed=calendars)
        return Within(calendars[name], outside) if name in calendars else None

    return read


PREDICATES: Mapping[str, Reader] = {
    "account": _text(AccountIs),
    "channel": _text(ChannelIs),
    "words": _phrases(AnyWords),
    "all_words": _phrases(AllWords),
    "service": _text(ServiceIs),
    "place": _text(PlaceIn),
    "language": _text(LanguageIs),
    "citizen": _citizen,
    "within": _hours(outside=False),
    "outside": _hours(outside=True),
    "repeats": _repeats,
}
