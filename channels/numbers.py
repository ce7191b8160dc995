"""Telephone numbers as gateways write them, in E.164. Never raises: intake fails open."""

from __future__ import annotations

import re

import phonenumbers


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
