"""What stands in an SMS's ``from`` and ``to``: a phone in E.164, a short code, or a name.

Never raises: intake fails open.
"""

from __future__ import annotations

import re

from cases.messages import Address, AddressKind
from channels.numbers import e164 as e164  # noqa: PLC0414  spoken of by this module's name

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
