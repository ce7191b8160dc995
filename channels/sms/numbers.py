"""What stands in an SMS's ``from`` and ``to``: a phone in E.164, a short code, or a name.

Never raises: intake fails open.
"""

from __future__ import annotations

import re

import phonenumbers

from cases.messages import Address, AddressKind

_SHORT = re.compile(r"\d{3,6}")
_SPACING = re.compile(r"[\s().\-\u00a0]+")
LONGEST_NAME = 40


def sender(text: str, *, region: str | None = None) -> Address:
    """Classify a sender. ``region`` (ISO 3166) helps with numbers written without their country."""
    raw = text.strip()
    compact = _SPACING.sub("", raw)
    if _SHORT.fullmatch(compact):
        return Address(AddressKind.SHORT_CODE, compact)
    number = e164(compact, region=region)
    if number is not None:
        return Address(AddressKind.PHONE, number)
    name = "".join(c for c in raw if c.isprintable())[:LONGEST_NAME]
    return Address(AddressKind.SENDER_NAME, name or "(unknown)")


def e164(text: str, *, region: str | None = None) -> str | None:
    """Return a number in E.164, or None where it is none; numbers without ``+`` or with ``00`` are understood."""
    if not re.fullmatch(r"\+?\d{7,17}", text):
        return None
    if text.startswith("0") and not text.startswith("00"):
        return _possible(text, region) if region else None
    digits = text.removeprefix("00") if text.startswith("00") else text.removeprefix("+")
    return _possible(f"+{digits}", None)


def _possible(text: str, region: str | None) -> str | None:
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
