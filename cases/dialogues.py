"""What a dialogue may ask for and do: one function a call, each with plain arguments, an outcome and values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from textwrap import shorten

from sqlalchemy.orm import Session

from cases import citizens, dialogue_cases, forms, references
from cases.answers import Answer, Arguments
from cases.departments import City
from cases.forms import Asker
from cases.routing.places import Found, Unknown
from cases.services import Service
from cases.writes import Writes

#: what a screen has room for
LONGEST, LONGEST_LIST, MOST_PLACES = 60, 160, 5


def perform(session: Session, name: str, arguments: Arguments, asker: Asker, *, city: City) -> Answer:
    """Do what a dialogue asks; raises ``LookupError`` for a call that is not known. The caller owns the transaction."""
    if name not in _CALLS:
        raise LookupError(f"a dialogue asked for {name!r}, which is no call")
    return _CALLS[name](session, arguments, asker, city)


def _report(session: Session, arguments: Arguments, asker: Asker, city: City) -> Answer:
    words, place = arguments.get("words", "").strip(), arguments.get("place", "").strip()
    if not words:
        return Answer("refused")
    service = _service(city, arguments.get("service", ""))
    family = arguments.get("family") or "complaint"
    said = f"{words}\nPlace: {_where(city, place, arguments.get('area', ''))}" if place else words
    opened = forms.open_case(session, asker, said, city=city, service=service, family=family)
    return Answer("done" if asker.told else "untold", {"reference": references.written(opened)})


def _where(city: City, typed: str, area: str) -> str:
    """Return what was typed, with the place that was picked for these words where they do not say it themselves."""
    adds = area in _fitting(city, typed) and area.casefold() not in typed.casefold()
    return f"{typed}, {area}" if adds else typed


def _call_me(session: Session, arguments: Arguments, asker: Asker, city: City) -> Answer:
    """Note that somebody wants to be called: in the case they have proved to be theirs, else as one of its own."""
    words = arguments.get("words") or CALL_ME
    case = dialogue_cases.proved(session, asker)
    if case is not None and not dialogue_cases.is_over(session, case, city):
        forms.join(session, asker, case, words, city=city, happened="call_back_asked")
        return Answer("done", {"reference": references.written(case.reference)})
    opened = forms.open_case(session, asker, words, city=city, family="enquiry")
    return Answer("done", {"reference": references.written(opened)})


def _language(session: Session, arguments: Arguments, asker: Asker, city: City) -> Answer:
    chosen = arguments["language"]
    if chosen in city.texts.languages():
        writes = Writes()
        speaker = forms.arrive(session, asker, city=city, writes=writes).speaker
        writes.flush(session)
        citizens.set_language(session, speaker.address_id, chosen)
        asker.language = chosen
    return Answer("done")


def _languages(session: Session, arguments: Arguments, asker: Asker, city: City) -> Answer:
    return _some(tuple(city.texts.languages().items()))


def _departments(session: Session, arguments: Arguments, asker: Asker, city: City) -> Answer:
    return _some(tuple((one.key, one.name) for one in city.departments.values() if one.services))


def _services(session: Session, arguments: Arguments, asker: Asker, city: City) -> Answer:
    department, family = city.departments.get(arguments.get("department", "")), arguments.get("family")
    offered = department.services if department else ()
    return _some(tuple((one.key, one.name) for one in offered if family in (None, one.family)))


def _about(session: Session, arguments: Arguments, asker: Asker, city: City) -> Answer:
    """Tell what a service's record says; a sample of another body's charter is no promise, and is not told."""
    service = _service(city, arguments.get("service", ""))
    if service is None:
        return Answer("none")
    charter = service.charter
    values = {
        "service_name": service.name,
        "department": city.department_name(service.department),
        "fee": _fee(service, city),
        "promise": shorten(charter.time, LONGEST, placeholder="…") if charter and not charter.sample else "",
        "requirements": shorten("; ".join(service.requirements), LONGEST_LIST, placeholder="…"),
    }
    return Answer("done", values)


def _fee(service: Service, city: City) -> str:
    if service.fee is None:
        return ""
    whole, small = divmod(service.fee.amount, 100)
    return f"{city.organisation.currency} {whole}.{small:02d}"


def _places(session: Session, arguments: Arguments, asker: Asker, city: City) -> Answer:
    """Offer places that fit what was typed; where none is known the words stand as they are."""
    return _some(tuple((name, name) for name in _fitting(city, arguments.get("words", ""))))


def _fitting(city: City, typed: str) -> tuple[str, ...]:
    found = city.gazetteer.resolve(typed)
    if isinstance(found, Unknown):
        return ()
    places = (found.place,) if isinstance(found, Found) else found.candidates[:MOST_PLACES]
    return tuple(one.name for one in places)


def _service(city: City, key: str) -> Service | None:
    every = (one for department in city.departments.values() for one in department.services)
    return next((one for one in every if one.key == key), None)


def _some(choices: tuple[tuple[str, str], ...]) -> Answer:
    return Answer("some", choices=choices) if choices else Answer("none")


#: a citizen's own words as the case shows them; a dialogue may give others
CALL_ME = "Please call me back on this number."
_CALLS: Mapping[str, Callable[[Session, Arguments, Asker, City], Answer]] = {
    "report": _report,
    "track": dialogue_cases.track,
    "prove": dialogue_cases.prove,
    "settled": dialogue_cases.settled,
    "add": dialogue_cases.add,
    "withdraw": dialogue_cases.withdraw,
    "rate": dialogue_cases.rate,
    "call_me": _call_me,
    "language": _language,
    "languages": _languages,
    "departments": _departments,
    "services": _services,
    "service": _about,
    "places": _places,
}
