"""TwiML built once more by Twilio's own builder: what it has no method or parameter for is a fault."""

from __future__ import annotations

import inspect
import re
import xml.etree.ElementTree as ET
from functools import cache
from typing import Any

from twilio.twiml.voice_response import VoiceResponse

from tests.channels.voice_tables import tree

_CAPITAL = re.compile(r"(?<!^)(?=[A-Z])")


class Unknown(Exception):
    """The builder knows no such element there, or no such attribute of it."""


def faults(document: str) -> list[str]:
    """Return in what a document differs from what the builder makes of the same elements and attributes."""
    made = VoiceResponse()
    try:
        for one in tree(document):
            _again(made, one)
    except Unknown as error:
        return [str(error)]
    ours, theirs = ET.canonicalize(document), ET.canonicalize(str(made))
    return [] if ours == theirs else [f"the builder makes {theirs} of {ours}"]


def _again(parent: Any, one: ET.Element) -> None:
    known = _parameters(type(parent), one.tag.lower())
    values = {_CAPITAL.sub("_", name).lower(): value for name, value in one.attrib.items()}
    foreign = [name for name in values if name not in known]
    if foreign:
        raise Unknown(f"the builder's {one.tag} takes no {', '.join(foreign)}")
    words = [one.text] if one.text else []
    made = getattr(parent, one.tag.lower())(*words, **values)
    for inner in one:
        _again(made, inner)


@cache
def _parameters(kind: type, name: str) -> frozenset[str]:
    method = getattr(kind, name, None)
    if method is None:
        raise Unknown(f"the builder puts no {name} into {kind.__name__}")
    named = inspect.signature(method).parameters.values()
    return frozenset(one.name for one in named if one.kind is not inspect.Parameter.VAR_KEYWORD)
