"""Our pages as Africa's Talking's XML, after its "Voice: Actions" page; built as a tree, never pasted together.

The gateway tells of keys alone: where nobody presses one, or a telephone is not reached, it goes on to the next
element, and that leads back to us. A nested element may be one only: what comes before the last is said first.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Sequence

from channels.voice import wording
from channels.voice.links import link
from channels.voice.values import LEAST_SECONDS, Ask, Connect, Prompt, Record, Reject, Speak, Step, VoicePage, Wait

HEADER = '<?xml version="1.0" encoding="UTF-8"?>'
EMPTY = f"{HEADER}<Response/>"


def document(page: VoicePage, *, callback: str) -> str:
    """Return a page as the gateway carries it out. A page without steps is empty; the end of a document hangs up."""
    root = ET.Element("Response")
    for step in wording.carried_out(page):
        _add(root, step, turn=page.turn, callback=callback)
    return HEADER + ET.tostring(root, encoding="unicode", short_empty_elements=True)


def _add(root: ET.Element, step: Step, *, turn: int, callback: str) -> None:
    back = link(callback, turn=turn)
    match step:
        case Speak(prompts):
            _say(root, prompts)
        case Ask():
            told = {"timeout": str(max(step.seconds, LEAST_SECONDS)), "callbackUrl": back}
            _nested(root, "GetDigits", step.prompts, {**_length(step), **told})
            _redirect(root, link(back, silent=1))
        case Record():
            told = {
                "finishOnKey": "#",
                "maxLength": str(step.seconds),
                "timeout": str(max(step.silence, LEAST_SECONDS)),
            }
            told |= {"trimSilence": "true", "playBeep": "true", "callbackUrl": back}
            _nested(root, "Record", step.prompts, told)
            _redirect(root, link(back, silent=1))
        case Wait():
            # Without music the silence itself is the wait; behind music there is time left for a slow finger.
            music = (Prompt("", audio=step.audio),) if step.audio else ()
            seconds = LEAST_SECONDS if music else max(step.seconds, LEAST_SECONDS)
            told = {"numDigits": "1", "timeout": str(seconds), "callbackUrl": back}
            _nested(root, "GetDigits", (*step.prompts, *music), told)
            _redirect(root, link(back, silent=1))
        case Connect():
            told = {"phoneNumbers": step.number} | ({"callerId": step.shows} if step.shows else {})
            ET.SubElement(root, "Dial", told | ({"record": "true"} if step.record else {}))
            _redirect(root, link(back, parted=1))
        case Reject():
            ET.SubElement(root, "Reject")
        case _:
            return  # to hang up there is no element: the document ends


def _length(step: Ask) -> dict[str, str]:
    if step.digits:
        return {"numDigits": str(step.digits)} | ({"finishOnKey": step.finish} if step.finish else {})
    return {"finishOnKey": step.finish or "#"}


def _nested(root: ET.Element, name: str, prompts: Sequence[Prompt], told: dict[str, str]) -> None:
    """Put the last thing that is said inside the element, where a key interrupts it."""
    said = list(wording.joined(prompts))
    _say(root, said[:-1])
    _say(ET.SubElement(root, name, told), said[-1:])


def _say(parent: ET.Element, prompts: Sequence[Prompt]) -> None:
    for one in wording.joined(prompts):
        if one.audio:
            ET.SubElement(parent, "Play", {"url": one.audio})
        else:
            ET.SubElement(parent, "Say").text = wording.clean(one.text)


def _redirect(root: ET.Element, url: str) -> None:
    ET.SubElement(root, "Redirect").text = url
