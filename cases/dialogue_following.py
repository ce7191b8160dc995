"""Reported already? What a dialogue offers of other people's cases, in words that tell nothing of these people."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy.orm import Session

from cases import automatic, clock, dialogue_places, following, forms, references
from cases.answers import Answer, Arguments
from cases.automatic import Say
from cases.departments import City
from cases.following import Nearby
from cases.forms import Asker
from cases.lifecycle import Status
from cases.routing.places import Place
from cases.writes import Writes

_AGO = {0: "near.today", 1: "near.yesterday"}


def near(session: Session, arguments: Arguments, asker: Asker, city: City) -> Answer:
    """Offer open cases of the same service in the same area; never where words tell of danger to life."""
    words = dialogue_places.said(arguments, city)
    decision = forms.decided(session, asker, words, city=city)
    area, service = dialogue_places.area_of(city, decision.place), city.service(decision.service or "")
    if area is None or service is None or decision.urgent or city.is_confidential(decision.department):
        return Answer("none")
    now = clock.now(session)
    since = now - timedelta(days=city.limits.near_days)
    places = dialogue_places.within(city, area)
    found = following.near(session, service=service.key, places=places, address=asker.address, since=since)
    if not found:
        return Answer("none")
    choices = tuple((one.reference, _told(one, (now - one.opened_at).days, area, asker, city)) for one in found)
    return Answer("some", {"near": service.name}, choices)


def follow(session: Session, arguments: Arguments, asker: Asker, city: City) -> Answer:
    """Let somebody follow the case that they chose; its reference follows by SMS, and it is no new case."""
    reference = references.parse(arguments.get("case", ""))
    if reference is None:
        return Answer("gone")
    writes = Writes()
    arrival = forms.arrive(session, asker, city=city, writes=writes)
    writes.flush(session)
    words, how = dialogue_places.said(arguments, city), {"channel": asker.channel, "account": asker.account}
    case = following.follow(session, reference, arrival.speaker, words=words, **how)
    if case is None:
        return Answer("gone")
    values = {"organisation": city.organisation.short_name, "reference": references.written(reference)}
    say = Say("followed", values, asked_for=True)
    sent = automatic.say(writes, arrival, arrival.speaker, say, city=city, account=asker.account)
    writes.flush(session)
    asker.case_id = case.id
    asker.told = isinstance(sent, int)
    asker.to_send += [asker.answers_by] if asker.told else []
    return Answer("done" if asker.told else "untold", {"reference": values["reference"]})


def _told(one: Nearby, days: int, area: Place, asker: Asker, city: City) -> str:
    """Return a case in a few words: where, since when, whether anybody has begun."""
    language = asker.language or city.organisation.default_language
    known = {"language": language, "channel": asker.channel}
    ago = city.texts.render(_AGO.get(days, "near.days"), **known, **({} if days in _AGO else {"days": str(days)}))
    begun = "status.new" if one.status == Status.NEW else "status.open"
    return f"{area.name}, {ago}, {city.texts.render(begun, **known)}"
