"""What departments, services, channels, areas and promises are called in reports."""

from __future__ import annotations

from collections.abc import Mapping

from cases.departments import City
from cases.reports.values import By

CHANNELS: Mapping[str, str] = {
    "sms": "SMS",
    "ussd": "USSD",
    "voice": "Voice",
    "email": "E-mail",
    "letters": "Letters",
    "portal": "Portal",
    "counter": "Counter",
}
#: those by which citizens come without paper and without a way to the office
DIGITAL = ("sms", "ussd", "voice", "email", "portal")
KINDS: Mapping[str, str] = {
    "first_response": "First reply",
    "next_response": "Next reply",
    "resolution": "Fix",
    "department_leg": "Department's part",
    "decision": "Decision by law",
    "internal_review": "Internal review",
    "task": "Task",
}
HEADS: Mapping[By, str] = {
    By.DEPARTMENT: "Department",
    By.SERVICE: "Service",
    By.CHANNEL: "Channel",
    By.AREA: "Area",
}
ALL = "All together"
UNKNOWN_AREA, NO_SERVICE = "Area unknown", "No service"


def called(city: City, by: By, key: str) -> str:
    """Return what one department, service, channel or area is called; an empty key is the tray, none, or unknown."""
    match by:
        case By.DEPARTMENT:
            return city.department_name(key or None)
        case By.SERVICE:
            service = city.service(key) if key else None
            return service.name if service else key or NO_SERVICE
        case By.CHANNEL:
            return CHANNELS.get(key, key)
    return key or UNKNOWN_AREA


def kind(key: str) -> str:
    """Return what a kind of promise is called."""
    return KINDS.get(key, key.replace("_", " ").capitalize())
