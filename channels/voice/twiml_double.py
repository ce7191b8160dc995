"""TwiML as Twilio's double reads it, after the pages of its verbs: what each has, and what it means without it."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Sequence

from channels.voice import markup_double as markup
from channels.voice.double import Go, Keys, Operation, Ring, Stop, Tape, Unreadable, Utter, Uttered

KEYS_TIMEOUT, TAPE_SILENCE, TAPE_LENGTH, RINGS = 5, 5, 3600, 30
LONGEST_SAY = 4096
ELEMENTS: markup.Table = {
    "Response": set(),
    "Say": {"voice", "language", "loop"},
    "Play": {"loop", "digits"},
    "Pause": {"length"},
    "Gather": {"action", "method", "input", "timeout", "finishOnKey", "numDigits", "actionOnEmptyResult", "bargeIn"},
    "Record": {
        "action", "method", "timeout", "finishOnKey", "maxLength", "playBeep", "trim", "recordingStatusCallback",
        "recordingStatusCallbackMethod", "recordingStatusCallbackEvent",
    },
    "Dial": {
        "action", "method", "timeout", "timeLimit", "callerId", "record", "answerOnBridge", "recordingStatusCallback",
        "recordingStatusCallbackMethod", "recordingStatusCallbackEvent",
    },
    "Number": {"sendDigits", "url", "statusCallback", "statusCallbackEvent", "statusCallbackMethod"},
    "Redirect": {"method"},
    "Hangup": set(),
    "Reject": {"reason"},
}  # fmt: skip
_NUMBER = re.compile(r"\+[1-9]\d{6,14}")


def operations(status: int, body: bytes, *, here: str) -> Sequence[Operation]:
    """Read an answer; ``here`` is the address that gave it, which is asked again where none is named."""
    root = markup.root(status, body, ELEMENTS)
    if any(one.tag == "Reject" for one in root[1:]):
        raise Unreadable("Reject must be first")
    return [made for one in root if (made := _operation(one, here)) is not None]


def listed(words: str) -> tuple[str, ...]:
    """Return words that stand with spaces between them; a list as Python prints it is none."""
    if "[" in words:
        raise Unreadable(f"{words!r} is a list as Python prints it")
    return tuple(words.split())


def _operation(one: ET.Element, here: str) -> Operation | None:
    match one.tag:
        case "Say" | "Play":
            return Utter(_uttered(one))
        case "Pause":
            return None
        case "Gather":
            said = tuple(_uttered(inner) for inner in one if inner.tag != "Pause")
            if one.get("input", "dtmf") != "dtmf":
                raise Unreadable("speech is not carried out here")
            count, seconds = markup.number(one, "numDigits", 0), markup.number(one, "timeout", KEYS_TIMEOUT)
            empty = markup.flag(one, "actionOnEmptyResult")
            return Keys(said, _action(one, here), count, one.get("finishOnKey", "#"), seconds, empty)
        case "Record":
            return _tape(one, here)
        case "Dial":
            return _ring(one)
        case "Redirect":
            return Go(markup.address(markup.words(one)))
        case "Reject":
            if one.get("reason", "rejected") not in ("rejected", "busy"):
                raise Unreadable(f"Reject has no reason {one.get('reason')!r}")
            return Stop(refuses=True, busy=one.get("reason") == "busy")
        case "Hangup":
            return Stop()
    raise Unreadable(f"{one.tag} does not stand here")


def _tape(one: ET.Element, here: str) -> Tape:
    if one.get("trim", "trim-silence") not in ("trim-silence", "do-not-trim"):
        raise Unreadable(f"Record has no trim {one.get('trim')!r}")
    events = listed(one.get("recordingStatusCallbackEvent", "completed"))
    kept = one.get("recordingStatusCallback", "") if "completed" in events else ""
    return Tape(
        (),
        _action(one, here),
        markup.number(one, "maxLength", TAPE_LENGTH),
        markup.number(one, "timeout", TAPE_SILENCE),
        one.get("finishOnKey", "1234567890*#"),
        kept,
    )


def _ring(one: ET.Element) -> Ring:
    inner = list(one)
    if len(inner) != 1 or inner[0].tag != "Number":
        raise Unreadable("Dial must hold one Number here")
    number = markup.words(inner[0])
    if not _NUMBER.fullmatch(number):
        raise Unreadable(f"{number!r} is no telephone number")
    action, record = one.get("action", ""), one.get("record", "do-not-record")
    return Ring(
        number,
        markup.number(one, "timeout", RINGS),
        one.get("callerId", ""),
        markup.address(action) if action else "",
        record not in ("do-not-record", "false"),
        inner[0].get("statusCallback", ""),
        listed(inner[0].get("statusCallbackEvent", "")),
        one.get("recordingStatusCallback", ""),
    )


def _action(one: ET.Element, here: str) -> str:
    given = one.get("action", "")
    return markup.address(given) if given else here


def _uttered(one: ET.Element) -> Uttered:
    said = markup.words(one)
    if one.tag == "Say":
        if len(said.encode()) > LONGEST_SAY:
            raise Unreadable(f"Say has {len(said.encode())} bytes; {LONGEST_SAY} are read out")
        return Uttered(said)
    if one.tag == "Play":
        return Uttered(audio=markup.address(said))
    raise Unreadable(f"{one.tag} does not stand here")
