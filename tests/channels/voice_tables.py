"""What each gateway's pages say of its elements: attributes, what they may hold, what must be there, and what nests.

Written from the documentation and by itself: neither the adapters nor the doubles are read for it.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from dataclasses import dataclass

WHOLE = r"[1-9]\d{0,4}"
PHONE = r"\+[1-9]\d{6,14}"
ADDRESS = r"https://\S+"
TRUTH = r"true|false"


@dataclass(frozen=True)
class Element:
    """``attributes`` by name with the pattern that their value fits; ``must`` be there; ``nests`` up to ``most``."""

    attributes: Mapping[str, str]
    must: frozenset[str] = frozenset()
    nests: frozenset[str] = frozenset()
    most: int = 0
    text: str = ""


def _of(*, must: str = "", nests: str = "", most: int = 0, text: str = "", **attributes: str) -> Element:
    return Element(attributes, frozenset(must.split()), frozenset(nests.split()), most, text)


_SAYS = "Say Play"
AFRICASTALKING: Mapping[str, Element] = {
    "Response": _of(nests="Say Play GetDigits Record Dial Redirect Reject", most=99),
    "Say": _of(voice=r"man|woman|[a-z]{2}-[A-Z]{2}-\w+-\w", playBeep=TRUTH, text=r"(?s).*\S.*"),
    "Play": _of(url=ADDRESS, must="url"),
    "GetDigits": _of(numDigits=WHOLE, timeout=WHOLE, finishOnKey=r"[0-9*#]", callbackUrl=ADDRESS,
                     must="timeout callbackUrl", nests=_SAYS, most=1),
    "Record": _of(finishOnKey=r"[0-9*#]", maxLength=WHOLE, timeout=WHOLE, trimSilence=TRUTH, playBeep=TRUTH,
                  callbackUrl=ADDRESS, must="finishOnKey maxLength timeout callbackUrl", nests=_SAYS, most=1),
    "Dial": _of(phoneNumbers=rf"{PHONE}(,{PHONE})*", record=TRUTH, sequential=TRUTH, callerId=PHONE,
                ringBackTone=ADDRESS, maxDuration=WHOLE, must="phoneNumbers"),
    "Redirect": _of(text=ADDRESS),
    "Reject": _of(),
}  # fmt: skip
_WORDS = "(in-progress|completed|absent)"
_KEPT = {
    "recordingStatusCallback": ADDRESS,
    "recordingStatusCallbackMethod": "POST",
    "recordingStatusCallbackEvent": rf"{_WORDS}( {_WORDS})*",
}
_STATES = r"(initiated|ringing|answered|completed)( (initiated|ringing|answered|completed))*"
TWILIO: Mapping[str, Element] = {
    "Response": _of(nests="Say Play Pause Gather Record Dial Redirect Hangup Reject", most=99),
    "Say": _of(voice=r"\S+", language=r"[a-z]{2}-[A-Z]{2}", loop=r"\d+", text=r"(?s).{0,4000}"),
    "Play": _of(loop=r"\d+", text=ADDRESS),
    "Pause": _of(length=WHOLE),
    "Gather": _of(action=ADDRESS, method="POST", input="dtmf", timeout=WHOLE, finishOnKey=r"[0-9*#]?",
                  numDigits=WHOLE, actionOnEmptyResult="true", must="action timeout actionOnEmptyResult finishOnKey",
                  nests="Say Play Pause", most=99),
    "Record": _of(action=ADDRESS, method="POST", timeout=WHOLE, finishOnKey=r"[0-9*#]+", maxLength=WHOLE,
                  playBeep=TRUTH, trim="trim-silence|do-not-trim", **_KEPT, must="action timeout maxLength"),
    "Dial": _of(action=ADDRESS, method="POST", timeout=WHOLE, timeLimit=WHOLE, callerId=PHONE, answerOnBridge=TRUTH,
                record=r"do-not-record|record-from-(answer|ringing)(-dual)?", **_KEPT, must="action timeout",
                nests="Number", most=1),
    "Number": _of(statusCallback=ADDRESS, statusCallbackEvent=_STATES, url=ADDRESS, sendDigits=r"\S+", text=PHONE),
    "Redirect": _of(method="POST", text=ADDRESS),
    "Hangup": _of(),
    "Reject": _of(reason="rejected|busy"),
}  # fmt: skip


def tree(document: str) -> ET.Element:
    """Return a document's root."""
    return ET.fromstring(document.encode())  # noqa: S314  our own


def faults(document: str, table: Mapping[str, Element]) -> list[str]:
    """Return everything in which a document departs from the table."""
    if not document.startswith('<?xml version="1.0" encoding="UTF-8"?>'):
        return ["no declaration"]
    root = tree(document)
    found = [] if root.tag == "Response" else [f"the root is {root.tag}"]
    for one in root.iter():
        found += _of_one(one, table)
    return found


def _of_one(one: ET.Element, table: Mapping[str, Element]) -> list[str]:
    known = table.get(one.tag)
    if known is None:
        return [f"{one.tag} is no element"]
    found = [f"{one.tag} lacks {name}" for name in known.must - set(one.attrib)]
    for name, value in one.attrib.items():
        pattern = known.attributes.get(name)
        if pattern is None or not re.fullmatch(pattern, value):
            found.append(f"{one.tag} {name}={value!r}")
    if not re.fullmatch(known.text or r"\s*", one.text or ""):
        found.append(f"{one.tag} holds {one.text!r}")
    found += [f"{inner.tag} in {one.tag}" for inner in one if inner.tag not in known.nests]
    return found if len(one) <= known.most else [*found, f"{one.tag} holds {len(one)} elements"]
