"""What templates may call. Everything is a function, so that a page which asks nothing needs no database."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from flask import Flask
from jinja2 import StrictUndefined

from cases import references
from cases.departments import City, Organisation
from cases.permissions import Action, may
from contactcentre.web import administration, assets, context, formatting
from contactcentre.web.board import steering
from contactcentre.web.desk import keys
from contactcentre.web.desk.calls import words as call_words
from contactcentre.web.desk.room import VIEWS

CHANNEL_ICONS = {"sms", "ussd", "voice", "email", "letter", "portal", "counter"}
MOST_CULPRITS = 8


def register(app: Flask) -> None:
    """Hand the functions and filters to Jinja."""
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals.update(
        admin_rooms=administration.rooms,
        asset=assets.address,
        board_rooms=steering.rooms,
        remembered_icon=assets.icon,
        remembered_keys=keys.sheet,
        agent=context.viewer,
        asked_of=call_words.asked,
        has_line=has_line,
        queue_of=lambda key: call_words.queue_name(city(), key),
        allowed=allowed,
        csrf_token=context.csrf_token,
        culprits_words=culprits_words,
        department_name=department_name,
        has_simulator=has_simulator,
        live_address=live_address,
        open_tasks_words=open_tasks_words,
        organisation=organisation,
        service_name=service_name,
        status_tone=status_tone,
        desk_keys=keys.grouped,
        usual_keys=keys.usual,
        views=VIEWS,
    )
    app.jinja_env.filters.update(
        channel=formatting.channel,
        channel_icon=channel_icon,
        date_words=formatting.date_words,
        clock=lambda at: formatting.clock_time(at, zone()),
        initials=formatting.initials,
        lasting=call_words.lasting,
        moment=moment,
        phone=phone,
        reference=references.written,
        seconds=lambda at: formatting.clock_seconds(at, zone()),
        size=formatting.size,
        words=formatting.words,
    )


def allowed(action: str) -> bool:
    """Tell whether the agent who is logged in may do this to the installation, or to any case at all."""
    return may(context.viewer(), Action(action))


def city() -> City:
    """Return the active configuration."""
    return context.container().city


def organisation() -> Organisation:
    """Return whose contact centre this is."""
    return city().organisation


def department_name(key: str | None) -> str:
    """Return a department's name."""
    return city().department_name(key)


def zone() -> ZoneInfo:
    """Return the zone in which people here read the time."""
    return ZoneInfo(organisation().timezone)


def moment(at: datetime) -> str:
    """Return day and hour of an instant."""
    return formatting.moment(at, zone())


def phone(value: str) -> str:
    """Return a number as people here write it."""
    return formatting.phone(value, organisation().region)


def channel_icon(key: str) -> str:
    """Return a channel's icon."""
    return key if key in CHANNEL_ICONS else "letter" if key == "letters" else "dot"


def status_tone(status: str) -> str:
    """Return the colour that a status shares with others of its meaning; its word stands beside it."""
    return "met" if status in ("resolved", "closed") else "paused" if status.startswith("waiting") else "go"


def service_name(key: str) -> str:
    """Return a service's name."""
    every = (service for department in city().departments.values() for service in department.services)
    return next((service.name for service in every if service.key == key), key)


def culprits_words(culprits: Iterable[str]) -> str:
    """Say which characters make an SMS dearer; the page's script says the same while somebody types."""
    found = list(culprits)
    shown = " ".join(found[:MOST_CULPRITS]) + (" …" if len(found) > MOST_CULPRITS else "")
    return f"These characters make every part shorter (70 instead of 160): {shown}"


def open_tasks_words(number: int) -> str:
    """Say what becomes of open tasks when their case is resolved."""
    return (
        "A task is still open; resolving cancels it."
        if number == 1
        else (f"{number} tasks are still open; resolving cancels them.")
    )


def live_address() -> str:
    """Return where the stream of live events is."""
    return f"{context.container().settings.live_url}/live"


def has_line() -> bool:
    """Tell whether the city has a line by which citizens can be called."""
    return any(one.channel == "voice" for one in city().accounts.values())


def has_simulator() -> bool:
    """Tell whether the phone page is there."""
    settings = context.container().settings
    return bool(settings.simulator_url) and not settings.production
