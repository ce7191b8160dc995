"""The services that a dialogue lists: found by a citizen's words, or by their kind and whose they are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sqlalchemy.orm import Session

from cases.answers import Answer, Arguments
from cases.departments import City
from cases.dialogue_places import some
from cases.forms import Asker
from cases.routing import words as routing_words
from cases.routing.facts import Facts
from cases.routing.seen import Seen
from cases.services import Service

#: services that words find; with what leads on from none of these they stand in one list
MOST_FOUND = 6


def departments(session: Session, arguments: Arguments, asker: Asker, city: City) -> Answer:
    """List whose services there are, of one kind where it is named: by their short names, since a screen is small, and
    by their whole names for who listens.
    """
    family, aloud = arguments.get("family"), asker.channel == "voice"
    listed = (one for one in city.departments.values() if any(family in (None, each.family) for each in one.services))
    return some(tuple((one.key, one.name if aloud else one.short_name) for one in listed))


def services(session: Session, arguments: Arguments, asker: Asker, city: City) -> Answer:
    """List services: those that words ask for, or a department's, of one kind where it is named."""
    if "words" in arguments:
        return some(tuple((one.key, one.name) for one in _found(arguments["words"], asker, city)))
    department, family = city.departments.get(arguments.get("department", "")), arguments.get("family")
    offered = department.services if department else ()
    return some(tuple((one.key, one.name) for one in offered if family in (None, one.family)))


def _found(text: str, asker: Asker, city: City) -> list[Service]:
    """Return the services that routing would find in the words, then those whose names share most words with them."""
    wanted = Seen(Facts(asker.channel, asker.account, text), city.known).wanted
    keys = [one.service for one in wanted]
    every = {one.key: one for department in city.departments.values() for one in department.services}
    keys += [key for key in _named(text, every.values()) if key not in keys]
    return [every[key] for key in keys if key in every][:MOST_FOUND]


def _named(text: str, every: Iterable[Service]) -> Iterator[str]:
    said = {one.stem for one in routing_words.split(text)}
    shared = {one.key: len(said & {word.stem for word in routing_words.split(one.name)}) for one in every}
    yield from sorted((key for key, count in shared.items() if count), key=lambda key: -shared[key])
