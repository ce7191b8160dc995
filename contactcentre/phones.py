"""A telephone number as somebody types it, as it is stored."""

from __future__ import annotations

import phonenumbers

from cases.departments import Organisation
from cases.errors import Invalid


def phone_of(text: str, organisation: Organisation) -> str | None:
    """Return a telephone number in E.164, None for an empty field; raises ``Invalid`` for what is no number here."""
    if not text.strip():
        return None
    try:
        number = phonenumbers.parse(text, organisation.region)
    except phonenumbers.NumberParseException:
        number = None
    if number is None or not phonenumbers.is_valid_number(number):
        raise Invalid("This is no telephone number. Write it as you would dial it.", field="phone")
    found = str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
    if organisation.prefixes and not found.startswith(organisation.prefixes):
        raise Invalid("Messages to this country are not sent from here.", field="phone")
    return found
