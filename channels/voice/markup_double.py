"""How the doubles read a document: strictly, by a table of what each element may have, for a mistake shall be seen."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Mapping
from collections.abc import Set as AbstractSet

from channels.voice.double import Unreadable

#: element → the attributes that it may have
Table = Mapping[str, AbstractSet[str]]


def root(status: int, body: bytes, table: Table) -> ET.Element:
    """Return the document's root; raises :class:`Unreadable`."""
    if status != 200:
        raise Unreadable(f"the application answered {status or 'nothing'}; it must be 200 with a document")
    try:
        found = ET.fromstring(body.decode("utf-8"))  # noqa: S314  our own application's answer, in a test double
    except (ET.ParseError, UnicodeDecodeError) as error:
        raise Unreadable(f"the answer is no XML: {error}") from None
    if found.tag != "Response":
        raise Unreadable(f"the root is {found.tag}, not Response")
    for one in found.iter():
        if one.tag not in table:
            raise Unreadable(f"{one.tag} is not carried out here")
        strange = set(one.attrib) - table[one.tag]
        if strange:
            raise Unreadable(f"{one.tag} has no attribute {', '.join(sorted(strange))}")
    return found


def words(element: ET.Element) -> str:
    """Return an element's text; raises :class:`Unreadable` where there is none."""
    found = (element.text or "").strip()
    if not found:
        raise Unreadable(f"{element.tag} is empty")
    return found


def number(element: ET.Element, name: str, usual: int) -> int:
    """Return an attribute that is a whole number."""
    given = element.get(name, str(usual))
    if not given.isdecimal():
        raise Unreadable(f"{element.tag} {name}={given!r} is no whole number")
    return int(given)


def flag(element: ET.Element, name: str) -> bool:
    """Return an attribute that is true or false; false where there is none."""
    given = element.get(name, "false")
    if given not in ("true", "false"):
        raise Unreadable(f"{element.tag} {name}={given!r} is neither true nor false")
    return given == "true"


def address(given: str) -> str:
    """Return an address that can be called; raises :class:`Unreadable`."""
    if not given.startswith(("http://", "https://")):
        raise Unreadable(f"{given[:60]!r} is no address")
    return given
