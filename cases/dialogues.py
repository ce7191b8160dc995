"""What a dialogue may ask for and do: one function a call, each with plain arguments, an outcome and values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from textwrap import shorten

from sqlalchemy.orm import Session

from cases import (
    call_backs,
    citizens,
    dialogue_cases,
    dialogue_following,
    dialogue_places,
    dialogue_services,
    forms,
    references,
)
from cases.answers import Answer, Arguments
from cases.departments import City
from cases.dialogue_places import some
from cases.forms import Asker
from cases.services import Service
from cases.writes import Writes

#: what a screen has room for
LONGEST, LONGEST_LIST = 60, 160


def perform(session: Session, name: str, arguments: Arguments, asker: Asker, *, city: City) -> Answer:
    """Do what a dialogue asks; raises ``LookupError`` for a call that is not known. The caller owns the transaction."""
    if name not in _CALLS:
        raise LookupError(f"a dialogue asked for {name!r}, which is no call")
    return _CALLS[name](session, arguments, asker, city)


def _report(session: Session, arguments: Arguments, asker: Asker, city: City) -> Answer:
    said = dialogue_places.said(arguments, city)
    if not said:
        return Answer("refused")
    service = city.service(arguments.get("service", ""))
    family = arguments.get("family") or "complaint"
    opened = forms.open_case(session, asker, said, city=city, service=service, family=family)
    values = {"reference": references.written(opened)}
    if asker.channel == "voice":  # who cannot read a text message hears the code, once
        values["code"] = asker.code
    return Answer("done" if asker.told else "untold", values)


def _call_me(session: Session, arguments: Arguments, asker: Asker, city: City) -> Answer:
    """Open the task to call somebody: in the case they have proved to be theirs, else in one of its own."""
    words = arguments.get("words") or CALL_ME
    case = dialogue_cases.proved(session, asker)
    if case is not None and not dialogue_cases.is_over(session, case, city):
        forms.join(session, asker, case, words, city=city, happened="call_back_asked")
        reference = case.reference
    else:
        reference = forms.open_case(session, asker, words, city=city, family="enquiry")
    call_backs.ask(session, city=city, reference=reference)
    return Answer("done", {"reference": references.written(reference)})


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
    return some(tuple(city.texts.languages().items()))


def _about(session: Session, arguments: Arguments, asker: Asker, city: City) -> Answer:
    """Tell what a service's record says; a sample of another body's charter is no promise, and is not told."""
    service = city.service(arguments.get("service", ""))
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
    return some(tuple((name, name) for name in dialogue_places.fitting(city, arguments.get("words", ""))))


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
    "departments": dialogue_services.departments,
    "services": dialogue_services.services,
    "near": dialogue_following.near,
    "follow": dialogue_following.follow,
    "service": _about,
    "places": _places,
}
