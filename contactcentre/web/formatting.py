"""How instants, lengths of time, numbers and keys are written for people; pure, so that templates only place them."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import phonenumbers

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
#: up to here a deadline is told by what is left of it, later by its hour
NEAR = timedelta(hours=6)
CHANNELS: Final = {
    "sms": "SMS",
    "ussd": "USSD",
    "voice": "Call",
    "email": "E-mail",
    "letters": "Letter",
    "letter": "Letter",
    "portal": "Portal",
    "counter": "Counter",
}


def length(span: timedelta) -> str:
    """Return a length of time in its two largest units: ``38 min``, ``2 h 05``, ``3 d 4 h``."""
    minutes = max(int(span / MINUTE), 0)
    if minutes < 60:
        return f"{minutes} min"
    if minutes < 24 * 60:
        return f"{minutes // 60} h {minutes % 60:02d}"
    days, rest = divmod(minutes, 24 * 60)
    return f"{days} d {rest // 60} h"


def clock_time(at: datetime, zone: ZoneInfo) -> str:
    """Return the hour and minute of an instant where the city is."""
    return f"{at.astimezone(zone):%H:%M}"


def day(at: datetime, zone: ZoneInfo) -> str:
    """Return an instant's day in words: ``Tuesday 24 November 2026``."""
    local = at.astimezone(zone)
    return f"{local:%A} {local.day} {local:%B %Y}"


def moment(at: datetime, zone: ZoneInfo) -> str:
    """Return day and hour: ``24 Nov 2026, 09:06``."""
    local = at.astimezone(zone)
    return f"{local.day} {local:%b %Y, %H:%M}"


def date_words(day_of: date) -> str:
    """Return a day by itself: ``24 Nov 2026``."""
    return f"{day_of.day} {day_of:%b %Y}"


def until(at: datetime, now: datetime, zone: ZoneInfo) -> str:
    """Return a deadline as a queue row tells it: what is left, then today's hour, then the day."""
    if at < now:
        return f"{length(now - at)} late"
    if at - now <= NEAR:
        return length(at - now)
    there, here = at.astimezone(zone), now.astimezone(zone)
    if there.date() == here.date():
        return f"{there:%H:%M}"
    if at - now < 6 * DAY:
        return f"{there:%a %H:%M}"
    return f"{there.day} {there:%b}"


def phone(value: str, region: str) -> str:
    """Return a number as people in ``region`` (ISO 3166) write it; anything else as it is."""
    try:
        number = phonenumbers.parse(value, None)
    except phonenumbers.NumberParseException:
        return value
    at_home = region in phonenumbers.region_codes_for_country_code(number.country_code or 0)
    form = phonenumbers.PhoneNumberFormat.NATIONAL if at_home else phonenumbers.PhoneNumberFormat.INTERNATIONAL
    return str(phonenumbers.format_number(number, form))


def masked(value: str, region: str) -> str:
    """Return a number with its middle hidden, so that who looks over a shoulder cannot note it down."""
    written = phone(value, region)
    digits = sum(one.isdigit() for one in written)
    seen, hidden = 0, []
    for one in written:
        seen += one.isdigit()
        hidden.append("•" if one.isdigit() and 3 < seen <= digits - 4 else one)
    return "".join(hidden)


def clock_seconds(at: datetime, zone: ZoneInfo) -> str:
    """Return hour, minute and second of an instant where the city is."""
    return f"{at.astimezone(zone):%H:%M:%S}"


def channel(key: str) -> str:
    """Return a channel's name."""
    return CHANNELS.get(key, key.capitalize())


def words(key: str) -> str:
    """Return a key as words: ``waiting_on_citizen`` → ``Waiting on citizen``."""
    return key.replace("_", " ").replace("-", " ").capitalize()


def size(octets: int) -> str:
    """Return a file's size."""
    return f"{octets / 1024 / 1024:.1f} MB" if octets >= 1024 * 1024 else f"{max(octets // 1024, 1)} KB"


def initials(name: str) -> str:
    """Return two letters for a round mark."""
    parts = [part for part in name.replace(",", " ").split() if part[0].isalnum()]
    return "".join(part[0] for part in (parts[:1] + parts[-1:] if len(parts) > 1 else parts)).upper() or "?"
